#include "relay/routing/fan_out.h"

#include "relay/routing/look_ahead.h"
#include "relay/routing/slot.h"

void fan_out_init(struct fan_out *fan_out)
{
    list_init(&fan_out->audio);
    list_init(&fan_out->video);
    fan_out->stopped = false;
}

void fan_out_walk_init(struct fan_out_walk *walk)
{
    list_init(&walk->marked_node);
    walk->next = NULL;
    walk->again = false;
}

void fan_out_mark(struct fan_out *fan_out, struct track *track)
{
    struct fan_out_walk *walk = &track->walk;

    if (walk->next != NULL)
        walk->again = true;
    else if (list_is_empty(&walk->marked_node) && !list_is_empty(&track->slots))
        list_insert_before(track->params.kind == MEDIA_AUDIO ? &fan_out->audio : &fan_out->video,
            &walk->marked_node);
}

void fan_out_forget_track(struct track *track)
{
    list_remove(&track->walk.marked_node);
    track->walk.next = NULL;
}

void fan_out_forget_slot(struct track *track, const struct slot *slot)
{
    if (track->walk.next == &slot->track_node)
        track->walk.next = slot->track_node.next;
}

void fan_out_stop(struct fan_out *fan_out)
{
    fan_out->stopped = true;
}

/* The last of many gets its packets late: it is not always the same one. */
static void begin_walk(struct track *track)
{
    struct list_node *first = track->slots.next;

    list_remove(first);
    list_insert_before(&track->slots, first);
    track->walk.next = track->slots.next;
    track->walk.again = false;
}

static void end_walk(struct fan_out *fan_out, struct track *track)
{
    bool again = track->walk.again;

    track->walk.next = NULL;
    list_remove(&track->walk.marked_node);
    if (again)
        fan_out_mark(fan_out, track);
}

/* Goes on with the track's walk within the budget; returns what is left of it. */
static size_t walk(struct fan_out *fan_out, struct track *track, size_t budget, uint64_t now_us)
{
    if (track->walk.next == NULL && !list_is_empty(&track->slots))
        begin_walk(track);
    while (track->walk.next != NULL && track->walk.next != &track->slots) {
        struct slot *slot = list_entry(track->walk.next, struct slot, track_node);
        size_t sent;

        if (budget == 0 || fan_out->stopped)
            return budget;
        track->walk.next = slot->track_node.next;
        look_ahead(track->walk.next, &track->slots);
        sent = slot_visit(slot, FAN_OUT_CHUNK_PACKETS, now_us);
        if (fan_out->stopped) {
            track->walk.next = &slot->track_node; /* it goes on with what found no room */
            return budget;
        }
        if (sent == FAN_OUT_CHUNK_PACKETS)
            track->walk.again = true;
        budget -= sent < budget ? sent : budget;
    }
    end_walk(fan_out, track);
    return budget;
}

bool router_fan_out(struct router *router, size_t budget, uint64_t now_us)
{
    struct fan_out *fan_out = &router->fan_out;

    fan_out->stopped = false;
    while (budget > 0 && !fan_out->stopped) {
        struct list_node *head = list_is_empty(&fan_out->audio) ? &fan_out->video : &fan_out->audio;

        if (list_is_empty(head))
            return false;
        budget =
            walk(fan_out, list_entry(head->next, struct track, walk.marked_node), budget, now_us);
    }
    return !list_is_empty(&fan_out->audio) || !list_is_empty(&fan_out->video);
}
