#include "media/sender_feedback.h"

#include <gst/rtp/rtp.h>

#define RTPFB_PAUSE      9 /* RFC 7728 section 8 */
#define ENTRY_BYTES      8
#define SEND_WITHIN_NS   (20 * GST_MSECOND)
#define PAUSED_FCI_WORDS 3

enum pause_type {
    PAUSE = 0,
    RESUME = 1,
    PAUSED = 2,
};

struct stream {
    guint32 ssrc;
    GstElement *payloader; /* borrowed, or NULL */
    uint8_t fraction_lost;
    uint64_t reports;
    bool has_pause_id;
    uint16_t pause_id; /* of the newest PAUSE */
    bool paused;
    bool confirm; /* PAUSED is to be sent */
};

struct sender_feedback {
    GMutex lock; /* guards the streams' state */
    struct stream streams[SENDER_FEEDBACK_MAX_STREAMS];
    unsigned count;
};

struct sender_feedback *sender_feedback_new(void)
{
    struct sender_feedback *feedback = g_new0(struct sender_feedback, 1);
    g_mutex_init(&feedback->lock);
    return feedback;
}

void sender_feedback_free(struct sender_feedback *feedback)
{
    if (!feedback)
        return;
    g_mutex_clear(&feedback->lock);
    g_free(feedback);
}

void sender_feedback_add(struct sender_feedback *feedback, guint32 ssrc, GstElement *payloader)
{
    if (feedback->count < SENDER_FEEDBACK_MAX_STREAMS)
        feedback->streams[feedback->count++] =
            (struct stream){.ssrc = ssrc, .payloader = payloader};
}

static void offer_pause_of(GstSDPMedia *media)
{
    const char *rtpmap;

    for (guint i = 0; (rtpmap = gst_sdp_media_get_attribute_val_n(media, "rtpmap", i)); i++) {
        const char *name = strchr(rtpmap, ' ');
        if (!name || g_ascii_strncasecmp(name + 1, "rtx/", 4) == 0)
            continue;
        g_autofree char *value =
            g_strdup_printf("%.*s ccm pause nowait", (int)(name - rtpmap), rtpmap);
        gst_sdp_media_add_attribute(media, "rtcp-fb", value);
    }
}

void sender_feedback_offer_pause(GstSDPMessage *offer)
{
    for (guint i = 0; i < gst_sdp_message_medias_len(offer); i++) {
        /* the message is the caller's to change, but hands out its parts as constant */
        GstSDPMedia *media = (GstSDPMedia *)gst_sdp_message_get_media(offer, i);
        if (g_strcmp0(gst_sdp_media_get_media(media), "video") == 0)
            offer_pause_of(media);
    }
}

static struct stream *find(struct sender_feedback *feedback, guint32 ssrc)
{
    for (unsigned i = 0; i < feedback->count; i++)
        if (feedback->streams[i].ssrc == ssrc)
            return &feedback->streams[i];
    return NULL;
}

/* ---- reading ---- */

static void read_reports(struct sender_feedback *feedback, GstRTCPPacket *packet)
{
    for (guint i = 0; i < gst_rtcp_packet_get_rb_count(packet); i++) {
        guint32 ssrc, highest, jitter, last_sr, delay;
        guint8 fraction_lost;
        gint32 lost;

        gst_rtcp_packet_get_rb(
            packet, i, &ssrc, &fraction_lost, &lost, &highest, &jitter, &last_sr, &delay);
        struct stream *stream = find(feedback, ssrc);
        if (!stream)
            continue;
        stream->fraction_lost = fraction_lost;
        stream->reports++;
    }
}

/* Requests carry the number of the pause that they are about: what is older than the newest one came
 * late and means nothing any more (RFC 7728 section 5.2). */
static void take_request(struct stream *stream, enum pause_type type, uint16_t pause_id)
{
    if (stream->has_pause_id && (int16_t)(uint16_t)(pause_id - stream->pause_id) < 0)
        return;
    stream->has_pause_id = true;
    stream->pause_id = pause_id;
    stream->paused = type == PAUSE;
    stream->confirm = type == PAUSE;
}

/*
 *   |                          target SSRC                          |
 *   | type  |  res  | parameter len |            PauseID            |
 *   :                         parameters                            :
 */
static void read_requests(struct sender_feedback *feedback, GstRTCPPacket *packet)
{
    const guint8 *at = gst_rtcp_packet_fb_get_fci(packet);
    gsize left = (gsize)gst_rtcp_packet_fb_get_fci_length(packet) * 4;

    while (at && left >= ENTRY_BYTES) {
        struct stream *stream = find(feedback, GST_READ_UINT32_BE(at));
        unsigned type = at[4] >> 4;
        gsize bytes = ENTRY_BYTES + (gsize)at[5] * 4;

        if (bytes > left)
            return;
        if (stream && (type == PAUSE || type == RESUME))
            take_request(stream, type, GST_READ_UINT16_BE(at + 6));
        at += bytes;
        left -= bytes;
    }
}

static void read_packet(struct sender_feedback *feedback, GstRTCPPacket *packet)
{
    switch (gst_rtcp_packet_get_type(packet)) {
    case GST_RTCP_TYPE_SR:
    case GST_RTCP_TYPE_RR:
        read_reports(feedback, packet);
        break;
    case GST_RTCP_TYPE_RTPFB:
        if ((int)gst_rtcp_packet_fb_get_type(packet) == RTPFB_PAUSE)
            read_requests(feedback, packet);
        break;
    default:
        break;
    }
}

