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
    /* May be NULL. slot counts from 0. */
    void (*on_picture)(void *user, unsigned slot, const struct received_picture *picture);
    /* error (borrowed, or NULL) has the sentence for people. */
    void (*on_state)(void *user, enum whep_session_state state, const GError *error);
    void *user;
};

struct receiver_now {
    enum whep_session_state state;
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

/* Of the remote sound; 1 is as received. */
void receiver_set_volume(struct receiver *receiver, double volume);

void receiver_read(struct receiver *receiver, struct receiver_now *ret_now);

/* The final figures, a new reference. */
json_t *receiver_to_json(struct receiver *receiver);

const char *receiver_state_name(enum whep_session_state state);

#endif
