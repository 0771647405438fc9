#include "relay/routing/look_ahead.h"

#include "common/prefetch.h"
#include "relay/routing/subscriber.h"

#define LOOK_AHEAD_STEPS (SUBSCRIBER_PREFETCH_STEPS + 2)

/* As much of these structs as a packet needs; it stands at their beginning. */
#define SLOT_BYTES       (offsetof(struct slot, payload_types) + sizeof(struct media_payload_types))
#define SUBSCRIBER_BYTES (offsetof(struct subscriber, line.estimator.probing) + PREFETCH_LINE_BYTES)

static void fetch_histories(const struct slot *slot)
{
    const struct transport_history *history = &slot->subscriber->line.estimator.history;
    uint16_t next = (uint16_t)(slot->rewriter.highest + 1);

    prefetch(sent_history_place(&slot->history, next), sizeof(struct sent_packet));
    if (history->ring != NULL)
        prefetch(&history->ring[slot->subscriber->transport_sequence & history->mask],
            sizeof(history->ring[0]));
}

/* distance: 1 for the slot that comes next. What is followed here was fetched one visit ago. */
static void fetch(const struct slot *slot, unsigned distance)
{
    const struct subscriber *subscriber;

    if (distance == LOOK_AHEAD_STEPS) {
        prefetch(slot, SLOT_BYTES);
        return;
    }
    subscriber = slot->subscriber;
    if (distance == LOOK_AHEAD_STEPS - 1) {
        prefetch(subscriber, SUBSCRIBER_BYTES);
        return;
    }
    if (distance == SUBSCRIBER_PREFETCH_STEPS)
        fetch_histories(slot);
    if (subscriber->prefetch != NULL)
        subscriber->prefetch(subscriber->user, SUBSCRIBER_PREFETCH_STEPS - distance);
}

void look_ahead(const struct list_node *next, const struct list_node *head)
{
    for (unsigned distance = 1; distance <= LOOK_AHEAD_STEPS && next != head; distance++) {
        fetch(list_entry(next, struct slot, track_node), distance);
        next = next->next;
    }
}
