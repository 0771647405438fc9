#include "relay/routing/mirror.h"

#include "common/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A mirror that lost its last viewer may soon get the next one. */
#define KEEP_US (5 * US_PER_S)

/* Wishes that have not changed are told again with the viewers' losses. */
#define DEMAND_US (1 * US_PER_S)

enum message_kind {
    MESSAGE_ANNOUNCE,
    MESSAGE_END,
    MESSAGE_REPORT,
    MESSAGE_INTEREST,
    MESSAGE_KEYFRAME,
    MESSAGE_DEMAND,
    MESSAGE_REST,
};

struct router_message {
    enum message_kind kind;
    unsigned from;
    uint32_t stream; /* of the origin, whichever end it is */
    uint8_t track;
    uint8_t layer;
    uint32_t run;                   /* REPORT: as in a parcel */
    bool wanted;                    /* INTEREST */
    bool suspended;                 /* REST */
    uint32_t bitrate_bps;           /* REST: before it was suspended */
    struct peer_demand demand;      /* DEMAND */
    struct report_mapping mapping;  /* REPORT */
    struct announcement *announced; /* owned; ANNOUNCE */
};

struct announcement {
    char lesson[MEDIA_NAME_CHARS + 1];
    char source[MEDIA_NAME_CHARS + 1];
    size_t track_count;
    struct media_track tracks[STREAM_MAX_TRACKS];
};

static void message_free(struct router_message *message)
{
    free(message->announced);
    free(message);
}

/* Takes a copy of the message, with an announcement of its own. Without memory the peer's viewers see
 * nothing of the stream until it is published anew. */
static void post(struct router *router, unsigned peer, const struct router_message *message)
{
    const struct router_exchange *exchange = &router->exchange;
    struct router_message *copy = malloc(sizeof(*copy));

    if (copy == NULL)
        return;
    *copy = *message;
    copy->from = exchange->index;
    if (message->announced != NULL) {
        copy->announced = malloc(sizeof(*copy->announced));
        if (copy->announced == NULL) {
            free(copy);
            return;
        }
        *copy->announced = *message->announced;
    }
    exchange->post(exchange->user, peer, copy);
}

static void post_to_all(struct router *router, const struct router_message *message)
{
    for (unsigned peer = 0; peer < router->exchange.count; peer++) {
        if (peer != router->exchange.index)
            post(router, peer, message);
    }
}

/* ---- at the origin ---- */

void mirror_announce(struct stream *stream)
{
    struct router_message message = {.kind = MESSAGE_ANNOUNCE, .stream = stream->id};
    struct announcement *announced;

    if (stream->router->exchange.count < 2)
        return;
    announced = calloc(1, sizeof(*announced));
    if (announced == NULL)
        return;
    strncpy(announced->lesson, stream->entry->lesson, MEDIA_NAME_CHARS);
    strncpy(announced->source, stream->entry->source, MEDIA_NAME_CHARS);
    announced->track_count = stream->track_count;
    for (size_t i = 0; i < stream->track_count; i++)
        announced->tracks[i] = stream->tracks[i].params;
    message.announced = announced;
    post_to_all(stream->router, &message);
    free(announced);
}

void mirror_end(struct stream *stream)
{
    post_to_all(
        stream->router, &(struct router_message){.kind = MESSAGE_END, .stream = stream->id});
}

static struct router_parcel parcel_of(
    const struct layer *layer, struct packet *packet, bool retransmitted)
{
    const struct stream *stream = layer->track->stream;

    return (struct router_parcel){
        .packet = packet,
        .stream = stream->id,
        .run = layer->id,
        .origin = (uint8_t)stream->router->exchange.index,
        .track = (uint8_t)(layer->track - stream->tracks),
        .layer = (uint8_t)layer->index,
        .retransmitted = retransmitted,
    };
}

static void give(struct router *router, unsigned peer, const struct router_parcel *parcel)
{
    packet_ref(parcel->packet);
    if (router->exchange.hand_over(router->exchange.user, peer, parcel))
        return;
    packet_unref(parcel->packet);
    router->parcels_lost++;
}

void mirror_hand_over(const struct layer *layer, struct packet *packet, bool retransmitted)
{
    const struct stream *stream = layer->track->stream;
    struct router_parcel parcel;

    if (stream->interested == 0)
        return;
    parcel = parcel_of(layer, packet, retransmitted);
    for (uint64_t peers = stream->interested; peers != 0; peers &= peers - 1)
        give(stream->router, (unsigned)__builtin_ctzll(peers), &parcel);
}

static void post_report(const struct layer *layer, unsigned peer)
{
    const struct stream *stream = layer->track->stream;
    struct router_message message = {
        .kind = MESSAGE_REPORT,
        .stream = stream->id,
        .track = (uint8_t)(layer->track - stream->tracks),
        .layer = (uint8_t)layer->index,
        .run = layer->id,
        .mapping = layer->mapping,
    };

    post(stream->router, peer, &message);
}

