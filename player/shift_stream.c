#include "player/shift_stream.h"

#include <errno.h>
#include <gst/app/gstappsrc.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/log.h"

#define LOST_EVENT       "GstRTPPacketLost" /* of rtpjitterbuffer, for the decoders */
#define VIDEO_CLOCK_RATE 90000              /* RFC 6184, RFC 7741 */
#define RTP_HEADER_BYTES 12
#define RTP_TIMESTAMP_AT 4

/* ---- what is received: streaming thread ---- */

static void note_generation(_Atomic unsigned *mark, unsigned generation)
{
    unsigned seen = atomic_load(mark);

    while (seen < generation && !atomic_compare_exchange_weak(mark, &seen, generation))
        ;
}

static void note_arrival(struct shift_stream *stream, uint64_t now_us, uint64_t due_us)
{
    struct shift_common *common = stream->common;
    uint64_t none = 0;

    if (!stream->is_video) {
        if (stream->generation > atomic_load(&common->heard_generation))
            atomic_store(&common->heard_since_us, now_us);
        note_generation(&common->heard_generation, stream->generation);
        return;
    }
    note_generation(&common->seen_generation, stream->generation);
    if (stream->slot == 0) {
        atomic_store(&common->last_picture_us, now_us);
        atomic_compare_exchange_strong(&common->first_due_us, &none, due_us);
    }
}

/* When what has this timestamp is to be shown, by clock_now_us(): the pipelines' clock is the same. */
static uint64_t due_us_of(
    const struct shift_stream *stream, GstClockTime timestamp, GstClockTime *ret_running)
{
    GstClockTime base = gst_element_get_base_time(GST_ELEMENT(stream->common->received));
    GstClockTime running =
        gst_segment_to_running_time(&stream->segment, GST_FORMAT_TIME, timestamp);

    if (!GST_CLOCK_TIME_IS_VALID(running))
        running = clock_now_us() * GST_USECOND - base;
    *ret_running = running;
    return (base + running) / GST_USECOND + stream->common->shift_us;
}

/* Pictures that found no room: once there is some, the next one that can be decoded is asked for. */
static bool is_starved(struct shift_stream *stream)
{
    if (!stream->starved)
        return false;
    g_mutex_lock(&stream->common->lock);
    bool room = shift_queue_has_room(&stream->queue);
    g_mutex_unlock(&stream->common->lock);
    if (room && stream->gate) {
        log_info(LOG_MEDIA, "slot=%u there is room for pictures again", stream->slot);
        frame_gate_close(stream->gate);
    }
    stream->starved = !room;
    return true;
}

/* The relay sends the past that a viewer missed within a moment. Here is time to show it as it was. */
static void put_replay_back(struct shift_stream *stream, const struct replay_span *span)
{
    struct shift_common *common = stream->common;

    g_mutex_lock(&common->lock);
    shift_queue_put_back(&stream->queue, span, VIDEO_CLOCK_RATE);
    uint64_t due_us = shift_queue_due_us(&stream->queue);
    g_mutex_unlock(&common->lock);
    if (stream->slot == 0 && due_us < atomic_load(&common->first_due_us))
        atomic_store(&common->first_due_us, due_us);
    log_debug(LOG_MEDIA, "generation=%u slot=%u replay_ms=%u is put back", stream->generation,
        stream->slot,
        (unsigned)(replay_span_earlier_us(span, span->first_rtp, VIDEO_CLOCK_RATE) / US_PER_MS));
}

