/* A slot's life and its place at a source. Which packets of it the viewer gets is slot_layers.c. */
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
    slot->paused = false;
}

static bool has_told(const struct slot *slot)
{
    return slot->playing || slot->paused || slot->no_codec;
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

    bool told = has_told(slot);
    leave_source(slot);
    slot->events = told ? 1U << SUBSCRIBER_SLOT_EMPTY : 0;
    subscriber_wake(subscriber);
    slot->choice = (struct layer_slot){0};
    if (entry == NULL)
        return 0;
    slot->entry = entry;
    list_insert_before(&entry->slots, &slot->entry_node);
    if (entry->stream != NULL)
        slot_attach(slot, entry->stream, now_us);
    return 0;
}

/* The viewer's codec for one of the source's: an equal profile rather than a compatible one. NULL for
 * none. */
static const struct media_codec *find_codec(
    const struct slot *slot, const struct media_codec *source)
{
    const struct media_codec *found = NULL;

    for (size_t i = 0; i < slot->codec_count; i++) {
        const struct media_codec *codec = &slot->codecs[i];
        if (!media_codec_compatible(source, codec))
            continue;
        /* profile and constraints; the level is the last byte */
        if (codec->h264_profile_level_id >> 8 == source->h264_profile_level_id >> 8)
            return codec;
        if (found == NULL)
            found = codec;
    }
    return found;
}

void slot_set_payload_types(struct slot *slot)
{
    const struct media_track *source = &slot->track->params;

    for (size_t i = 0; i < source->codec_count; i++) {
        const struct media_codec *codec = find_codec(slot, &source->codecs[i]);

        slot->payload_types[i] = (struct media_payload_types){0};
        if (codec == NULL)
            continue;
        slot->payload_types[i] = (struct media_payload_types){
            .taken = true,
            .media = codec->payload_type,
            .rtx = codec->has_rtx ? codec->rtx_payload_type : 0,
            .red = codec->has_red && !slot->plain_audio ? codec->red_payload_type : 0,
        };
    }
}

void slot_report_no_codec(struct slot *slot)
{
    if (slot->no_codec)
        return;
    slot->no_codec = true;
    slot->events |= 1U << SUBSCRIBER_SLOT_NO_CODEC;
    subscriber_wake(slot->subscriber);
}

void slot_attach(struct slot *slot, struct stream *stream, uint64_t now_us)
{
    struct track *track = stream_find_track(stream, slot->kind);
    bool any = false;

    if (track == NULL)
        return; /* it publishes no such media: the slot stays empty without an event */
    slot->track = track;
    slot_set_payload_types(slot);
    for (size_t i = 0; i < track->params.codec_count; i++)
        any = any || slot->payload_types[i].taken;
    if (!any) {
        slot->track = NULL;
        slot_report_no_codec(slot);
        return;
    }
    list_insert_before(&track->slots, &slot->track_node);
    if (stream->mirrored)
        mirror_want(stream);
    if (slot->subscriber->started)
        slot_start(slot, now_us);
}

void slot_stream_ended(struct slot *slot)
{
    /* an event of it not given out yet is of no interest any more */
    slot->events = has_told(slot) ? 1U << SUBSCRIBER_SLOT_EMPTY : 0;
    subscriber_wake(slot->subscriber);
    slot->no_codec = false;
    detach(slot);
}