void mirror_report(const struct layer *layer)
{
    for (uint64_t peers = layer->track->stream->interested; peers != 0; peers &= peers - 1)
        post_report(layer, (unsigned)__builtin_ctzll(peers));
}

static void post_rest(const struct layer *layer, unsigned peer)
{
    const struct stream *stream = layer->track->stream;

    post(stream->router, peer,
        &(struct router_message){
            .kind = MESSAGE_REST,
            .stream = stream->id,
            .track = (uint8_t)(layer->track - stream->tracks),
            .layer = (uint8_t)layer->index,
            .suspended = layer->suspended,
            .bitrate_bps = layer->reception.bitrate_bps,
        });
}

void mirror_tell_rest(const struct layer *layer)
{
    for (uint64_t peers = layer->track->stream->interested; peers != 0; peers &= peers - 1)
        post_rest(layer, (unsigned)__builtin_ctzll(peers));
}

/* All there is, in order: then the mirror can serve viewers as the origin can. */
static void give_caches(struct stream *stream, unsigned peer)
{
    for (size_t t = 0; t < stream->track_count; t++) {
        for (size_t i = 0; i < stream->tracks[t].layer_count; i++) {
            const struct layer *layer = &stream->tracks[t].layers[i];

            for (int64_t n = layer->cache.oldest; layer->cache.started && n <= layer->newest; n++) {
                struct packet *packet = packet_cache_get(&layer->cache, n);
                struct router_parcel parcel;

                if (packet == NULL)
                    continue;
                parcel = parcel_of(layer, packet, false);
                give(stream->router, peer, &parcel);
            }
            if (layer->mapping.known)
                post_report(layer, peer);
            post_rest(layer, peer);
        }
    }
}

static struct stream *find_published(struct router *router, uint32_t id)
{
    list_for_each(node, &router->streams)
    {
        struct stream *stream = list_entry(node, struct stream, router_node);

        if (stream->id == id)
            return stream;
    }
    return NULL;
}

static void take_interest(struct router *router, const struct router_message *message)
{
    struct stream *stream = find_published(router, message->stream);
    uint64_t bit = UINT64_C(1) << message->from;

    if (stream == NULL)
        return;
    if (!message->wanted) {
        stream->interested &= ~bit;
        memset(&stream->peers[message->from], 0, sizeof(stream->peers[0]));
    } else if ((stream->interested & bit) == 0) {
        give_caches(stream, message->from);
        stream->interested |= bit;
    }
}

static void take_wish(struct router *router, const struct router_message *message, uint64_t now_us)
{
    struct stream *stream = find_published(router, message->stream);

    if (stream != NULL && message->track < stream->track_count &&
        message->layer < stream->tracks[message->track].layer_count)
        stream_want_keyframe(&stream->tracks[message->track].layers[message->layer], now_us);
}

static void take_demand(
    struct router *router, const struct router_message *message, uint64_t now_us)
{
    struct stream *stream = find_published(router, message->stream);

    if (stream == NULL || (stream->interested & UINT64_C(1) << message->from) == 0)
        return;
    stream->peers[message->from] = message->demand;
    stream_demand_tick(stream, now_us);
}

/* ---- at the peer ---- */

static struct stream *find_mirror(struct router *router, unsigned origin, uint32_t id)
{
    list_for_each(node, mirror_bucket(router, origin, id))
    {
        struct stream *stream = list_entry(node, struct stream, router_node);

        if (stream->origin == origin && stream->id == id)
            return stream;
    }
    return NULL;
}

static void take_announcement(
    struct router *router, const struct router_message *message, uint64_t now_us)
{
    const struct announcement *announced = message->announced;
    struct stream_params params = {
        .lesson = announced->lesson,
        .source = announced->source,
        .tracks = announced->tracks,
        .track_count = announced->track_count,
    };

    stream_create_mirror(router, &params, message->from, message->stream, now_us);
}

static struct layer *find_mirrored_layer(
    struct router *router, unsigned origin, uint32_t id, uint8_t track, uint8_t layer)
{
    struct stream *stream = find_mirror(router, origin, id);

    if (stream == NULL || track >= stream->track_count ||
        layer >= stream->tracks[track].layer_count)
        return NULL;
    return &stream->tracks[track].layers[layer];
}

static void take_report(struct router *router, const struct router_message *message)
{
    struct layer *layer =
        find_mirrored_layer(router, message->from, message->stream, message->track, message->layer);

    if (layer == NULL || (int32_t)(message->run - layer->run) < 0)
        return; /* of what was before the layer started anew */
    layer->mapping = message->mapping;
    layer->mapping_run = message->run;
}

static void take_rest(struct router *router, const struct router_message *message, uint64_t now_us)
{
    struct layer *layer =
        find_mirrored_layer(router, message->from, message->stream, message->track, message->layer);

    if (layer == NULL || (!layer->suspended && !message->suspended))
        return;
    layer->suspended = message->suspended;
    reception_resume(&layer->reception, message->bitrate_bps, now_us);
}

