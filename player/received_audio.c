#include "player/received_audio.h"

#include <gst/app/gstappsink.h>
#include <stdbool.h>

#define DECODER_LATENCY (10 * GST_MSECOND)

struct received_audio {
    GstBin *pipeline; /* borrowed */
    void (*on_sound)(void *user, const struct received_sound *sound);
    void *user;          /* borrowed */
    GstElement *bin;     /* owned by the pipeline */
    GstElement *decoder; /* owned */
    GstPad *peer;        /* owned; the pad that feeds us */
    unsigned generation;
    GstClockTime next_pts; /* streaming thread */
};

static uint64_t gap_before(struct received_audio *audio, GstBuffer *buffer)
{
    GstClockTime pts = GST_BUFFER_PTS(buffer);
    GstClockTime expected = audio->next_pts;

    if (!GST_CLOCK_TIME_IS_VALID(pts))
        return 0;
    audio->next_pts = pts + GST_BUFFER_DURATION(buffer);
    if (!GST_CLOCK_TIME_IS_VALID(expected) || pts <= expected + 5 * GST_MSECOND)
        return 0;
    return (pts - expected) / GST_USECOND;
}

static GstFlowReturn on_sample(GstAppSink *sink, gpointer data)
{
    struct received_audio *audio = data;
    g_autoptr(GstSample) sample = gst_app_sink_pull_sample(sink);
    GstBuffer *buffer = sample ? gst_sample_get_buffer(sample) : NULL;
    GstMapInfo map;

    if (!buffer || !gst_buffer_map(buffer, &map, GST_MAP_READ))
        return GST_FLOW_OK;
    struct received_sound sound = {
        .buffer = buffer,
        .samples = (const float *)(const void *)map.data,
        .count = map.size / sizeof(float),
        .generation = audio->generation,
        .gap_us = gap_before(audio, buffer),
    };
    audio->on_sound(audio->user, &sound);
    gst_buffer_unmap(buffer, &map);
    return GST_FLOW_OK;
}

/*
 * opusdec with FEC reports 120 ms of latency, its longest packet. What it needs is the packet after a
 * hole, and that is there by the time the jitter buffer gives the hole up.
 */
static GstPadProbeReturn on_latency_query(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    GstQuery *query = GST_PAD_PROBE_INFO_QUERY(info);
    GstClockTime min, max;
    gboolean live;

    if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY)
        return GST_PAD_PROBE_OK;
    g_autoptr(GstElement) decoder = gst_pad_get_parent_element(pad);
    g_autoptr(GstPad) sink = decoder ? gst_element_get_static_pad(decoder, "sink") : NULL;
    if (!sink || !gst_pad_peer_query(sink, query))
        return GST_PAD_PROBE_OK;
    gst_query_parse_latency(query, &live, &min, &max);
    if (GST_CLOCK_TIME_IS_VALID(max))
        max += DECODER_LATENCY;
    gst_query_set_latency(query, live, min + DECODER_LATENCY, max);
    return GST_PAD_PROBE_HANDLED;
}

static bool build(struct received_audio *audio, const char *codec, GError **error)
{
    g_autoptr(GError) cause = NULL;

    if (g_strcmp0(codec, "OPUS") != 0) {
        g_set_error(error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
            "no decoder for %s: not supported", codec);
        return false;
    }
    audio->bin = gst_parse_bin_from_description(
        "rtpopusdepay ! opusdec name=decoder plc=true use-inband-fec=true ! audioconvert ! "
        "audioresample ! "
        "audio/x-raw,format=F32LE,layout=interleaved,rate=48000,channels=2 ! "
        "appsink name=sink sync=true async=false qos=false max-buffers=8 drop=true "
        "enable-last-sample=false processing-deadline=0",
        TRUE, &cause);
    if (!audio->bin) {
        g_set_error(error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
            "no decoder for Opus (install gstreamer1.0-plugins-base): %s", cause->message);
        return false;
    }
    audio->decoder = gst_bin_get_by_name(GST_BIN(audio->bin), "decoder");
    g_autoptr(GstPad) decoded = gst_element_get_static_pad(audio->decoder, "src");
    gst_pad_add_probe(decoded, GST_PAD_PROBE_TYPE_QUERY_UPSTREAM, on_latency_query, audio, NULL);
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(audio->bin), "sink");
    GstAppSinkCallbacks callbacks = {.new_sample = on_sample};
    gst_app_sink_set_callbacks(GST_APP_SINK(sink), &callbacks, audio, NULL);
    return true;
}

struct received_audio *received_audio_new(
    const struct received_audio_params *params, GError **error)
{
    struct received_audio *audio = g_new0(struct received_audio, 1);

    audio->pipeline = params->pipeline;
    audio->on_sound = params->on_sound;
    audio->user = params->user;
    audio->generation = params->generation;
    audio->next_pts = GST_CLOCK_TIME_NONE;
    if (!build(audio, params->codec, error)) {
        g_free(audio);
        return NULL;
    }
    audio->peer = gst_object_ref(params->pad);
    gst_bin_add(params->pipeline, audio->bin);
    gst_element_sync_state_with_parent(audio->bin);
    g_autoptr(GstPad) sink = gst_element_get_static_pad(audio->bin, "sink");
    if (GST_PAD_LINK_FAILED(gst_pad_link(params->pad, sink))) {
        g_set_error(error, GST_CORE_ERROR, GST_CORE_ERROR_PAD, "received audio cannot be linked");
        received_audio_free(audio);
        return NULL;
    }
    return audio;
}

void received_audio_free(struct received_audio *audio)
{
    if (!audio)
        return;
    gst_element_set_state(audio->bin, GST_STATE_NULL);
    g_autoptr(GstPad) sink = gst_element_get_static_pad(audio->bin, "sink");
    gst_pad_unlink(audio->peer, sink);
    gst_bin_remove(audio->pipeline, audio->bin);
    gst_object_unref(audio->decoder);
    gst_object_unref(audio->peer);
    g_free(audio);
}

uint64_t received_audio_concealed_us(const struct received_audio *audio)
{
    g_autoptr(GstStructure) stats = NULL;
    guint64 concealed_ns = 0;

    g_object_get(audio->decoder, "stats", &stats, NULL);
    if (stats)
        gst_structure_get_uint64(stats, "plc-duration", &concealed_ns);
    return concealed_ns / GST_USECOND;
}

unsigned received_audio_generation(const struct received_audio *audio)
{
    return audio->generation;
}
