#include "capture/pipeline_source.h"

#include <gst/app/gstappsink.h>

#include "common/clock.h"
#include "common/log.h"
#include "media/health.h"

/* A timestamp of a live source that is older than this, or in the future, is not believed. */
#define MAX_AGE_US (500 * US_PER_MS)
/* A file that ends sooner has nothing of the wanted kind, and would loop at full speed. */
#define MIN_LENGTH_US (200 * US_PER_MS)

struct pipeline_source {
    struct pipeline_source_params params;
    char *description;    /* owned */
    char *file;           /* owned, or NULL */
    GstElement *pipeline; /* owned */
    GstElement *tail;     /* borrowed from the pipeline */
    GstBus *bus;          /* owned; watched */
    uint64_t began_us;    /* of this round of a file */
    const char *fault;    /* NULL until it is lost */
};

static uint64_t taken_at(struct pipeline_source *source, GstSample *sample)
{
    uint64_t now_us = clock_now_us();
    GstClockTime running = gst_segment_to_running_time(gst_sample_get_segment(sample),
        GST_FORMAT_TIME, GST_BUFFER_PTS(gst_sample_get_buffer(sample)));
    if (!GST_CLOCK_TIME_IS_VALID(running))
        return now_us;
    uint64_t taken_us = (gst_element_get_base_time(source->pipeline) + running) / 1000;
    return taken_us > now_us || now_us - taken_us > MAX_AGE_US ? now_us : taken_us;
}

static GstFlowReturn on_sample(GstAppSink *sink, gpointer user)
{
    struct pipeline_source *source = user;
    GstSample *sample = gst_app_sink_pull_sample(sink);
    if (!sample)
        return GST_FLOW_OK;
    uint64_t taken_us = taken_at(source, sample);
    GstBuffer *buffer = gst_buffer_ref(gst_sample_get_buffer(sample));
    g_autoptr(GstCaps) caps = gst_caps_ref(gst_sample_get_caps(sample));
    gst_sample_unref(sample); /* first: the buffer should be ours alone, so that it is writable */
    source->params.on_buffer(source->params.user, buffer, caps, taken_us);
    return GST_FLOW_OK;
}

static void lose(struct pipeline_source *source, const char *fault, const char *why)
{
    if (source->fault)
        return;
    source->fault = fault;
    g_autofree char *text = g_strdup_printf("%s: %s", source->description, why);
    source->params.on_lost(source->params.user, text);
}

static void begin_anew(struct pipeline_source *source)
{
    uint64_t now_us = clock_now_us();
    if (!source->file)
        lose(source, HEALTH_FAILED, "ended");
    else if (!g_file_test(source->file, G_FILE_TEST_EXISTS))
        lose(source, HEALTH_MISSING, "is no longer there");
    else if (now_us - source->began_us < MIN_LENGTH_US)
        lose(source, HEALTH_FAILED, "there is nothing in it to play");
    else if (!gst_element_seek_simple(source->pipeline, GST_FORMAT_TIME,
                 GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT, 0))
        lose(source, HEALTH_FAILED, "cannot be played from its beginning again");
    source->began_us = now_us;
}

static gboolean on_bus_message(GstBus *bus, GstMessage *message, gpointer user)
{
    struct pipeline_source *source = user;
    g_autoptr(GError) error = NULL;
    g_autofree char *debug = NULL;
    switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_ERROR:
        gst_message_parse_error(message, &error, &debug);
        log_debug(
            LOG_MEDIA, "%s: %s (%s)", source->description, error->message, debug ? debug : "");
        lose(source, health_of_error(error), error->message);
        break;
    case GST_MESSAGE_EOS:
        begin_anew(source);
        break;
    case GST_MESSAGE_LATENCY:
        gst_bin_recalculate_latency(GST_BIN(source->pipeline));
        break;
    default:
        break;
    }
    return G_SOURCE_CONTINUE;
}

static void on_head_pad(GstElement *head, GstPad *pad, gpointer tail)
{
    g_autoptr(GstPad) sink = gst_element_get_static_pad(tail, "sink");
    if (sink && !gst_pad_is_linked(sink) && GST_PAD_IS_SRC(pad))
        gst_pad_link(pad, sink);
}

static bool build(struct pipeline_source *source, GstElement *head, GError **error)
{
    const struct pipeline_source_params *params = &source->params;
    source->tail = gst_parse_bin_from_description(params->tail, TRUE, error);
    GstElement *sink = gst_element_factory_make("appsink", NULL);
    gst_bin_add(GST_BIN(source->pipeline), head);
    if (!source->tail || !sink) {
        gst_clear_object(&sink);
        return false;
    }
    gst_bin_add_many(GST_BIN(source->pipeline), source->tail, sink, NULL);
    g_object_set(sink, "sync", source->file != NULL, "max-buffers", 2, "drop", source->file == NULL,
        "enable-last-sample", FALSE, "wait-on-eos", FALSE, NULL);
    GstAppSinkCallbacks callbacks = {.new_sample = on_sample};
    gst_app_sink_set_callbacks(GST_APP_SINK(sink), &callbacks, source, NULL);
    g_autoptr(GstPad) src = gst_element_get_static_pad(head, "src");
    if (!src)
        g_signal_connect(head, "pad-added", G_CALLBACK(on_head_pad), source->tail);
    if (!gst_element_link(source->tail, sink) || (src && !gst_element_link(head, source->tail))) {
        g_set_error(
            error, GST_CORE_ERROR, GST_CORE_ERROR_PAD, "gives nothing that could be converted");
        return false;
    }
    return true;
}

struct pipeline_source *pipeline_source_create(
    const struct pipeline_source_params *params, GError **error)
{
    struct pipeline_source *source = g_new0(struct pipeline_source, 1);
    source->params = *params;
    source->description = g_strdup(params->description);
    source->file = g_strdup(params->file);
    source->pipeline = gst_object_ref_sink(gst_pipeline_new(NULL));
    source->bus = gst_pipeline_get_bus(GST_PIPELINE(source->pipeline));
    gst_bus_add_watch(source->bus, on_bus_message, source);
    if (!build(source, params->head, error)) {
        g_prefix_error(error, "%s: ", source->description);
        pipeline_source_destroy(source);
        return NULL;
    }
    /* One clock for all: that of time stripes, encoders and connections. */
    g_autoptr(GstClock) clock = gst_system_clock_obtain();
    gst_pipeline_use_clock(GST_PIPELINE(source->pipeline), clock);
    source->began_us = clock_now_us();
    gst_element_set_state(source->pipeline, GST_STATE_PLAYING);
    return source;
}

const char *pipeline_source_fault(const struct pipeline_source *source)
{
    return source->fault;
}

void pipeline_source_destroy(struct pipeline_source *source)
{
    if (!source)
        return;
    gst_bus_remove_watch(source->bus);
    gst_element_set_state(source->pipeline, GST_STATE_NULL);
    gst_clear_object(&source->bus);
    gst_clear_object(&source->pipeline);
    g_free(source->description);
    g_free(source->file);
    g_free(source);
}
