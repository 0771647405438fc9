/* Joining, leaving and following a source: which packets of it a viewer gets. Sending is slot_send.c. */
#include "relay/routing/slot.h"

#include "common/clock.h"
#include "common/random.h"
#include "relay/routing/mirror.h"
#include "relay/routing/subscriber.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define VIDEO_HISTORY_PACKETS 512
#define AUDIO_HISTORY_PACKETS 128

/* A viewer that begins complains before its first frame is whole; after this time it is believed. */
#define PATIENCE_US (300 * US_PER_MS)

/* A keyframe is fresh for as long as its slot may have to wait for a visit. */
#define FRESH_KEYFRAME_US (200 * US_PER_MS)

/* More than the keyframe cache's two seconds and any delay on the way. */
#define BELIEVABLE_AGE_S 5

int slot_init(struct slot *slot, struct subscriber *subscriber,
    const struct subscriber_slot_params *params, uint64_t now_us)
{
    const struct media_track *track = params->track;

    memset(slot, 0, sizeof(*slot));
    slot->subscriber = subscriber;
    list_init(&slot->entry_node);
    list_init(&slot->track_node);
    if (track == NULL || track->codec_count > MEDIA_MAX_CODECS)
        return -EINVAL;

    slot->kind = track->kind;
    slot->ssrc = track->send_ssrc;
    slot->rtx_ssrc = track->send_rtx_ssrc;
    slot->rtx_sequence = (uint16_t)random_below(32768);
    extension_block_init(&slot->extensions, &track->extensions, track->mid);
    rewriter_init(&slot->rewriter, (uint16_t)random_below(32768), random_u32());

    slot->codecs = calloc(track->codec_count > 0 ? track->codec_count : 1, sizeof(slot->codecs[0]));
    if (slot->codecs == NULL)
        return -ENOMEM;
    memcpy(slot->codecs, track->codecs, track->codec_count * sizeof(slot->codecs[0]));
    slot->codec_count = track->codec_count;

    int err = sent_history_init(
        &slot->history, slot->kind == MEDIA_VIDEO ? VIDEO_HISTORY_PACKETS : AUDIO_HISTORY_PACKETS);
    if (err < 0)
        return err;
    return slot_set_source(slot, params->source != NULL ? params->source : "", now_us);
}

static void detach(struct slot *slot)
{
    if (slot->track != NULL)
        fan_out_forget_slot(slot->track, slot);
    list_remove(&slot->track_node);
    slot->track = NULL;
    slot->current = NULL;
    slot->replaying = false;
    slot->playing = false;
}

static void leave_source(struct slot *slot)
{
    detach(slot);
    list_remove(&slot->entry_node);
    directory_release(slot->subscriber->router->directory, slot->entry);
    slot->entry = NULL;
    slot->no_codec = false;
}

void slot_finish(struct slot *slot)
{
    leave_source(slot);
    sent_history_finish(&slot->history);
    free(slot->codecs);
    slot->codecs = NULL;
}

int slot_set_source(struct slot *slot, const char *source, uint64_t now_us)
{
    struct subscriber *subscriber = slot->subscriber;
    struct directory_entry *entry = NULL;

    if (source[0] != '\0') {
        int err =
            directory_acquire(subscriber->router->directory, subscriber->lesson, source, &entry);
        if (err < 0)
            return err;
    }
    if (entry == slot->entry) {
        directory_release(subscriber->router->directory, entry);
        return 0;
    }

    bool was_playing = slot->playing;
    leave_source(slot);
    slot->events = was_playing ? 1U << SUBSCRIBER_SLOT_EMPTY : 0;
    if (entry == NULL)
        return 0;
    slot->entry = entry;
    list_insert_before(&entry->slots, &slot->entry_node);
    if (entry->stream != NULL)
        slot_attach(slot, entry->stream, now_us);
    return 0;
}

