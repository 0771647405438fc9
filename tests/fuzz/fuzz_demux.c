/* Classification of any datagram, then the parser it points to. */
#include "relay/wire/demux.h"
#include "relay/wire/rtcp.h"
#include "relay/wire/rtp.h"
#include "relay/wire/stun.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rtcp_iterator iterator;
    struct rtcp_packet packet;
    struct stun_view stun;
    struct rtp_view rtp;

    switch (demux_classify(data, size)) {
    case DEMUX_STUN:
        stun_parse(data, size, &stun);
        break;
    case DEMUX_RTP:
        rtp_parse(data, size, &rtp);
        break;
    case DEMUX_RTCP:
        rtcp_iterator_init(&iterator, data, size);
        while (rtcp_iterator_next(&iterator, &packet))
            continue;
        break;
    case DEMUX_DTLS:
        if (size < 13)
            abort();
        break;
    case DEMUX_UNKNOWN:
        break;
    }
    return 0;
}