/* Messages and parcels travel apart: the first report of a new run may be here before its first packet. */
static void begin_run(struct layer *layer, uint32_t run)
{
    struct report_mapping mapping = layer->mapping;

    if (layer->run != 0)
        layer_restart(layer);
    if (layer->mapping_run == run)
        layer->mapping = mapping;
    layer->run = run;
}

/* When interest comes back soon after it went, the origin sends what the mirror has still. */
static bool has_already(const struct layer *layer, const struct packet *packet)
{
    return packet_cache_get(&layer->cache, packet->sequence) != NULL;
}

void router_take_parcel(struct router *router, const struct router_parcel *parcel, uint64_t now_us)
{
    struct layer *layer =
        find_mirrored_layer(router, parcel->origin, parcel->stream, parcel->track, parcel->layer);
    struct packet *packet = parcel->packet;

    if (layer != NULL && packet->codec < layer->track->params.codec_count) {
        if (layer->run != parcel->run)
            begin_run(layer, parcel->run);
        if (!has_already(layer, packet))
            stream_adopt(layer, packet, parcel->retransmitted, now_us);
    }
    packet_unref(packet);
}

static void post_interest(struct stream *stream, bool wanted)
{
    stream->wanted = wanted;
    post(stream->router, stream->origin,
        &(struct router_message){.kind = MESSAGE_INTEREST, .stream = stream->id, .wanted = wanted});
}

void mirror_want(struct stream *stream)
{
    if (!stream->wanted)
        post_interest(stream, true);
}

void mirror_leave(struct stream *stream)
{
    if (stream->wanted)
        post_interest(stream, false);
}

void mirror_want_keyframe(struct layer *layer, uint64_t now_us)
{
    struct stream *stream = layer->track->stream;

    keyframe_requests_want(&layer->requests);
    if (!keyframe_requests_due(&layer->requests, now_us))
        return;
    post(stream->router, stream->origin,
        &(struct router_message){
            .kind = MESSAGE_KEYFRAME,
            .stream = stream->id,
            .track = (uint8_t)(layer->track - stream->tracks),
            .layer = (uint8_t)layer->index,
        });
}

void mirror_tell_demand(struct stream *stream, uint64_t now_us)
{
    struct router_message message = {.kind = MESSAGE_DEMAND, .stream = stream->id};

    loss_summary_init(&message.demand.loss);
    for (size_t t = 0; t < stream->track_count; t++) {
        const struct track *track = &stream->tracks[t];

        message.demand.wanted[t] = track->wanted;
        if (track->params.kind == MEDIA_AUDIO)
            track_sum_loss(track, &message.demand.loss, now_us);
    }
    stream->next_demand_us = now_us + DEMAND_US;
    post(stream->router, stream->origin, &message);
}

static bool has_slots(const struct stream *stream)
{
    for (size_t t = 0; t < stream->track_count; t++) {
        if (!list_is_empty(&stream->tracks[t].slots))
            return true;
    }
    return false;
}

void mirror_tick(struct stream *stream, uint64_t now_us)
{
    bool changed = stream_gather_demand(stream, now_us);
    bool used = has_slots(stream);

    if (used)
        stream->used_us = now_us;
    else if (stream->wanted && clock_elapsed_us(now_us, stream->used_us) > KEEP_US)
        post_interest(stream, false);
    if (changed || (used && now_us >= stream->next_demand_us))
        mirror_tell_demand(stream, now_us);
    if (clock_elapsed_us(now_us, stream->last_packet_us) >= STREAM_SILENT_US)
        stream->active = false;
    for (size_t t = 0; t < stream->track_count; t++) {
        for (size_t i = 0; i < stream->tracks[t].layer_count; i++) {
            struct layer *layer = &stream->tracks[t].layers[i];

            packet_cache_expire(&layer->cache, now_us);
            if (layer->requests.wanted)
                mirror_want_keyframe(layer, now_us);
        }
    }
}

void router_take_message(struct router *router, struct router_message *message, uint64_t now_us)
{
    struct stream *stream;

    if (router == NULL) {
        message_free(message);
        return;
    }
    switch (message->kind) {
    case MESSAGE_ANNOUNCE:
        take_announcement(router, message, now_us);
        break;
    case MESSAGE_END:
        stream = find_mirror(router, message->from, message->stream);
        if (stream != NULL)
            stream_destroy(stream);
        break;
    case MESSAGE_REPORT:
        take_report(router, message);
        break;
    case MESSAGE_INTEREST:
        take_interest(router, message);
        break;
    case MESSAGE_KEYFRAME:
        take_wish(router, message, now_us);
        break;
    case MESSAGE_DEMAND:
        take_demand(router, message, now_us);
        break;
    case MESSAGE_REST:
        take_rest(router, message, now_us);
        break;
    }
    message_free(message);
}
