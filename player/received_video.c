#include "player/received_video.h"

#include <gst/app/gstappsink.h>
#include <stdatomic.h>

#include "common/clock.h"
#include "common/log.h"
#include "media/time_stripe.h"

/* Sound may be heard this much after its picture without anybody noticing (ITU-R BT.1359). */
#define SOUND_MAY_LAG_US (60 * US_PER_MS)
/* Longer holds mean that the timestamps are nonsense. */
#define HOLD_MAX_US (600 * US_PER_MS)
/* A frame that went into the decoder must have come out by then. */
#define DECODER_LIMIT_US (200 * US_PER_MS)

struct received_video {
    GstBin *pipeline; /* borrowed */
    void (*on_picture)(void *user, const struct received_picture *picture);
    void *user;       /* borrowed */
    GstElement *bin;  /* owned by the pipeline, as are gate and sink by the bin */
    GstElement *gate; /* NULL: what comes is whole */
    GstElement *sink;
    GstPad *peer; /* owned; the pad that feeds us */
    char *codec;  /* owned */
    unsigned generation;
    bool read_stripe;
    _Atomic uint64_t audio_delay_us;
    uint64_t frames_in;          /* of the decoder; streaming thread */
    _Atomic uint64_t frames_out; /* of the decoder */
    _Atomic uint64_t lag;        /* frames inside when the newest came: a busy machine adds none */
    _Atomic bool stopping;
    uint64_t usual_lag;    /* frames that the decoder keeps by design */
    uint64_t lag_since_us; /* since when it keeps more, 0 when it does not */
};

static GstPadProbeReturn on_frame_in(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    struct received_video *video = data;
    uint64_t out = atomic_load(&video->frames_out);

    atomic_store(&video->lag, video->frames_in > out ? video->frames_in - out : 0);
    video->frames_in++;
    return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn on_frame_out(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    struct received_video *video = data;

    atomic_fetch_add(&video->frames_out, 1);
    return GST_PAD_PROBE_OK;
}

static void read_stripe(struct received_picture *picture)
{
    const GstVideoInfo *info = &picture->info;
    GstVideoFrame frame;
    struct time_stripe stripe;

    if (!GST_VIDEO_INFO_IS_YUV(info) || GST_VIDEO_INFO_COMP_DEPTH(info, 0) != 8 ||
        GST_VIDEO_INFO_COMP_PSTRIDE(info, 0) != 1 ||
        !gst_video_frame_map(&frame, info, gst_sample_get_buffer(picture->sample), GST_MAP_READ))
        return;
    if (time_stripe_read(GST_VIDEO_FRAME_COMP_DATA(&frame, 0),
            (uint32_t)GST_VIDEO_FRAME_WIDTH(&frame), (uint32_t)GST_VIDEO_FRAME_HEIGHT(&frame),
            (size_t)GST_VIDEO_FRAME_COMP_STRIDE(&frame, 0), &stripe) == 0) {
        picture->stripe_us = stripe.time_us;
        picture->counter = stripe.counter;
    }
    gst_video_frame_unmap(&frame);
}

/* Presenter thread. Keeps the picture back while its sound would come too far behind. */
static void hold(struct received_video *video, GstSample *sample)
{
    const GstSegment *segment = gst_sample_get_segment(sample);
    GstClockTime pts = GST_BUFFER_PTS(gst_sample_get_buffer(sample));
    GstClockTime due = gst_segment_to_running_time(segment, GST_FORMAT_TIME, pts);
    uint64_t delay_us = atomic_load(&video->audio_delay_us);

    if (!GST_CLOCK_TIME_IS_VALID(due) || delay_us <= SOUND_MAY_LAG_US)
        return;
    g_autoptr(GstClock) clock = gst_element_get_clock(video->sink);
    if (!clock)
        return;
    GstClockTime now = gst_clock_get_time(clock) - gst_element_get_base_time(video->sink);
    int64_t wait_us = (int64_t)(due / GST_USECOND) + (int64_t)(delay_us - SOUND_MAY_LAG_US) -
                      (int64_t)(now / GST_USECOND);
    if (wait_us <= 0 || wait_us > (int64_t)HOLD_MAX_US)
        return;
    uint64_t until_us = clock_now_us() + (uint64_t)wait_us;
    for (uint64_t now_us = clock_now_us(); now_us < until_us && !atomic_load(&video->stopping);
         now_us = clock_now_us())
        g_usleep(MIN(until_us - now_us, 5 * US_PER_MS));
}

/* Presenter thread. */
static GstFlowReturn on_sample(GstAppSink *sink, gpointer data)
{
    struct received_video *video = data;
    g_autoptr(GstSample) sample = gst_app_sink_pull_sample(sink);
    struct received_picture picture = {
        .sample = sample,
        .generation = video->generation,
        .codec = video->codec,
        .counter = -1,
    };

    if (!sample || !gst_video_info_from_caps(&picture.info, gst_sample_get_caps(sample)))
        return GST_FLOW_OK;
    if (video->read_stripe)
        read_stripe(&picture);
    hold(video, sample);
    if (!atomic_load(&video->stopping))
        video->on_picture(video->user, &picture);
    return GST_FLOW_OK;
}

static GstElement *make_decoder(const char *codec, GError **error)
{
    bool h264 = g_strcmp0(codec, "H264") == 0;
    const char *name = h264 ? "avdec_h264" : (g_strcmp0(codec, "VP8") == 0 ? "vp8dec" : NULL);
    GstElement *decoder = name ? gst_element_factory_make(name, NULL) : NULL;

    if (!decoder) {
        g_set_error(error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN, "no decoder for %s: %s",
            codec,
            name ? "install gstreamer1.0-libav and gstreamer1.0-plugins-good" : "not supported");
        return NULL;
    }
    g_object_set(decoder, "qos", FALSE, NULL);
    if (h264) {
        /* Frame threads would keep one frame per thread back. */
        gst_util_set_object_arg(G_OBJECT(decoder), "thread-type", "slice");
        g_object_set(decoder, "max-threads", 2, "output-corrupt", FALSE, "discard-corrupted-frames",
            TRUE, NULL);
    }
    return decoder;
}

static void add_probe(GstElement *element, const char *pad_name, GstPadProbeCallback callback,
    struct received_video *video)
{
    g_autoptr(GstPad) pad = gst_element_get_static_pad(element, pad_name);
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, callback, video, NULL);
}

