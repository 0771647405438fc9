/* Which layer a slot shows, where it begins with it, and how far it is in it. */
#include "common/clock.h"
#include "relay/routing/subscriber.h"

/* A viewer that begins complains before its first frame is whole; after this time it is believed. */
#define PATIENCE_US (300 * US_PER_MS)

/* A keyframe is fresh for as long as its slot may have to wait for a visit. */
#define FRESH_KEYFRAME_US (200 * US_PER_MS)

/* The longest replay, where the line does not hold it up: a better layer's keyframe that comes meanwhile is fresh enough. */
#define REPLAY_US (KEYFRAME_CACHE_AGE_US / (REPLAY_SPEED - 1))

/* One picture in two layers arrives within this time; from one to the next it takes twice as long. */
#define SAME_PICTURE_US (15 * US_PER_MS)

/* So much later a picture is another one than a keyframe, of whichever layer. */
#define PASSED_US (100 * US_PER_MS)

/* Where keyframes come by themselves, the way up waits for the next one. */
#define USUAL_KEYFRAME_US (2500 * US_PER_MS)

/* More than the keyframe cache's two seconds and any delay on the way. */
#define BELIEVABLE_AGE_S 5

/* ---- beginning ---- */

static bool shows(const struct slot *slot, const struct layer *layer)
{
    return slot->current == layer && slot->current_id == layer->id;
}

/* What it shows is there and goes on. */
static bool is_served(const struct slot *slot, uint64_t now_us)
{
    return slot->current != NULL && shows(slot, slot->current) &&
           layer_is_active(slot->current, now_us);
}

static void begin(
    struct slot *slot, struct layer *layer, const struct packet *packet, uint64_t now_us)
{
    uint32_t live_rtp = packet->timestamp_rtp;

    live_line_at(&layer->line, now_us, &live_rtp);
    /* retransmitted packets are not on the line; nothing is younger than live; and a packet from before
     * a jump of the publisher's timestamps is not as old as the jump is wide */
    int64_t age = timestamp_distance(live_rtp, packet->timestamp_rtp);
    if (age < 0 || age > (int64_t)BELIEVABLE_AGE_S * layer->clock_rate)
        live_rtp = packet->timestamp_rtp;
    rewriter_begin(
        &slot->rewriter, packet, live_rtp, layer->clock_rate, slot->kind == MEDIA_VIDEO, now_us);
    /* the reports so far told of another source's clock */
    bool was_away = slot->current == NULL;
    if (was_away)
        slot->next_report_us = now_us;
    slot->current = layer;
    slot->current_id = layer->id;
    slot->next = packet->sequence;
    slot->resumed = slot->rewriter.started;
    slot->was_away = was_away;
    slot->replaying = true;
    slot->held_us = 0;
    slot->begun_us = now_us;
    slot->replay_rtp = packet->timestamp_rtp;
    slot->counters.switches++;
    line_set_replaying(&slot->subscriber->line, true, now_us);
    subscriber_wake(slot->subscriber); /* for its reports */
}

static bool takes(struct slot *slot, const struct packet *packet)
{
    if (slot->payload_types[packet->codec].taken)
        return true;
    slot->counters.no_codec++;
    slot_report_no_codec(slot);
    return false;
}

static bool begin_from_cache(struct slot *slot, struct layer *layer, uint64_t now_us)
{
    if (!layer_can_replay(layer, now_us))
        return false;
    const struct packet *packet = packet_cache_get(&layer->cache, layer->keyframe.first);
    if (packet == NULL || !takes(slot, packet))
        return false;
    slot->counters.replays++;
    begin(slot, layer, packet, now_us);
    fan_out_mark(&slot->subscriber->router->fan_out, slot->track);
    return true;
}

static bool is_carried(const struct slot *slot, const struct layer *layer, uint64_t now_us)
{
    return line_carries_replay(&slot->subscriber->line, layer->keyframe.bytes,
        reception_steady_bps(&layer->reception, now_us));
}

