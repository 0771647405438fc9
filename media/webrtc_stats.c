#define GST_USE_UNSTABLE_API
#include <math.h>
#include <string.h>

#include "media/webrtc_peer.h"

/* RTPSession keeps round trips in 16.16 seconds. */
#define MS_OF_Q16(value) ((double)(value)*1000.0 / 65536.0)

static uint64_t u64_of(const GstStructure *structure, const char *name)
{
    guint64 value = 0;
    return gst_structure_get_uint64(structure, name, &value) ? value : 0;
}

static guint uint_of(const GstStructure *structure, const char *name)
{
    guint value = 0;
    return gst_structure_get_uint(structure, name, &value) ? value : 0;
}

static int int_of(const GstStructure *structure, const char *name)
{
    int value = 0;
    return gst_structure_get_int(structure, name, &value) ? value : 0;
}

static bool bool_of(const GstStructure *structure, const char *name)
{
    gboolean value = FALSE;
    return gst_structure_get_boolean(structure, name, &value) && value;
}

/* What the other end's last report block says about one of our streams. */
static void add_report_block(struct webrtc_peer_stats *stats, const GstStructure *source)
{
    guint round_trip = uint_of(source, "rb-round-trip");
    if (round_trip)
        stats->round_trip_ms = MS_OF_Q16(round_trip);
    stats->sent_loss_percent =
        fmax(stats->sent_loss_percent, uint_of(source, "rb-fractionlost") * 100.0 / 256.0);
    int lost = int_of(source, "rb-packetslost");
    stats->packets_sent_lost += lost > 0 ? (uint64_t)lost : 0;
}

static void add_source(struct webrtc_peer_stats *stats, const GstStructure *source)
{
    if (bool_of(source, "internal")) {
        stats->bytes_sent += u64_of(source, "octets-sent");
        stats->packets_sent += u64_of(source, "packets-sent");
        return;
    }
    if (bool_of(source, "have-rb"))
        add_report_block(stats, source);
    stats->bytes_received += u64_of(source, "octets-received");
    stats->packets_received += u64_of(source, "packets-received");
    int lost = int_of(source, "packets-lost");
    stats->packets_received_lost += lost > 0 ? (uint64_t)lost : 0;
    int clock_rate = int_of(source, "clock-rate");
    if (clock_rate > 0)
        stats->received_jitter_ms =
            fmax(stats->received_jitter_ms, uint_of(source, "jitter") * 1000.0 / clock_rate);
}

static void add_sources(struct webrtc_peer_stats *stats, const GstStructure *session)
{
    /* GValueArray is deprecated, but it is what RTPSession gives. */
    G_GNUC_BEGIN_IGNORE_DEPRECATIONS
    const GValue *value = gst_structure_get_value(session, "source-stats");
    GValueArray *sources = value ? g_value_get_boxed(value) : NULL;
    for (guint i = 0; sources && i < sources->n_values; i++)
        add_source(stats, g_value_get_boxed(&sources->values[i]));
    G_GNUC_END_IGNORE_DEPRECATIONS
}

static void add_twcc(struct webrtc_peer_stats *stats, const GstStructure *twcc)
{
    gint64 delta_ns = 0;
    stats->twcc_sent_bps = uint_of(twcc, "bitrate-sent");
    stats->twcc_received_bps = uint_of(twcc, "bitrate-recv");
    gst_structure_get_double(twcc, "packet-loss-pct", &stats->twcc_loss_percent);
    if (gst_structure_get_int64(twcc, "avg-delta-of-delta", &delta_ns))
        stats->twcc_delta_of_delta_us = (double)delta_ns / 1000.0;
    stats->has_twcc = stats->twcc_sent_bps > 0;
}

void webrtc_peer_read_stats(struct webrtc_peer *peer, struct webrtc_peer_stats *ret_stats)
{
    struct webrtc_peer_stats stats;
    memset(&stats, 0, sizeof stats);
    stats.round_trip_ms = -1;
    g_autoptr(GObject) session = webrtc_peer_rtp_session(peer);
    if (session) {
        g_autoptr(GstStructure) figures = NULL;
        g_autoptr(GstStructure) twcc = NULL;
        g_object_get(session, "stats", &figures, "twcc-stats", &twcc, NULL);
        if (figures)
            add_sources(&stats, figures);
        if (twcc)
            add_twcc(&stats, twcc);
    }
    *ret_stats = stats;
}
