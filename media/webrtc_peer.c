#define GST_USE_UNSTABLE_API
#include "media/webrtc_peer.h"

#include <gst/sdp/sdp.h>
#include <gst/webrtc/webrtc.h>

#include "common/clock.h"
#include "common/log.h"
#include "media/local_addresses.h"

/* Silence is judged by how often packets came before. */
#define SILENCE_MIN_US          US_PER_S
#define SILENCE_GAPS            4
#define SILENCE_UNKNOWN_RATE_US (15 * US_PER_S)
#define RATE_KNOWN_AFTER        5
#define REPORT_INTERVAL_NS      (500 * GST_MSECOND)
#define FEEDBACK_INTERVAL_NS    (100 * GST_MSECOND)
#define REPORT_BYTES_PER_S      50000.0

/* Counted by the peer and the probes that write it; members are atomic. */
struct arrivals {
    uint64_t count;
    uint64_t first_us;
    uint64_t last_us;
};

/* Counted: each closure that waits in the main context or in a promise holds one. Members are used
 * on the main thread only, but for those marked. */
struct webrtc_peer {
    struct webrtc_peer_callbacks callbacks;
    void *user;                /* borrowed */
    GstElement *webrtc;        /* owned; any thread */
    GMainContext *context;     /* owned; any thread */
    GSource *gathering_timer;  /* owned, or NULL */
    struct arrivals *arrivals; /* counted */
    enum webrtc_peer_state state;
    void (*edit_offer)(GstSDPMessage *offer);
    bool offers_red;
    enum red_sdp_answer red;
    bool offer_wanted; /* local description set, the offer not yet handed out */
    bool closed;
};

/* Something that a thread of webrtcbin tells the main thread. */
struct notice {
    struct webrtc_peer *peer; /* a reference */
    void (*deliver)(struct webrtc_peer *peer, GError *error);
    GError *error; /* owned, or NULL */
};

static void peer_finish(void *data)
{
    struct webrtc_peer *peer = data;
    gst_clear_object(&peer->webrtc);
    g_atomic_rc_box_release(peer->arrivals);
    g_clear_pointer(&peer->context, g_main_context_unref);
}

static void peer_unref(void *peer)
{
    g_atomic_rc_box_release_full(peer, peer_finish);
}

static gboolean notice_dispatch(gpointer data)
{
    struct notice *notice = data;
    if (!notice->peer->closed)
        notice->deliver(notice->peer, notice->error);
    return G_SOURCE_REMOVE;
}

static void notice_free(gpointer data)
{
    struct notice *notice = data;
    g_clear_error(&notice->error);
    peer_unref(notice->peer);
    g_free(notice);
}

/* Any thread. Takes error. */
static void tell_main(struct webrtc_peer *peer,
    void (*deliver)(struct webrtc_peer *peer, GError *error), GError *error)
{
    struct notice *notice = g_new0(struct notice, 1);
    notice->peer = g_atomic_rc_box_acquire(peer);
    notice->deliver = deliver;
    notice->error = error;
    GSource *source = g_idle_source_new();
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, notice_dispatch, notice, notice_free);
    g_source_attach(source, peer->context);
    g_source_unref(source);
}

static void change_state(
    struct webrtc_peer *peer, enum webrtc_peer_state state, const GError *error)
{
    if (peer->state == state || peer->state == WEBRTC_PEER_FAILED)
        return;
    peer->state = state;
    if (peer->callbacks.on_state)
        peer->callbacks.on_state(peer->user, state, error);
}

static void fail(struct webrtc_peer *peer, GError *error)
{
    change_state(peer, WEBRTC_PEER_FAILED, error);
}

static void stop_gathering_timer(struct webrtc_peer *peer)
{
    if (!peer->gathering_timer)
        return;
    g_source_destroy(peer->gathering_timer);
    g_clear_pointer(&peer->gathering_timer, g_source_unref);
}

static void hand_out_offer(struct webrtc_peer *peer)
{
    stop_gathering_timer(peer);
    if (!peer->offer_wanted)
        return;
    peer->offer_wanted = false;
    GstWebRTCSessionDescription *local = NULL;
    g_object_get(peer->webrtc, "local-description", &local, NULL);
    if (!local) {
        g_autoptr(GError) error = g_error_new(
            GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION, "webrtcbin kept no local description");
        fail(peer, error);
        return;
    }
    if (peer->offers_red)
        red_sdp_add(local->sdp); /* a copy */
    if (peer->edit_offer)
        peer->edit_offer(local->sdp);
    g_autofree char *text = gst_sdp_message_as_text(local->sdp);
    gst_webrtc_session_description_free(local);
    if (peer->callbacks.on_offer)
        peer->callbacks.on_offer(peer->user, text);
}

