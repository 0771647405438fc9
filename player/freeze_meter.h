/*
 * Counts freezes: gaps between shown frames longer than 150 ms and three frame times, as the viewer
 * sees them. Pure; one thread; time is a parameter.
 */
#ifndef DUET_PLAYER_FREEZE_METER_H
#define DUET_PLAYER_FREEZE_METER_H

#include <stdint.h>

#define FREEZE_MIN_US UINT64_C(150000)

struct freeze_meter {
    uint64_t last_frame_us; /* 0 before the first */
    uint64_t frame_time_us; /* running mean of ordinary gaps */
    uint64_t freezes;
    uint64_t frozen_us; /* time beyond one frame time, over all freezes */
};

void freeze_meter_init(struct freeze_meter *meter);

/* A frame was shown. */
void freeze_meter_frame(struct freeze_meter *meter, uint64_t now_us);

/* The stream paused by intent (nobody publishes): the gap that follows is no freeze. */
void freeze_meter_pause(struct freeze_meter *meter);

#endif
