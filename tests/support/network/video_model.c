#include "tests/support/network/video_model.h"

#include "common/clock.h"

#include <stdlib.h>
#include <string.h>

#define LATENCY_CHECK_US (250 * US_PER_MS)
#define PLI_GRACE_US     (300 * US_PER_MS) /* a new viewer gets a keyframe unasked */
#define PLI_REPEAT_US    (500 * US_PER_MS)
#define SOUND_MAY_LAG_US (60 * US_PER_MS)
#define TICKS_PER_MS     90

void video_model_init(struct video_model *model, uint64_t now_us)
{
    memset(model, 0, sizeof(*model));
    adaptive_latency_init_video(&model->latency, now_us);
    freeze_meter_init(&model->meter);
    delay_line_init(&model->line);
    model->awaits_keyframe = true;
    model->at_frame_start = true;
    model->next_pli_us = now_us + PLI_GRACE_US;
}

static struct video_model_packet *entry(struct video_model *model, int64_t sequence)
{
    return &model->ring[(uint64_t)sequence % VIDEO_MODEL_PACKETS];
}

/* Capture time of a frame on the sender's clock. */
static int64_t captured_us(struct video_model *model, uint32_t timestamp_rtp)
{
    return timestamp_unwrap(&model->timestamps, timestamp_rtp) * (int64_t)US_PER_MS / TICKS_PER_MS;
}

/* As rtpjitterbuffer counts: a hole waits from the time at which the packet before it was due, not from when
 * it was noticed. */
static void age_holes(struct video_model *model, int64_t newest, uint64_t now_us)
{
    int64_t due_us = captured_us(model, model->newest_rtp) + delay_line_us(&model->line);

    if (due_us <= 0 || due_us > (int64_t)now_us)
        return;
    for (int64_t missing = newest - 1; hole_list_find(&model->holes, missing) != NULL; missing--) {
        struct hole *hole = hole_list_find(&model->holes, missing);

        if (hole->since_us != now_us)
            break;
        hole->since_us = (uint64_t)due_us;
    }
}

void video_model_add(
    struct video_model *model, const struct video_model_input *input, uint64_t now_us)
{
    bool first = !model->holes.unwrapper.started;
    int64_t sequence;
    enum hole_result result =
        hole_list_add(&model->holes, input->sequence_number, now_us, &sequence);

    hole_meter_packet(&model->meter_of_holes, input->sequence_number, now_us);
    if (first)
        model->next = sequence;
    if (result == HOLE_NO_USE) {
        model->growth.late++;
        return;
    }
    if (!first && result == HOLE_NEW)
        age_holes(model, sequence, now_us);
    if (result == HOLE_NEW)
        model->newest_rtp = input->timestamp_rtp;
    if (!input->rtx)
        delay_line_add(&model->line, captured_us(model, input->timestamp_rtp), now_us);
    model->growth.recovered += result == HOLE_FILLED;
    *entry(model, sequence) = (struct video_model_packet){
        .sequence = sequence,
        .received = true,
        .marker = input->marker,
        .starts_keyframe = input->starts_keyframe,
        .timestamp_rtp = input->timestamp_rtp,
    };
}

/* ---- the presenter ---- */

static void show(struct video_model *model, uint64_t now_us)
{
    uint64_t frozen_us = model->meter.frozen_us;

    freeze_meter_frame(&model->meter, now_us);
    if (model->meter.frozen_us - frozen_us > model->longest_freeze_us)
        model->longest_freeze_us = model->meter.frozen_us - frozen_us;
    model->frames_shown++;
}

static void hold(struct video_model *model, uint32_t timestamp_rtp)
{
    if (model->held == VIDEO_MODEL_HELD)
        abort();
    model->held_us[(model->first_held + model->held++) % VIDEO_MODEL_HELD] =
        captured_us(model, timestamp_rtp);
}

static void show_due(struct video_model *model, uint64_t sound_us, uint64_t now_us)
{
    uint64_t held_us = sound_us > SOUND_MAY_LAG_US ? sound_us - SOUND_MAY_LAG_US : 0;
    int64_t due_us = (int64_t)now_us - delay_line_us(&model->line) - (int64_t)held_us;

    while (model->held > 0 && model->held_us[model->first_held] <= due_us) {
        model->first_held = (model->first_held + 1) % VIDEO_MODEL_HELD;
        model->held--;
        show(model, now_us);
    }
}

/* ---- the gate ---- */

static void fall_into_hole(struct video_model *model)
{
    model->whole = false;
    model->at_frame_start = false;
    if (!model->awaits_keyframe)
        model->next_pli_us = 0;
    model->awaits_keyframe = true;
}

static void take(struct video_model *model, const struct video_model_packet *packet)
{
    if (packet->starts_keyframe) {
        model->whole = true;
        model->is_key = true;
    } else if (model->at_frame_start) {
        model->whole = true;
        model->is_key = false;
    }
    model->at_frame_start = packet->marker;
    if (!packet->marker || !model->whole || (model->awaits_keyframe && !model->is_key))
        return;
    model->awaits_keyframe = false;
    hold(model, packet->timestamp_rtp);
}

static void adapt(struct video_model *model, uint64_t now_us)
{
    if (now_us < model->next_latency_us)
        return;
    model->next_latency_us = now_us + LATENCY_CHECK_US;
    model->growth.rtx_rtt_ms = hole_meter_usual_ms(&model->meter_of_holes);
    model->late_ms = hole_meter_take_longest_ms(&model->meter_of_holes);
    adaptive_latency_update(&model->latency, now_us, &model->growth);
    model->growth = (struct adaptive_latency_input){0};
}

void video_model_run(struct video_model *model, bool paused, uint64_t sound_us, uint64_t now_us)
{
    uint64_t latency_us = adaptive_latency_ms(&model->latency) * US_PER_MS;

    if (paused)
        freeze_meter_pause(&model->meter);
    if (!model->holes.unwrapper.started)
        return;
    for (; model->next <= model->holes.unwrapper.newest; model->next++) {
        const struct hole *hole = hole_list_find(&model->holes, model->next);

        if (hole == NULL) {
            take(model, entry(model, model->next));
            continue;
        }
        if (now_us - hole->since_us < latency_us)
            break;
        hole_list_remove(&model->holes, model->next);
        model->given_up++;
        model->growth.lost++;
        fall_into_hole(model);
    }
    show_due(model, sound_us, now_us);
    adapt(model, now_us);
}

bool video_model_due_pli(struct video_model *model, uint64_t now_us)
{
    if (!model->awaits_keyframe || now_us < model->next_pli_us)
        return false;
    model->next_pli_us = now_us + PLI_REPEAT_US;
    model->plis++;
    return true;
}

void video_model_measure(struct video_model *model)
{
    model->meter.freezes = model->meter.frozen_us = 0;
    model->frames_shown = model->longest_freeze_us = 0;
    model->given_up = model->plis = 0;
}
