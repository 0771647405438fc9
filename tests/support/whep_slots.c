/*
 * A WHEP viewer with many m-lines for tests of slots: webrtcbin offers so many receive-only pictures and
 * sounds in one session, decodes whatever comes in each and tells it. It negotiates once.
 *
 *     whep-slots --whep URL --token-file F [--video N] [--audio N]
 *
 * Prints a JSON line five times a second: {"connected":true, "slots":[{"kind":"video", "packets":9,
 * "frames":3, "width":640}, …]}, slots by m-line. SIGINT and SIGTERM end it, and the session.
 */
#define GST_USE_UNSTABLE_API
#include <glib-unix.h>
#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/log.h"
#include "media/sdp_exchange.h"
#include "media/webrtc_peer.h"

#define MAX_SLOTS 24
#define TELL_MS   200
#define BUFFER_MS 40
#define CLOSE_MS  1000

static const char video_caps[] =
    "application/x-rtp, media=video, encoding-name=H264, payload=102, clock-rate=90000, "
    "packetization-mode=(string)1, profile-level-id=(string)42e01f, "
    "level-asymmetry-allowed=(string)1, rtcp-fb-nack=(boolean)true, "
    "rtcp-fb-nack-pli=(boolean)true, "
    "extmap-1=(string)urn:ietf:params:rtp-hdrext:sdes:mid";
static const char audio_caps[] =
    "application/x-rtp, media=audio, encoding-name=OPUS, payload=111, clock-rate=48000, "
    "encoding-params=(string)2, extmap-1=(string)urn:ietf:params:rtp-hdrext:sdes:mid";

/* Counted on streaming threads, told on the main one. */
struct slot {
    bool is_video;
    gint packets;
    gint frames;
    gint width;
};

struct viewer {
    struct slot slots[MAX_SLOTS]; /* by m-line */
    guint count;
    GMainLoop *loop; /* owned, as the next three */
    GstElement *pipeline;
    struct webrtc_peer *peer;
    struct sdp_exchange *exchange;
    int status;
};

static GstPadProbeReturn on_packet(GstPad *pad, GstPadProbeInfo *info, gpointer user)
{
    struct slot *slot = user;

    g_atomic_int_inc(&slot->packets);
    return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn on_frame(GstPad *pad, GstPadProbeInfo *info, gpointer user)
{
    struct slot *slot = user;
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
    gint width = 0;

    if (caps && gst_structure_get_int(gst_caps_get_structure(caps, 0), "width", &width))
        g_atomic_int_set(&slot->width, width);
    g_atomic_int_inc(&slot->frames);
    return GST_PAD_PROBE_OK;
}

/* Streaming thread: the first packet of an m-line. */
static void on_pad_added(GstElement *webrtc, GstPad *pad, gpointer user)
{
    struct viewer *viewer = user;
    g_autoptr(GstWebRTCRTPTransceiver) transceiver = NULL;
    guint line = MAX_SLOTS;

    if (GST_PAD_DIRECTION(pad) != GST_PAD_SRC)
        return;
    g_object_get(pad, "transceiver", &transceiver, NULL);
    g_object_get(transceiver, "mlineindex", &line, NULL);
    g_return_if_fail(line < viewer->count);
    struct slot *slot = &viewer->slots[line];
    GstElement *decoder = gst_parse_bin_from_description(
        slot->is_video ? "rtph264depay ! h264parse ! avdec_h264 ! fakesink name=sink sync=false"
                       : "rtpopusdepay ! opusdec ! fakesink name=sink sync=false",
        TRUE, NULL);
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(decoder), "sink");
    g_autoptr(GstPad) frames = gst_element_get_static_pad(sink, "sink");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_packet, slot, NULL);
    gst_pad_add_probe(frames, GST_PAD_PROBE_TYPE_BUFFER, on_frame, slot, NULL);
    g_object_set(sink, "async", FALSE, NULL);
    gst_bin_add(GST_BIN(viewer->pipeline), decoder);
    g_autoptr(GstPad) into = gst_element_get_static_pad(decoder, "sink");
    gst_pad_link(pad, into);
    gst_element_sync_state_with_parent(decoder);
}

/* As our player does it: pictures do not come evenly, and who guesses when the next packet comes takes those that come
 * later for lost, and drops them. */
static void on_new_jitterbuffer(
    GstElement *rtpbin, GstElement *element, guint session, guint ssrc, gpointer user)
{
    g_object_set(element, "rtx-next-seqnum", FALSE, NULL);
}

static void fail(struct viewer *viewer, const GError *error)
{
    fprintf(stderr, "whep-slots: %s\n", error ? error->message : "the connection failed");
    viewer->status = 1;
    g_main_loop_quit(viewer->loop);
}

static void on_answer(void *user, const char *answer_sdp, const GError *error)
{
    struct viewer *viewer = user;
    g_autoptr(GError) broken = NULL;

    if (answer_sdp && !webrtc_peer_set_answer(viewer->peer, answer_sdp, &broken))
        error = broken;
    if (error)
        fail(viewer, error);
}

static void on_offer(void *user, const char *offer_sdp)
{
    struct viewer *viewer = user;

    sdp_exchange_offer(viewer->exchange, offer_sdp, on_answer, viewer);
}

