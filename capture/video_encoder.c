#include "capture/video_encoder.h"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/video/video.h>

#include "common/log.h"

#define QUEUE_MAX_FRAMES    3
#define KEYFRAME_MIN_GAP_NS (300 * GST_MSECOND)

struct layer {
    struct video_encoder *encoder; /* borrowed */
    unsigned index;
    GstElement *x264; /* owned */
    gint unwanted;    /* atomic */
};

struct video_encoder {
    struct video_encoder_params params;
    GstElement *pipeline; /* owned */
    GstAppSrc *source;    /* owned */
    GstBus *bus;          /* owned; watched */
    struct layer layers[CAPTURE_MAX_LAYERS];
    guint64 dropped; /* atomic */
};

static void describe_layer(
    GString *text, const struct video_encoder_params *params, unsigned index, bool last)
{
    const struct capture_settings *settings = params->settings;
    const struct layer_plan *layer = &params->layers[index];
    if (index > 0)
        g_string_append_printf(text,
            "t%u. ! videoscale method=bilinear add-borders=false ! "
            "video/x-raw,width=%u,height=%u,pixel-aspect-ratio=1/1 ! ",
            index - 1, layer->width, layer->height);
    if (!last)
        g_string_append_printf(text, "tee name=t%u t%u. ! ", index, index);
    g_string_append_printf(text,
        "x264enc name=x%u tune=zerolatency speed-preset=%s threads=1 sliced-threads=false "
        "bframes=0 aud=false key-int-max=%u bitrate=%u vbv-buf-capacity=%u "
        "option-string=scenecut=0 ! "
        "video/x-h264,stream-format=byte-stream,alignment=au,profile=constrained-baseline ! "
        "appsink name=out%u sync=false async=false ",
        index, settings->preset, (unsigned)(settings->keyframe_s * settings->fps),
        layer->bitrate_kbps, (unsigned)settings->vbv_ms, index);
}

static char *describe(const struct video_encoder_params *params)
{
    GString *text = g_string_new(NULL);
    g_string_append_printf(text,
        "appsrc name=in is-live=true format=time max-buffers=%d max-bytes=0 leaky-type=downstream "
        "caps=video/x-raw,format=I420,width=%u,height=%u,framerate=%u/1,pixel-aspect-ratio=1/1,"
        "interlace-mode=progressive,colorimetry=bt601 ! ",
        QUEUE_MAX_FRAMES, params->layers[0].width, params->layers[0].height,
        (unsigned)params->settings->fps);
    for (unsigned i = 0; i < params->layer_count; i++)
        describe_layer(text, params, i, i + 1 == params->layer_count);
    return g_string_free(text, FALSE);
}

static GstFlowReturn on_sample(GstAppSink *sink, gpointer user)
{
    struct layer *layer = user;
    const struct video_encoder_params *params = &layer->encoder->params;
    g_autoptr(GstSample) sample = gst_app_sink_pull_sample(sink);
    GstBuffer *encoded = sample ? gst_sample_get_buffer(sample) : NULL;
    if (!encoded)
        return GST_FLOW_OK;
    /* x264enc shifts its times by 1000 hours; the segment says what they mean. */
    GstBuffer *buffer = gst_buffer_copy(encoded);
    GST_BUFFER_PTS(buffer) = gst_segment_to_running_time(
        gst_sample_get_segment(sample), GST_FORMAT_TIME, GST_BUFFER_PTS(encoded));
    GST_BUFFER_DTS(buffer) = GST_CLOCK_TIME_NONE;
    bool keyframe = !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
    params->on_encoded(params->user, layer->index, buffer, keyframe);
    gst_buffer_unref(buffer);
    return GST_FLOW_OK;
}

static gboolean on_bus_message(GstBus *bus, GstMessage *message, gpointer user)
{
    struct video_encoder *encoder = user;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
        g_autoptr(GError) error = NULL;
        gst_message_parse_error(message, &error, NULL);
        encoder->params.on_error(encoder->params.user, error);
    }
    return G_SOURCE_CONTINUE;
}