static void keep(struct shift_stream *stream, GstPad *pad, GstBuffer *buffer)
{
    struct shift_common *common = stream->common;
    struct shift_packet *packet;
    struct replay_span replay;
    GstClockTime running;
    GstMapInfo map;

    if (is_starved(stream) || !gst_buffer_map(buffer, &map, GST_MAP_READ))
        return;
    uint64_t due_us = due_us_of(stream, GST_BUFFER_PTS(buffer), &running);
    uint32_t timestamp_rtp =
        map.size >= RTP_HEADER_BYTES ? GST_READ_UINT32_BE(map.data + RTP_TIMESTAMP_AT) : 0;
    g_mutex_lock(&common->lock);
    if (!stream->caps)
        stream->caps = gst_pad_get_current_caps(pad);
    int r = shift_queue_put(&stream->queue, due_us, map.data, map.size, &packet);
    if (r == 0) {
        packet->time_ns = running;
        packet->timestamp_rtp = timestamp_rtp;
        packet->is_first = GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DISCONT);
    }
    g_mutex_unlock(&common->lock);
    gst_buffer_unmap(buffer, &map);
    if (stream->is_video &&
        replay_meter_packet(&stream->replay, timestamp_rtp,
            !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT), VIDEO_CLOCK_RATE, &replay))
        put_replay_back(stream, &replay);
    note_arrival(stream, clock_now_us(), due_us);
    if (r == 0 || !stream->is_video)
        return;
    stream->starved = true;
    log_warn(LOG_MEDIA, "slot=%u what waits to be played fills %zu bytes: pictures are left out",
        stream->slot, common->store.limit_bytes);
}

static gboolean keep_each(GstBuffer **buffer, guint index, gpointer data)
{
    gpointer *both = data;

    keep(both[0], both[1], *buffer);
    return TRUE;
}

/* Behind the gate holes show in the sequence numbers; sound is told of them, to conceal them. */
static void keep_hole(struct shift_stream *stream, GstEvent *event)
{
    const GstStructure *lost = gst_event_get_structure(event);
    struct shift_packet *packet;
    guint sequence = 0;
    GstClockTime timestamp = 0, duration = 0, running;

    if (!gst_structure_get_uint(lost, "seqnum", &sequence) ||
        !gst_structure_get_clock_time(lost, "timestamp", &timestamp) ||
        !gst_structure_get_clock_time(lost, "duration", &duration))
        return;
    uint64_t due_us = due_us_of(stream, timestamp, &running);
    g_mutex_lock(&stream->common->lock);
    if (stream->caps && shift_queue_put(&stream->queue, due_us, NULL, 0, &packet) == 0) {
        packet->time_ns = running;
        packet->duration_ns = duration;
        packet->sequence = (uint16_t)sequence;
    }
    g_mutex_unlock(&stream->common->lock);
}

static GstPadProbeReturn on_received(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    struct shift_stream *stream = data;

    if (info->type & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) {
        GstEvent *event = GST_PAD_PROBE_INFO_EVENT(info);
        if (GST_EVENT_TYPE(event) == GST_EVENT_SEGMENT)
            gst_event_copy_segment(event, &stream->segment);
        else if (gst_event_has_name(event, LOST_EVENT))
            keep_hole(stream, event);
    } else if (info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST) {
        gpointer both[] = {stream, pad};
        gst_buffer_list_foreach(GST_PAD_PROBE_INFO_BUFFER_LIST(info), keep_each, both);
    } else {
        keep(stream, pad, GST_PAD_PROBE_INFO_BUFFER(info));
    }
    return GST_PAD_PROBE_OK;
}

/* ---- life ---- */

static void build(struct shift_stream *stream)
{
    GstElement *sink = gst_element_factory_make("fakesink", NULL);
    GstElement *first = sink;

    g_object_set(sink, "sync", FALSE, "async", FALSE, "enable-last-sample", FALSE, NULL);
    stream->bin = gst_bin_new(NULL);
    gst_bin_add(GST_BIN(stream->bin), sink);
    if (stream->is_video) {
        first = stream->gate = frame_gate_new(NULL);
        gst_bin_add(GST_BIN(stream->bin), stream->gate);
        gst_element_link(stream->gate, sink);
    }
    g_autoptr(GstPad) kept = gst_element_get_static_pad(sink, "sink");
    gst_pad_add_probe(kept,
        GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST |
            GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
        on_received, stream, NULL);
    g_autoptr(GstPad) target = gst_element_get_static_pad(first, "sink");
    gst_element_add_pad(stream->bin, gst_ghost_pad_new("sink", target));
}