static gboolean on_gathering_timeout(gpointer data)
{
    struct webrtc_peer *peer = data;
    log_debug(LOG_ICE, "gathering=unfinished after_ms=%d", WEBRTC_PEER_GATHERING_MS);
    hand_out_offer(peer);
    return G_SOURCE_REMOVE;
}

static bool gathering_is_complete(struct webrtc_peer *peer)
{
    GstWebRTCICEGatheringState gathering = GST_WEBRTC_ICE_GATHERING_STATE_NEW;
    g_object_get(peer->webrtc, "ice-gathering-state", &gathering, NULL);
    return gathering == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE;
}

static void gathering_changed(struct webrtc_peer *peer, GError *error)
{
    if (peer->offer_wanted && gathering_is_complete(peer))
        hand_out_offer(peer);
}

static void local_description_set(struct webrtc_peer *peer, GError *error)
{
    peer->offer_wanted = true;
    if (gathering_is_complete(peer)) {
        hand_out_offer(peer);
        return;
    }
    peer->gathering_timer = g_timeout_source_new(WEBRTC_PEER_GATHERING_MS);
    g_source_set_callback(peer->gathering_timer, on_gathering_timeout, peer, NULL);
    g_source_attach(peer->gathering_timer, peer->context);
}

/* Thread of the promise. What a promise says when it failed, or NULL. */
static GError *promise_error(GstPromise *promise, const char *what)
{
    GstPromiseResult result = gst_promise_wait(promise);
    const GstStructure *reply =
        result == GST_PROMISE_RESULT_REPLIED ? gst_promise_get_reply(promise) : NULL;
    if (result == GST_PROMISE_RESULT_REPLIED &&
        (!reply || !gst_structure_has_field(reply, "error")))
        return NULL;
    g_autoptr(GError) cause = NULL;
    if (reply)
        gst_structure_get(reply, "error", G_TYPE_ERROR, &cause, NULL);
    return g_error_new(GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION, "%s: %s", what,
        cause ? cause->message : "webrtcbin stopped");
}

static void on_local_description_set(GstPromise *promise, gpointer user)
{
    struct webrtc_peer *peer = user;
    GError *error = promise_error(promise, "the offer was not accepted by webrtcbin");
    tell_main(peer, error ? fail : local_description_set, error);
    gst_promise_unref(promise);
}

static void on_offer_created(GstPromise *promise, gpointer user)
{
    struct webrtc_peer *peer = user;
    GError *error = promise_error(promise, "no offer could be made");
    GstWebRTCSessionDescription *offer = NULL;
    if (!error) {
        gst_structure_get(gst_promise_get_reply(promise), "offer",
            GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &offer, NULL);
        if (!offer)
            error = g_error_new(
                GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION, "webrtcbin made an empty offer");
    }
    gst_promise_unref(promise);
    if (error) {
        tell_main(peer, fail, error);
        return;
    }
    GstPromise *next = gst_promise_new_with_change_func(
        on_local_description_set, g_atomic_rc_box_acquire(peer), peer_unref);
    g_signal_emit_by_name(peer->webrtc, "set-local-description", offer, next);
    gst_webrtc_session_description_free(offer);
}

static void on_remote_description_set(GstPromise *promise, gpointer user)
{
    GError *error = promise_error(promise, "the server's answer was not accepted");
    if (error)
        tell_main(user, fail, error);
    gst_promise_unref(promise);
}

static void connection_changed(struct webrtc_peer *peer, GError *unused)
{
    GstWebRTCPeerConnectionState connection = GST_WEBRTC_PEER_CONNECTION_STATE_NEW;
    g_object_get(peer->webrtc, "connection-state", &connection, NULL);
    if (connection == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED)
        change_state(peer, WEBRTC_PEER_CONNECTED, NULL);
    if (connection != GST_WEBRTC_PEER_CONNECTION_STATE_FAILED &&
        connection != GST_WEBRTC_PEER_CONNECTION_STATE_CLOSED)
        return;
    g_autoptr(GError) error = g_error_new(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
        connection == GST_WEBRTC_PEER_CONNECTION_STATE_CLOSED
            ? "the server closed the media connection"
            : "no media path to the server: is UDP to it blocked?");
    fail(peer, error);
}

static void on_connection_state(GstElement *webrtc, GParamSpec *spec, struct webrtc_peer *peer)
{
    tell_main(peer, connection_changed, NULL);
}

static void on_gathering_state(GstElement *webrtc, GParamSpec *spec, struct webrtc_peer *peer)
{
    tell_main(peer, gathering_changed, NULL);
}

