#include "tests/bench/network/cell.h"

#include "tests/support/network/viewer_model.h"

#include <stdio.h>
#include <string.h>

#define BIN_US        (100 * US_PER_MS)
#define BINS_PER_S    10
#define MAX_BINS      (CELL_MAX_SECONDS * BINS_PER_S)
#define SMOOTHED_BINS 5  /* what is sent is judged by so many */
#define SETTLED_BINS  10 /* it fits when so many in a row do */
#define FITS_PERCENT  105
#define LAYER_STATES  (LESSON_MODEL_LAYERS + 2) /* and paused, waiting */
#define STATE_PAUSED  LESSON_MODEL_LAYERS
#define STATE_WAITING (LESSON_MODEL_LAYERS + 1)
#define NEVER         (-1.0)

/* What was noted in one segment. */
struct notes {
    uint64_t sent_bytes[MAX_BINS];
    uint8_t states[MAX_BINS];
    size_t bins;
};

static uint8_t state_of(const struct viewer_model *viewer)
{
    int layer = viewer_model_layer(viewer);

    if (layer == VIEWER_MODEL_PAUSED)
        return STATE_PAUSED;
    return layer == VIEWER_MODEL_WAITING ? STATE_WAITING : (uint8_t)layer;
}

static void print_trace(const struct lesson_model *lesson, const struct viewer_model *viewer,
    uint64_t sent_bytes, uint8_t state)
{
    fprintf(stderr,
        "%6.1f s  sent %5llu estimate %5llu kbit/s  queue %4llu ms  layer %d  frozen %6llu ms in "
        "%llu"
        "  plis %llu given up %llu  audio missed %llu of %llu\n",
        (double)(lesson->now_us - LESSON_MODEL_START_US) / 1e6,
        (unsigned long long)sent_bytes * 8 * BINS_PER_S / 1000,
        (unsigned long long)viewer_model_estimate_bps(viewer) / 1000,
        (unsigned long long)clock_elapsed_us(viewer->down.model.free_at_us, lesson->now_us) / 1000,
        state, (unsigned long long)viewer->video.meter.frozen_us / 1000,
        (unsigned long long)viewer->video.meter.freezes, (unsigned long long)viewer->video.plis,
        (unsigned long long)viewer->video.given_up, (unsigned long long)viewer->audio.missed,
        (unsigned long long)viewer->audio.played);
}

static void run_segment(struct lesson_model *lesson, struct viewer_model *viewer,
    const struct cell_segment *segment, bool trace, struct notes *notes)
{
    uint64_t sent_before = viewer->sent_bytes;

    notes->bins = 0;
    for (size_t bin = 0; bin < (size_t)segment->seconds * BINS_PER_S; bin++) {
        for (uint64_t us = 0; us < BIN_US; us += LESSON_MODEL_STEP_US) {
            lesson_model_step(lesson);
            viewer_model_step(viewer);
        }
        notes->sent_bytes[bin] = viewer->sent_bytes - sent_before;
        notes->states[bin] = state_of(viewer);
        sent_before = viewer->sent_bytes;
        notes->bins++;
        if (trace)
            print_trace(lesson, viewer, notes->sent_bytes[bin], notes->states[bin]);
    }
}

/* ---- figures ---- */

static bool fits_at(const struct notes *notes, size_t bin, uint64_t rate_bps)
{
    uint64_t bytes = 0;

    for (size_t i = bin; i < bin + SMOOTHED_BINS; i++)
        bytes += notes->sent_bytes[i];
    return bytes * 8 * BINS_PER_S / SMOOTHED_BINS <= rate_bps * FITS_PERCENT / 100;
}

/* Seconds until what is sent fits, and goes on to. */
static double fits_after_s(const struct notes *notes, uint64_t rate_bps)
{
    size_t in_a_row = 0;

    for (size_t bin = 0; bin + SMOOTHED_BINS <= notes->bins; bin++) {
        in_a_row = rate_bps == 0 || fits_at(notes, bin, rate_bps) ? in_a_row + 1 : 0;
        if (in_a_row == SETTLED_BINS)
            return (double)(bin + 1 - SETTLED_BINS) / BINS_PER_S;
    }
    return NEVER;
}

static double layer_after_s(const struct notes *notes, uint8_t state)
{
    for (size_t bin = 0; bin < notes->bins; bin++) {
        if (notes->states[bin] == state)
            return (double)bin / BINS_PER_S;
    }
    return NEVER;
}

