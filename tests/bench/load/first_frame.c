#include "tests/bench/load/first_frame.h"

#include "relay/wire/h264.h"

bool first_frame_add(struct first_frame *frame, int64_t index, uint32_t timestamp, bool marker,
    const uint8_t *payload, size_t len)
{
    struct h264_scan scan;

    if (h264_payload_scan(payload, len, &scan) < 0)
        return false;
    if (timestamp != frame->timestamp || (scan.has_sps && !frame->has_sps))
        *frame = (struct first_frame){.timestamp = timestamp, .whole = scan.has_sps};
    else if (index != frame->last_index + 1)
        frame->whole = false;
    frame->last_index = index;
    frame->has_sps |= scan.has_sps;
    frame->has_pps |= scan.has_pps;
    frame->has_idr |= scan.has_idr_start;
    return marker && frame->whole && frame->has_pps && frame->has_idr;
}