static GstPadProbeReturn on_arrival(GstPad *pad, GstPadProbeInfo *info, gpointer user)
{
    struct arrivals *arrivals = user;
    uint64_t now_us = clock_now_us();
    if (__atomic_add_fetch(&arrivals->count, 1, __ATOMIC_RELAXED) == 1)
        __atomic_store_n(&arrivals->first_us, now_us, __ATOMIC_RELAXED);
    __atomic_store_n(&arrivals->last_us, now_us, __ATOMIC_RELAXED);
    return GST_PAD_PROBE_OK;
}

/* rtpbin gets its receiving pads when the transport is made. */
static void on_rtpbin_pad(GstElement *rtpbin, GstPad *pad, gpointer user)
{
    if (g_str_has_prefix(GST_PAD_NAME(pad), "recv_rt") && GST_PAD_IS_SINK(pad))
        gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST,
            on_arrival, g_atomic_rc_box_acquire(user), g_atomic_rc_box_release);
}

/*
 * Requests for lost packets and keyframes must leave at once. GStreamer's session keeps the timing of
 * RFC 4585 section 3.5.2: none before the first regular report, then one in every report interval, and
 * that interval comes from a share of the media's (at first unknown) bandwidth: seconds. A generous
 * share makes it some 10 ms; regular reports are still suppressed to one in REPORT_INTERVAL_NS.
 *
 * Transport-wide feedback would go out at the end of each video frame, and hardly ever while there is sound
 * alone: a sender takes that for a line that is dead, and never dares to send a picture again.
 */
static void on_rtpbin_element(GstBin *rtpbin, GstElement *element, gpointer unused)
{
    g_autoptr(GObject) session = NULL;

    if (!g_object_class_find_property(G_OBJECT_GET_CLASS(element), "rtcp-min-interval"))
        return;
    g_object_set(element, "rtcp-min-interval", (guint64)REPORT_INTERVAL_NS, "rtcp-fraction",
        REPORT_BYTES_PER_S, NULL);
    g_object_get(element, "internal-session", &session, NULL);
    g_object_set(session, "twcc-feedback-interval", (guint64)FEEDBACK_INTERVAL_NS, NULL);
}

static void watch_rtpbin(struct webrtc_peer *peer)
{
    g_autoptr(GstElement) rtpbin = gst_bin_get_by_name(GST_BIN(peer->webrtc), "rtpbin");
    peer->arrivals = g_atomic_rc_box_new0(struct arrivals);
    if (!rtpbin)
        return;
    g_signal_connect(rtpbin, "pad-added", G_CALLBACK(on_rtpbin_pad), peer->arrivals);
    g_signal_connect(rtpbin, "element-added", G_CALLBACK(on_rtpbin_element), NULL);
}

bool webrtc_peer_is_silent(const struct webrtc_peer *peer, uint64_t now_us)
{
    uint64_t count = __atomic_load_n(&peer->arrivals->count, __ATOMIC_RELAXED);
    uint64_t first_us = __atomic_load_n(&peer->arrivals->first_us, __ATOMIC_RELAXED);
    uint64_t last_us = __atomic_load_n(&peer->arrivals->last_us, __ATOMIC_RELAXED);
    if (peer->state != WEBRTC_PEER_CONNECTED || count == 0 || now_us <= last_us)
        return false;
    uint64_t limit_us = SILENCE_UNKNOWN_RATE_US;
    if (count >= RATE_KNOWN_AFTER)
        limit_us = MAX(SILENCE_MIN_US, SILENCE_GAPS * (last_us - first_us) / (count - 1));
    return now_us - last_us > limit_us;
}

/* libnice takes no loopback address by itself, and once one is named it uses only named ones. */
static void offer_loopback_addresses(GstElement *webrtc)
{
    g_autoptr(GObject) ice = NULL;
    g_object_get(webrtc, "ice-agent", &ice, NULL);
    g_auto(GStrv) addresses = local_addresses_list();
    for (char **address = addresses; ice && address && *address; address++) {
        gboolean added = FALSE;
        g_signal_emit_by_name(ice, "add-local-ip-address", *address, &added);
        if (!added)
            log_debug(LOG_ICE, "address=%s not taken", *address);
    }
}

/* A school's router is not asked to open ports: we only dial out, and asking delays the offer. */
static void switch_off_upnp(GstElement *webrtc)
{
    g_autoptr(GObject) ice = NULL;
    g_autoptr(GObject) agent = NULL;
    g_object_get(webrtc, "ice-agent", &ice, NULL);
    if (ice && g_object_class_find_property(G_OBJECT_GET_CLASS(ice), "agent"))
        g_object_get(ice, "agent", &agent, NULL);
    if (agent && g_object_class_find_property(G_OBJECT_GET_CLASS(agent), "upnp"))
        g_object_set(agent, "upnp", FALSE, NULL);
}

