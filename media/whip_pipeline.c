#define GST_USE_UNSTABLE_API
#include "media/whip_pipeline.h"

#include <gst/app/gstappsrc.h>
#include <gst/rtp/rtp.h>
#include <gst/video/video.h>
#include <gst/webrtc/webrtc.h>

#include "common/log.h"
#include "media/red_packer.h"
#include "media/sender_feedback.h"

#define H264_PAYLOAD_TYPE 96
#define OPUS_PAYLOAD_TYPE 111
/* Room for the SRTP tag, header extensions and tunnels below the usual 1280 bytes. */
#define RTP_MTU_BYTES 1200
/* Nothing waits here in normal work; a stuck network must not fill the memory. */
#define QUEUE_MAX_BYTES (4 * 1024 * 1024)

#define EXT_MID          1
#define EXT_TWCC         2
#define EXT_RID          3
#define EXT_REPAIRED_RID 4

#define URI_MID          "urn:ietf:params:rtp-hdrext:sdes:mid"
#define URI_RID          "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
#define URI_REPAIRED_RID "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
#define URI_TWCC         "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

#define VIDEO_MID "video0"
#define AUDIO_MID "audio1"

const char *const whip_layer_rids[WHIP_MAX_LAYERS] = {"h", "m", "l"};

struct layer {
    GstAppSrc *source; /* borrowed from the bin */
    guint ssrc;
    bool started; /* had its first keyframe; encoder thread only */
};

struct whip_pipeline {
    struct whip_pipeline_params params;
    GstElement *pipeline;             /* owned */
    struct webrtc_peer *peer;         /* owned */
    struct sender_feedback *feedback; /* owned */
    GstBus *bus;                      /* owned; watched */
    GstAppSrc *audio_source;          /* borrowed from the bin */
    guint audio_ssrc;
    struct layer layers[WHIP_MAX_LAYERS];
    struct red_packer
        *red_packer; /* owned; streaming thread of the audio; NULL without redundancy */
    gint red;        /* atomic; the answer prefers redundant audio */
    gint open;       /* atomic */
};

static GstElement *add(struct whip_pipeline *pipeline, const char *factory, GError **error)
{
    GstElement *element = gst_element_factory_make(factory, NULL);
    if (element)
        gst_bin_add(GST_BIN(pipeline->pipeline), element);
    else if (error && !*error)
        g_set_error(error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
            "GStreamer's %s is not installed", factory);
    return element;
}

static void add_extension(
    GstElement *payloader, const char *uri, guint id, const char *key, const char *value)
{
    GstRTPHeaderExtension *extension = gst_rtp_header_extension_create_from_uri(uri);
    if (!extension) {
        log_warn(LOG_MEDIA, "RTP header extension %s is not installed", uri);
        return;
    }
    gst_rtp_header_extension_set_id(extension, id);
    if (key)
        g_object_set(extension, key, value, NULL);
    g_signal_emit_by_name(payloader, "add-extension", extension);
    gst_object_unref(extension);
}

static GstAppSrc *add_source(struct whip_pipeline *pipeline, const char *caps_text, GError **error)
{
    GstElement *source = add(pipeline, "appsrc", error);
    if (!source)
        return NULL;
    g_autoptr(GstCaps) caps = gst_caps_from_string(caps_text);
    g_object_set(source, "caps", caps, "format", GST_FORMAT_TIME, "is-live", TRUE, "max-bytes",
        (guint64)QUEUE_MAX_BYTES, NULL);
    gst_util_set_object_arg(G_OBJECT(source), "leaky-type", "downstream");
    return GST_APP_SRC(source);
}

/* A keyframe request on its way from the RTP session. It is caught here since it would get no
 * further: webrtcbin joins our streams with a funnel that knows no SSRC behind another funnel. */