static void on_state(void *user, enum webrtc_peer_state state, const GError *error)
{
    if (state == WEBRTC_PEER_FAILED)
        fail(user, error);
}

static gboolean tell(gpointer user)
{
    struct viewer *viewer = user;
    json_t *slots = json_array();
    json_t *line = json_pack("{s:b, s:o}", "connected",
        webrtc_peer_state(viewer->peer) == WEBRTC_PEER_CONNECTED, "slots", slots);

    for (guint i = 0; i < viewer->count; i++) {
        struct slot *slot = &viewer->slots[i];
        json_array_append_new(
            slots, json_pack("{s:s, s:i, s:i, s:i}", "kind", slot->is_video ? "video" : "audio",
                       "packets", g_atomic_int_get(&slot->packets), "frames",
                       g_atomic_int_get(&slot->frames), "width", g_atomic_int_get(&slot->width)));
    }
    json_dumpf(line, stdout, JSON_COMPACT);
    putchar('\n');
    fflush(stdout);
    json_decref(line);
    return G_SOURCE_CONTINUE;
}

static void add_slots(struct viewer *viewer, bool is_video, int count)
{
    g_autoptr(GstCaps) caps = gst_caps_from_string(is_video ? video_caps : audio_caps);

    for (int i = 0; i < count && viewer->count < MAX_SLOTS; i++) {
        g_autoptr(GstWebRTCRTPTransceiver) transceiver = NULL;
        g_signal_emit_by_name(webrtc_peer_element(viewer->peer), "add-transceiver",
            GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY, caps, &transceiver);
        g_object_set(transceiver, "do-nack", TRUE, NULL);
        viewer->slots[viewer->count++].is_video = is_video;
    }
}

static bool open_viewer(struct viewer *viewer, const char *url, const char *token, GError **error)
{
    struct webrtc_peer_params peer = {
        .bin = GST_BIN(viewer->pipeline),
        .server_url = url,
        .latency_ms = BUFFER_MS,
        .callbacks = {.on_offer = on_offer, .on_state = on_state},
        .user = viewer,
    };
    struct sdp_exchange_params exchange = {.url = url, .token = token};

    viewer->exchange = sdp_exchange_new(&exchange, error);
    if (!viewer->exchange)
        return false;
    viewer->peer = webrtc_peer_new(&peer, error);
    if (!viewer->peer)
        return false;
    g_signal_connect(
        webrtc_peer_element(viewer->peer), "pad-added", G_CALLBACK(on_pad_added), viewer);
    g_autoptr(GstElement) rtpbin =
        gst_bin_get_by_name(GST_BIN(webrtc_peer_element(viewer->peer)), "rtpbin");
    g_signal_connect(rtpbin, "new-jitterbuffer", G_CALLBACK(on_new_jitterbuffer), viewer);
    return true;
}

static gboolean on_stop(gpointer user)
{
    struct viewer *viewer = user;

    g_main_loop_quit(viewer->loop);
    return G_SOURCE_CONTINUE;
}

static void run(struct viewer *viewer)
{
    gst_element_set_state(viewer->pipeline, GST_STATE_PLAYING);
    webrtc_peer_create_offer(viewer->peer);
    g_timeout_add(TELL_MS, tell, viewer);
    g_unix_signal_add(SIGINT, on_stop, viewer);
    g_unix_signal_add(SIGTERM, on_stop, viewer);
    g_main_loop_run(viewer->loop);
    g_clear_pointer(&viewer->peer, webrtc_peer_free);
    gst_element_set_state(viewer->pipeline, GST_STATE_NULL);
    sdp_exchange_close(viewer->exchange, CLOSE_MS);
}

int main(int argc, char **argv)
{
    struct viewer viewer = {.count = 0};
    g_autofree char *url = NULL;
    g_autofree char *token_file = NULL;
    g_autofree char *token = NULL;
    int video = 3;
    int audio = 2;
    const GOptionEntry entries[] = {
        {"whep", 0, 0, G_OPTION_ARG_STRING, &url, "endpoint", "URL"},
        {"token-file", 0, 0, G_OPTION_ARG_FILENAME, &token_file, "bearer token", "F"},
        {"video", 0, 0, G_OPTION_ARG_INT, &video, "pictures", "N"},
        {"audio", 0, 0, G_OPTION_ARG_INT, &audio, "sounds", "N"},
        {NULL},
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;

    log_init("whep-slots");
    gst_init(NULL, NULL);
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error) || !url || !token_file ||
        !g_file_get_contents(token_file, &token, NULL, &error)) {
        fprintf(stderr, "whep-slots: %s\n", error ? error->message : "--whep and --token-file");
        return 2;
    }
    g_strchomp(token);
    viewer.loop = g_main_loop_new(NULL, FALSE);
    viewer.pipeline = gst_object_ref_sink(gst_pipeline_new(NULL));
    if (open_viewer(&viewer, url, token, &error)) {
        add_slots(&viewer, true, video);
        add_slots(&viewer, false, audio);
        run(&viewer);
    } else {
        fail(&viewer, error);
    }
    webrtc_peer_free(viewer.peer);
    sdp_exchange_free(viewer.exchange);
    gst_object_unref(viewer.pipeline);
    g_main_loop_unref(viewer.loop);
    return viewer.status;
}
