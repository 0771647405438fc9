/*
 * A small WHEP server for tests of the player, with nothing of the relay in it: answers each offer
 * with a webrtcbin of its own that sends a picture with the time stripe and a tone.
 *
 *     whep_answerer [--port N] [--token T] [--width W --height H] [--vp8] [--loss PERCENT]
 *
 * Prints "port=N" when it listens. POST /control/pause|resume stops and starts all packets,
 * /control/video-off|video-on those of the picture, /control/break loses a packet (or the packets) of
 * one picture.
 */
#define GST_USE_UNSTABLE_API
#include <glib-unix.h>
#include <gst/gst.h>
#include <gst/sdp/sdp.h>
#include <gst/video/video.h>
#include <gst/webrtc/webrtc.h>
#include <libsoup/soup.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "media/local_addresses.h"
#include "media/time_stripe.h"

struct answerer {
    char *token;
    int port, width, height, loss_percent;
    gboolean vp8;
    GMainLoop *loop;
    GHashTable *sessions; /* id → struct session */
    unsigned next_id;
    _Atomic bool paused, video_off, break_next;
};

struct session {
    struct answerer *answerer;
    GstElement *pipeline;
    GstElement *webrtc;
    SoupServerMessage *message; /* waits for the answer, or NULL */
    char *id;
    uint32_t frames;
};

static void session_free(gpointer data)
{
    struct session *session = data;

    gst_element_set_state(session->pipeline, GST_STATE_NULL);
    gst_object_unref(session->webrtc);
    gst_object_unref(session->pipeline);
    g_free(session->id);
    g_free(session);
}

static GstPadProbeReturn draw_stripe(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    struct session *session = data;
    GstBuffer *buffer = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
    GstVideoInfo video;
    GstVideoFrame frame;

    GST_PAD_PROBE_INFO_DATA(info) = buffer;
    if (caps && gst_video_info_from_caps(&video, caps) &&
        gst_video_frame_map(&frame, &video, buffer, GST_MAP_READWRITE)) {
        time_stripe_draw(GST_VIDEO_FRAME_PLANE_DATA(&frame, 0),
            (uint32_t)GST_VIDEO_FRAME_WIDTH(&frame), (uint32_t)GST_VIDEO_FRAME_HEIGHT(&frame),
            (size_t)GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0), session->frames++, clock_now_us());
        gst_video_frame_unmap(&frame);
    }
    return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn filter_packet(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    struct session *session = data;
    struct answerer *answerer = session->answerer;
    bool is_video = g_object_get_data(G_OBJECT(pad), "video") != NULL;

    if (answerer->paused || (is_video && answerer->video_off))
        return GST_PAD_PROBE_DROP;
    if (is_video && atomic_exchange(&answerer->break_next, false))
        return GST_PAD_PROBE_DROP;
    if (answerer->loss_percent > 0 && g_random_int_range(0, 100) < answerer->loss_percent)
        return GST_PAD_PROBE_DROP;
    return GST_PAD_PROBE_OK;
}

static void add_probe(struct session *session, const char *element, const char *pad_name,
    GstPadProbeCallback callback, bool is_video)
{
    g_autoptr(GstElement) found = gst_bin_get_by_name(GST_BIN(session->pipeline), element);
    g_autoptr(GstPad) pad = gst_element_get_static_pad(found, pad_name);

    if (is_video)
        g_object_set_data(G_OBJECT(pad), "video", session);
    /* Payloaders give the packets of a frame as one list. */
    gst_pad_add_probe(
        pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, callback, session, NULL);
}

static void reply_with_answer(struct session *session)
{
    GstWebRTCSessionDescription *local = NULL;

    if (!session->message)
        return;
    g_object_get(session->webrtc, "local-description", &local, NULL);
    g_autofree char *text = gst_sdp_message_as_text(local->sdp);
    g_autofree char *location = g_strdup_printf("/session/%s", session->id);
    gst_webrtc_session_description_free(local);
    SoupMessageHeaders *headers = soup_server_message_get_response_headers(session->message);
    soup_message_headers_append(headers, "Location", location);
    soup_message_headers_append(headers, "ETag", "\"1\"");
    soup_server_message_set_response(
        session->message, "application/sdp", SOUP_MEMORY_COPY, text, strlen(text));
    soup_server_message_set_status(session->message, 201, NULL);
    soup_server_message_unpause(session->message);
    session->message = NULL;
}

