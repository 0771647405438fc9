/* A whole RTP packet as the pieces that senders take, for tests that build packets in one buffer. */
#ifndef DUET_TESTS_SUPPORT_RTP_PIECES_H
#define DUET_TESTS_SUPPORT_RTP_PIECES_H

#include "relay/wire/rtp.h"

/* Header and payload of a packet, which is borrowed; what is no RTP becomes a header alone. */
static inline struct rtp_pieces rtp_pieces_of(const uint8_t *packet, size_t len)
{
    struct rtp_view view;

    if (rtp_parse(packet, len, &view) < 0)
        return (struct rtp_pieces){.header = packet, .header_bytes = len};
    return (struct rtp_pieces){
        .header = packet,
        .header_bytes = view.payload_offset,
        .payload = packet + view.payload_offset,
        .payload_bytes = len - view.payload_offset,
    };
}

#endif
