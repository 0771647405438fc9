#include "tests/support/network/audio_model.h"

#include "common/clock.h"

#include <string.h>

#define LATENCY_CHECK_US (250 * US_PER_MS)

void audio_model_init(struct audio_model *model, uint64_t now_us)
{
    memset(model, 0, sizeof(*model));
    adaptive_latency_init_audio(&model->latency, now_us);
    delay_line_init(&model->line);
}

static bool *place(struct audio_model *model, int64_t frame)
{
    return &model->there[(uint64_t)frame % AUDIO_MODEL_FRAMES];
}

/* True when it is of use. */
static bool put(struct audio_model *model, int64_t frame)
{
    if (frame < model->next || frame >= model->next + AUDIO_MODEL_FRAMES || *place(model, frame))
        return false;
    *place(model, frame) = true;
    return true;
}

void audio_model_add(
    struct audio_model *model, uint16_t sequence_number, bool redundant, bool rtx, uint64_t now_us)
{
    bool first = !model->holes.unwrapper.started;
    int64_t frame;
    enum hole_result result = hole_list_add(&model->holes, sequence_number, now_us, &frame);

    if (first)
        model->next = frame;
    if (result == HOLE_NEW && !rtx)
        delay_line_add(&model->line, frame * AUDIO_MODEL_FRAME_US, now_us);
    if (redundant && hole_list_find(&model->holes, frame - 1) != NULL) {
        hole_list_remove(&model->holes, frame - 1);
        model->by_redundancy += put(model, frame - 1);
    }
    if (result == HOLE_NO_USE)
        return;
    if (!put(model, frame)) {
        model->late++;
        model->growth.late++;
        return;
    }
    model->by_rtx += rtx;
    model->growth.recovered += rtx;
}

static void adapt(struct audio_model *model, uint32_t picture_late_ms, uint64_t now_us)
{
    if (now_us < model->next_latency_us)
        return;
    model->next_latency_us = now_us + LATENCY_CHECK_US;
    model->growth.rtx_rtt_ms = (uint32_t)(model->holes.rtt_us / US_PER_MS);
    model->growth.picture_late_ms = picture_late_ms;
    adaptive_latency_update(&model->latency, now_us, &model->growth);
    model->growth = (struct adaptive_latency_input){0};
}

void audio_model_run(struct audio_model *model, uint32_t picture_late_ms, uint64_t now_us)
{
    if (!model->holes.unwrapper.started)
        return;
    int64_t played_us = (int64_t)now_us - delay_line_us(&model->line) -
                        (int64_t)(adaptive_latency_ms(&model->latency) * US_PER_MS);

    for (; model->next * AUDIO_MODEL_FRAME_US <= played_us; model->next++) {
        bool *there = place(model, model->next);

        model->played++;
        if (!*there) {
            model->missed++;
            model->growth.lost++;
        }
        *there = false;
    }
    hole_list_forget_before(&model->holes, model->next);
    adapt(model, picture_late_ms, now_us);
}

void audio_model_measure(struct audio_model *model)
{
    model->played = model->missed = 0;
    model->by_redundancy = model->by_rtx = model->late = 0;
}
