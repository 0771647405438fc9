#include "media/jitter_buffer.h"

#include "common/clock.h"
#include "common/log.h"

#define NACK_REPEAT_MS 30

/* What came by RTX has its own number again. */
static void note_number(struct jitter_buffer *buffer, GstBuffer *packet)
{
    uint8_t number[2];

    if (gst_buffer_extract(packet, 2, number, sizeof(number)) != sizeof(number))
        return;
    g_mutex_lock(&buffer->lock);
    hole_meter_packet(&buffer->holes, GST_READ_UINT16_BE(number), clock_now_us());
    g_mutex_unlock(&buffer->lock);
}

/* Streaming thread: redundant audio reaches the jitter buffer as plain Opus. */
static GstPadProbeReturn on_packet(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    struct jitter_buffer *buffer = data;
    GstBuffer *packet = GST_PAD_PROBE_INFO_BUFFER(info);
    GstBuffer *packets[RED_UNPACKER_MAX_OUT];
    bool drop;

    note_number(buffer, packet);
    unsigned count =
        red_unpacker_push(&buffer->unpacker, packet, buffer->red_payload_type, packets, &drop);
    if (drop)
        return GST_PAD_PROBE_DROP;
    if (count == 0)
        return GST_PAD_PROBE_OK;
    /* the last one goes the packet's way, so that its result is what the sender gets */
    for (unsigned i = 0; i + 1 < count; i++)
        gst_pad_chain(pad, packets[i]);
    gst_buffer_unref(packet);
    GST_PAD_PROBE_INFO_DATA(info) = packets[count - 1];
    return GST_PAD_PROBE_OK;
}

struct jitter_buffer *jitter_buffer_new(
    GstElement *element, guint ssrc, uint8_t red_payload_type, uint32_t latency_ms)
{
    struct jitter_buffer *buffer = g_new0(struct jitter_buffer, 1);

    buffer->element = gst_object_ref(element);
    buffer->ssrc = ssrc;
    buffer->red_payload_type = red_payload_type;
    g_mutex_init(&buffer->lock);
    /* The spacing of video packets is no clock: guessing the next arrival asks for packets that were never sent.
     * Waiting at the start buys nothing either. Requests get lost like the rest: they are repeated sooner than
     * after a round trip; the relay answers once per round trip. */
    g_object_set(element, "do-lost", TRUE, "latency", latency_ms, "rtx-next-seqnum", FALSE,
        "faststart-min-packets", 1, "rtx-retry-timeout", NACK_REPEAT_MS, NULL);
    g_autoptr(GstPad) sink = gst_element_get_static_pad(element, "sink");
    gst_pad_add_probe(sink, GST_PAD_PROBE_TYPE_BUFFER, on_packet, buffer, NULL);
    return buffer;
}

void jitter_buffer_free(struct jitter_buffer *buffer)
{
    if (buffer == NULL)
        return;
    gst_object_unref(buffer->element);
    g_mutex_clear(&buffer->lock);
    g_free(buffer);
}

uint32_t jitter_buffer_ms(const struct jitter_buffer *buffer)
{
    return buffer->patience_ms ? buffer->patience_ms : adaptive_latency_ms(&buffer->latency);
}

void jitter_buffer_set_kind(
    struct jitter_buffer *buffer, bool is_video, uint32_t patience_ms, uint64_t now_us)
{
    buffer->known = true;
    buffer->is_video = is_video;
    buffer->patience_ms = patience_ms;
    if (is_video)
        adaptive_latency_init_video(&buffer->latency, now_us);
    else
        adaptive_latency_init_audio(&buffer->latency, now_us);
    g_object_set(buffer->element, "latency", jitter_buffer_ms(buffer), NULL);
}

uint32_t jitter_buffer_take_late_ms(struct jitter_buffer *buffer)
{
    g_mutex_lock(&buffer->lock);
    uint32_t late_ms = hole_meter_take_longest_ms(&buffer->holes);
    g_mutex_unlock(&buffer->lock);
    return late_ms;
}

static uint64_t u64_of(const GstStructure *structure, const char *name)
{
    guint64 value = 0;
    return gst_structure_get_uint64(structure, name, &value) ? value : 0;
}

static uint64_t growth(uint64_t *last, uint64_t now)
{
    uint64_t grown = now > *last ? now - *last : 0;
    *last = now;
    return grown;
}

void jitter_buffer_adapt(struct jitter_buffer *buffer, uint32_t picture_late_ms, uint64_t now_us)
{
    g_autoptr(GstStructure) stats = NULL;

    g_object_get(buffer->element, "stats", &stats, NULL);
    if (!stats)
        return;
    g_mutex_lock(&buffer->lock);
    uint32_t rtt_ms = hole_meter_usual_ms(&buffer->holes);
    g_mutex_unlock(&buffer->lock);
    struct adaptive_latency_input input = {
        .late = growth(&buffer->late, u64_of(stats, "num-late")),
        .lost = growth(&buffer->lost, u64_of(stats, "num-lost")),
        .recovered = growth(&buffer->recovered, u64_of(stats, "rtx-success-count")),
        .rtx_rtt_ms = rtt_ms,
        .picture_late_ms = picture_late_ms,
    };
    if (buffer->patience_ms || !adaptive_latency_update(&buffer->latency, now_us, &input))
        return;
    guint latency_ms = adaptive_latency_ms(&buffer->latency);
    log_info(LOG_MEDIA, "media=%s buffer_ms=%u rtt_ms=%u picture_late_ms=%u",
        buffer->is_video ? "video" : "audio", latency_ms, input.rtx_rtt_ms, picture_late_ms);
    g_object_set(buffer->element, "latency", latency_ms, NULL);
}