/* From that rank on down, the best whose past the line carries. */
static bool begin_from_carried_cache(struct slot *slot, size_t best, uint64_t now_us)
{
    for (size_t rank = best; rank < slot->track->layer_count; rank++) {
        struct layer *layer = track_layer(slot->track, rank);

        if (layer_is_active(layer, now_us) && is_carried(slot, layer, now_us) &&
            begin_from_cache(slot, layer, now_us))
            return true;
    }
    return false;
}

/* Rank of the best layer that the viewer's line carries. */
static size_t best_rank(const struct slot *slot)
{
    size_t rank = slot->choice.started && slot->choice.chosen > 0 ? (size_t)slot->choice.chosen : 0;

    return rank < slot->track->layer_count ? rank : slot->track->layer_count - 1;
}

static bool is_paused(const struct slot *slot)
{
    return slot->choice.started && slot->choice.chosen == LAYER_CHOICE_PAUSED;
}

/* The best that arrives of those that the line carries; if none does, what arrives at all. */
static struct layer *wanted_layer(const struct slot *slot, uint64_t now_us)
{
    size_t best = best_rank(slot);

    for (size_t i = 0; i < slot->track->layer_count; i++) {
        size_t rank = (best + i) % slot->track->layer_count;
        struct layer *layer = track_layer(slot->track, rank);
        if (layer_is_active(layer, now_us))
            return layer;
    }
    return NULL;
}

/* As above, also of those that come only when they are wanted. */
static struct layer *aim(const struct slot *slot, uint64_t now_us)
{
    size_t best = best_rank(slot);

    for (size_t i = 0; i < slot->track->layer_count; i++) {
        struct layer *layer = track_layer(slot->track, (best + i) % slot->track->layer_count);

        if (layer_is_available(layer, now_us))
            return layer;
    }
    return NULL;
}

/* active_only: not from a layer that stopped a moment ago; never from one that was asked to. */
static bool begin_from_any_cache(struct slot *slot, bool active_only, uint64_t now_us)
{
    for (size_t rank = best_rank(slot); rank < slot->track->layer_count; rank++) {
        struct layer *layer = track_layer(slot->track, rank);
        if (layer->suspended || (active_only && !layer_is_active(layer, now_us)))
            continue;
        if (begin_from_cache(slot, layer, now_us))
            return true;
    }
    return false;
}

/* The picture at once from whichever layer has it; slot_choose() then works its way up. */
void slot_start(struct slot *slot, uint64_t now_us)
{
    if (slot->track == NULL || slot->kind != MEDIA_VIDEO || is_paused(slot))
        return;
    if (!begin_from_any_cache(slot, true, now_us))
        begin_from_any_cache(slot, false, now_us);
    slot_choose(slot, now_us);
}

/* ---- visits ---- */

/* A keyframe of the layer that came just now: its followers may still be on their way. */
static const struct packet *fresh_keyframe(
    const struct layer *layer, uint64_t fresh_us, uint64_t now_us)
{
    if (!layer->keyframe.started || clock_elapsed_us(now_us, layer->keyframe.arrival_us) > fresh_us)
        return NULL;
    return packet_cache_get(&layer->cache, layer->keyframe.first);
}

/* Where decoding of the layer can begin at this moment, or NULL. */
static const struct packet *entry_point(
    const struct slot *slot, const struct layer *layer, uint64_t now_us)
{
    if (!layer_is_active(layer, now_us))
        return NULL;
    if (slot->kind == MEDIA_VIDEO && layer_has_visible_keyframes(layer))
        return fresh_keyframe(layer, FRESH_KEYFRAME_US, now_us);
    return packet_cache_get(&layer->cache, layer->newest);
}

