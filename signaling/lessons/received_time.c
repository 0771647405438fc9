#include "signaling/lessons/received_time.h"

struct received_time received_time_of(
    const struct bells *bells, int32_t day, const struct bell_span *lesson, unsigned delay_s)
{
    struct received_time time = {0};
    struct bell_offer offer;

    if (lesson->start_s == 0)
        return time;
    time.span = (struct bell_span){lesson->start_s + delay_s, lesson->end_s + delay_s};
    if (bells_offer(bells, day, &time.span, &offer) == 0)
        time.period = offer.period;
    return time;
}
