#define GST_USE_UNSTABLE_API
#include "media/whep_leg.h"

#include <gst/webrtc/webrtc.h>
#include <stdatomic.h>

#include "common/clock.h"
#include "common/log.h"
#include "media/jitter_buffer.h"
#include "media/sdp_exchange.h"
#include "media/webrtc_peer.h"

/* Until a stream's kind is known; also bridges a relay's quick replay of its keyframe cache. */
#define START_BUFFER_MS 250

#define RTCP_FEEDBACK                                                                              \
    "rtcp-fb-nack=(boolean)true, rtcp-fb-nack-pli=(boolean)true, rtcp-fb-ccm-fir=(boolean)true, "  \
    "rtcp-fb-transport-cc=(boolean)true, "
#define HEADER_EXTENSIONS                                                                          \
    "extmap-1=(string)urn:ietf:params:rtp-hdrext:sdes:mid, "                                       \
    "extmap-3=(string)http://www.ietf.org/id/"                                                     \
    "draft-holmer-rmcat-transport-wide-cc-extensions-01"

/* In order of preference. */
static const char video_caps[] =
    "application/x-rtp, media=video, encoding-name=H264, payload=102, clock-rate=90000, "
    "packetization-mode=(string)1, profile-level-id=(string)42e01f, "
    "level-asymmetry-allowed=(string)1, " RTCP_FEEDBACK HEADER_EXTENSIONS "; "
    "application/x-rtp, media=video, encoding-name=VP8, payload=96, clock-rate=90000, " //
    RTCP_FEEDBACK HEADER_EXTENSIONS;
static const char audio_caps[] =
    "application/x-rtp, media=audio, encoding-name=OPUS, payload=111, clock-rate=48000, "
    "encoding-params=(string)2, minptime=(string)10, useinbandfec=(string)1, "
    "rtcp-fb-nack=(boolean)true, rtcp-fb-transport-cc=(boolean)true, " HEADER_EXTENSIONS;

struct stream {
    GstPad *pad;    /* owned */
    gulong blocker; /* probe that holds the pad until the caller linked it; 0 once gone */
    bool announced;
};

/* Counted: closures that wait in the main context hold references. */
struct whep_leg {
    struct whep_leg_callbacks callbacks;
    void *user;                    /* borrowed */
    GMainContext *context;         /* owned */
    struct sdp_exchange *exchange; /* owned */
    struct webrtc_peer *peer;      /* owned */
    GMutex lock;                   /* guards streams and buffers */
    GPtrArray *streams;            /* owned struct stream */
    GPtrArray *buffers;            /* owned struct jitter_buffer */
    _Atomic uint64_t last_packet_us;
    unsigned generation;
    uint32_t patience_ms; /* 0: the buffers adapt */
    enum whep_leg_state state;
    uint64_t created_us;
    uint64_t connected_us;
    bool closed;
};

static void buffer_free(gpointer buffer)
{
    jitter_buffer_free(buffer);
}

static void stream_free(gpointer data)
{
    struct stream *stream = data;
    gst_object_unref(stream->pad);
    g_free(stream);
}

static void leg_finish(void *data)
{
    struct whep_leg *leg = data;
    g_ptr_array_unref(leg->streams);
    g_ptr_array_unref(leg->buffers);
    g_main_context_unref(leg->context);
    g_mutex_clear(&leg->lock);
}

static void leg_unref(void *leg)
{
    g_atomic_rc_box_release_full(leg, leg_finish);
}

static void change_state(struct whep_leg *leg, enum whep_leg_state state, const GError *error)
{
    if (leg->state == state || leg->state == WHEP_LEG_FAILED || leg->closed)
        return;
    leg->state = state;
    if (state == WHEP_LEG_CONNECTED)
        leg->connected_us = clock_now_us();
    leg->callbacks.on_state(leg->user, leg, state, error);
}