static GstPadProbeReturn on_picture(GstPad *pad, GstPadProbeInfo *info, gpointer user)
{
    struct layer *layer = user;
    return g_atomic_int_get(&layer->unwanted) ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

static void connect_layer(struct video_encoder *encoder, unsigned index)
{
    struct layer *layer = &encoder->layers[index];
    GstAppSinkCallbacks callbacks = {.new_sample = on_sample};
    char name[8];
    layer->encoder = encoder;
    layer->index = index;
    g_snprintf(name, sizeof name, "x%u", index);
    layer->x264 = gst_bin_get_by_name(GST_BIN(encoder->pipeline), name);
    g_object_set(layer->x264, "min-force-key-unit-interval", (guint64)KEYFRAME_MIN_GAP_NS, NULL);
    g_autoptr(GstPad) input = gst_element_get_static_pad(layer->x264, "sink");
    gst_pad_add_probe(input, GST_PAD_PROBE_TYPE_BUFFER, on_picture, layer, NULL);
    g_snprintf(name, sizeof name, "out%u", index);
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(encoder->pipeline), name);
    gst_app_sink_set_callbacks(GST_APP_SINK(sink), &callbacks, layer, NULL);
}

struct video_encoder *video_encoder_create(
    const struct video_encoder_params *params, GError **error)
{
    g_autofree char *description = describe(params);
    GstElement *pipeline =
        gst_parse_launch_full(description, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
    if (!pipeline)
        return NULL;
    struct video_encoder *encoder = g_new0(struct video_encoder, 1);
    encoder->params = *params;
    encoder->params.settings = NULL;
    encoder->pipeline = gst_object_ref_sink(pipeline);
    encoder->source = GST_APP_SRC(gst_bin_get_by_name(GST_BIN(pipeline), "in"));
    for (unsigned i = 0; i < params->layer_count; i++)
        connect_layer(encoder, i);
    encoder->bus = gst_pipeline_get_bus(GST_PIPELINE(pipeline));
    gst_bus_add_watch(encoder->bus, on_bus_message, encoder);
    g_autoptr(GstClock) clock = gst_system_clock_obtain();
    gst_pipeline_use_clock(GST_PIPELINE(pipeline), clock);
    gst_element_set_start_time(pipeline, GST_CLOCK_TIME_NONE);
    gst_element_set_base_time(pipeline, params->base_time);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    return encoder;
}

void video_encoder_destroy(struct video_encoder *encoder)
{
    if (!encoder)
        return;
    gst_bus_remove_watch(encoder->bus);
    gst_element_set_state(encoder->pipeline, GST_STATE_NULL);
    for (unsigned i = 0; i < encoder->params.layer_count; i++)
        gst_clear_object(&encoder->layers[i].x264);
    gst_clear_object(&encoder->source);
    gst_clear_object(&encoder->bus);
    gst_clear_object(&encoder->pipeline);
    g_free(encoder);
}

void video_encoder_push(struct video_encoder *encoder, GstBuffer *buffer, GstClockTime running_time)
{
    if (gst_app_src_get_current_level_buffers(encoder->source) >= QUEUE_MAX_FRAMES) {
        __atomic_add_fetch(&encoder->dropped, 1, __ATOMIC_RELAXED);
        gst_buffer_unref(buffer);
        return;
    }
    buffer = gst_buffer_make_writable(buffer);
    GST_BUFFER_PTS(buffer) = running_time;
    GST_BUFFER_DTS(buffer) = GST_CLOCK_TIME_NONE;
    gst_app_src_push_buffer(encoder->source, buffer);
}

void video_encoder_request_keyframe(struct video_encoder *encoder, unsigned layer)
{
    if (layer >= encoder->params.layer_count)
        return;
    g_autoptr(GstPad) pad = gst_element_get_static_pad(encoder->layers[layer].x264, "src");
    gst_pad_send_event(
        pad, gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
}

void video_encoder_want_layer(struct video_encoder *encoder, unsigned layer, bool wanted)
{
    if (layer >= encoder->params.layer_count ||
        g_atomic_int_get(&encoder->layers[layer].unwanted) == !wanted)
        return;
    g_atomic_int_set(&encoder->layers[layer].unwanted, !wanted);
    if (wanted)
        video_encoder_request_keyframe(encoder, layer);
}

uint64_t video_encoder_dropped(const struct video_encoder *encoder)
{
    return __atomic_load_n(&encoder->dropped, __ATOMIC_RELAXED);
}
