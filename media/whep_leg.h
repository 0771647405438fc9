/*
 * One connection of a WHEP viewer: offer, answer, streams, jitter buffers. whep_session makes a new
 * leg beside the old one when it reconnects.
 *
 * Used by whep_session.c only, on its thread; callbacks run there too. A leg must not be freed inside
 * its own callbacks.
 */
#ifndef DUET_MEDIA_WHEP_LEG_H
#define DUET_MEDIA_WHEP_LEG_H

#include "media/whep_session.h"

enum whep_leg_state {
    WHEP_LEG_CONNECTING,
    WHEP_LEG_CONNECTED,
    WHEP_LEG_FAILED,
};

struct whep_leg;

struct whep_leg_callbacks {
    void (*on_stream)(void *user, const struct whep_stream *stream);
    /* error (borrowed) explains FAILED, in domain SDP_EXCHANGE_ERROR when the server said it. */
    void (*on_state)(
        void *user, struct whep_leg *leg, enum whep_leg_state state, const GError *error);
};

struct whep_leg *whep_leg_new(const struct whep_session_params *params, unsigned generation,
    const struct whep_leg_callbacks *callbacks, void *user, GError **error);

/* Takes its webrtcbin out of the pipeline and DELETEs the session (close_ms 0: without waiting). */
void whep_leg_free(struct whep_leg *leg, guint close_ms);

unsigned whep_leg_generation(const struct whep_leg *leg);
enum whep_leg_state whep_leg_state(const struct whep_leg *leg);
/* The server answered the offer. */
bool whep_leg_is_answered(const struct whep_leg *leg);
uint64_t whep_leg_created_us(const struct whep_leg *leg);
uint64_t whep_leg_connected_us(const struct whep_leg *leg); /* 0 before */

/* When the last packet came out of a jitter buffer, 0 for never. */
uint64_t whep_leg_last_packet_us(struct whep_leg *leg);

/* What the server asked to wait before the next attempt. */
guint whep_leg_retry_after_s(const struct whep_leg *leg);

/* Several times a second: adapts the jitter buffers. */
void whep_leg_tick(struct whep_leg *leg, uint64_t now_us);

/* Adds to the sums and sets the momentary values. */
void whep_leg_add_stats(struct whep_leg *leg, struct whep_session_stats *stats);

#endif