/* A jitter buffer does not say what it buffers; the stream behind it does. */
static void set_buffer_kind(struct whep_leg *leg, guint ssrc, bool is_video)
{
    uint64_t now_us = clock_now_us();

    g_mutex_lock(&leg->lock);
    for (guint i = 0; i < leg->buffers->len; i++) {
        struct jitter_buffer *buffer = g_ptr_array_index(leg->buffers, i);
        if (buffer->known || buffer->ssrc != ssrc)
            continue;
        jitter_buffer_set_kind(buffer, is_video, leg->patience_ms, now_us);
    }
    g_mutex_unlock(&leg->lock);
}

static void announce(struct whep_leg *leg, struct stream *stream)
{
    g_autoptr(GstWebRTCRTPTransceiver) transceiver = NULL;
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(stream->pad);
    guint slot = 0;
    guint ssrc = 0;

    if (!caps)
        caps = gst_pad_query_caps(stream->pad, NULL);
    /* another stream's packet called us: this one's turn comes with its own first packet */
    if (gst_caps_is_empty(caps) || gst_caps_is_any(caps))
        return;
    stream->announced = true;
    const GstStructure *structure = gst_caps_get_structure(caps, 0);
    g_object_get(stream->pad, "transceiver", &transceiver, NULL);
    if (transceiver)
        g_object_get(transceiver, "mlineindex", &slot, NULL);

    struct whep_stream told = {
        .generation = leg->generation,
        .slot = slot,
        .is_video = g_strcmp0(gst_structure_get_string(structure, "media"), "video") == 0,
        .codec = gst_structure_get_string(structure, "encoding-name"),
        .pad = stream->pad,
    };
    log_info(LOG_MEDIA, "generation=%u slot=%u media=%s codec=%s starts", leg->generation, slot,
        told.is_video ? "video" : "audio", told.codec ? told.codec : "unknown");
    if (gst_structure_get_uint(structure, "ssrc", &ssrc))
        set_buffer_kind(leg, ssrc, told.is_video);
    leg->callbacks.on_stream(leg->user, &told);
    gst_pad_remove_probe(stream->pad, stream->blocker);
    stream->blocker = 0;
}

static gboolean announce_streams(gpointer data)
{
    struct whep_leg *leg = data;

    for (guint i = 0; !leg->closed; i++) {
        g_mutex_lock(&leg->lock);
        struct stream *stream = i < leg->streams->len ? g_ptr_array_index(leg->streams, i) : NULL;
        g_mutex_unlock(&leg->lock);
        if (!stream)
            break;
        if (!stream->announced)
            announce(leg, stream);
    }
    return G_SOURCE_REMOVE;
}

/* Streaming thread: the first packet of a pad waits for the main thread to link it. */
static GstPadProbeReturn on_blocked(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    struct whep_leg *leg = data;
    GSource *source = g_idle_source_new();

    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, announce_streams, g_atomic_rc_box_acquire(leg), leg_unref);
    g_source_attach(source, leg->context);
    g_source_unref(source);
    return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn on_packet(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    struct whep_leg *leg = data;

    atomic_store(&leg->last_packet_us, clock_now_us());
    return GST_PAD_PROBE_OK;
}

/* Streaming thread. */
static void on_pad_added(GstElement *webrtc, GstPad *pad, gpointer data)
{
    struct whep_leg *leg = data;

    if (GST_PAD_DIRECTION(pad) != GST_PAD_SRC)
        return;
    struct stream *stream = g_new0(struct stream, 1);
    stream->pad = gst_object_ref(pad);
    gst_pad_add_probe(
        pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, on_packet, leg, NULL);
    /* The main thread, called by another stream, must not see this one before it is blocked. */
    g_mutex_lock(&leg->lock);
    stream->blocker = gst_pad_add_probe(pad,
        GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST,
        on_blocked, leg, NULL);
    g_ptr_array_add(leg->streams, stream);
    g_mutex_unlock(&leg->lock);
}

static uint32_t start_buffer_ms(const struct whep_leg *leg)
{
    return leg->patience_ms ? leg->patience_ms : START_BUFFER_MS;
}

/* Streaming thread. */
static void on_new_jitterbuffer(
    GstElement *rtpbin, GstElement *element, guint session, guint ssrc, gpointer data)
{
    struct whep_leg *leg = data;
    struct jitter_buffer *buffer =
        jitter_buffer_new(element, ssrc, RED_PAYLOAD_TYPE, start_buffer_ms(leg));

    g_mutex_lock(&leg->lock);
    g_ptr_array_add(leg->buffers, buffer);
    g_mutex_unlock(&leg->lock);
}

