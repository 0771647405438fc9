/*
 * What a room that plays its lesson later has received and not shown yet: packets of one stream in the order they came, each
 * with the moment it is due. The streams of a lesson share a store, which bounds them together in bytes.
 *
 * At the bound nothing grows and nothing that is held is thrown away, since it is due first: pictures that come are refused,
 * with a part of the store kept for sound, until an eighth of it is free again. What was refused is missing at its place.
 *
 * Pure: the time is passed in; the caller locks. A packet is one block of memory, its caller's once it is taken.
 */
#ifndef DUET_MEDIA_SHIFT_QUEUE_H
#define DUET_MEDIA_SHIFT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/replay_meter.h"

struct shift_store {
    size_t limit_bytes;
    size_t used_bytes; /* with what keeping a packet costs beside its data */
};

struct shift_packet {
    struct shift_packet *next;
    uint64_t due_us;
    uint64_t time_ns;       /* of the stream; the caller's */
    uint64_t duration_ns;   /* of a hole */
    uint32_t timestamp_rtp; /* the caller's */
    uint16_t sequence;      /* of a hole */
    bool is_hole;           /* no data: something is missing here */
    bool is_first;          /* behind something that is missing */
    size_t size;
    uint8_t data[];
};

struct shift_queue {
    struct shift_store *store; /* borrowed */
    struct shift_packet *head; /* owned, as what follows it */
    struct shift_packet *tail;
    uint64_t refused; /* packets that found no room */
    bool is_video;
    bool is_refusing;
};

void shift_queue_init(struct shift_queue *queue, struct shift_store *store, bool is_video);

/* Frees what is held. */
void shift_queue_finish(struct shift_queue *queue);

/* Keeps a copy; size 0 with data NULL is a hole. The rest of the packet is for the caller to fill in: *ret_packet stays the
 * queue's. Returns 0, -ENOSPC, or -ENOMEM. */
int shift_queue_put(struct shift_queue *queue, uint64_t due_us, const void *data, size_t size,
    struct shift_packet **ret_packet);

/* Pictures of a replay are due when they were taken, not when the relay sent them, and their time_ns is as much earlier:
 * what was missed becomes as short as what never came. What was held of that time already goes: the replay has it
 * from a keyframe on. None is due before the one ahead of it. */
void shift_queue_put_back(
    struct shift_queue *queue, const struct replay_span *span, uint32_t clock_rate);

/* After -ENOSPC: there is room again. */
bool shift_queue_has_room(const struct shift_queue *queue);

/* When the next one is due, UINT64_MAX when nothing is held. */
uint64_t shift_queue_due_us(const struct shift_queue *queue);

/* When the newest one is due, 0 when nothing is held. */
uint64_t shift_queue_newest_us(const struct shift_queue *queue);

/* The next one if it is due by now_us, else NULL; for free(). */
struct shift_packet *shift_queue_take(struct shift_queue *queue, uint64_t now_us);

#endif