/* The viewer's codec for one of the source's: an equal profile rather than a compatible one. */
static int find_codec(const struct slot *slot, const struct media_codec *source)
{
    int found = -1;
    for (size_t i = 0; i < slot->codec_count; i++) {
        const struct media_codec *codec = &slot->codecs[i];
        if (!media_codec_compatible(source, codec))
            continue;
        /* profile and constraints; the level is the last byte */
        if (codec->h264_profile_level_id >> 8 == source->h264_profile_level_id >> 8)
            return (int)i;
        if (found < 0)
            found = (int)i;
    }
    return found;
}

static void report_no_codec(struct slot *slot)
{
    if (slot->no_codec)
        return;
    slot->no_codec = true;
    slot->events |= 1U << SUBSCRIBER_SLOT_NO_CODEC;
}

void slot_attach(struct slot *slot, struct stream *stream, uint64_t now_us)
{
    struct track *track = stream_find_track(stream, slot->kind);
    bool any = false;

    if (track == NULL)
        return; /* it publishes no such media: the slot stays empty without an event */
    for (size_t i = 0; i < track->params.codec_count; i++) {
        slot->codec_map[i] = (int8_t)find_codec(slot, &track->params.codecs[i]);
        any = any || slot->codec_map[i] >= 0;
    }
    if (!any) {
        report_no_codec(slot);
        return;
    }
    slot->track = track;
    list_insert_before(&track->slots, &slot->track_node);
    if (stream->mirrored)
        mirror_want(stream);
    if (slot->subscriber->started)
        slot_start(slot, now_us);
}

void slot_stream_ended(struct slot *slot)
{
    /* a NO_CODEC or PLAYING not given out yet is of no interest any more */
    slot->events = slot->playing || slot->no_codec ? 1U << SUBSCRIBER_SLOT_EMPTY : 0;
    slot->no_codec = false;
    detach(slot);
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
    slot->current = layer;
    slot->current_id = layer->id;
    slot->next = packet->sequence;
    slot->replaying = true;
    slot->begun_us = now_us;
    slot->replay_rtp = packet->timestamp_rtp;
    slot->counters.switches++;
}

