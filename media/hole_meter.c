#include "media/hole_meter.h"

#include "common/clock.h"

/* Nothing waits for a hole so long. */
#define LONGEST_US (2 * US_PER_S)
/* The first hole may be an odd one, and it may be minutes until there is another. */
#define FIRST_US (500 * US_PER_MS)

static void fill(struct hole_meter *meter, uint16_t sequence_number, uint64_t now_us)
{
    size_t at = sequence_number % HOLE_METER_HOLES;

    if (!meter->holes[at].open || meter->holes[at].sequence_number != sequence_number)
        return;
    meter->holes[at].open = false;
    uint64_t took_us = now_us > meter->holes[at].since_us ? now_us - meter->holes[at].since_us : 0;
    if (took_us > LONGEST_US)
        return;
    if (meter->usual_us == 0)
        meter->usual_us = took_us < FIRST_US ? took_us : FIRST_US;
    else
        meter->usual_us = (15 * meter->usual_us + took_us) / 16;
    if (took_us > meter->longest_us)
        meter->longest_us = took_us;
}

void hole_meter_packet(struct hole_meter *meter, uint16_t sequence_number, uint64_t now_us)
{
    int16_t ahead = (int16_t)(uint16_t)(sequence_number - meter->newest);

    if (!meter->started || ahead > HOLE_METER_HOLES) {
        meter->started = true;
        meter->newest = sequence_number;
        return;
    }
    if (ahead <= 0) {
        fill(meter, sequence_number, now_us);
        return;
    }
    for (uint16_t missing = (uint16_t)(meter->newest + 1); missing != sequence_number; missing++) {
        size_t at = missing % HOLE_METER_HOLES;
        meter->holes[at].open = true;
        meter->holes[at].sequence_number = missing;
        meter->holes[at].since_us = now_us;
    }
    meter->holes[sequence_number % HOLE_METER_HOLES].open = false;
    meter->newest = sequence_number;
}

uint32_t hole_meter_take_longest_ms(struct hole_meter *meter)
{
    uint64_t longest_us = meter->longest_us;

    meter->longest_us = 0;
    if (longest_us > 2 * meter->usual_us)
        longest_us = 2 * meter->usual_us;
    return (uint32_t)(longest_us / US_PER_MS);
}

uint32_t hole_meter_usual_ms(const struct hole_meter *meter)
{
    return (uint32_t)(meter->usual_us / US_PER_MS);
}
