/*
 * Opus packets in, redundant audio (RFC 2198) out: each carries the frames of the one or two packets
 * before it, so that a receiver fills single and double holes without waiting for a retransmission.
 *
 *   rtpopuspay ─ red_packer_pack ─ webrtcbin
 *
 * One streaming thread. Holds copies of the last frames.
 */
#ifndef DUET_MEDIA_RED_PACKER_H
#define DUET_MEDIA_RED_PACKER_H

#include <gst/gst.h>

#define RED_PACKER_MAX_DISTANCE 2

struct red_packer;

/* distance: earlier frames per packet, 1 to RED_PACKER_MAX_DISTANCE. */
struct red_packer *red_packer_new(unsigned distance);
void red_packer_free(struct red_packer *packer); /* NULL-safe */

/* The packet with its header, extensions and times, as redundant audio of that payload type. Takes
 * packet; what cannot be packed (no RTP, too large) comes back as it was. */
GstBuffer *red_packer_pack(struct red_packer *packer, GstBuffer *packet, guint8 payload_type);

#endif
