#include "media/shift_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SOUND_PART 16 /* of the store is for sound alone */
#define FREE_PART  8  /* must be free before pictures are taken again */

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static bool is_at(const struct shift_packet *packet, uint32_t timestamp_rtp)
{
    return !packet->is_hole && packet->timestamp_rtp == timestamp_rtp;
}

/* When it was taken, if it is of the replay. */
static uint64_t earlier_ns(
    const struct shift_packet *packet, const struct replay_span *span, uint32_t clock_rate)
{
    uint64_t earlier_us = 0;

    if (!packet->is_hole)
        earlier_us = replay_span_earlier_us(span, packet->timestamp_rtp, clock_rate);
    return packet->time_ns - min_u64(packet->time_ns, earlier_us * 1000);
}

static size_t cost_of(size_t size)
{
    return sizeof(struct shift_packet) + size;
}

static size_t limit_of(const struct shift_queue *queue)
{
    size_t limit = queue->store->limit_bytes;

    return queue->is_video ? limit - limit / SOUND_PART : limit;
}

void shift_queue_init(struct shift_queue *queue, struct shift_store *store, bool is_video)
{
    *queue = (struct shift_queue){.store = store, .is_video = is_video};
}

void shift_queue_finish(struct shift_queue *queue)
{
    for (struct shift_packet *packet = queue->head, *next; packet; packet = next) {
        next = packet->next;
        queue->store->used_bytes -= cost_of(packet->size);
        free(packet);
    }
    queue->head = queue->tail = NULL;
}

bool shift_queue_has_room(const struct shift_queue *queue)
{
    size_t used = queue->store->used_bytes;

    if (!queue->is_refusing)
        return used < limit_of(queue);
    return used <= limit_of(queue) - queue->store->limit_bytes / FREE_PART;
}

int shift_queue_put(struct shift_queue *queue, uint64_t due_us, const void *data, size_t size,
    struct shift_packet **ret_packet)
{
    struct shift_packet *packet;

    if (size > queue->store->limit_bytes || !shift_queue_has_room(queue) ||
        cost_of(size) > limit_of(queue) - queue->store->used_bytes) {
        queue->is_refusing = queue->is_video;
        queue->refused++;
        return -ENOSPC;
    }
    packet = malloc(cost_of(size));
    if (!packet)
        return -ENOMEM;
    *packet = (struct shift_packet){.due_us = due_us, .size = size, .is_hole = !data};
    if (data)
        memcpy(packet->data, data, size);
    if (queue->tail)
        queue->tail->next = packet;
    else
        queue->head = packet;
    queue->tail = packet;
    queue->is_refusing = false;
    queue->store->used_bytes += cost_of(size);
    *ret_packet = packet;
    return 0;
}

/* Packets ahead of the replay's first one that are not earlier than it. */
static void drop_replayed(struct shift_queue *queue, uint32_t first_rtp, uint64_t from_ns)
{
    struct shift_packet **link = &queue->head;

    while (*link && !is_at(*link, first_rtp)) {
        struct shift_packet *packet = *link;

        if (packet->time_ns < from_ns) {
            link = &packet->next;
            continue;
        }
        *link = packet->next;
        queue->store->used_bytes -= cost_of(packet->size);
        free(packet);
    }
}

void shift_queue_put_back(
    struct shift_queue *queue, const struct replay_span *span, uint32_t clock_rate)
{
    struct shift_packet *packet = queue->head;
    uint64_t ahead_us = 0;

    while (packet && !is_at(packet, span->first_rtp))
        packet = packet->next;
    if (!packet)
        return;
    drop_replayed(queue, span->first_rtp, earlier_ns(packet, span, clock_rate));
    for (packet = queue->head; packet; packet = packet->next) {
        uint64_t time_ns = earlier_ns(packet, span, clock_rate);
        uint64_t earlier_us = min_u64(packet->due_us, (packet->time_ns - time_ns) / 1000);

        packet->time_ns = time_ns;
        if (earlier_us > 0)
            packet->due_us = max_u64(ahead_us, packet->due_us - earlier_us);
        ahead_us = packet->due_us;
    }
}

uint64_t shift_queue_due_us(const struct shift_queue *queue)
{
    return queue->head ? queue->head->due_us : UINT64_MAX;
}

uint64_t shift_queue_newest_us(const struct shift_queue *queue)
{
    return queue->tail ? queue->tail->due_us : 0;
}

struct shift_packet *shift_queue_take(struct shift_queue *queue, uint64_t now_us)
{
    struct shift_packet *packet = queue->head;

    if (!packet || packet->due_us > now_us)
        return NULL;
    queue->head = packet->next;
    if (!queue->head)
        queue->tail = NULL;
    queue->store->used_bytes -= cost_of(packet->size);
    packet->next = NULL;
    return packet;
}
