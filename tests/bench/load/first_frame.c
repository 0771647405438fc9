#include "tests/bench/load/first_frame.h"

#include "relay/wire/h264.h"
#include "relay/wire/sequence.h"

bool first_frame_add(struct first_frame *frame, int64_t index, uint32_t timestamp, bool marker,
    const uint8_t *payload, size_t len)
{
    struct h264_scan scan;

    if (h264_payload_scan(payload, len, &scan) < 0)
        return false;
    if (h264_starts_keyframe(&scan) &&
        (!frame->begun || timestamp_distance(timestamp, frame->timestamp) > 0))
        *frame = (struct first_frame){
            .begun = true,
            .timestamp = timestamp,
            .first_index = index,
            .last_index = -1,
        };
    if (!frame->begun || timestamp != frame->timestamp)
        return false;
    if (index < frame->first_index)
        frame->first_index = index;
    frame->count++;
    frame->has_sps |= scan.has_sps;
    frame->has_pps |= scan.has_pps;
    frame->has_idr |= scan.has_idr_start;
    if (marker)
        frame->last_index = index;
    return frame->has_sps && frame->has_pps && frame->has_idr &&
           frame->count == frame->last_index - frame->first_index + 1;
}
