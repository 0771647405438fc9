#include "capture/capture.h"

#include <errno.h>
#include <gst/video/video.h>
#include <string.h>

#include "capture/audio_encoder.h"
#include "capture/audio_source.h"
#include "capture/expected_loss.h"
#include "capture/figures.h"
#include "capture/video_encoder.h"
#include "capture/video_source.h"
#include "common/clock.h"
#include "common/log.h"
#include "media/stats_file.h"
#include "media/time_stripe.h"
#include "media/whip_session.h"

struct capture {
    struct capture_params params; /* token is not kept */
    struct layer_plan layers[CAPTURE_MAX_LAYERS];
    GstClockTime base_time;
    struct figures *figures; /* these are owned */
    struct whip_session *session;
    struct video_encoder *video_encoder; /* NULL without picture */
    struct audio_encoder *audio_encoder; /* NULL without sound */
    struct video_source *video_source;
    struct audio_source *audio_source;
    GSource *every_second;
    struct expected_loss expected_loss; /* of the sound */
    uint64_t loss_reports;              /* seen of the present connection */
    char *note;                         /* owned; what a teacher should know now, or NULL */
    bool ended;
};

static void end(struct capture *capture, enum capture_end how, const char *text)
{
    if (capture->ended)
        return;
    capture->ended = true;
    capture->params.on_end(capture->params.user, how, text);
}

static GstClockTime running_time(const struct capture *capture, uint64_t taken_us)
{
    GstClockTime taken = taken_us * 1000;
    return taken > capture->base_time ? taken - capture->base_time : 0;
}

static GstBuffer *draw_stripe(
    struct capture *capture, GstBuffer *buffer, uint32_t counter, uint64_t taken_us)
{
    GstVideoInfo info;
    GstVideoFrame frame;
    const struct layer_plan *top = &capture->layers[0];
    buffer = gst_buffer_make_writable(buffer);
    gst_video_info_set_format(&info, GST_VIDEO_FORMAT_I420, top->width, top->height);
    if (!gst_video_frame_map(&frame, &info, buffer, GST_MAP_READWRITE))
        return buffer;
    time_stripe_draw(GST_VIDEO_FRAME_PLANE_DATA(&frame, 0), top->width, top->height,
        (size_t)GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0), counter, taken_us);
    gst_video_frame_unmap(&frame);
    return buffer;
}

static void on_frame(void *user, GstBuffer *buffer, uint64_t taken_us)
{
    struct capture *capture = user;
    uint32_t counter = figures_count_captured(capture->figures, taken_us);
    if (capture->params.settings->stripe)
        buffer = draw_stripe(capture, buffer, counter, taken_us);
    for (unsigned i = 0; i < capture->params.layer_count; i++)
        video_encoder_want_layer(
            capture->video_encoder, i, whip_session_wants_layer(capture->session, i));
    video_encoder_push(capture->video_encoder, buffer, running_time(capture, taken_us));
}

static void on_sound(void *user, GstBuffer *buffer, uint64_t taken_us)
{
    struct capture *capture = user;
    audio_encoder_push(capture->audio_encoder, buffer, running_time(capture, taken_us));
}

static void on_video_encoded(void *user, unsigned layer, GstBuffer *buffer, bool keyframe)
{
    struct capture *capture = user;
    uint64_t taken_us = (capture->base_time + GST_BUFFER_PTS(buffer)) / 1000;
    figures_count_encoded(
        capture->figures, layer, gst_buffer_get_size(buffer), keyframe, clock_now_us(), taken_us);
    whip_session_push_video(capture->session, layer, buffer);
}

static void on_audio_encoded(void *user, GstBuffer *buffer)
{
    struct capture *capture = user;
    figures_count_audio(capture->figures, gst_buffer_get_size(buffer));
    whip_session_push_audio(capture->session, buffer);
}

static void on_encoder_error(void *user, const GError *error)
{
    end(user, CAPTURE_END_BROKEN, error->message);
}

static void on_keyframe_request(void *user, unsigned layer)
{
    struct capture *capture = user;
    figures_count_request(capture->figures, layer);
    struct video_encoder *encoder = g_atomic_pointer_get(&capture->video_encoder);
    if (encoder)
        video_encoder_request_keyframe(encoder, layer);
}