static void begin_with_any(struct slot *slot, uint64_t now_us)
{
    for (size_t rank = best_rank(slot); rank < slot->track->layer_count; rank++) {
        struct layer *layer = track_layer(slot->track, rank);
        const struct packet *packet = entry_point(slot, layer, now_us);

        if (packet != NULL && takes(slot, packet)) {
            begin(slot, layer, packet, now_us);
            return;
        }
    }
    if (slot->current == NULL)
        slot_choose(slot, now_us);
}

/* What is sent now is the past that the viewer missed: whoever plays the lesson later has a use for all of it. */
static bool is_catching_up(const struct slot *slot)
{
    return slot->resumed && slot->replaying;
}

/* Where a picture that is being caught up with stands to a keyframe of another layer. */
enum keyframe_place {
    KEYFRAME_AHEAD,  /* there is more of the past before it */
    KEYFRAME_HERE,   /* all before it was sent, and the next picture not begun */
    KEYFRAME_PASSED, /* to begin there would show again what was shown */
};

static enum keyframe_place place_of(const struct slot *slot, const struct layer *layer)
{
    const struct packet_cache *cache = &slot->current->cache;
    const struct packet *next = packet_cache_get(cache, slot->next);
    const struct packet *last = packet_cache_get(cache, slot->next - 1);

    if (next == NULL)
        return slot->next > slot->current->newest ? KEYFRAME_HERE : KEYFRAME_AHEAD;
    if (next->arrival_us + SAME_PICTURE_US < layer->keyframe.arrival_us ||
        (last != NULL && last->timestamp_rtp == next->timestamp_rtp))
        return KEYFRAME_AHEAD;
    return next->arrival_us > layer->keyframe.arrival_us + PASSED_US ? KEYFRAME_PASSED
                                                                     : KEYFRAME_HERE;
}

/* After an outage all of the past is shown. Who complains on a full line had best be off it soon. */
static enum keyframe_place place_to_leave(
    const struct slot *slot, const struct layer *layer, uint64_t now_us)
{
    if (!slot->was_away && clock_elapsed_us(now_us, slot->begun_us) >= REPLAY_US)
        return KEYFRAME_HERE;
    return place_of(slot, layer);
}

/* A keyframe of that layer that came since the slot began with what it shows; else NULL. */
static const struct packet *way_up(
    const struct slot *slot, const struct layer *layer, uint64_t now_us)
{
    uint64_t held_up_us = is_catching_up(slot) ? LINE_REPLAY_MAX_US : REPLAY_US;

    if (!layer_has_visible_keyframes(layer) || layer->keyframe.arrival_us < slot->begun_us)
        return NULL;
    return fresh_keyframe(layer, FRESH_KEYFRAME_US + held_up_us, now_us);
}

/* Up, at the keyframe of the best layer that has one. While it catches up, where that keyframe is: a worse layer's, which
 * may come a little sooner, is not taken instead, nor one whose past the line does not carry. */
static bool begin_with_better(struct slot *slot, uint64_t now_us)
{
    for (size_t rank = best_rank(slot); rank < slot->track->layer_count; rank++) {
        struct layer *layer = track_layer(slot->track, rank);
        const struct packet *packet;

        if (!layer_is_better(layer, slot->current))
            return false;
        packet = way_up(slot, layer, now_us);
        if (packet == NULL || !takes(slot, packet))
            continue;
        if (is_catching_up(slot)) {
            enum keyframe_place place = place_to_leave(slot, layer, now_us);

            if (place == KEYFRAME_AHEAD)
                return false;
            if (place == KEYFRAME_PASSED || !is_carried(slot, layer, now_us))
                continue;
        }
        begin(slot, layer, packet, now_us);
        return true;
    }
    return false;
}

/* When a packet of the replay goes out: SPEED times faster than it came. */
static bool is_due(const struct slot *slot, const struct packet *packet, uint64_t now_us)
{
    const struct rewriter *rewriter = &slot->rewriter;
    if (!rewriter->compressing || !timestamp_newer(rewriter->caught_up_rtp, packet->timestamp_rtp))
        return true;
    int64_t behind = timestamp_distance(packet->timestamp_rtp, slot->replay_rtp);
    int64_t elapsed = live_line_ticks((int64_t)(now_us - slot->begun_us), rewriter->clock_rate);
    return behind <= elapsed * REPLAY_SPEED;
}