static void configure(struct webrtc_peer *peer, const struct webrtc_peer_params *params)
{
    gst_util_set_object_arg(G_OBJECT(peer->webrtc), "bundle-policy", "max-bundle");
    switch_off_upnp(peer->webrtc);
    g_object_set(peer->webrtc, "latency", params->latency_ms, NULL);
    if (params->stun_server && *params->stun_server)
        g_object_set(peer->webrtc, "stun-server", params->stun_server, NULL);
    for (const char *const *turn = params->turn_servers; turn && *turn; turn++) {
        gboolean added = FALSE;
        g_signal_emit_by_name(peer->webrtc, "add-turn-server", *turn, &added);
        if (!added)
            log_warn(LOG_ICE, "a TURN server's address is not turn://user:password@host:port");
    }
    if (params->server_url && local_addresses_url_is_loopback(params->server_url))
        offer_loopback_addresses(peer->webrtc);
    g_signal_connect(
        peer->webrtc, "notify::connection-state", G_CALLBACK(on_connection_state), peer);
    g_signal_connect(
        peer->webrtc, "notify::ice-gathering-state", G_CALLBACK(on_gathering_state), peer);
}

struct webrtc_peer *webrtc_peer_new(const struct webrtc_peer_params *params, GError **error)
{
    GstElement *webrtc = gst_element_factory_make("webrtcbin", params->name);
    if (!webrtc || !gst_element_factory_find("nicesrc")) {
        g_set_error(error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
            "GStreamer's WebRTC elements are missing: install gstreamer1.0-plugins-bad and "
            "gstreamer1.0-nice");
        gst_clear_object(&webrtc);
        return NULL;
    }
    struct webrtc_peer *peer = g_atomic_rc_box_new0(struct webrtc_peer);
    peer->callbacks = params->callbacks;
    peer->user = params->user;
    peer->edit_offer = params->edit_offer;
    peer->offers_red = params->redundant_audio;
    peer->red = RED_SDP_REFUSED;
    peer->context = g_main_context_ref_thread_default();
    peer->webrtc = gst_object_ref_sink(webrtc);
    configure(peer, params);
    watch_rtpbin(peer);
    gst_bin_add(params->bin, webrtc);
    return peer;
}

void webrtc_peer_free(struct webrtc_peer *peer)
{
    if (!peer)
        return;
    peer->closed = true;
    stop_gathering_timer(peer);
    g_signal_handlers_disconnect_by_data(peer->webrtc, peer);
    g_autoptr(GstElement) rtpbin = gst_bin_get_by_name(GST_BIN(peer->webrtc), "rtpbin");
    if (rtpbin)
        g_signal_handlers_disconnect_by_data(rtpbin, peer->arrivals);
    gst_element_set_state(peer->webrtc, GST_STATE_NULL);
    g_autoptr(GstObject) parent = gst_element_get_parent(peer->webrtc);
    if (parent)
        gst_bin_remove(GST_BIN(parent), peer->webrtc);
    peer_unref(peer);
}

GstElement *webrtc_peer_element(struct webrtc_peer *peer)
{
    return peer->webrtc;
}

void webrtc_peer_create_offer(struct webrtc_peer *peer)
{
    GstPromise *promise = gst_promise_new_with_change_func(
        on_offer_created, g_atomic_rc_box_acquire(peer), peer_unref);
    g_signal_emit_by_name(peer->webrtc, "create-offer", NULL, promise);
}

bool webrtc_peer_set_answer(struct webrtc_peer *peer, const char *answer_sdp, GError **error)
{
    GstSDPMessage *sdp = NULL;
    if (gst_sdp_message_new_from_text(answer_sdp, &sdp) != GST_SDP_OK) {
        g_set_error(error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
            "the server's answer is not a session description");
        return false;
    }
    if (peer->offers_red)
        peer->red = red_sdp_remove(sdp);
    GstWebRTCSessionDescription *answer =
        gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_ANSWER, sdp);
    change_state(peer, WEBRTC_PEER_CONNECTING, NULL);
    GstPromise *promise = gst_promise_new_with_change_func(
        on_remote_description_set, g_atomic_rc_box_acquire(peer), peer_unref);
    g_signal_emit_by_name(peer->webrtc, "set-remote-description", answer, promise);
    gst_webrtc_session_description_free(answer);
    return true;
}

enum red_sdp_answer webrtc_peer_redundant_audio(const struct webrtc_peer *peer)
{
    return peer->red;
}

enum webrtc_peer_state webrtc_peer_state(const struct webrtc_peer *peer)
{
    return peer->state;
}

GObject *webrtc_peer_rtp_session(struct webrtc_peer *peer)
{
    g_autoptr(GstElement) rtpbin = gst_bin_get_by_name(GST_BIN(peer->webrtc), "rtpbin");
    GObject *session = NULL;
    if (rtpbin)
        g_signal_emit_by_name(rtpbin, "get-session", 0, &session);
    return session;
}