static gboolean on_gathered(gpointer data)
{
    struct session *session = data;
    GstWebRTCICEGatheringState state;

    g_object_get(session->webrtc, "ice-gathering-state", &state, NULL);
    if (state != GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE)
        return G_SOURCE_CONTINUE;
    reply_with_answer(session);
    return G_SOURCE_REMOVE;
}

static void on_answer_created(GstPromise *promise, gpointer data)
{
    struct session *session = data;
    GstWebRTCSessionDescription *answer = NULL;

    gst_structure_get(gst_promise_get_reply(promise), "answer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION,
        &answer, NULL);
    g_signal_emit_by_name(session->webrtc, "set-local-description", answer, NULL);
    gst_webrtc_session_description_free(answer);
    gst_promise_unref(promise);
    g_timeout_add(5, on_gathered, session);
}

static bool build_pipeline(struct session *session)
{
    struct answerer *answerer = session->answerer;
    g_autoptr(GError) error = NULL;
    g_autofree char *encode =
        answerer->vp8
            ? g_strdup(
                  "vp8enc deadline=1 cpu-used=8 keyframe-max-dist=60 target-bitrate=1500000 "
                  "threads=1 ! rtpvp8pay name=video-pay pt=96 picture-id-mode=15-bit ! "
                  "application/x-rtp,media=video,encoding-name=VP8,payload=96,clock-rate=90000")
            : g_strdup(
                  "x264enc tune=zerolatency speed-preset=ultrafast bitrate=1600 key-int-max=60 "
                  "threads=1 vbv-buf-capacity=120 ! "
                  "video/x-h264,profile=constrained-baseline ! "
                  "rtph264pay name=video-pay pt=102 config-interval=-1 "
                  "aggregate-mode=zero-latency ! application/x-rtp,media=video,"
                  "encoding-name=H264,payload=102,clock-rate=90000");
    g_autofree char *description = g_strdup_printf(
        "webrtcbin name=webrtc bundle-policy=max-bundle latency=0 "
        "videotestsrc is-live=true pattern=ball ! "
        "video/x-raw,format=I420,width=%d,height=%d,framerate=30/1 ! identity name=stripe ! %s ! "
        "webrtc. audiotestsrc is-live=true freq=440 volume=0.3 samplesperbuffer=960 ! "
        "audio/x-raw,rate=48000,channels=2 ! "
        "opusenc inband-fec=true packet-loss-percentage=10 frame-size=20 ! "
        "rtpopuspay name=audio-pay pt=111 ! "
        "application/x-rtp,media=audio,encoding-name=OPUS,payload=111,clock-rate=48000 ! webrtc.",
        answerer->width, answerer->height, encode);

    session->pipeline = gst_parse_launch(description, &error);
    if (!session->pipeline) {
        log_error(LOG_MEDIA, "%s", error->message);
        return false;
    }
    gst_object_ref_sink(session->pipeline);
    session->webrtc = gst_bin_get_by_name(GST_BIN(session->pipeline), "webrtc");
    add_probe(session, "stripe", "src", draw_stripe, true);
    add_probe(session, "video-pay", "src", filter_packet, true);
    add_probe(session, "audio-pay", "src", filter_packet, false);
    return true;
}

static void add_loopback(GstElement *webrtc)
{
    g_autoptr(GObject) ice = NULL;
    g_auto(GStrv) addresses = local_addresses_list();

    g_object_get(webrtc, "ice-agent", &ice, NULL);
    for (char **address = addresses; address && *address; address++) {
        gboolean added;
        g_signal_emit_by_name(ice, "add-local-ip-address", *address, &added);
    }
}

static void answer_offer(struct answerer *answerer, SoupServerMessage *message)
{
    SoupMessageBody *body = soup_server_message_get_request_body(message);
    GBytes *bytes = soup_message_body_flatten(body);
    g_autofree char *text = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    GstSDPMessage *sdp = NULL;

    g_bytes_unref(bytes);
    if (gst_sdp_message_new_from_text(text, &sdp) != GST_SDP_OK) {
        soup_server_message_set_status(message, 400, NULL);
        return;
    }
    struct session *session = g_new0(struct session, 1);
    session->answerer = answerer;
    session->id = g_strdup_printf("%u", ++answerer->next_id);
    if (!build_pipeline(session)) {
        g_free(session->id);
        g_free(session);
        soup_server_message_set_status(message, 500, NULL);
        return;
    }
    session->message = message;
    soup_server_message_pause(message);
    g_hash_table_insert(answerer->sessions, session->id, session);
    add_loopback(session->webrtc);
    gst_element_set_state(session->pipeline, GST_STATE_PLAYING);

    GstWebRTCSessionDescription *offer =
        gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_OFFER, sdp);
    g_signal_emit_by_name(session->webrtc, "set-remote-description", offer, NULL);
    gst_webrtc_session_description_free(offer);
    GArray *transceivers = NULL;
    g_signal_emit_by_name(session->webrtc, "get-transceivers", &transceivers);
    for (guint i = 0; i < transceivers->len; i++)
        g_object_set(g_array_index(transceivers, GstWebRTCRTPTransceiver *, i), "do-nack", TRUE,
            "direction", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY, NULL);
    g_array_unref(transceivers);
    g_signal_emit_by_name(session->webrtc, "create-answer", NULL,
        gst_promise_new_with_change_func(on_answer_created, session, NULL));
}

