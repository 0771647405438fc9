/*
 * How long a jitter buffer should wait: small on a clean line, larger as soon as packets come too
 * late to be used, smaller again after a calm half minute. rtpjitterbuffer does not adapt by itself.
 *
 * Fed with the growth of the buffer's counters a few times a second; says the latency to set. Pure;
 * one thread; time is a parameter.
 */
#ifndef DUET_MEDIA_ADAPTIVE_LATENCY_H
#define DUET_MEDIA_ADAPTIVE_LATENCY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ADAPTIVE_LATENCY_CALM_US UINT64_C(30000000)

struct adaptive_latency {
    const uint32_t *steps_ms; /* borrowed, rising */
    size_t step_count;
    size_t step;
    size_t least;       /* it does not fall below that step */
    bool costs_nothing; /* nobody sees it on a clean line */
    uint64_t calm_since_us;
    uint64_t next_raise_us;
};

/* Growth since the last update. */
struct adaptive_latency_input {
    uint64_t late;       /* packets that arrived after their time */
    uint64_t lost;       /* packets given up */
    uint64_t recovered;  /* packets that a retransmission brought in time */
    uint32_t rtx_rtt_ms; /* that a hole usually takes to be filled, 0 when unknown */
    uint32_t
        picture_late_ms; /* sound only: the same of the video, when its holes are being filled */
};

/* Steps that serve classrooms: video is not held back by its buffer (it only waits for holes to be
 * filled), so it begins and grows longer than audio, whose every step is heard as delay.
 *
 * Pictures are held back for their sound, so sound that waits long enough for a retransmission of the picture
 * is what makes the picture run evenly on a long line that loses packets. */
void adaptive_latency_init_audio(struct adaptive_latency *latency, uint64_t now_us);
void adaptive_latency_init_video(struct adaptive_latency *latency, uint64_t now_us);

uint32_t adaptive_latency_ms(const struct adaptive_latency *latency);

/* Returns true when adaptive_latency_ms() changed. */
bool adaptive_latency_update(
    struct adaptive_latency *latency, uint64_t now_us, const struct adaptive_latency_input *input);

#endif
