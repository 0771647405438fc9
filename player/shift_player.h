/*
 * Plays a lesson later than it is taught, to the room's own bell: it stands between the WHEP session and the decoders, keeps
 * what is received, still encoded and in memory only, and hands it out again as streams of its own when it is due.
 *
 *   whep_session ─ on_stream ─▶ shift_player ─ a shift later ─ on_stream ─▶ decoders, in a pipeline of its own
 *
 * Due is a packet a shift after its timestamp, by the monotonic clock: pictures and sound of one moment stay together, what
 * came late on the line is shown evenly. A line that breaks does not touch what is shown; what never came is missing at its
 * place. Connections (generations) follow each other as they did when they were received.
 *
 * Main thread; a feeder thread of its own hands the packets out.
 */
#ifndef DUET_PLAYER_SHIFT_PLAYER_H
#define DUET_PLAYER_SHIFT_PLAYER_H

#include <gst/gst.h>
#include <stddef.h>
#include <stdint.h>

#include "media/whep_session.h"

/* Ten minutes of 4.3 Mbit/s; a classroom's PC has 4 GB. */
#define SHIFT_PLAYER_MAX_BYTES ((size_t)320 * 1024 * 1024)
#define SHIFT_PLAYER_MAX_S     600

struct shift_player;

struct shift_player_params {
    GstBin *
        received; /* borrowed; the pipeline that receives. Must be PLAYING when the first stream comes */
    uint64_t shift_us;
    size_t max_bytes;
    /* As a WHEP session's, a shift later. */
    void (*on_stream)(void *user, const struct whep_stream *stream);
    void (*on_generation_gone)(void *user, unsigned generation);
    void *user;
};

/* What arrives, now; and what is kept of it. */
struct shift_figures {
    unsigned seen_generation;  /* newest of which a whole picture came, 0 for none */
    unsigned heard_generation; /* newest of which sound came */
    uint64_t heard_since_us;
    uint64_t last_picture_us; /* 0 before the first */
    uint64_t first_due_us;    /* when the first picture is shown, 0 while none came */
    uint64_t packets;         /* grows while packets of pictures come, whole or not */
    uint64_t keyframes_requested;
    uint64_t frames_discarded;
    uint64_t refused; /* packets that found no room */
    size_t kept_bytes;
    uint64_t kept_us; /* how long what is kept lasts */
};

struct shift_player *shift_player_new(const struct shift_player_params *params);

/* Nothing is handed out any more; the decoders may go. NULL-safe. */
void shift_player_stop(struct shift_player *player);

/* Stops. The decoders are gone. NULL-safe. */
void shift_player_free(struct shift_player *player);

/* The pipeline that plays; borrowed. */
GstBin *shift_player_pipeline(struct shift_player *player);

/* A WHEP session's callbacks. keep: what was received of the generation is still to be shown. */
void shift_player_stream(
    struct shift_player *player, const struct whep_stream *stream, GError **error);
void shift_player_gone(struct shift_player *player, unsigned generation, bool keep);

/* Several times a second. */
void shift_player_tick(struct shift_player *player, uint64_t now_us);

void shift_player_read(struct shift_player *player, struct shift_figures *ret_figures);

#endif
