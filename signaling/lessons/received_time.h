/*
 * When a lesson is for the school that receives it: by its own clock and bells, and as much later as its room plays it.
 * Pure; any thread.
 */
#ifndef DUET_SIGNALING_LESSONS_RECEIVED_TIME_H
#define DUET_SIGNALING_LESSONS_RECEIVED_TIME_H

#include "signaling/timetable/bells.h"

struct received_time {
    /* The school's own that holds most of the lesson; 0: none does, or it has a holiday. */
    unsigned period;
    struct bell_span span;
};

/* lesson: by the bell of the school that teaches it; both 0 when it has none, and then there is none here either. */
struct received_time received_time_of(
    const struct bells *bells, int32_t day, const struct bell_span *lesson, unsigned delay_s);

#endif
