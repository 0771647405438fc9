#include "media/adaptive_latency.h"

/* Waiting must cover noticing the hole, the request's way there and the packet's way back. */
#define RTX_MARGIN_MS 25

static const uint32_t audio_steps_ms[] = {30, 50, 80, 120, 160, 200};
static const uint32_t video_steps_ms[] = {40, 80, 120, 180, 250, 350};

static void init(
    struct adaptive_latency *latency, const uint32_t *steps_ms, size_t count, uint64_t now_us)
{
    *latency = (struct adaptive_latency){
        .steps_ms = steps_ms,
        .step_count = count,
        .calm_since_us = now_us,
    };
}

void adaptive_latency_init_audio(struct adaptive_latency *latency, uint64_t now_us)
{
    init(latency, audio_steps_ms, sizeof(audio_steps_ms) / sizeof(audio_steps_ms[0]), now_us);
}

void adaptive_latency_init_video(struct adaptive_latency *latency, uint64_t now_us)
{
    init(latency, video_steps_ms, sizeof(video_steps_ms) / sizeof(video_steps_ms[0]), now_us);
}

uint32_t adaptive_latency_ms(const struct adaptive_latency *latency)
{
    return latency->steps_ms[latency->step];
}

/* The lowest step that gives a retransmission time to arrive. */
static size_t step_for_rtt(const struct adaptive_latency *latency, uint32_t rtt_ms)
{
    uint32_t wanted_ms = rtt_ms + rtt_ms / 2 + RTX_MARGIN_MS;
    size_t step = 0;

    while (step + 1 < latency->step_count && latency->steps_ms[step] < wanted_ms)
        step++;
    return step;
}

bool adaptive_latency_update(
    struct adaptive_latency *latency, uint64_t now_us, const struct adaptive_latency_input *input)
{
    size_t before = latency->step;
    bool too_short = input->late > 0 || input->lost > 0;

    if (too_short && latency->step + 1 < latency->step_count)
        latency->step++;
    /* On a lossy line start from what one retransmission needs instead of finding it by loss. */
    if ((too_short || input->recovered > 0) && input->rtx_rtt_ms > 0) {
        size_t wanted = step_for_rtt(latency, input->rtx_rtt_ms);
        if (wanted > latency->step)
            latency->step = wanted;
    }

    if (too_short || input->recovered > 0) {
        latency->calm_since_us = now_us;
    } else if (now_us - latency->calm_since_us >= ADAPTIVE_LATENCY_CALM_US) {
        latency->calm_since_us = now_us;
        if (latency->step > 0)
            latency->step--;
    }
    return latency->step != before;
}