static bool takes(struct slot *slot, const struct packet *packet)
{
    if (slot->codec_map[packet->codec] >= 0)
        return true;
    slot->counters.no_codec++;
    report_no_codec(slot);
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

static struct layer *best_active_layer(struct track *track, uint64_t now_us)
{
    for (size_t i = 0; i < track->layer_count; i++) {
        struct layer *layer = track_layer(track, i);
        if (layer_is_active(layer, now_us))
            return layer;
    }
    return NULL;
}

/* active_only: not from a layer that stopped a moment ago. */
static bool begin_from_any_cache(struct slot *slot, bool active_only, uint64_t now_us)
{
    for (size_t i = 0; i < slot->track->layer_count; i++) {
        struct layer *layer = track_layer(slot->track, i);
        if (active_only && !layer_is_active(layer, now_us))
            continue;
        if (begin_from_cache(slot, layer, now_us))
            return true;
    }
    return false;
}

/* The picture at once from whichever layer has it; slot_choose() then works its way up. */
void slot_start(struct slot *slot, uint64_t now_us)
{
    if (slot->track == NULL || slot->kind != MEDIA_VIDEO)
        return;
    if (!begin_from_any_cache(slot, true, now_us))
        begin_from_any_cache(slot, false, now_us);
    slot_choose(slot, now_us);
}

static bool shows(const struct slot *slot, const struct layer *layer)
{
    return slot->current == layer && slot->current_id == layer->id;
}

/* ---- visits ---- */

/* What it shows is there and goes on. */
static bool is_served(const struct slot *slot, uint64_t now_us)
{
    return slot->current != NULL && shows(slot, slot->current) &&
           layer_is_active(slot->current, now_us);
}

/* A keyframe of the layer that came just now: its followers may still be on their way. */
static const struct packet *fresh_keyframe(const struct layer *layer, uint64_t now_us)
{
    if (!layer->keyframe.started ||
        clock_elapsed_us(now_us, layer->keyframe.arrival_us) > FRESH_KEYFRAME_US)
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
        return fresh_keyframe(layer, now_us);
    return packet_cache_get(&layer->cache, layer->newest);
}

static void begin_with_any(struct slot *slot, uint64_t now_us)
{
    for (size_t i = 0; i < slot->track->layer_count; i++) {
        struct layer *layer = track_layer(slot->track, i);
        const struct packet *packet = entry_point(slot, layer, now_us);

        if (packet != NULL && takes(slot, packet)) {
            begin(slot, layer, packet, now_us);
            return;
        }
    }
    if (slot->current == NULL)
        slot_choose(slot, now_us);
}

/* Up, at a keyframe that came since it began with what it shows. */
static void begin_with_better(struct slot *slot, uint64_t now_us)
{
    for (size_t i = 0; i < slot->track->layer_count; i++) {
        struct layer *layer = track_layer(slot->track, i);
        const struct packet *packet;

        if (!layer_is_better(layer, slot->current))
            continue;
        packet = fresh_keyframe(layer, now_us);
        if (packet == NULL || layer->keyframe.arrival_us < slot->begun_us ||
            !layer_has_visible_keyframes(layer) || !takes(slot, packet))
            continue;
        begin(slot, layer, packet, now_us);
        return;
    }
}

/* When a packet of the replay goes out: SPEED times faster than it came. */
static bool is_due(const struct slot *slot, const struct packet *packet, uint64_t now_us)
{
    const struct rewriter *rewriter = &slot->rewriter;
    if (!rewriter->compressing || !timestamp_newer(rewriter->caught_up_rtp, packet->timestamp_rtp))
        return true;
    int64_t behind = timestamp_distance(packet->timestamp_rtp, slot->replay_rtp);
    int64_t elapsed = live_line_ticks((int64_t)(now_us - slot->begun_us), rewriter->clock_rate);
    return behind <= elapsed * REWRITER_SPEED;
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
        if (packet == NULL)
            continue; /* a hole stays a hole; what still comes is sent when it comes */
        if (sent == limit || !is_due(slot, packet, now_us) || !slot_send(slot, packet, now_us))
            return sent;
        sent++;
    }
    slot->replaying = false;
    return sent;
}

size_t slot_visit(struct slot *slot, size_t limit, uint64_t now_us)
{
    if (!slot->subscriber->started)
        return 0;
    if (!is_served(slot, now_us))
        begin_with_any(slot, now_us);
    else if (slot->track->layer_count > 1)
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

/* ---- choosing ---- */

static void fall_back(struct slot *slot, struct layer *best, uint64_t now_us)
{
    if (!begin_from_cache(slot, best, now_us) && !best->requests.wanted)
        stream_want_keyframe(best, now_us);
}

void slot_choose(struct slot *slot, uint64_t now_us)
{
    struct layer *current = slot->current;

    if (slot->track == NULL || slot->kind != MEDIA_VIDEO)
        return;
    struct layer *best = best_active_layer(slot->track, now_us);
    if (best == NULL || shows(slot, best))
        return;
    if (current != NULL && !layer_is_active(current, now_us)) {
        fall_back(slot, best, now_us);
        return;
    }
    /* a mirror is filled from the origin's caches after the viewer began to wait */
    if (current == NULL && begin_from_any_cache(slot, true, now_us))
        current = slot->current;
    if (shows(slot, best))
        return;
    /* where keyframes cannot be seen a viewer stays with the layer it began with */
    if (current != NULL && !layer_has_visible_keyframes(best))
        return;
    if (!best->requests.wanted)
        stream_want_keyframe(best, now_us);
}

void slot_want_keyframe(struct slot *slot, uint64_t now_us)
{
    struct layer *layer = slot->current;

    /* what it waits for has been asked for, or is being replayed */
    if (layer == NULL || slot->replaying || clock_elapsed_us(now_us, slot->begun_us) < PATIENCE_US)
        return;
    stream_want_keyframe(layer, now_us);
}
