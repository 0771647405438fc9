#include "signaling/realtime/event_ring.h"

static struct ws_frame **place_of(struct event_ring *ring, int64_t seq)
{
    return &ring->frames[(uint64_t)seq % EVENT_RING_FRAMES];
}

static void drop_oldest(struct event_ring *ring)
{
    struct ws_frame **oldest = place_of(ring, ring->last - (int64_t)ring->count + 1);

    ring->bytes -= ws_frame_bytes(*oldest);
    ws_frame_unref(*oldest);
    *oldest = NULL;
    ring->count--;
}

void event_ring_init(struct event_ring *ring, int64_t first)
{
    *ring = (struct event_ring){.last = first};
}

void event_ring_finish(struct event_ring *ring)
{
    while (ring->count > 0)
        drop_oldest(ring);
}

void event_ring_add(struct event_ring *ring, struct ws_frame *frame)
{
    size_t len = ws_frame_bytes(frame);

    while (ring->count > 0 &&
           (ring->count == EVENT_RING_FRAMES || ring->bytes + len > EVENT_RING_BYTES))
        drop_oldest(ring);
    ring->last++;
    *place_of(ring, ring->last) = ws_frame_ref(frame);
    ring->count++;
    ring->bytes += len;
}

bool event_ring_reaches(const struct event_ring *ring, int64_t seq)
{
    return seq <= ring->last && seq >= ring->last - (int64_t)ring->count;
}

struct ws_frame *event_ring_get(const struct event_ring *ring, int64_t seq)
{
    if (seq > ring->last || seq <= ring->last - (int64_t)ring->count)
        return NULL;
    return ring->frames[(uint64_t)seq % EVENT_RING_FRAMES];
}