/* Sound never waits; a picture does while the line is full. */
static bool may_leave(struct slot *slot, const struct packet *packet, uint64_t now_us)
{
    if (!is_due(slot, packet, now_us))
        return false;
    if (slot->kind == MEDIA_AUDIO || line_allows(&slot->subscriber->line, now_us)) {
        slot->held_us = 0;
        return true;
    }
    if (slot->held_us == 0)
        slot->held_us = packet->arrival_us > slot->begun_us ? packet->arrival_us : slot->begun_us;
    return false;
}

static size_t send_new(struct slot *slot, size_t limit, uint64_t now_us)
{
    const struct layer *layer = slot->current;
    size_t sent = 0;

    if (layer == NULL || !shows(slot, layer))
        return 0;
    if (slot->next < layer->cache.oldest)
        slot->next = layer->cache.oldest;
    for (; slot->next <= layer->newest; slot->next++) {
        const struct packet *packet = packet_cache_get(&layer->cache, slot->next);
        if (is_catching_up(slot) && slot->track->layer_count > 1 && begin_with_better(slot, now_us))
            return sent + send_new(slot, limit - sent, now_us);
        if (packet == NULL)
            continue; /* a hole stays a hole; what still comes is sent when it comes */
        if (sent == limit || !may_leave(slot, packet, now_us) || !slot_send(slot, packet, now_us)) {
            subscriber_wake(slot->subscriber);
            return sent;
        }
        sent++;
    }
    slot->replaying = false;
    return sent;
}

size_t slot_visit(struct slot *slot, size_t limit, uint64_t now_us)
{
    if (!slot->subscriber->started)
        return 0;
    if (!is_served(slot, now_us)) {
        /* one that is paused shows nothing */
        if (is_paused(slot))
            return 0;
        begin_with_any(slot, now_us);
    } else if (slot->track->layer_count > 1)
        begin_with_better(slot, now_us);
    return send_new(slot, limit, now_us);
}

void slot_receive_late(
    struct slot *slot, const struct layer *layer, const struct packet *packet, uint64_t now_us)
{
    if (shows(slot, layer) && packet->sequence < slot->next)
        slot_send(slot, packet, now_us);
}

bool slot_is_behind(const struct slot *slot)
{
    const struct layer *layer = slot->current;

    return layer != NULL && shows(slot, layer) && slot->next <= layer->newest;
}

uint64_t slot_held_us(const struct slot *slot, uint64_t now_us)
{
    return slot->held_us != 0 ? clock_elapsed_us(now_us, slot->held_us) : 0;
}

/* ---- choosing ---- */

static void want(struct layer *layer, uint64_t now_us)
{
    if (!layer->requests.wanted)
        stream_want_keyframe(layer, now_us);
}

static bool has_usual_keyframes(const struct layer *layer, uint64_t now_us)
{
    return clock_elapsed_us(now_us, layer->requests.keyframe_us) <= USUAL_KEYFRAME_US;
}

/* A better layer begins with its next keyframe. */
static void go_up(struct layer *layer, uint64_t now_us)
{
    /* where keyframes cannot be seen a viewer stays with the layer it began with */
    if (layer_has_visible_keyframes(layer) && !has_usual_keyframes(layer, now_us))
        want(layer, now_us);
}

/* The viewer keeps the last picture, until another layer begins. */
static void stop_showing(struct slot *slot)
{
    slot->current = NULL;
    slot->replaying = false;
    slot->held_us = 0;
}

