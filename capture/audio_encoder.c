#include "capture/audio_encoder.h"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

#define QUEUE_MAX_NS (500 * GST_MSECOND)

struct audio_encoder {
    struct audio_encoder_params params;
    GstElement *pipeline; /* owned */
    GstAppSrc *source;    /* owned */
    GstElement *opus;     /* owned */
    GstBus *bus;          /* owned; watched */
};

static char *describe(const struct audio_encoder_params *params)
{
    return g_strdup_printf(
        "appsrc name=in is-live=true format=time max-time=%" G_GUINT64_FORMAT
        " leaky-type=downstream "
        "caps=audio/x-raw,format=S16LE,layout=interleaved,rate=%d,channels=%u ! "
        "opusenc name=opus bitrate=%u bitrate-type=cbr frame-size=20 "
        "inband-fec=true packet-loss-percentage=0 ! appsink name=out sync=false async=false",
        (guint64)QUEUE_MAX_NS, AUDIO_RATE, params->channels, params->bitrate_bps);
}

static GstFlowReturn on_sample(GstAppSink *sink, gpointer user)
{
    struct audio_encoder *encoder = user;
    g_autoptr(GstSample) sample = gst_app_sink_pull_sample(sink);
    GstBuffer *encoded = sample ? gst_sample_get_buffer(sample) : NULL;
    if (!encoded || GST_BUFFER_FLAG_IS_SET(encoded, GST_BUFFER_FLAG_HEADER))
        return GST_FLOW_OK;
    GstBuffer *buffer = gst_buffer_copy(encoded);
    GST_BUFFER_PTS(buffer) = gst_segment_to_running_time(
        gst_sample_get_segment(sample), GST_FORMAT_TIME, GST_BUFFER_PTS(encoded));
    GST_BUFFER_DTS(buffer) = GST_CLOCK_TIME_NONE;
    encoder->params.on_encoded(encoder->params.user, buffer);
    gst_buffer_unref(buffer);
    return GST_FLOW_OK;
}

static gboolean on_bus_message(GstBus *bus, GstMessage *message, gpointer user)
{
    struct audio_encoder *encoder = user;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
        g_autoptr(GError) error = NULL;
        gst_message_parse_error(message, &error, NULL);
        encoder->params.on_error(encoder->params.user, error);
    }
    return G_SOURCE_CONTINUE;
}

struct audio_encoder *audio_encoder_create(
    const struct audio_encoder_params *params, GError **error)
{
    g_autofree char *description = describe(params);
    GstElement *pipeline =
        gst_parse_launch_full(description, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
    if (!pipeline)
        return NULL;
    struct audio_encoder *encoder = g_new0(struct audio_encoder, 1);
    GstAppSinkCallbacks callbacks = {.new_sample = on_sample};
    encoder->params = *params;
    encoder->pipeline = gst_object_ref_sink(pipeline);
    encoder->source = GST_APP_SRC(gst_bin_get_by_name(GST_BIN(pipeline), "in"));
    encoder->opus = gst_bin_get_by_name(GST_BIN(pipeline), "opus");
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "out");
    gst_app_sink_set_callbacks(GST_APP_SINK(sink), &callbacks, encoder, NULL);
    encoder->bus = gst_pipeline_get_bus(GST_PIPELINE(pipeline));
    gst_bus_add_watch(encoder->bus, on_bus_message, encoder);
    g_autoptr(GstClock) clock = gst_system_clock_obtain();
    gst_pipeline_use_clock(GST_PIPELINE(pipeline), clock);
    gst_element_set_start_time(pipeline, GST_CLOCK_TIME_NONE);
    gst_element_set_base_time(pipeline, params->base_time);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    return encoder;
}

void audio_encoder_destroy(struct audio_encoder *encoder)
{
    if (!encoder)
        return;
    gst_bus_remove_watch(encoder->bus);
    gst_element_set_state(encoder->pipeline, GST_STATE_NULL);
    gst_clear_object(&encoder->source);
    gst_clear_object(&encoder->opus);
    gst_clear_object(&encoder->bus);
    gst_clear_object(&encoder->pipeline);
    g_free(encoder);
}

void audio_encoder_expect_loss(struct audio_encoder *encoder, unsigned percent)
{
    g_object_set(encoder->opus, "packet-loss-percentage", (int)percent, NULL);
}

void audio_encoder_push(struct audio_encoder *encoder, GstBuffer *buffer, GstClockTime running_time)
{
    buffer = gst_buffer_make_writable(buffer);
    GST_BUFFER_PTS(buffer) = running_time;
    GST_BUFFER_DTS(buffer) = GST_CLOCK_TIME_NONE;
    gst_app_src_push_buffer(encoder->source, buffer);
}
