#include "player/freeze_meter.h"

#define DEFAULT_FRAME_TIME_US 33333u
#define FREEZE_FRAME_TIMES    3u

void freeze_meter_init(struct freeze_meter *meter)
{
    *meter = (struct freeze_meter){.frame_time_us = DEFAULT_FRAME_TIME_US};
}

void freeze_meter_frame(struct freeze_meter *meter, uint64_t now_us)
{
    uint64_t last_us = meter->last_frame_us;

    meter->last_frame_us = now_us;
    if (last_us == 0 || now_us < last_us)
        return;

    uint64_t gap_us = now_us - last_us;
    uint64_t limit_us = meter->frame_time_us * FREEZE_FRAME_TIMES;
    if (limit_us < FREEZE_MIN_US)
        limit_us = FREEZE_MIN_US;

    if (gap_us > limit_us) {
        meter->freezes++;
        meter->frozen_us += gap_us - meter->frame_time_us;
    } else {
        meter->frame_time_us = (meter->frame_time_us * 15 + gap_us) / 16;
    }
}

void freeze_meter_pause(struct freeze_meter *meter)
{
    meter->last_frame_us = 0;
}