/* With the lock held. */
static uint32_t take_picture_late_ms(struct whep_leg *leg)
{
    uint32_t late_ms = 0;

    for (guint i = 0; i < leg->buffers->len; i++) {
        struct jitter_buffer *buffer = g_ptr_array_index(leg->buffers, i);
        uint32_t longest_ms = jitter_buffer_take_late_ms(buffer);

        if (buffer->known && buffer->is_video && longest_ms > late_ms)
            late_ms = longest_ms;
    }
    return late_ms;
}

void whep_leg_tick(struct whep_leg *leg, uint64_t now_us)
{
    g_mutex_lock(&leg->lock);
    uint32_t picture_late_ms = take_picture_late_ms(leg);
    for (guint i = 0; i < leg->buffers->len; i++) {
        struct jitter_buffer *buffer = g_ptr_array_index(leg->buffers, i);
        if (buffer->known)
            jitter_buffer_adapt(buffer, buffer->is_video ? 0 : picture_late_ms, now_us);
    }
    g_mutex_unlock(&leg->lock);
}

static void on_answer(void *user, const char *answer_sdp, const GError *error)
{
    struct whep_leg *leg = user;
    g_autoptr(GError) broken = NULL;

    if (answer_sdp && !webrtc_peer_set_answer(leg->peer, answer_sdp, &broken))
        error = broken;
    if (error)
        change_state(leg, WHEP_LEG_FAILED, error);
}

static void on_offer(void *user, const char *offer_sdp)
{
    struct whep_leg *leg = user;
    sdp_exchange_offer(leg->exchange, offer_sdp, on_answer, leg);
}

static void on_peer_state(void *user, enum webrtc_peer_state state, const GError *error)
{
    struct whep_leg *leg = user;

    if (state == WEBRTC_PEER_CONNECTED)
        change_state(leg, WHEP_LEG_CONNECTED, NULL);
    else if (state == WEBRTC_PEER_FAILED)
        change_state(leg, WHEP_LEG_FAILED, error);
}

static void add_transceivers(struct whep_leg *leg, const char *description, unsigned count)
{
    g_autoptr(GstCaps) caps = gst_caps_from_string(description);

    for (unsigned i = 0; i < count; i++) {
        g_autoptr(GstWebRTCRTPTransceiver) transceiver = NULL;
        g_signal_emit_by_name(webrtc_peer_element(leg->peer), "add-transceiver",
            GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY, caps, &transceiver);
        if (transceiver)
            g_object_set(transceiver, "do-nack", TRUE, NULL);
    }
}

/* webrtcbin asks libnice for no answer to its keepalives; with one a dead server is noticed even
 * while nobody publishes. A router is not asked for port mappings: we dial out, and waiting for its
 * answer would delay every start. */
static void configure_agent(GstElement *webrtc)
{
    g_autoptr(GObject) ice = NULL;
    g_autoptr(GObject) agent = NULL;

    g_object_get(webrtc, "ice-agent", &ice, NULL);
    if (ice && g_object_class_find_property(G_OBJECT_GET_CLASS(ice), "agent"))
        g_object_get(ice, "agent", &agent, NULL);
    if (agent)
        g_object_set(agent, "keepalive-conncheck", TRUE, "upnp", FALSE, NULL);
}

static bool open_peer(
    struct whep_leg *leg, const struct whep_session_params *params, GError **error)
{
    struct webrtc_peer_params peer_params = {
        .bin = params->pipeline,
        .server_url = params->url,
        .latency_ms = start_buffer_ms(leg),
        .redundant_audio = true,
        .callbacks = {.on_offer = on_offer, .on_state = on_peer_state},
        .user = leg,
    };