static bool allowed(struct answerer *answerer, SoupServerMessage *message)
{
    g_autofree char *wanted = g_strdup_printf("Bearer %s", answerer->token);
    const char *given = soup_message_headers_get_one(
        soup_server_message_get_request_headers(message), "Authorization");

    return !answerer->token || g_strcmp0(given, wanted) == 0;
}

static void on_request(SoupServer *server, SoupServerMessage *message, const char *path,
    GHashTable *query, gpointer data)
{
    struct answerer *answerer = data;
    const char *method = soup_server_message_get_method(message);

    soup_server_message_set_status(message, 200, NULL);
    if (g_str_equal(path, "/control/pause"))
        answerer->paused = true;
    else if (g_str_equal(path, "/control/resume"))
        answerer->paused = false;
    else if (g_str_equal(path, "/control/video-off"))
        answerer->video_off = true;
    else if (g_str_equal(path, "/control/video-on"))
        answerer->video_off = false;
    else if (g_str_equal(path, "/control/break"))
        answerer->break_next = true;
    else if (!allowed(answerer, message))
        soup_server_message_set_status(message, 401, NULL);
    else if (g_str_equal(method, "POST") && g_str_has_prefix(path, "/whep/"))
        answer_offer(answerer, message);
    else if (g_str_equal(method, "DELETE") && g_str_has_prefix(path, "/session/"))
        printf("deleted=%d\n", g_hash_table_remove(answerer->sessions, path + strlen("/session/")));
    else
        soup_server_message_set_status(message, 404, NULL);
    fflush(stdout);
}

static gboolean on_stop(gpointer data)
{
    struct answerer *answerer = data;
    g_main_loop_quit(answerer->loop);
    return G_SOURCE_CONTINUE;
}

int main(int argc, char **argv)
{
    struct answerer answerer = {.width = 1280, .height = 720};
    const GOptionEntry entries[] = {
        {"port", 0, 0, G_OPTION_ARG_INT, &answerer.port, "0 for any", "N"},
        {"token", 0, 0, G_OPTION_ARG_STRING, &answerer.token, "required bearer token", "T"},
        {"width", 0, 0, G_OPTION_ARG_INT, &answerer.width, "of the picture", "W"},
        {"height", 0, 0, G_OPTION_ARG_INT, &answerer.height, "of the picture", "H"},
        {"loss", 0, 0, G_OPTION_ARG_INT, &answerer.loss_percent, "never sent", "PERCENT"},
        {"vp8", 0, 0, G_OPTION_ARG_NONE, &answerer.vp8, "instead of H.264", NULL},
        {NULL},
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;

    log_init("whep-answerer");
    gst_init(NULL, NULL);
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        fprintf(stderr, "%s\n", error->message);
        return 2;
    }
    g_autoptr(SoupServer) server = soup_server_new(NULL, NULL);
    soup_server_add_handler(server, NULL, on_request, &answerer, NULL);
    if (!soup_server_listen_local(
            server, (guint)answerer.port, SOUP_SERVER_LISTEN_IPV4_ONLY, &error)) {
        fprintf(stderr, "%s\n", error->message);
        return 1;
    }
    GSList *uris = soup_server_get_uris(server);
    printf("port=%d\n", g_uri_get_port(uris->data));
    fflush(stdout);
    g_slist_free_full(uris, (GDestroyNotify)g_uri_unref);
    answerer.sessions = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, session_free);
    answerer.loop = g_main_loop_new(NULL, FALSE);
    g_unix_signal_add(SIGTERM, on_stop, &answerer);
    g_main_loop_run(answerer.loop);
    g_hash_table_unref(answerer.sessions);
    g_main_loop_unref(answerer.loop);
    g_free(answerer.token);
    return 0;
}