static GstElement *make_presenter(struct received_video *video)
{
    GstElement *sink = gst_element_factory_make("appsink", NULL);
    GstAppSinkCallbacks callbacks = {.new_sample = on_sample};

    g_object_set(sink, "sync", FALSE, "async", FALSE, "qos", FALSE, "max-buffers", 4, "drop", TRUE,
        "enable-last-sample", FALSE, NULL);
    gst_app_sink_set_callbacks(GST_APP_SINK(sink), &callbacks, video, NULL);
    return sink;
}

static bool build(struct received_video *video, const char *codec, bool is_whole, GError **error)
{
    GstElement *decoder = make_decoder(codec, error);
    if (!decoder)
        return false;
    GstElement *depay = gst_element_factory_make(
        g_strcmp0(codec, "H264") == 0 ? "rtph264depay" : "rtpvp8depay", NULL);
    GstElement *queue = gst_element_factory_make("queue", NULL);

    video->bin = gst_bin_new(NULL);
    video->gate = is_whole ? NULL : frame_gate_new(NULL);
    video->sink = make_presenter(video);
    gst_util_set_object_arg(G_OBJECT(queue), "leaky", "downstream");
    g_object_set(
        queue, "max-size-buffers", 12, "max-size-bytes", 0, "max-size-time", (guint64)0, NULL);
    gst_bin_add_many(GST_BIN(video->bin), depay, decoder, queue, video->sink, NULL);
    gst_element_link_many(depay, decoder, queue, video->sink, NULL);
    if (video->gate) {
        gst_bin_add(GST_BIN(video->bin), video->gate);
        gst_element_link(video->gate, depay);
    }
    add_probe(decoder, "sink", on_frame_in, video);
    add_probe(decoder, "src", on_frame_out, video);
    g_autoptr(GstPad) target =
        gst_element_get_static_pad(video->gate ? video->gate : depay, "sink");
    gst_element_add_pad(video->bin, gst_ghost_pad_new("sink", target));
    return true;
}

struct received_video *received_video_new(
    const struct received_video_params *params, GError **error)
{
    struct received_video *video = g_new0(struct received_video, 1);

    video->pipeline = params->pipeline;
    video->on_picture = params->on_picture;
    video->user = params->user;
    video->codec = g_strdup(params->codec);
    video->generation = params->generation;
    video->read_stripe = params->read_stripe;
    if (!build(video, params->codec, params->is_whole, error)) {
        g_free(video->codec);
        g_free(video);
        return NULL;
    }
    video->peer = gst_object_ref(params->pad);
    gst_bin_add(params->pipeline, video->bin);
    gst_element_sync_state_with_parent(video->bin);
    g_autoptr(GstPad) sink = gst_element_get_static_pad(video->bin, "sink");
    if (GST_PAD_LINK_FAILED(gst_pad_link(params->pad, sink))) {
        g_set_error(error, GST_CORE_ERROR, GST_CORE_ERROR_PAD, "received video cannot be linked");
        received_video_free(video);
        return NULL;
    }
    return video;
}

void received_video_free(struct received_video *video)
{
    if (!video)
        return;
    atomic_store(&video->stopping, true);
    gst_element_set_state(video->bin, GST_STATE_NULL);
    g_autoptr(GstPad) sink = gst_element_get_static_pad(video->bin, "sink");
    gst_pad_unlink(video->peer, sink);
    gst_bin_remove(video->pipeline, video->bin);
    gst_object_unref(video->peer);
    g_free(video->codec);
    g_free(video);
}

unsigned received_video_generation(const struct received_video *video)
{
    return video->generation;
}

void received_video_tick(struct received_video *video, uint64_t now_us)
{
    uint64_t out = atomic_load(&video->frames_out);
    uint64_t lag = atomic_load(&video->lag);
    struct frame_gate_stats gate;

    if (!video->gate)
        return;
    /* Before the first picture the decoder's own delay is not known. */
    if (out == 0 ? lag < 3 : lag <= video->usual_lag) {
        if (out > 0)
            video->usual_lag = lag;
        video->lag_since_us = 0;
        return;
    }
    if (video->lag_since_us == 0)
        video->lag_since_us = now_us;
    if (now_us - video->lag_since_us < DECODER_LIMIT_US)
        return;
    video->lag_since_us = 0;
    video->usual_lag = lag;
    frame_gate_read_stats(video->gate, &gate);
    if (gate.awaits_keyframe)
        return;
    log_warn(LOG_MEDIA, "generation=%u decoder gave no picture, keyframe asked", video->generation);
    frame_gate_close(video->gate);
}

void received_video_set_audio_delay(struct received_video *video, uint64_t delay_us)
{
    atomic_store(&video->audio_delay_us, delay_us);
}

void received_video_read_gate(struct received_video *video, struct frame_gate_stats *ret_stats)
{
    if (video->gate)
        frame_gate_read_stats(video->gate, ret_stats);
    else
        *ret_stats = (struct frame_gate_stats){.gaps = 0};
}