static double share(const struct notes *notes, uint8_t state)
{
    size_t count = 0;

    for (size_t bin = 0; bin < notes->bins; bin++)
        count += notes->states[bin] == state;
    return (double)count / (double)notes->bins;
}

static json_t *layer_figures(const struct notes *notes)
{
    static const char *const names[LAYER_STATES] = {"h", "m", "l", "paused", "waiting"};
    json_t *layers = json_object();

    for (uint8_t i = 0; i < LAYER_STATES; i++)
        json_object_set_new(layers, names[i],
            json_pack("{s:f, s:f}", "share", share(notes, i), "after_s", layer_after_s(notes, i)));
    return layers;
}

static uint64_t sum(const struct notes *notes)
{
    uint64_t bytes = 0;

    for (size_t bin = 0; bin < notes->bins; bin++)
        bytes += notes->sent_bytes[bin];
    return bytes;
}

static json_t *figures(const struct viewer_model *viewer, const struct cell_segment *segment,
    const struct notes *notes)
{
    const struct video_model *video = &viewer->video;
    const struct audio_model *audio = &viewer->audio;
    json_t *object = json_pack("{s:i, s:I, s:I, s:f, s:o}", "seconds", (int)segment->seconds,
        "rate_kbps", (json_int_t)(segment->rate_bps / 1000), "sent_kbps",
        (json_int_t)(sum(notes) * 8 / 1000 / segment->seconds), "fits_after_s",
        fits_after_s(notes, segment->rate_bps), "layers", layer_figures(notes));
    json_t *picture = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:i}", "frames",
        (json_int_t)video->frames_shown, "freezes", (json_int_t)video->meter.freezes, "frozen_ms",
        (json_int_t)(video->meter.frozen_us / US_PER_MS), "longest_freeze_ms",
        (json_int_t)(video->longest_freeze_us / US_PER_MS), "keyframe_requests",
        (json_int_t)video->plis, "given_up", (json_int_t)video->given_up, "buffer_ms",
        (int)adaptive_latency_ms(&video->latency));
    json_t *sound = json_pack("{s:I, s:I, s:I, s:I, s:I, s:i}", "frames", (json_int_t)audio->played,
        "missed", (json_int_t)audio->missed, "by_redundancy", (json_int_t)audio->by_redundancy,
        "by_rtx", (json_int_t)audio->by_rtx, "late", (json_int_t)audio->late, "buffer_ms",
        (int)adaptive_latency_ms(&audio->latency));
    json_t *queue =
        json_pack("{s:i, s:i, s:i, s:I}", "p50_ms", (int)viewer_model_wait_ms(viewer, 50), "p95_ms",
            (int)viewer_model_wait_ms(viewer, 95), "max_ms", (int)viewer_model_wait_ms(viewer, 100),
            "overflowed", (json_int_t)viewer->down.model.overflowed);

    json_object_set_new(object, "video", picture);
    json_object_set_new(object, "audio", sound);
    json_object_set_new(object, "queue", queue);
    return object;
}

static json_t *run_segments(
    const struct cell_params *params, struct lesson_model *lesson, struct viewer_model *viewer)
{
    static struct notes notes;
    json_t *result = json_array();

    for (size_t i = 0; i < params->segment_count; i++) {
        struct link_params line = params->line;

        line.rate_bps = params->segments[i].rate_bps;
        viewer_model_set_line(viewer, &line);
        viewer_model_measure(viewer);
        run_segment(lesson, viewer, &params->segments[i], params->trace, &notes);
        json_array_append_new(result, figures(viewer, &params->segments[i], &notes));
    }
    return result;
}

json_t *cell_run(const struct cell_params *params)
{
    static struct lesson_model lesson;
    struct link_params line = params->line;

    lesson_model_init(&lesson, params->seed);
    /* the publisher was there before; each seed meets its keyframes elsewhere */
    for (uint64_t ms = 0; ms < 5000 + params->seed * 700 % 2000; ms++)
        lesson_model_step(&lesson);
    line.rate_bps = params->segments[0].rate_bps;
    struct viewer_model *viewer = viewer_model_create(&lesson, &line, params->seed);
    json_t *result = run_segments(params, &lesson, viewer);
    viewer_model_destroy(viewer);
    lesson_model_finish(&lesson);
    return result;
}
