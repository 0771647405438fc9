#include "media/red_unpacker.h"

#include <gst/rtp/rtp.h>
#include <string.h>

#include "common/red.h"

#define CLOCK_RATE 48000
/* A greater step is a new beginning, not a hole. */
#define MAX_HOLE 100

G_STATIC_ASSERT(RED_UNPACKER_MAX_OUT == RED_MAX_REDUNDANT + 1);

/* A packet of the payload's bytes at block, with the header of the one that carried it. */
static GstBuffer *extract(
    GstBuffer *packet, GstRTPBuffer *rtp, const struct red_block *block, uint16_t sequence)
{
    gsize header_bytes = gst_rtp_buffer_get_header_len(rtp);
    const guint8 *payload = gst_rtp_buffer_get_payload(rtp);
    GstBuffer *made = gst_buffer_new_allocate(NULL, header_bytes + block->bytes, NULL);
    GstRTPBuffer out = GST_RTP_BUFFER_INIT;
    GstMapInfo map;

    gst_buffer_copy_into(made, packet,
        GST_BUFFER_COPY_FLAGS | GST_BUFFER_COPY_TIMESTAMPS | GST_BUFFER_COPY_META, 0, -1);
    gst_buffer_map(made, &map, GST_MAP_WRITE);
    gst_buffer_extract(packet, 0, map.data, header_bytes);
    map.data[0] &= (guint8)~0x20; /* padding went with the rest */
    memcpy(map.data + header_bytes, payload + block->offset, block->bytes);
    gst_buffer_unmap(made, &map);
    if (!gst_rtp_buffer_map(made, GST_MAP_READWRITE, &out)) {
        gst_buffer_unref(made);
        return NULL;
    }
    gst_rtp_buffer_set_payload_type(&out, block->payload_type);
    gst_rtp_buffer_set_seq(&out, sequence);
    gst_rtp_buffer_set_timestamp(&out, gst_rtp_buffer_get_timestamp(rtp) - block->timestamp_offset);
    gst_rtp_buffer_unmap(&out);
    return made;
}

/* What a lost packet's frame brings came later than the packet would have, by so much. */
static void backdate(GstBuffer *made, uint16_t timestamp_offset)
{
    GstClockTime by = gst_util_uint64_scale(timestamp_offset, GST_SECOND, CLOCK_RATE);

    if (GST_BUFFER_DTS_IS_VALID(made) && GST_BUFFER_DTS(made) > by)
        GST_BUFFER_DTS(made) -= by;
    if (GST_BUFFER_PTS_IS_VALID(made) && GST_BUFFER_PTS(made) > by)
        GST_BUFFER_PTS(made) -= by;
}

/* Blocks carry no sequence numbers: within the hole before this packet they follow from the time.
 * Returns 0 for a block from before the hole. */
static unsigned place_in_hole(unsigned hole, uint32_t span, uint16_t timestamp_offset)
{
    if (span == 0 || timestamp_offset == 0 || timestamp_offset >= span)
        return 0;
    uint64_t from_start = span - timestamp_offset;
    uint64_t place = (from_start * (hole + 1) + span / 2) / span;

    return place <= hole ? (unsigned)place : 0;
}

static unsigned fill_hole(struct red_unpacker *unpacker, GstBuffer *packet, GstRTPBuffer *rtp,
    const struct red_view *view, GstBuffer **ret_packets)
{
    uint32_t span = gst_rtp_buffer_get_timestamp(rtp) - unpacker->timestamp;
    unsigned hole = (uint16_t)(gst_rtp_buffer_get_seq(rtp) - unpacker->highest) - 1U;
    unsigned filled_to = 0;
    unsigned count = 0;

    for (size_t i = 0; i < view->redundant_count; i++) {
        const struct red_block *block = &view->redundant[i];
        unsigned place = place_in_hole(hole, span, block->timestamp_offset);

        if (block->bytes == 0 || place <= filled_to ||
            block->payload_type != view->primary.payload_type)
            continue;
        GstBuffer *made = extract(packet, rtp, block, (uint16_t)(unpacker->highest + place));
        if (!made)
            continue;
        backdate(made, block->timestamp_offset);
        ret_packets[count++] = made;
        filled_to = place;
        unpacker->filled++;
    }
    return count;
}

/* Distance in sequence numbers from the newest packet; a step that is no hole begins anew. */
static int advance(const struct red_unpacker *unpacker, uint16_t sequence)
{
    int step = (int16_t)(uint16_t)(sequence - unpacker->highest);

    return unpacker->started && step > -MAX_HOLE && step <= MAX_HOLE ? step : 1;
}

/* Such a packet could not be told from RTCP (RFC 5761 section 4); nobody negotiates the type. */
static bool is_rtcp(uint8_t payload_type)
{
    return payload_type >= 64 && payload_type <= 95;
}

static unsigned unpack(struct red_unpacker *unpacker, GstBuffer *packet, GstRTPBuffer *rtp,
    int step, GstBuffer **ret_packets)
{
    struct red_view view;
    unsigned count = 0;

    if (red_parse(gst_rtp_buffer_get_payload(rtp), gst_rtp_buffer_get_payload_len(rtp), &view) <
            0 ||
        is_rtcp(view.primary.payload_type))
        return 0;
    if (step > 1)
        count = fill_hole(unpacker, packet, rtp, &view, ret_packets);
    GstBuffer *own = extract(packet, rtp, &view.primary, gst_rtp_buffer_get_seq(rtp));
    if (own)
        ret_packets[count++] = own;
    return count;
}

unsigned red_unpacker_push(struct red_unpacker *unpacker, GstBuffer *packet, uint8_t payload_type,
    GstBuffer *ret_packets[RED_UNPACKER_MAX_OUT], bool *ret_drop)
{
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
    unsigned count = 0;

    *ret_drop = false;
    if (!gst_rtp_buffer_map(packet, GST_MAP_READ, &rtp))
        return 0;
    uint16_t sequence = gst_rtp_buffer_get_seq(&rtp);
    int step = advance(unpacker, sequence);
    if (gst_rtp_buffer_get_payload_type(&rtp) == payload_type) {
        count = unpack(unpacker, packet, &rtp, step, ret_packets);
        *ret_drop = count == 0;
    }
    if (step > 0) {
        unpacker->started = true;
        unpacker->highest = sequence;
        unpacker->timestamp = gst_rtp_buffer_get_timestamp(&rtp);
    }
    gst_rtp_buffer_unmap(&rtp);
    return count;
}
