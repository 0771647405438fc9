/*
 * The receiving side of the player: a WHEP session, the decoders behind it, what is measured, and the
 * loudspeaker. The headless player and the window stand on it.
 *
 * Main thread, but for on_picture, which runs on a presenter's thread at the moment the picture is to
 * be shown. Pictures of an older connection never follow those of a newer one.
 */
#ifndef DUET_PLAYER_RECEIVER_H
#define DUET_PLAYER_RECEIVER_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "media/whep_session.h"
#include "player/play_stats.h"
#include "player/received_video.h"

struct receiver;

struct receiver_params {
    const char *url;
    const char *token;    /* or NULL */
    const char *ca_file;  /* or NULL */
    unsigned video_count; /* slots; the first is the teacher, the second courseware */
    bool read_stripe;
    bool keep_frames; /* list every frame in the final figures */
    bool play_sound;
    uint64_t
        shift_us; /* 0: live. Else what is received is shown so much later (player/shift_player.h) */
    /* May be NULL. slot counts from 0. */
    void (*on_picture)(void *user, unsigned slot, const struct received_picture *picture);
    /* error (borrowed, or NULL) has the sentence for people. */
    void (*on_state)(void *user, enum whep_session_state state, const GError *error);
    void *user;
};

struct receiver_now {
    enum whep_session_state state;       /* of the line */
    enum whep_session_state shown_state; /* what the line was when what is shown now was received */
    uint64_t shift_us;
    uint64_t first_wait_us; /* until the first picture is due, 0 when it was or none has come */
    size_t kept_bytes;      /* received, to be shown later */
    uint64_t kept_us;       /* how long that lasts */
    uint64_t kept_refused;  /* packets for which there was no room */
    struct play_stats_now play;
    struct whep_session_stats network;
    uint64_t keyframes_requested;
    uint64_t audio_concealed_us; /* sound that the decoders made up */
    uint64_t frames_discarded;   /* broken by loss, never shown */
};

/* NULL with error for a broken URL or CA file or missing GStreamer elements. */
struct receiver *receiver_new(const struct receiver_params *params, GError **error);

void receiver_start(struct receiver *receiver);

/* Ends the session on the server, waiting for it at most a second. NULL-safe. */
void receiver_free(struct receiver *receiver);

/* Goes on with another address or token; what is kept for later is still shown. False with error as for receiver_new(). */
bool receiver_renew(struct receiver *receiver, const char *url, const char *token, GError **error);

uint64_t receiver_shift_us(const struct receiver *receiver);

/* Of the remote sound; 1 is as received. */
void receiver_set_volume(struct receiver *receiver, double volume);

void receiver_read(struct receiver *receiver, struct receiver_now *ret_now);

/* The final figures, a new reference. */
json_t *receiver_to_json(struct receiver *receiver);

const char *receiver_state_name(enum whep_session_state state);

#endif
