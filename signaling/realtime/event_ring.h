/*
 * The last events of one lesson, as the frames that went out, so that who was away for a moment gets what they missed
 * and nothing else. Bounded in number and bytes; the oldest make room. Loop thread.
 */
#ifndef DUET_SIGNALING_REALTIME_EVENT_RING_H
#define DUET_SIGNALING_REALTIME_EVENT_RING_H

#include "signaling/http/ws_socket.h"

#include <stdint.h>

#define EVENT_RING_FRAMES 128
#define EVENT_RING_BYTES  (64 * 1024)

struct event_ring {
    /* owned */
    struct ws_frame *frames[EVENT_RING_FRAMES];

    /* state */
    int64_t last; /* number of the newest event; those before it follow without a gap */
    size_t count;
    size_t bytes;
};

/* Numbers go on from here: a first event has first + 1. */
void event_ring_init(struct event_ring *ring, int64_t first);
void event_ring_finish(struct event_ring *ring);

/* The event with number last + 1. Takes a reference of its own. */
void event_ring_add(struct event_ring *ring, struct ws_frame *frame);

/* All that came after event seq is here. */
bool event_ring_reaches(const struct event_ring *ring, int64_t seq);

/* The frame of that number, NULL when it is not here (any more). Borrowed. */
struct ws_frame *event_ring_get(const struct event_ring *ring, int64_t seq);

#endif
