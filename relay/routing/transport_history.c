#include "relay/routing/transport_history.h"

#include <errno.h>
#include <stdlib.h>

int transport_history_init(struct transport_history *history, size_t capacity)
{
    history->ring = calloc(capacity, sizeof(history->ring[0]));
    if (history->ring == NULL)
        return -ENOMEM;
    history->mask = (uint16_t)(capacity - 1);
    return 0;
}

void transport_history_finish(struct transport_history *history)
{
    free(history->ring);
    history->ring = NULL;
}

/* NULL when that number was not sent lately. *ret_age_us: since then. */
static struct transport_entry *find(const struct transport_history *history, uint16_t sequence,
    uint64_t now_us, uint32_t *ret_age_us)
{
    struct transport_entry *entry = &history->ring[sequence & history->mask];

    *ret_age_us = (uint32_t)now_us - entry->sent_us;
    if (entry->state == TRANSPORT_NEVER_SENT || entry->sequence != sequence ||
        *ret_age_us > TRANSPORT_HISTORY_MAX_AGE_US)
        return NULL;
    return entry;
}

struct transport_result transport_history_take(
    struct transport_history *history, uint16_t sequence, bool received, uint64_t now_us)
{
    struct transport_result result = {.fate = TRANSPORT_FATE_NONE};
    uint32_t age_us;
    struct transport_entry *entry = find(history, sequence, now_us, &age_us);

    if (entry == NULL || entry->state == TRANSPORT_RECEIVED)
        return result;
    if (!received && entry->state == TRANSPORT_LOST)
        return result;
    result.sent_us = now_us - age_us;
    result.bytes = entry->bytes;
    result.cluster = (uint8_t)entry->cluster;
    if (!received)
        result.fate = TRANSPORT_FATE_LOST;
    else if (entry->state == TRANSPORT_LOST)
        result.fate = TRANSPORT_FATE_LATE;
    else
        result.fate = TRANSPORT_FATE_RECEIVED;
    entry->state = received ? TRANSPORT_RECEIVED : TRANSPORT_LOST;
    return result;
}

size_t transport_history_in_flight(
    const struct transport_history *history, uint16_t sequence, uint64_t now_us)
{
    uint32_t age_us;
    const struct transport_entry *entry = find(history, sequence, now_us, &age_us);

    return entry != NULL && entry->state == TRANSPORT_IN_FLIGHT ? entry->bytes : 0;
}
