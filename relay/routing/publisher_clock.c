#include "relay/routing/publisher_clock.h"

#include "common/clock.h"
#include "relay/routing/live_line.h"

#define JUMP_US ((int64_t)US_PER_S)

static int64_t ntp_us(uint64_t ntp)
{
    uint64_t seconds = ntp >> 32;
    uint64_t fraction = ntp & UINT32_MAX;
    return (int64_t)(seconds * US_PER_S + ((fraction * US_PER_S) >> 32));
}

void publisher_clock_report(struct publisher_clock *clock, struct report_mapping *mapping,
    uint64_t ntp, uint32_t timestamp_rtp, uint64_t now_us)
{
    if (ntp == 0)
        return;

    int64_t theirs_us = ntp_us(ntp);
    int64_t offset_us = (int64_t)now_us - theirs_us;
    int64_t moved_us = offset_us - clock->offset_us;
    if (!clock->anchored || moved_us > JUMP_US || moved_us < -JUMP_US) {
        clock->anchored = true;
        clock->offset_us = offset_us;
    }

    mapping->known = true;
    mapping->our_us = theirs_us + clock->offset_us;
    mapping->timestamp_rtp = timestamp_rtp;
}

uint32_t report_mapping_at(
    const struct report_mapping *mapping, uint32_t clock_rate, uint64_t now_us)
{
    int64_t elapsed_us = (int64_t)now_us - mapping->our_us;
    return mapping->timestamp_rtp + (uint32_t)live_line_ticks(elapsed_us, clock_rate);
}
