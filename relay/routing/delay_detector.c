#include "relay/routing/delay_detector.h"

#include "common/clock.h"

#include <math.h>
#include <string.h>

#define GROUP_US          5000   /* packets sent within it are one group */
#define BURST_US          5000   /* arriving so close together, groups were held up together */
#define MAX_BURST_US      100000 /* but no longer than that */
#define MAX_STEP_US       ((int64_t)(3 * US_PER_S))
#define SMOOTHING         0.9
#define MAX_CHANGES       60
#define TREND_GAIN        4.0
#define FIRST_THRESHOLD   12.5
#define MIN_THRESHOLD     6.0
#define MAX_THRESHOLD     600.0
#define THRESHOLD_UP      0.0087 /* per millisecond, when the trend is above it */
#define THRESHOLD_DOWN    0.039
#define THRESHOLD_OUTLIER 15.0
#define MAX_THRESHOLD_MS  100.0
#define OVERUSE_MS        10.0

void delay_detector_init(struct delay_detector *detector)
{
    memset(detector, 0, sizeof(*detector));
    detector->threshold = FIRST_THRESHOLD;
    detector->over_ms = -1;
}

/* What has been measured is void, the threshold that was learned is not. */
static void restart(struct delay_detector *detector)
{
    double threshold = detector->threshold;

    delay_detector_init(detector);
    detector->threshold = threshold;
}

static void begin_group(struct delay_group *group, uint64_t sent_us, int64_t arrival_us)
{
    *group = (struct delay_group){
        .used = true,
        .first_sent_us = sent_us,
        .last_sent_us = sent_us,
        .first_arrival_us = arrival_us,
        .last_arrival_us = arrival_us,
    };
}

/* Sent together, or held up on the way and let go together: such a burst says nothing about a queue
 * of ours, and taken apart it would look like one that empties. */
static bool belongs_to(const struct delay_group *group, uint64_t sent_us, int64_t arrival_us)
{
    if (sent_us - group->first_sent_us <= GROUP_US)
        return true;
    int64_t gap_us = arrival_us - group->last_arrival_us;
    int64_t change_us = gap_us - (int64_t)(sent_us - group->last_sent_us);
    return change_us < 0 && gap_us <= BURST_US &&
           arrival_us - group->first_arrival_us < MAX_BURST_US;
}

/* Slope by least squares; the old one when all samples came at one time. */
static double slope_of(const struct delay_detector *detector)
{
    double mean_x = 0, mean_y = 0, numerator = 0, denominator = 0;
    size_t count = detector->sample_count;

    for (size_t i = 0; i < count; i++) {
        mean_x += detector->samples[i].arrival_ms;
        mean_y += detector->samples[i].delay_ms;
    }
    mean_x /= (double)count;
    mean_y /= (double)count;
    for (size_t i = 0; i < count; i++) {
        double x = detector->samples[i].arrival_ms - mean_x;
        numerator += x * (detector->samples[i].delay_ms - mean_y);
        denominator += x * x;
    }
    return denominator > 0 ? numerator / denominator : detector->trend;
}

static void adapt_threshold(struct delay_detector *detector, double scaled, double elapsed_ms)
{
    double size = fabs(scaled);

    if (size > detector->threshold + THRESHOLD_OUTLIER)
        return; /* a jump is no reason to become deaf */
    double gain = size < detector->threshold ? THRESHOLD_DOWN : THRESHOLD_UP;
    double threshold = detector->threshold + gain * (size - detector->threshold) *
                                                 fmin(fmax(elapsed_ms, 0), MAX_THRESHOLD_MS);
    detector->threshold = fmin(fmax(threshold, MIN_THRESHOLD), MAX_THRESHOLD);
}

static void judge(struct delay_detector *detector, double trend, double sent_ms, double arrival_ms)
{
    double scaled = detector->changes * trend * TREND_GAIN;

    if (scaled > detector->threshold) {
        /* the first time, half of the interval is taken to have been above */
        detector->over_ms = detector->over_ms < 0 ? sent_ms / 2 : detector->over_ms + sent_ms;
        detector->over_changes++;
        if (detector->over_ms > OVERUSE_MS && detector->over_changes > 1 &&
            trend >= detector->trend) {
            detector->over_ms = 0;
            detector->over_changes = 0;
            detector->usage = DELAY_OVERUSE;
        }
    } else {
        detector->over_ms = -1;
        detector->over_changes = 0;
        detector->usage = scaled < -detector->threshold ? DELAY_UNDERUSE : DELAY_NORMAL;
    }
    adapt_threshold(detector, scaled, arrival_ms);
}

static void add_change(struct delay_detector *detector)
{
    const struct delay_group *now = &detector->current;
    const struct delay_group *then = &detector->previous;
    int64_t sent_us = (int64_t)(now->last_sent_us - then->last_sent_us);
    int64_t arrival_us = now->last_arrival_us - then->last_arrival_us;

    if (detector->changes == 0)
        detector->origin_us = then->last_arrival_us;
    if (detector->changes < MAX_CHANGES)
        detector->changes++;
    detector->summed_ms += (double)(arrival_us - sent_us) / 1000.0;
    detector->smoothed_ms =
        SMOOTHING * detector->smoothed_ms + (1 - SMOOTHING) * detector->summed_ms;
    detector->samples[detector->next_sample] = (struct delay_sample){
        .arrival_ms = (double)(now->last_arrival_us - detector->origin_us) / 1000.0,
        .delay_ms = detector->smoothed_ms,
    };
    detector->next_sample = (detector->next_sample + 1) % DELAY_DETECTOR_SAMPLES;
    if (detector->sample_count < DELAY_DETECTOR_SAMPLES)
        detector->sample_count++;

    double trend =
        detector->sample_count == DELAY_DETECTOR_SAMPLES ? slope_of(detector) : detector->trend;
    judge(detector, trend, (double)sent_us / 1000.0, (double)arrival_us / 1000.0);
    detector->trend = trend;
}

void delay_detector_add(struct delay_detector *detector, uint64_t sent_us, int64_t arrival_us)
{
    struct delay_group *current = &detector->current;

    if (!current->used) {
        begin_group(current, sent_us, arrival_us);
        return;
    }
    if (sent_us < current->first_sent_us)
        return;
    int64_t step_us = arrival_us - current->last_arrival_us;
    int64_t change_us = step_us - (int64_t)(sent_us - current->last_sent_us);
    if (step_us < -MAX_STEP_US || change_us > MAX_STEP_US || change_us < -MAX_STEP_US) {
        restart(detector);
        begin_group(current, sent_us, arrival_us);
        return;
    }
    if (belongs_to(current, sent_us, arrival_us)) {
        if (sent_us > current->last_sent_us)
            current->last_sent_us = sent_us;
        if (arrival_us > current->last_arrival_us)
            current->last_arrival_us = arrival_us;
        return;
    }
    if (detector->previous.used)
        add_change(detector);
    detector->previous = *current;
    begin_group(current, sent_us, arrival_us);
}
