#include "player/audio_output.h"

#include <gst/app/gstappsrc.h>
#include <stdbool.h>

#include "common/log.h"

#define REOPEN_S 5

struct audio_output {
    GMutex lock;          /* guards pipeline and source for the pushing thread */
    GstElement *pipeline; /* owned, NULL while there is no device */
    GstElement *source;   /* owned */
    GstElement *volume;   /* owned */
    double level;
    guint reopen_timer;
    guint bus_watch;
};

static const char description[] =
    "appsrc name=source format=time is-live=true do-timestamp=true block=false "
    "caps=audio/x-raw,format=F32LE,layout=interleaved,rate=48000,channels=2 "
    "leaky-type=downstream max-bytes=0 max-time=120000000 max-buffers=0 ! "
    "volume name=volume ! audioconvert ! audioresample ! autoaudiosink name=sink";

static void open_output(struct audio_output *output);

static void close_output(struct audio_output *output)
{
    g_mutex_lock(&output->lock);
    GstElement *pipeline = g_steal_pointer(&output->pipeline);
    gst_clear_object(&output->source);
    gst_clear_object(&output->volume);
    g_mutex_unlock(&output->lock);
    if (output->bus_watch)
        g_source_remove(output->bus_watch);
    output->bus_watch = 0;
    if (pipeline) {
        gst_element_set_state(pipeline, GST_STATE_NULL);
        gst_object_unref(pipeline);
    }
}

static gboolean on_reopen(gpointer data)
{
    struct audio_output *output = data;
    output->reopen_timer = 0;
    open_output(output);
    return G_SOURCE_REMOVE;
}

static gboolean on_message(GstBus *bus, GstMessage *message, gpointer data)
{
    struct audio_output *output = data;

    if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR)
        return G_SOURCE_CONTINUE;
    g_autoptr(GError) error = NULL;
    gst_message_parse_error(message, &error, NULL);
    log_warn(LOG_MEDIA, "loudspeaker failed: %s; trying again in %d s", error->message, REOPEN_S);
    output->bus_watch = 0;
    close_output(output);
    if (!output->reopen_timer)
        output->reopen_timer = g_timeout_add_seconds(REOPEN_S, on_reopen, output);
    return G_SOURCE_REMOVE;
}

/* Device sinks have these; the fake sink that stands in for no device has not. */
static void on_child_added(GstChildProxy *proxy, GObject *child, const char *name, gpointer data)
{
    GObjectClass *class = G_OBJECT_GET_CLASS(child);

    if (g_object_class_find_property(class, "buffer-time"))
        g_object_set(child, "buffer-time", (gint64)AUDIO_OUTPUT_BUFFER_US, NULL);
    if (g_object_class_find_property(class, "latency-time"))
        g_object_set(child, "latency-time", (gint64)AUDIO_OUTPUT_BUFFER_US / 4, NULL);
}

static void open_output(struct audio_output *output)
{
    g_autoptr(GError) error = NULL;
    GstElement *pipeline = gst_parse_launch(description, &error);

    if (!pipeline || error) {
        log_error(LOG_MEDIA, "no sound output: %s", error ? error->message : "unknown");
        gst_clear_object(&pipeline);
        return;
    }
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
    g_signal_connect(sink, "child-added", G_CALLBACK(on_child_added), NULL);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    output->bus_watch = gst_bus_add_watch(bus, on_message, output);
    g_mutex_lock(&output->lock);
    output->pipeline = pipeline;
    output->source = gst_bin_get_by_name(GST_BIN(pipeline), "source");
    output->volume = gst_bin_get_by_name(GST_BIN(pipeline), "volume");
    g_object_set(output->volume, "volume", output->level, NULL);
    g_mutex_unlock(&output->lock);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
}

struct audio_output *audio_output_new(void)
{
    struct audio_output *output = g_new0(struct audio_output, 1);

    g_mutex_init(&output->lock);
    output->level = 1.0;
    open_output(output);
    return output;
}

void audio_output_free(struct audio_output *output)
{
    if (!output)
        return;
    if (output->reopen_timer)
        g_source_remove(output->reopen_timer);
    close_output(output);
    g_mutex_clear(&output->lock);
    g_free(output);
}

void audio_output_push(struct audio_output *output, GstBuffer *buffer)
{
    g_mutex_lock(&output->lock);
    GstElement *source = output->source ? gst_object_ref(output->source) : NULL;
    g_mutex_unlock(&output->lock);
    if (!source)
        return;
    GstBuffer *copy = gst_buffer_copy(buffer);
    GST_BUFFER_PTS(copy) = GST_CLOCK_TIME_NONE;
    GST_BUFFER_DTS(copy) = GST_CLOCK_TIME_NONE;
    gst_app_src_push_buffer(GST_APP_SRC(source), copy);
    gst_object_unref(source);
}

void audio_output_set_volume(struct audio_output *output, double volume)
{
    g_mutex_lock(&output->lock);
    output->level = volume;
    if (output->volume)
        g_object_set(output->volume, "volume", volume, NULL);
    g_mutex_unlock(&output->lock);
}
