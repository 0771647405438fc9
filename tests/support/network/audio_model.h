/*
 * What a player does with the sound of a bad line: each frame has its time on a steady clock behind the line
 * by the latency of media/adaptive_latency.h (30 to 360 ms). Frames come in their own packet, in the one
 * after it (RFC 2198), or again by RTX; what is not there at its time is counted.
 *
 * The steady clock follows the least delay of the last seconds, as rtpjitterbuffer's does. By value in
 * struct viewer_model; pure.
 */
#ifndef DUET_TESTS_SUPPORT_NETWORK_AUDIO_MODEL_H
#define DUET_TESTS_SUPPORT_NETWORK_AUDIO_MODEL_H

#include "media/adaptive_latency.h"
#include "tests/support/network/delay_line.h"
#include "tests/support/network/hole_list.h"

#define AUDIO_MODEL_FRAMES   512
#define AUDIO_MODEL_FRAME_US 20000

struct audio_model {
    struct hole_list holes;
    bool there[AUDIO_MODEL_FRAMES]; /* ring by number of the frame, from next on */
    int64_t next;                   /* to be played */
    struct delay_line line;
    struct adaptive_latency latency;
    struct adaptive_latency_input growth;
    uint64_t next_latency_us;

    /* figures */
    uint64_t played;
    uint64_t missed; /* of them not there */
    uint64_t by_redundancy;
    uint64_t by_rtx;
    uint64_t late; /* packets that came after their time */
};

void audio_model_init(struct audio_model *model, uint64_t now_us);

/* A packet with its own frame and, when redundant, the one before. The number of a frame is that of its
 * packet. */
void audio_model_add(
    struct audio_model *model, uint16_t sequence_number, bool redundant, bool rtx, uint64_t now_us);
/* Plays what is due; call every millisecond. picture_late_ms: as for adaptive_latency_update(). */
void audio_model_run(struct audio_model *model, uint32_t picture_late_ms, uint64_t now_us);

/* Figures begin anew. */
void audio_model_measure(struct audio_model *model);

#endif