/* The line is too thin for any picture. */
static void stand_still(struct slot *slot)
{
    stop_showing(slot);
    if (slot->paused)
        return;
    slot->paused = true;
    slot->playing = false;
    slot->events = (slot->events & ~(1U << SUBSCRIBER_SLOT_PLAYING)) | 1U << SUBSCRIBER_SLOT_PAUSED;
    subscriber_wake(slot->subscriber);
}

/* Brings back a layer that rests. True when the slot goes on with what it shows till then. */
static bool waits_for_suspended(struct slot *slot, uint64_t now_us)
{
    struct layer *layer = aim(slot, now_us);

    if (layer == NULL || !layer->suspended)
        return false;
    stream_want_layer(layer, now_us);
    return is_served(slot, now_us) && layer_is_better(layer, slot->current);
}

/* A keyframe on request costs everybody: a line too thin for the past of a layer waits for the next. */
static bool should_wait(const struct slot *slot, const struct layer *layer, uint64_t now_us)
{
    return layer_can_replay(layer, now_us) && has_usual_keyframes(layer, now_us) &&
           !is_carried(slot, layer, now_us);
}

static size_t rank_of(const struct slot *slot, const struct layer *layer)
{
    size_t rank = 0;

    while (rank + 1 < slot->track->layer_count && track_layer(slot->track, rank) != layer)
        rank++;
    return rank;
}

void slot_choose(struct slot *slot, uint64_t now_us)
{
    struct layer *layer;

    if (slot->track == NULL || slot->kind != MEDIA_VIDEO)
        return;
    if (is_paused(slot)) {
        stand_still(slot);
        return;
    }
    if (waits_for_suspended(slot, now_us))
        return;
    layer = wanted_layer(slot, now_us);
    if (layer == NULL || shows(slot, layer))
        return;
    /* a mirror is filled from the origin's caches after the viewer began to wait: then whichever it has */
    if (slot->current == NULL)
        begin_from_any_cache(slot, true, now_us);
    if (shows(slot, layer))
        return;
    if (is_served(slot, now_us) && layer_is_better(layer, slot->current)) {
        go_up(layer, now_us);
        return;
    }
    if (begin_from_carried_cache(slot, rank_of(slot, layer), now_us))
        return;
    /* too much for the line: the picture stands still until the smaller one's keyframe comes */
    if (is_served(slot, now_us) && layer_has_visible_keyframes(layer))
        stop_showing(slot);
    if (!should_wait(slot, layer, now_us))
        want(layer, now_us);
}

/* A complaint made before the last beginning could be seen is about what was before it. */
static bool is_answered(const struct slot *slot, uint64_t now_us)
{
    uint64_t patience_us = PATIENCE_US + slot->subscriber->retransmission.rtt_us;

    return slot->replaying || clock_elapsed_us(now_us, slot->begun_us) < patience_us;
}

/* One viewer's loss is its own business, while the past is at hand and it may have it again. */
static bool begin_again(struct slot *slot, struct layer *layer, uint64_t now_us)
{
    return shows(slot, layer) &&
           retransmission_take(&slot->subscriber->retransmission, layer->keyframe.bytes, now_us) &&
           begin_from_carried_cache(slot, rank_of(slot, layer), now_us);
}

uint8_t slot_wanted_layers(const struct slot *slot, uint64_t now_us)
{
    const struct layer *layer;
    unsigned wanted = 0;

    if (!slot->subscriber->started || slot->track == NULL || is_paused(slot))
        return 0;
    if (slot->current != NULL)
        wanted |= 1U << slot->current->index;
    layer = aim(slot, now_us);
    if (layer != NULL)
        wanted |= 1U << layer->index;
    return (uint8_t)wanted;
}

void slot_want_keyframe(struct slot *slot, uint64_t now_us)
{
    struct layer *layer = slot->current;

    /* what it waits for has been asked for, or is being replayed */
    if (layer == NULL || is_answered(slot, now_us))
        return;
    if (begin_again(slot, layer, now_us) || should_wait(slot, layer, now_us))
        return;
    stream_want_keyframe(layer, now_us);
}