struct shift_stream *shift_stream_new(
    struct shift_common *common, const struct whep_stream *received, GError **error)
{
    struct shift_stream *stream = g_new0(struct shift_stream, 1);

    stream->common = common;
    stream->codec = g_strdup(received->codec);
    stream->generation = received->generation;
    stream->slot = received->slot;
    stream->is_video = received->is_video;
    gst_segment_init(&stream->segment, GST_FORMAT_TIME);
    shift_queue_init(&stream->queue, &common->store, received->is_video);
    build(stream);
    stream->peer = gst_object_ref(received->pad);
    gst_bin_add(common->received, stream->bin);
    gst_element_sync_state_with_parent(stream->bin);
    g_autoptr(GstPad) sink = gst_element_get_static_pad(stream->bin, "sink");
    if (GST_PAD_LINK_FAILED(gst_pad_link(received->pad, sink))) {
        g_set_error(error, GST_CORE_ERROR, GST_CORE_ERROR_PAD, "a received stream cannot be kept");
        shift_stream_free(stream);
        return NULL;
    }
    return stream;
}

void shift_stream_end(struct shift_stream *stream, bool keep)
{
    if (stream->bin) {
        shift_stream_read_gate(stream, &stream->gone);
        gst_element_set_state(stream->bin, GST_STATE_NULL);
        g_autoptr(GstPad) sink = gst_element_get_static_pad(stream->bin, "sink");
        gst_pad_unlink(stream->peer, sink);
        gst_bin_remove(stream->common->received, stream->bin);
        stream->bin = stream->gate = NULL;
        gst_clear_object(&stream->peer);
    }
    if (keep)
        return;
    g_mutex_lock(&stream->common->lock);
    shift_queue_finish(&stream->queue);
    g_mutex_unlock(&stream->common->lock);
}

void shift_stream_free(struct shift_stream *stream)
{
    shift_stream_end(stream, false);
    gst_clear_caps(&stream->caps);
    g_free(stream->codec);
    g_free(stream);
}

void shift_stream_read_gate(struct shift_stream *stream, struct frame_gate_stats *ret_stats)
{
    if (stream->gate)
        frame_gate_read_stats(stream->gate, ret_stats);
    else
        *ret_stats = stream->gone;
}

/* ---- what is handed out ---- */

GstElement *shift_stream_new_source(struct shift_stream *stream)
{
    GstElement *source = gst_element_factory_make("appsrc", NULL);

    /* The feeder paces: nothing piles up here. */
    g_object_set(source, "caps", stream->caps, "format", GST_FORMAT_TIME, "is-live", TRUE,
        "max-bytes", (guint64)0, "max-buffers", (guint64)0, "max-time", (guint64)0, NULL);
    return source;
}

static GstEvent *hole_event(const struct shift_packet *packet, GstClockTime time)
{
    return gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM,
        gst_structure_new(LOST_EVENT, "seqnum", G_TYPE_UINT, (guint)packet->sequence, "timestamp",
            G_TYPE_UINT64, time, "duration", G_TYPE_UINT64, packet->duration_ns, NULL));
}

void shift_stream_push(GstElement *source, struct shift_packet *packet, GstClockTime shift_ns)
{
    GstClockTime time = packet->time_ns + shift_ns;

    if (packet->is_hole) {
        gst_element_send_event(source, hole_event(packet, time));
        free(packet);
        return;
    }
    size_t offset = offsetof(struct shift_packet, data);
    GstBuffer *buffer = gst_buffer_new_wrapped_full(
        0, packet, offset + packet->size, offset, packet->size, packet, free);
    GST_BUFFER_PTS(buffer) = GST_BUFFER_DTS(buffer) = time;
    if (packet->is_first)
        GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
    gst_app_src_push_buffer(GST_APP_SRC(source), buffer);
}