static GstPadProbeReturn on_upstream_event(GstPad *pad, GstPadProbeInfo *info, gpointer user)
{
    struct whip_pipeline *pipeline = user;
    struct whip_pipeline_params *params = &pipeline->params;
    GstEvent *event = GST_PAD_PROBE_INFO_EVENT(info);
    guint ssrc = 0;
    if (!gst_video_event_is_force_key_unit(event))
        return GST_PAD_PROBE_OK;
    bool named = gst_structure_get_uint(gst_event_get_structure(event), "ssrc", &ssrc);
    for (unsigned i = 0; i < params->layers; i++)
        if (params->on_keyframe_request && (!named || pipeline->layers[i].ssrc == ssrc))
            params->on_keyframe_request(params->user, i);
    return GST_PAD_PROBE_DROP;
}

static void on_rtpbin_pad(GstElement *rtpbin, GstPad *pad, gpointer user)
{
    if (g_str_has_prefix(GST_PAD_NAME(pad), "send_rtp_sink"))
        gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, on_upstream_event, user, NULL);
}

/* appsrc → payloader of one layer. NULL with error. */
static GstElement *add_layer(struct whip_pipeline *pipeline, unsigned index, GError **error)
{
    struct layer *layer = &pipeline->layers[index];
    layer->ssrc = g_random_int();
    layer->source =
        add_source(pipeline, "video/x-h264,stream-format=byte-stream,alignment=au", error);
    GstElement *payloader = layer->source ? add(pipeline, "rtph264pay", error) : NULL;
    if (!payloader)
        return NULL;
    g_object_set(payloader, "pt", H264_PAYLOAD_TYPE, "mtu", RTP_MTU_BYTES, "config-interval", -1,
        "ssrc", layer->ssrc, NULL);
    gst_util_set_object_arg(G_OBJECT(payloader), "aggregate-mode", "zero-latency");
    add_extension(payloader, URI_MID, EXT_MID, "mid", VIDEO_MID);
    add_extension(payloader, URI_TWCC, EXT_TWCC, NULL, NULL);
    if (pipeline->params.layers > 1)
        add_extension(payloader, URI_RID, EXT_RID, "rid", whip_layer_rids[index]);
    sender_feedback_add(pipeline->feedback, layer->ssrc, payloader);
    gst_element_link(GST_ELEMENT(layer->source), payloader);
    return payloader;
}

/* H.264 levels by picture height at up to 30 frames per second: 3.1 to 720p, 4.0 to 1080p. */
static const char *profile_level_id(unsigned height)
{
    return height > 1080 ? "42e032" : height > 720 ? "42e028" : "42e01f";
}

static GstCaps *video_caps(const struct whip_pipeline_params *params)
{
    GstCaps *caps = gst_caps_new_simple("application/x-rtp", "media", G_TYPE_STRING, "video",
        "encoding-name", G_TYPE_STRING, "H264", "payload", G_TYPE_INT, H264_PAYLOAD_TYPE,
        "clock-rate", G_TYPE_INT, 90000, "packetization-mode", G_TYPE_STRING, "1", NULL);
    gst_caps_set_simple(caps, "extmap-1", G_TYPE_STRING, URI_MID, "extmap-2", G_TYPE_STRING,
        URI_TWCC, "rtcp-fb-nack-pli", G_TYPE_BOOLEAN, TRUE, "rtcp-fb-ccm-fir", G_TYPE_BOOLEAN, TRUE,
        "rtcp-fb-transport-cc", G_TYPE_BOOLEAN, TRUE, NULL);
    if (params->layers < 2)
        return caps;
    g_autoptr(GString) simulcast = g_string_new("send ");
    for (unsigned i = 0; i < params->layers; i++) {
        g_autofree char *field = g_strdup_printf("rid-%s", whip_layer_rids[i]);
        gst_caps_set_simple(caps, field, G_TYPE_STRING, "send", NULL);
        g_string_append_printf(simulcast, "%s%s", i ? ";" : "", whip_layer_rids[i]);
    }
    gst_caps_set_simple(caps, "extmap-3", G_TYPE_STRING, URI_RID, "extmap-4", G_TYPE_STRING,
        URI_REPAIRED_RID, "a-simulcast", G_TYPE_STRING, simulcast->str, NULL);
    return caps;
}