    leg->peer = webrtc_peer_new(&peer_params, error);
    if (!leg->peer)
        return false;
    GstElement *webrtc = webrtc_peer_element(leg->peer);
    g_autoptr(GstElement) rtpbin = gst_bin_get_by_name(GST_BIN(webrtc), "rtpbin");
    g_signal_connect(rtpbin, "new-jitterbuffer", G_CALLBACK(on_new_jitterbuffer), leg);
    g_signal_connect(webrtc, "pad-added", G_CALLBACK(on_pad_added), leg);
    configure_agent(webrtc);
    add_transceivers(leg, video_caps, params->video_count);
    add_transceivers(leg, audio_caps, params->audio_count);
    gst_element_sync_state_with_parent(webrtc);
    webrtc_peer_create_offer(leg->peer);
    return true;
}

struct whep_leg *whep_leg_new(const struct whep_session_params *params, unsigned generation,
    const struct whep_leg_callbacks *callbacks, void *user, GError **error)
{
    struct whep_leg *leg = g_atomic_rc_box_new0(struct whep_leg);
    struct sdp_exchange_params exchange_params = {
        .url = params->url,
        .token = params->token,
        .ca_file = params->ca_file,
    };

    leg->callbacks = *callbacks;
    leg->user = user;
    leg->context = g_main_context_ref_thread_default();
    leg->generation = generation;
    leg->patience_ms = params->patience_ms;
    leg->created_us = clock_now_us();
    leg->streams = g_ptr_array_new_with_free_func(stream_free);
    leg->buffers = g_ptr_array_new_with_free_func(buffer_free);
    g_mutex_init(&leg->lock);
    leg->exchange = sdp_exchange_new(&exchange_params, error);
    if (!leg->exchange || !open_peer(leg, params, error)) {
        whep_leg_free(leg, 0);
        return NULL;
    }
    return leg;
}

void whep_leg_free(struct whep_leg *leg, guint close_ms)
{
    if (!leg)
        return;
    leg->closed = true;
    /* Stops webrtcbin's threads: no probe or signal of ours runs after this. */
    g_clear_pointer(&leg->peer, webrtc_peer_free);
    if (leg->exchange)
        sdp_exchange_close(leg->exchange, close_ms);
    g_clear_pointer(&leg->exchange, sdp_exchange_free);
    leg_unref(leg);
}

unsigned whep_leg_generation(const struct whep_leg *leg)
{
    return leg->generation;
}

enum whep_leg_state whep_leg_state(const struct whep_leg *leg)
{
    return leg->state;
}

bool whep_leg_is_answered(const struct whep_leg *leg)
{
    return webrtc_peer_state(leg->peer) != WEBRTC_PEER_NEW;
}

uint64_t whep_leg_created_us(const struct whep_leg *leg)
{
    return leg->created_us;
}

uint64_t whep_leg_connected_us(const struct whep_leg *leg)
{
    return leg->connected_us;
}

uint64_t whep_leg_last_packet_us(struct whep_leg *leg)
{
    return atomic_load(&leg->last_packet_us);
}

guint whep_leg_retry_after_s(const struct whep_leg *leg)
{
    return sdp_exchange_retry_after_s(leg->exchange);
}

void whep_leg_add_stats(struct whep_leg *leg, struct whep_session_stats *stats)
{
    struct webrtc_peer_stats peer;

    webrtc_peer_read_stats(leg->peer, &peer);
    stats->bytes_received += peer.bytes_received;
    stats->packets_received += peer.packets_received;
    stats->jitter_ms = peer.received_jitter_ms;
    if (peer.round_trip_ms >= 0)
        stats->round_trip_ms = peer.round_trip_ms;

    g_mutex_lock(&leg->lock);
    for (guint i = 0; i < leg->buffers->len; i++) {
        const struct jitter_buffer *buffer = g_ptr_array_index(leg->buffers, i);
        stats->packets_lost += buffer->lost;
        stats->packets_late += buffer->late;
        stats->packets_recovered += buffer->recovered;
        stats->packets_restored += atomic_load(&buffer->unpacker.filled);
        if (!buffer->known)
            continue;
        if (buffer->is_video)
            stats->video_buffer_ms = jitter_buffer_ms(buffer);
        else
            stats->audio_buffer_ms = jitter_buffer_ms(buffer);
    }
    g_mutex_unlock(&leg->lock);
}