static void on_session_state(void *user, enum whip_state state, const char *text)
{
    struct capture *capture = user;
    g_autofree char *line = text ? g_strdup_printf("%s: %s", whip_state_name(state), text)
                                 : g_strdup(whip_state_name(state));
    if (state == WHIP_REFUSED)
        end(capture, CAPTURE_END_REFUSED, text);
    else
        progress_event(capture->params.progress, whip_state_name(state), line);
}

static void on_source_change(void *user, bool present, const char *text)
{
    struct capture *capture = user;
    g_free(capture->note);
    capture->note = present ? NULL : g_strdup(text);
    progress_event(capture->params.progress, present ? "device-back" : "device-gone", text);
}

static json_t *counters(struct capture *capture)
{
    uint64_t dropped = capture->video_encoder ? video_encoder_dropped(capture->video_encoder) : 0;
    json_t *object = figures_counters(capture->figures, dropped);
    json_object_set_new(
        object, "connections", json_integer(whip_session_connections(capture->session)));
    return object;
}

/* The server's reports name the worst loss that matters on the sound's way to its listeners. */
static void prepare_for_loss(struct capture *capture)
{
    uint64_t reports;
    uint8_t fraction_lost = whip_session_audio_loss(capture->session, &reports);
    if (!capture->audio_encoder || reports == 0 || reports == capture->loss_reports)
        return;
    capture->loss_reports = reports;
    if (!expected_loss_report(&capture->expected_loss, fraction_lost, clock_now_us()))
        return;
    log_info(LOG_MEDIA, "media=audio expected_loss_percent=%u", capture->expected_loss.percent);
    audio_encoder_expect_loss(capture->audio_encoder, capture->expected_loss.percent);
}

static gboolean on_second(gpointer user)
{
    struct capture *capture = user;
    prepare_for_loss(capture);
    struct progress_line line;
    struct webrtc_peer_stats stats;
    progress_line_init(&line);
    line.state = whip_state_name(whip_session_state(capture->session));
    whip_session_read_stats(capture->session, &stats);
    figures_read_rates(capture->figures, clock_now_us(), &line.fps, &line.kbps);
    if (capture->params.layer_count > 0) {
        line.width = (int)capture->layers[0].width;
        line.height = (int)capture->layers[0].height;
    }
    if (stats.round_trip_ms >= 0)
        line.round_trip_ms = stats.round_trip_ms;
    if (stats.has_twcc || stats.round_trip_ms >= 0)
        line.loss_percent = stats.has_twcc ? stats.twcc_loss_percent : stats.sent_loss_percent;
    line.note = capture->note;
    json_t *extra = counters(capture);
    progress_show(capture->params.progress, &line, extra);
    json_decref(extra);
    return G_SOURCE_CONTINUE;
}

static bool start_session(struct capture *capture, GError **error)
{
    const struct capture_settings *settings = capture->params.settings;
    struct whip_session_params session = {
        .url = settings->whip_url,
        .token = capture->params.token,
        .ca_file = settings->ca_file,
        .stun_server = settings->stun_server,
        .layers = capture->params.layer_count,
        .top_height = capture->params.layer_count ? capture->layers[0].height : 0,
        .audio = audio_source_wanted(settings->microphone),
        .audio_redundancy = (unsigned)settings->audio_redundancy,
        .base_time = capture->base_time,
        .on_state = on_session_state,
        .on_keyframe_request = on_keyframe_request,
        .user = capture,
    };
    capture->session = whip_session_new(&session, error);
    return capture->session != NULL;
}

static bool start_video(struct capture *capture, GError **error)
{
    const struct capture_settings *settings = capture->params.settings;
    struct video_encoder_params encoder = {
        .settings = settings,
        .layer_count = capture->params.layer_count,
        .base_time = capture->base_time,
        .on_encoded = on_video_encoded,
        .on_error = on_encoder_error,
        .user = capture,
    };
    memcpy(encoder.layers, capture->layers, sizeof encoder.layers);
    struct video_encoder *made = video_encoder_create(&encoder, error);
    g_atomic_pointer_set(&capture->video_encoder, made);
    if (!made)
        return false;
    struct video_source_params source = {
        .camera = settings->camera,
        .width = capture->layers[0].width,
        .height = capture->layers[0].height,
        .fps = (unsigned)settings->fps,
        .image_s = (unsigned)settings->image_s,
        .patient = capture->params.patient,
        .on_frame = on_frame,
        .on_change = on_source_change,
        .user = capture,
    };
    capture->video_source = video_source_create(&source, error);
    return capture->video_source != NULL;
}