static GstCaps *audio_caps(void)
{
    return gst_caps_from_string(
        "application/x-rtp,media=audio,encoding-name=OPUS,payload=111,"
        "clock-rate=48000,encoding-params=(string)2,minptime=(string)10,useinbandfec=(string)1,"
        "extmap-1=\"" URI_MID "\",extmap-2=\"" URI_TWCC "\",rtcp-fb-transport-cc=true");
}

/* Links from to a new sink pad of webrtcbin, whose transceiver only sends and offers offer_caps. */
static bool link_to_webrtc(
    struct whip_pipeline *pipeline, GstElement *from, GstCaps *offer_caps, bool retransmit)
{
    GstElement *webrtc = webrtc_peer_element(pipeline->peer);
    g_autoptr(GstPad) src = gst_element_get_static_pad(from, "src");
    g_autoptr(GstPad) sink = gst_element_request_pad_simple(webrtc, "sink_%u");
    if (!sink || gst_pad_link(src, sink) != GST_PAD_LINK_OK)
        return false;
    g_autoptr(GstWebRTCRTPTransceiver) transceiver = NULL;
    g_object_get(sink, "transceiver", &transceiver, NULL);
    g_object_set(transceiver, "direction", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY,
        "codec-preferences", offer_caps, "do-nack", retransmit, "fec-type",
        GST_WEBRTC_FEC_TYPE_NONE, NULL);
    return true;
}

static bool build_video(struct whip_pipeline *pipeline, GError **error)
{
    GstElement *funnel = add(pipeline, "rtpfunnel", error);
    GstElement *filter = funnel ? add(pipeline, "capsfilter", error) : NULL;
    if (!filter)
        return false;
    g_autoptr(GstCaps) caps = video_caps(&pipeline->params);
    g_object_set(filter, "caps", caps, NULL);
    for (unsigned i = 0; i < pipeline->params.layers; i++) {
        GstElement *payloader = add_layer(pipeline, i, error);
        if (!payloader || !gst_element_link(payloader, funnel))
            return false;
    }
    /* Each payloader names its own level; the offer names the highest for all of them. */
    g_autoptr(GstCaps) offer = gst_caps_copy(caps);
    gst_caps_set_simple(offer, "profile-level-id", G_TYPE_STRING,
        profile_level_id(pipeline->params.top_height), "level-asymmetry-allowed", G_TYPE_STRING,
        "1", NULL);
    if (pipeline->params.layers == 1)
        gst_caps_set_simple(offer, "ssrc", G_TYPE_UINT, pipeline->layers[0].ssrc, NULL);
    return gst_element_link(funnel, filter) && link_to_webrtc(pipeline, filter, offer, true);
}

/* Behind the payloader, whose caps stay those of Opus: webrtcbin knows nothing of redundancy. */
static GstPadProbeReturn on_audio_packet(GstPad *pad, GstPadProbeInfo *info, gpointer user)
{
    struct whip_pipeline *pipeline = user;
    GstBuffer *packet = GST_PAD_PROBE_INFO_BUFFER(info);
    if (g_atomic_int_get(&pipeline->red))
        GST_PAD_PROBE_INFO_DATA(info) =
            red_packer_pack(pipeline->red_packer, packet, RED_PAYLOAD_TYPE);
    return GST_PAD_PROBE_OK;
}

static void make_redundant(struct whip_pipeline *pipeline, GstElement *payloader)
{
    if (pipeline->params.audio_redundancy == 0)
        return;
    pipeline->red_packer = red_packer_new(pipeline->params.audio_redundancy);
    g_autoptr(GstPad) src = gst_element_get_static_pad(payloader, "src");
    gst_pad_add_probe(src, GST_PAD_PROBE_TYPE_BUFFER, on_audio_packet, pipeline, NULL);
}