bool sender_feedback_receive(struct sender_feedback *feedback, GstBuffer *rtcp)
{
    GstRTCPBuffer buffer = GST_RTCP_BUFFER_INIT;
    GstRTCPPacket packet;
    bool confirm = false;

    if (!gst_rtcp_buffer_validate_reduced(rtcp) ||
        !gst_rtcp_buffer_map(rtcp, GST_MAP_READ, &buffer))
        return false;
    g_mutex_lock(&feedback->lock);
    for (gboolean more = gst_rtcp_buffer_get_first_packet(&buffer, &packet); more;
         more = gst_rtcp_packet_move_to_next(&packet))
        read_packet(feedback, &packet);
    for (unsigned i = 0; i < feedback->count; i++)
        confirm = confirm || feedback->streams[i].confirm;
    g_mutex_unlock(&feedback->lock);
    gst_rtcp_buffer_unmap(&buffer);
    return confirm;
}

/* ---- answering ---- */

/* The payloader counts no cycles: the upper half of the last sequence number stays 0. */
static guint32 last_sequence(const struct stream *stream)
{
    guint sequence = 0;
    if (stream->payloader)
        g_object_get(stream->payloader, "seqnum", &sequence, NULL);
    return sequence & 0xffff;
}

static bool write_paused(GstRTCPBuffer *buffer, const struct stream *stream)
{
    GstRTCPPacket packet;

    if (!gst_rtcp_buffer_add_packet(buffer, GST_RTCP_TYPE_RTPFB, &packet))
        return false;
    if (!gst_rtcp_packet_fb_set_fci_length(&packet, PAUSED_FCI_WORDS)) {
        gst_rtcp_packet_remove(&packet);
        return false;
    }
    gst_rtcp_packet_fb_set_type(&packet, (GstRTCPFBType)RTPFB_PAUSE);
    gst_rtcp_packet_fb_set_sender_ssrc(&packet, stream->ssrc);
    gst_rtcp_packet_fb_set_media_ssrc(&packet, 0);
    guint8 *fci = gst_rtcp_packet_fb_get_fci(&packet);
    GST_WRITE_UINT32_BE(fci, stream->ssrc);
    fci[4] = PAUSED << 4;
    fci[5] = 1;
    GST_WRITE_UINT16_BE(fci + 6, stream->pause_id);
    GST_WRITE_UINT32_BE(fci + 8, last_sequence(stream));
    return true;
}

void sender_feedback_confirm(struct sender_feedback *feedback, GstBuffer *rtcp)
{
    GstRTCPBuffer buffer = GST_RTCP_BUFFER_INIT;
    bool wanted = false;

    g_mutex_lock(&feedback->lock);
    for (unsigned i = 0; i < feedback->count; i++)
        wanted = wanted || feedback->streams[i].confirm;
    if (wanted && gst_rtcp_buffer_map(rtcp, GST_MAP_READWRITE, &buffer)) {
        for (unsigned i = 0; i < feedback->count; i++)
            if (feedback->streams[i].confirm && write_paused(&buffer, &feedback->streams[i]))
                feedback->streams[i].confirm = false;
        gst_rtcp_buffer_unmap(&buffer);
    }
    g_mutex_unlock(&feedback->lock);
}

/* ---- the RTP sessions ---- */

static void on_receiving_rtcp(GObject *session, GstBuffer *rtcp, gpointer user)
{
    if (sender_feedback_receive(user, rtcp))
        g_signal_emit_by_name(session, "send-rtcp", (guint64)SEND_WITHIN_NS);
}

static gboolean on_sending_rtcp(GObject *session, GstBuffer *rtcp, gboolean early, gpointer user)
{
    sender_feedback_confirm(user, rtcp);
    return FALSE;
}

static void on_rtpbin_element(GstBin *rtpbin, GstElement *element, gpointer user)
{
    g_autoptr(GObject) session = NULL;

    if (!g_object_class_find_property(G_OBJECT_GET_CLASS(element), "internal-session"))
        return;
    g_object_get(element, "internal-session", &session, NULL);
    if (!session)
        return;
    g_signal_connect(session, "on-receiving-rtcp", G_CALLBACK(on_receiving_rtcp), user);
    g_signal_connect(session, "on-sending-rtcp", G_CALLBACK(on_sending_rtcp), user);
}

void sender_feedback_watch(struct sender_feedback *feedback, GstElement *rtpbin)
{
    g_signal_connect(rtpbin, "element-added", G_CALLBACK(on_rtpbin_element), feedback);
}

/* ---- reading the state ---- */

uint8_t sender_feedback_loss(struct sender_feedback *feedback, guint32 ssrc, uint64_t *ret_reports)
{
    g_mutex_lock(&feedback->lock);
    const struct stream *stream = find(feedback, ssrc);
    uint8_t fraction_lost = stream ? stream->fraction_lost : 0;
    *ret_reports = stream ? stream->reports : 0;
    g_mutex_unlock(&feedback->lock);
    return fraction_lost;
}

bool sender_feedback_is_paused(struct sender_feedback *feedback, guint32 ssrc)
{
    g_mutex_lock(&feedback->lock);
    const struct stream *stream = find(feedback, ssrc);
    bool paused = stream && stream->paused;
    g_mutex_unlock(&feedback->lock);
    return paused;
}
