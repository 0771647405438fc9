#include "relay/wire/demux.h"

static const size_t stun_header_bytes = 20;
static const size_t dtls_record_header_bytes = 13;
static const size_t rtp_header_bytes = 12;
static const size_t rtcp_header_bytes = 8;

enum demux_kind demux_classify(const uint8_t *data, size_t len)
{
    if (len < rtcp_header_bytes)
        return DEMUX_UNKNOWN;

    uint8_t first = data[0];
    if (first <= 3)
        return len >= stun_header_bytes ? DEMUX_STUN : DEMUX_UNKNOWN;
    if (first >= 20 && first <= 63)
        return len >= dtls_record_header_bytes ? DEMUX_DTLS : DEMUX_UNKNOWN;
    if (first < 128 || first > 191)
        return DEMUX_UNKNOWN;
    if (data[1] >= 192 && data[1] <= 223)
        return DEMUX_RTCP;
    return len >= rtp_header_bytes ? DEMUX_RTP : DEMUX_UNKNOWN;
}