static bool build_audio(struct whip_pipeline *pipeline, GError **error)
{
    pipeline->audio_source =
        add_source(pipeline, "audio/x-opus,channel-mapping-family=0,channels=1,rate=48000", error);
    GstElement *payloader = pipeline->audio_source ? add(pipeline, "rtpopuspay", error) : NULL;
    GstElement *filter = payloader ? add(pipeline, "capsfilter", error) : NULL;
    if (!filter)
        return false;
    pipeline->audio_ssrc = g_random_int();
    sender_feedback_add(pipeline->feedback, pipeline->audio_ssrc, payloader);
    g_object_set(payloader, "pt", OPUS_PAYLOAD_TYPE, "ssrc", pipeline->audio_ssrc, NULL);
    make_redundant(pipeline, payloader);
    add_extension(payloader, URI_MID, EXT_MID, "mid", AUDIO_MID);
    add_extension(payloader, URI_TWCC, EXT_TWCC, NULL, NULL);
    g_autoptr(GstCaps) caps = audio_caps();
    gst_caps_set_simple(caps, "ssrc", G_TYPE_UINT, pipeline->audio_ssrc, NULL);
    return gst_element_link_many(GST_ELEMENT(pipeline->audio_source), payloader, filter, NULL) &&
           link_to_webrtc(pipeline, filter, caps, true);
}

static gboolean on_bus_message(GstBus *bus, GstMessage *message, gpointer user)
{
    struct whip_pipeline *pipeline = user;
    /* The RTP session writes no sender reports (lip-sync hangs on them) before it knows. */
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_LATENCY)
        gst_bin_recalculate_latency(GST_BIN(pipeline->pipeline));
    if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR)
        return G_SOURCE_CONTINUE;
    g_autoptr(GError) error = NULL;
    g_autofree char *debug = NULL;
    gst_message_parse_error(message, &error, &debug);
    log_debug(LOG_MEDIA, "connection: %s (%s)", error->message, debug ? debug : "");
    if (pipeline->params.on_error)
        pipeline->params.on_error(pipeline->params.user, error);
    return G_SOURCE_CONTINUE;
}

/* A retransmission must name its layer as the one that is repaired; webrtcbin does not see to it. */
static void on_deep_element(GstBin *webrtc, GstBin *parent, GstElement *element, gpointer user)
{
    static const struct {
        const char *uri;
        guint id;
    } extensions[] = {{URI_RID, EXT_RID}, {URI_REPAIRED_RID, EXT_REPAIRED_RID}};
    GstElementFactory *factory = gst_element_get_factory(element);
    if (!factory || g_strcmp0(GST_OBJECT_NAME(factory), "rtprtxsend") != 0)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(extensions); i++)
        add_extension(element, extensions[i].uri, extensions[i].id, NULL, NULL);
}

static bool build(struct whip_pipeline *pipeline, GError **error)
{
    const struct whip_pipeline_params *params = &pipeline->params;
    pipeline->pipeline = gst_object_ref_sink(gst_pipeline_new(NULL));
    pipeline->bus = gst_pipeline_get_bus(GST_PIPELINE(pipeline->pipeline));
    gst_bus_add_watch(pipeline->bus, on_bus_message, pipeline);
    struct webrtc_peer_params peer = {
        .bin = GST_BIN(pipeline->pipeline),
        .server_url = params->server_url,
        .stun_server = params->stun_server,
        .turn_servers = params->turn_servers,
        .redundant_audio = params->audio_redundancy > 0,
        .edit_offer = params->layers > 1 ? sender_feedback_offer_pause : NULL,
        .callbacks = params->callbacks,
        .user = params->user,
    };
    pipeline->peer = webrtc_peer_new(&peer, error);
    if (!pipeline->peer)
        return false;
    GstElement *webrtc = webrtc_peer_element(pipeline->peer);
    g_autoptr(GstElement) rtpbin = gst_bin_get_by_name(GST_BIN(webrtc), "rtpbin");
    if (params->layers > 1)
        g_signal_connect(webrtc, "deep-element-added", G_CALLBACK(on_deep_element), NULL);
    g_signal_connect(rtpbin, "pad-added", G_CALLBACK(on_rtpbin_pad), pipeline);
    sender_feedback_watch(pipeline->feedback, rtpbin);
    if ((params->layers > 0 && !build_video(pipeline, error)) ||
        (params->audio && !build_audio(pipeline, error))) {
        if (error && !*error)
            g_set_error(error, GST_CORE_ERROR, GST_CORE_ERROR_PAD,
                "the sending pipeline could not be linked");
        return false;
    }
    return true;
}

