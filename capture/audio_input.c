#include "capture/audio_input.h"

#include <gst/app/gstappsink.h>

#include "capture/audio_encoder.h"
#include "capture/devices.h"
#include "capture/media_file.h"
#include "common/log.h"

#define PROBE_LIMIT (2 * GST_SECOND)
/* Microphones hand over this much at a time; their default of 200 ms would all be delay. */
#define PERIOD_US 10000
#define BUFFER_US 60000
#define FILE_CAPS "audio/x-raw(ANY)"

char *audio_input_label(const struct source_spec *spec)
{
    switch (spec->kind) {
    case SOURCE_SAMPLE:
        return g_strdup("sample voice");
    case SOURCE_NONE:
        return g_strdup("silence");
    case SOURCE_FILE:
        return media_file_label(spec->value);
    default:
        return devices_label(DEVICE_MICROPHONE, spec->value);
    }
}

static GstElement *open_microphone(const char *name, GError **error)
{
    GstElement *element = devices_open(DEVICE_MICROPHONE, name, error);
    if (!element)
        return NULL;
    GObjectClass *class = G_OBJECT_GET_CLASS(element);
    if (g_object_class_find_property(class, "latency-time"))
        g_object_set(
            element, "latency-time", (gint64)PERIOD_US, "buffer-time", (gint64)BUFFER_US, NULL);
    return element;
}

static void found_sound(GstElement *element, GstPad *pad, gpointer ret_found)
{
    g_atomic_int_set((gint *)ret_found, 1);
}

bool audio_input_file_has_sound(const char *path)
{
    GstElement *element = media_file_open(path, FILE_CAPS, NULL);
    if (!element)
        return false;
    gint found = 0;
    g_autoptr(GstElement) pipeline = gst_object_ref_sink(gst_pipeline_new(NULL));
    gst_bin_add(GST_BIN(pipeline), element);
    g_signal_connect(element, "pad-added", G_CALLBACK(found_sound), &found);
    g_autoptr(GstBus) bus = gst_pipeline_get_bus(GST_PIPELINE(pipeline));
    gst_element_set_state(pipeline, GST_STATE_PAUSED);
    g_autoptr(GstMessage) message = NULL;
    GstClockTime left = PROBE_LIMIT;
    while (!g_atomic_int_get(&found) && left > 0 && !message) {
        message = gst_bus_timed_pop_filtered(
            bus, 20 * GST_MSECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS | GST_MESSAGE_ASYNC_DONE);
        left -= 20 * GST_MSECOND;
    }
    gst_element_set_state(pipeline, GST_STATE_NULL);
    return g_atomic_int_get(&found);
}

/* Echo cancelling proper needs to hear what this program plays, and it plays nothing: what is used
 * here is the noise suppressor, the level control and the high-pass filter. */
static char *tail_of(const struct audio_input_params *params)
{
    bool clean = params->spec.kind == SOURCE_DEVICE && params->suppress_noise;
    GstElementFactory *dsp = clean ? gst_element_factory_find("webrtcdsp") : NULL;
    const char *filter =
        dsp ? "audio/x-raw,rate=48000,format=S16LE ! webrtcdsp echo-cancel=false ! "
              "audioconvert ! "
            : "";
    g_clear_pointer(&dsp, gst_object_unref);
    return g_strdup_printf(
        "audioconvert ! audioresample ! %s"
        "capsfilter caps=\"audio/x-raw,format=S16LE,layout=interleaved,rate=%d,channels=%u\"",
        filter, AUDIO_RATE, params->channels);
}

struct pipeline_source *audio_input_open(const struct audio_input_params *params, GError **error)
{
    const struct source_spec *spec = &params->spec;
    GstElement *head = spec->kind == SOURCE_FILE ? media_file_open(spec->value, FILE_CAPS, error)
                                                 : open_microphone(spec->value, error);
    if (!head)
        return NULL;
    g_autofree char *tail = tail_of(params);
    g_autofree char *label = audio_input_label(spec);
    struct pipeline_source_params pipeline = {
        .head = head,
        .tail = tail,
        .description = label,
        .file = spec->kind == SOURCE_FILE ? spec->value : NULL,
        .on_buffer = params->on_buffer,
        .on_lost = params->on_lost,
        .user = params->user,
    };
    return pipeline_source_create(&pipeline, error);
}
