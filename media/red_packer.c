#include "media/red_packer.h"

#include <gst/rtp/rtp.h>
#include <stdbool.h>
#include <string.h>

#include "common/red.h"

/* Behind the headers of the packet itself; the whole stays below the MTU of media/whip_pipeline.c. */
#define MAX_PAYLOAD_BYTES 1100

struct frame {
    guint32 timestamp;
    size_t bytes; /* 0 = none */
    guint8 data[RED_MAX_BLOCK_BYTES];
};

struct red_packer {
    unsigned distance;
    struct frame frames[RED_PACKER_MAX_DISTANCE]; /* oldest first */
};

struct red_packer *red_packer_new(unsigned distance)
{
    struct red_packer *packer = g_new0(struct red_packer, 1);
    packer->distance = CLAMP(distance, 1, RED_PACKER_MAX_DISTANCE);
    return packer;
}

void red_packer_free(struct red_packer *packer)
{
    g_free(packer);
}

static void remember(struct red_packer *packer, guint32 timestamp, const guint8 *data, size_t bytes)
{
    struct frame *newest = &packer->frames[packer->distance - 1];

    memmove(packer->frames, packer->frames + 1, sizeof packer->frames[0] * (packer->distance - 1));
    newest->timestamp = timestamp;
    newest->bytes = bytes <= sizeof newest->data ? bytes : 0;
    memcpy(newest->data, data, newest->bytes);
}

/* The payload to out; its length, or a negative errno. */
static int write_payload(struct red_packer *packer, GstRTPBuffer *rtp, guint8 *out)
{
    struct red_source earlier[RED_PACKER_MAX_DISTANCE];
    guint8 type = gst_rtp_buffer_get_payload_type(rtp);
    guint32 timestamp = gst_rtp_buffer_get_timestamp(rtp);
    struct red_source primary = {
        gst_rtp_buffer_get_payload(rtp), gst_rtp_buffer_get_payload_len(rtp), 0};

    for (unsigned i = 0; i < packer->distance; i++) {
        const struct frame *frame = &packer->frames[i];
        earlier[i] = (struct red_source){frame->data, frame->bytes, timestamp - frame->timestamp};
    }
    int bytes = red_write(type, earlier, packer->distance, &primary, out, MAX_PAYLOAD_BYTES);
    remember(packer, timestamp, primary.data, primary.bytes);
    return bytes;
}

GstBuffer *red_packer_pack(struct red_packer *packer, GstBuffer *packet, guint8 payload_type)
{
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
    guint8 payload[MAX_PAYLOAD_BYTES];

    if (!gst_rtp_buffer_map(packet, GST_MAP_READ, &rtp))
        return packet;
    gsize header_bytes = gst_rtp_buffer_get_header_len(&rtp);
    int bytes = write_payload(packer, &rtp, payload);
    gst_rtp_buffer_unmap(&rtp);
    if (bytes < 0)
        return packet;

    GstBuffer *packed = gst_buffer_new_allocate(NULL, header_bytes + (gsize)bytes, NULL);
    GstMapInfo map;
    gst_buffer_copy_into(packed, packet,
        GST_BUFFER_COPY_FLAGS | GST_BUFFER_COPY_TIMESTAMPS | GST_BUFFER_COPY_META, 0, -1);
    gst_buffer_map(packed, &map, GST_MAP_WRITE);
    gst_buffer_extract(packet, 0, map.data, header_bytes);
    map.data[1] = (guint8)((map.data[1] & 0x80) | payload_type);
    memcpy(map.data + header_bytes, payload, (size_t)bytes);
    gst_buffer_unmap(packed, &map);
    gst_buffer_unref(packet);
    return packed;
}