struct whip_pipeline *whip_pipeline_new(const struct whip_pipeline_params *params, GError **error)
{
    struct whip_pipeline *pipeline = g_new0(struct whip_pipeline, 1);
    pipeline->params = *params;
    pipeline->feedback = sender_feedback_new();
    g_autoptr(GError) cause = NULL;
    if (!build(pipeline, &cause)) {
        g_propagate_error(error, g_steal_pointer(&cause));
        whip_pipeline_free(pipeline);
        return NULL;
    }
    g_autoptr(GstClock) clock = gst_system_clock_obtain();
    gst_pipeline_use_clock(GST_PIPELINE(pipeline->pipeline), clock);
    gst_element_set_start_time(pipeline->pipeline, GST_CLOCK_TIME_NONE);
    gst_element_set_base_time(pipeline->pipeline, params->base_time);
    return pipeline;
}

void whip_pipeline_free(struct whip_pipeline *pipeline)
{
    if (!pipeline)
        return;
    if (pipeline->bus)
        gst_bus_remove_watch(pipeline->bus);
    if (pipeline->pipeline)
        gst_element_set_state(pipeline->pipeline, GST_STATE_NULL);
    webrtc_peer_free(pipeline->peer);
    red_packer_free(pipeline->red_packer);
    sender_feedback_free(pipeline->feedback);
    gst_clear_object(&pipeline->bus);
    gst_clear_object(&pipeline->pipeline);
    g_free(pipeline);
}

void whip_pipeline_start(struct whip_pipeline *pipeline)
{
    gst_element_set_state(pipeline->pipeline, GST_STATE_PLAYING);
    webrtc_peer_create_offer(pipeline->peer);
}

struct webrtc_peer *whip_pipeline_peer(struct whip_pipeline *pipeline)
{
    return pipeline->peer;
}

void whip_pipeline_open(struct whip_pipeline *pipeline)
{
    g_atomic_int_set(
        &pipeline->red, webrtc_peer_redundant_audio(pipeline->peer) == RED_SDP_PREFERRED);
    g_atomic_int_set(&pipeline->open, 1);
}

bool whip_pipeline_wants_layer(const struct whip_pipeline *pipeline, unsigned layer)
{
    return layer < pipeline->params.layers &&
           !sender_feedback_is_paused(pipeline->feedback, pipeline->layers[layer].ssrc);
}

uint8_t whip_pipeline_audio_loss(const struct whip_pipeline *pipeline, uint64_t *ret_reports)
{
    return sender_feedback_loss(pipeline->feedback, pipeline->audio_ssrc, ret_reports);
}

void whip_pipeline_push_video(struct whip_pipeline *pipeline, unsigned layer, GstBuffer *buffer)
{
    if (layer >= pipeline->params.layers || !g_atomic_int_get(&pipeline->open))
        return;
    struct layer *into = &pipeline->layers[layer];
    if (!whip_pipeline_wants_layer(pipeline, layer)) {
        into->started = false;
        return;
    }
    if (!into->started && GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT))
        return;
    into->started = true;
    gst_app_src_push_buffer(into->source, gst_buffer_ref(buffer));
}

void whip_pipeline_push_audio(struct whip_pipeline *pipeline, GstBuffer *buffer)
{
    if (pipeline->audio_source && g_atomic_int_get(&pipeline->open))
        gst_app_src_push_buffer(pipeline->audio_source, gst_buffer_ref(buffer));
}
