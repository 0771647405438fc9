/*
 * Which protocol a datagram on the shared port belongs to (RFC 7983, RFC 5761 section 4).
 *
 *   first byte   0..3 STUN   20..63 DTLS   128..191 RTP or RTCP   else unknown
 *   second byte of the last group: 192..223 RTCP, else RTP
 *
 * First step of the data path, before any peer is known. Looks at two bytes and the length and
 * promises nothing but the shortest possible header. Pure; any thread.
 */
#ifndef DUET_RELAY_WIRE_DEMUX_H
#define DUET_RELAY_WIRE_DEMUX_H

#include <stddef.h>
#include <stdint.h>

enum demux_kind {
    DEMUX_UNKNOWN, /* none of them, or too short to be what it claims */
    DEMUX_STUN,    /* ≥ 20 bytes */
    DEMUX_DTLS,    /* ≥ 13 bytes */
    DEMUX_RTP,     /* ≥ 12 bytes */
    DEMUX_RTCP,    /* ≥ 8 bytes */
};

enum demux_kind demux_classify(const uint8_t *data, size_t len);

#endif
