#include "media/adaptive_latency.h"

/* Waiting must cover noticing the hole, the request's way there and the packet's way back. */
#define RTX_MARGIN_MS 25
/* Of a packet of the picture, which is missed only when the next picture comes; attempts are repeated after a
 * little more than a round trip. */
#define ATTEMPTS           3
#define ATTEMPTS_MARGIN_MS 90

static const uint32_t audio_steps_ms[] = {30, 50, 80, 120, 160, 200, 280, 360, 450};
static const uint32_t video_steps_ms[] = {200, 300, 400, 500, 700};
#define VIDEO_START_MS 400
/* A hole is noticed up to a frame after the packet's time, pictures are held back for a little less than their
 * sound, and a gap of some frames is no freeze: it comes to about the time that the hole was open. */
#define PICTURE_MARGIN_MS     20
#define PICTURE_EVEN_BELOW_MS 70 /* nobody sees a picture wait for so long */

/* A longer buffer shows its effect only after a while. */
#define HOLD_OFF_US UINT64_C(500000)
/* Losses that no retransmission follows are no reason to wait longer than this. */
#define BLIND_MAX_MS 120

static void init(
    struct adaptive_latency *latency, const uint32_t *steps_ms, size_t count, uint64_t now_us)
{
    *latency = (struct adaptive_latency){
        .steps_ms = steps_ms,
        .step_count = count,
        .calm_since_us = now_us,
    };
}

/* The lowest step that waits for so long. */
static size_t step_for(const struct adaptive_latency *latency, uint64_t wanted_ms)
{
    size_t step = 0;

    while (step + 1 < latency->step_count && latency->steps_ms[step] < wanted_ms)
        step++;
    return step;
}

void adaptive_latency_init_audio(struct adaptive_latency *latency, uint64_t now_us)
{
    init(latency, audio_steps_ms, sizeof(audio_steps_ms) / sizeof(audio_steps_ms[0]), now_us);
}

void adaptive_latency_init_video(struct adaptive_latency *latency, uint64_t now_us)
{
    init(latency, video_steps_ms, sizeof(video_steps_ms) / sizeof(video_steps_ms[0]), now_us);
    latency->costs_nothing = true;
    latency->least = latency->step = step_for(latency, VIDEO_START_MS);
}

uint32_t adaptive_latency_ms(const struct adaptive_latency *latency)
{
    return latency->steps_ms[latency->step];
}

static size_t wanted_step(
    const struct adaptive_latency *latency, const struct adaptive_latency_input *input)
{
    uint64_t rtt_ms = input->rtx_rtt_ms;
    uint64_t wanted_ms = 0;

    if (rtt_ms > 0 && input->lost > 0)
        wanted_ms = 2 * rtt_ms + RTX_MARGIN_MS; /* the second attempt should arrive, too */
    else if (rtt_ms > 0 && input->recovered > 0)
        wanted_ms = rtt_ms + rtt_ms / 2 + RTX_MARGIN_MS;
    if (input->picture_late_ms > PICTURE_EVEN_BELOW_MS &&
        wanted_ms < (uint64_t)input->picture_late_ms + PICTURE_MARGIN_MS)
        wanted_ms = (uint64_t)input->picture_late_ms + PICTURE_MARGIN_MS;
    size_t wanted = step_for(latency, wanted_ms);

    bool blind = input->lost > 0 && rtt_ms == 0 && adaptive_latency_ms(latency) < BLIND_MAX_MS;
    if ((input->late > 0 || blind) && wanted <= latency->step)
        wanted = latency->step + 1;
    return wanted < latency->step_count ? wanted : latency->step_count - 1;
}

/* Three attempts, where waiting costs nothing. */
static void raise_least(struct adaptive_latency *latency, uint64_t rtt_ms)
{
    latency->least = step_for(latency, ATTEMPTS * rtt_ms + ATTEMPTS_MARGIN_MS);
    if (latency->step < latency->least)
        latency->step = latency->least;
}

bool adaptive_latency_update(
    struct adaptive_latency *latency, uint64_t now_us, const struct adaptive_latency_input *input)
{
    size_t before = latency->step;
    bool trouble = input->late > 0 || input->lost > 0 || input->recovered > 0 ||
                   input->picture_late_ms > PICTURE_EVEN_BELOW_MS;

    if (latency->costs_nothing && input->rtx_rtt_ms > 0)
        raise_least(latency, input->rtx_rtt_ms);
    if (trouble && now_us >= latency->next_raise_us) {
        size_t wanted = wanted_step(latency, input);
        if (wanted > latency->step) {
            latency->step = wanted;
            latency->next_raise_us = now_us + HOLD_OFF_US;
        }
    }
    if (trouble) {
        latency->calm_since_us = now_us;
    } else if (now_us - latency->calm_since_us >= ADAPTIVE_LATENCY_CALM_US) {
        latency->calm_since_us = now_us;
        if (latency->step > latency->least)
            latency->step--;
    }
    return latency->step != before;
}