static bool start_audio(struct capture *capture, GError **error)
{
    const struct capture_settings *settings = capture->params.settings;
    struct audio_encoder_params encoder = {
        .channels = (unsigned)settings->audio_channels,
        .bitrate_bps = (unsigned)settings->audio_bitrate_bps,
        .base_time = capture->base_time,
        .on_encoded = on_audio_encoded,
        .on_error = on_encoder_error,
        .user = capture,
    };
    capture->audio_encoder = audio_encoder_create(&encoder, error);
    if (!capture->audio_encoder)
        return false;
    struct audio_source_params source = {
        .microphone = settings->microphone,
        .camera = settings->camera,
        .sample_picture = capture->video_source && video_source_is_sample(capture->video_source),
        .suppress_noise = settings->suppress_noise,
        .channels = (unsigned)settings->audio_channels,
        .patient = capture->params.patient,
        .on_sound = on_sound,
        .on_change = on_source_change,
        .user = capture,
    };
    capture->audio_source = audio_source_create(&source, error);
    return capture->audio_source != NULL;
}

static void announce(struct capture *capture)
{
    const char *picture =
        capture->video_source ? video_source_label(capture->video_source) : "no picture";
    const char *sound =
        capture->audio_source ? audio_source_label(capture->audio_source) : "no sound";
    g_autofree char *text =
        g_strdup_printf("%s and %s to %s", picture, sound, capture->params.settings->whip_url);
    progress_event(capture->params.progress, "started", text);
}

struct capture *capture_create(const struct capture_params *params, GError **error)
{
    struct capture *capture = g_new0(struct capture, 1);
    capture->params = *params;
    for (unsigned i = 0; i < params->layer_count; i++)
        capture->layers[i] = params->layers[i];
    g_autoptr(GstClock) clock = gst_system_clock_obtain();
    capture->base_time = gst_clock_get_time(clock);
    capture->figures =
        figures_create(capture->layers, params->layer_count, params->stats_path != NULL);
    bool sound = audio_source_wanted(params->settings->microphone);
    bool started = start_session(capture, error) &&
                   (params->layer_count == 0 || start_video(capture, error)) &&
                   (!sound || start_audio(capture, error));
    capture->params.token = NULL;
    if (!started) {
        capture->params.stats_path = NULL;
        capture_destroy(capture);
        return NULL;
    }
    capture->every_second = g_timeout_source_new(1000);
    g_source_set_callback(capture->every_second, on_second, capture, NULL);
    g_source_attach(capture->every_second, g_main_context_get_thread_default());
    announce(capture);
    return capture;
}

void capture_health(
    const struct capture *capture, const char **ret_camera, const char **ret_microphone)
{
    *ret_camera = capture->video_source ? video_source_health(capture->video_source) : NULL;
    *ret_microphone = capture->audio_source ? audio_source_health(capture->audio_source) : NULL;
}

struct video_source *capture_video_source(struct capture *capture)
{
    return capture->video_source;
}

struct audio_source *capture_audio_source(struct capture *capture)
{
    return capture->audio_source;
}

static void write_stats(struct capture *capture)
{
    json_t *object = counters(capture);
    figures_add_final(capture->figures, object, clock_now_us());
    json_object_set_new(
        object, "state", json_string(whip_state_name(whip_session_state(capture->session))));
    int result = stats_file_write(capture->params.stats_path, object);
    if (result != 0)
        log_error(LOG_CORE, "stats=%s cannot be written: %s", capture->params.stats_path,
            strerror(-result));
    json_decref(object);
}

void capture_destroy(struct capture *capture)
{
    if (!capture)
        return;
    if (capture->every_second)
        g_source_destroy(capture->every_second);
    g_clear_pointer(&capture->every_second, g_source_unref);
    /* Against the stream: what pushes goes before what is pushed to. */
    video_source_destroy(capture->video_source);
    audio_source_destroy(capture->audio_source);
    if (capture->params.stats_path)
        write_stats(capture);
    struct video_encoder *encoder = capture->video_encoder;
    struct whip_session *session = capture->session;
    if (session)
        whip_session_stop(session);
    video_encoder_destroy(encoder);
    audio_encoder_destroy(capture->audio_encoder);
    whip_session_free(session);
    figures_destroy(capture->figures);
    g_free(capture->note);
    g_free(capture);
}
