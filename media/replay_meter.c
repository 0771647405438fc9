#include "media/replay_meter.h"

#include "common/clock.h"
#include "common/replay_speed.h"

#define DENSE_MS 8   /* of a replay: at most 88 ms in truth, */
#define WIDE_MS  20  /* or a picture or two were left out of it */
#define MIN_GAPS 2   /* fewer are a matter of luck */
#define MAX_MS   300 /* the relay keeps two seconds, and what came while it sent them */

static bool close_replay(struct replay_meter *meter, struct replay_span *ret_span)
{
    bool real = meter->dense >= MIN_GAPS;

    if (real)
        *ret_span = (struct replay_span){meter->first_rtp, meter->last_rtp};
    meter->dense = 0;
    return real;
}

bool replay_meter_packet(struct replay_meter *meter, uint32_t timestamp_rtp, bool is_key,
    uint32_t clock_rate, struct replay_span *ret_span)
{
    bool begins = meter->newest_is_key;
    uint32_t before_rtp = meter->newest_rtp;
    uint32_t gap_rtp = timestamp_rtp - before_rtp;
    uint32_t ms_rtp = clock_rate / 1000;

    if (meter->started && gap_rtp == 0)
        return false;
    meter->newest_rtp = timestamp_rtp;
    meter->newest_is_key = is_key;
    if (!meter->started) {
        meter->started = true;
        return false;
    }
    if (gap_rtp < DENSE_MS * ms_rtp) {
        if (meter->dense == 0 && !begins)
            return false;
        if (meter->dense == 0)
            meter->first_rtp = before_rtp;
        meter->dense++;
        meter->wide = 0;
        meter->last_rtp = timestamp_rtp;
        if (meter->last_rtp - meter->first_rtp > MAX_MS * ms_rtp)
            meter->dense = 0;
        return false;
    }
    if (meter->dense == 0 || (gap_rtp < WIDE_MS * ms_rtp && ++meter->wide < 2))
        return false;
    return close_replay(meter, ret_span);
}

uint64_t replay_span_earlier_us(
    const struct replay_span *span, uint32_t timestamp_rtp, uint32_t clock_rate)
{
    uint32_t behind_rtp = span->last_rtp - timestamp_rtp;

    if (behind_rtp > span->last_rtp - span->first_rtp)
        return 0;
    return behind_rtp * US_PER_S / clock_rate * (REPLAY_SPEED - 1);
}
