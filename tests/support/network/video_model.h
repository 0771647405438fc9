/*
 * What a player does with the video of a bad line: a jitter buffer that waits for holes to be filled, asks
 * for what is missing, gives it up after the latency of media/adaptive_latency.h, and then shows nothing
 * until a whole keyframe. Frames are shown as soon as they are whole, unless the sound's buffer has grown so
 * long that they are held back for it.
 *
 *   packets → video_model_add() → in order → whole frames → held → shown: gaps are counted (freeze_meter.h)
 *                  └▶ video_model_due_nacks(), video_model_due_pli()
 *
 * By value in struct viewer_model; pure.
 */
#ifndef DUET_TESTS_SUPPORT_NETWORK_VIDEO_MODEL_H
#define DUET_TESTS_SUPPORT_NETWORK_VIDEO_MODEL_H

#include "media/adaptive_latency.h"
#include "media/hole_meter.h"
#include "player/freeze_meter.h"
#include "tests/support/network/delay_line.h"
#include "tests/support/network/hole_list.h"

#define VIDEO_MODEL_PACKETS 4096
#define VIDEO_MODEL_HELD    256

struct video_model_packet {
    int64_t sequence;
    bool received;
    bool marker;
    bool starts_keyframe;
    uint32_t timestamp_rtp;
};

struct video_model {
    struct video_model_packet ring[VIDEO_MODEL_PACKETS];
    struct hole_list holes;
    int64_t next;        /* to be taken out */
    uint32_t newest_rtp; /* of the newest packet */
    struct adaptive_latency latency;
    struct adaptive_latency_input growth;
    uint64_t next_latency_us;
    struct hole_meter meter_of_holes;
    uint32_t late_ms; /* how long holes were open that were filled of late; 0 = none was */

    /* gate */
    bool awaits_keyframe;
    bool whole; /* all packets of the frame in the making so far */
    bool is_key;
    bool at_frame_start;
    uint64_t next_pli_us;

    /* presenter */
    struct seq_unwrapper timestamps;
    struct delay_line line;
    int64_t
        held_us[VIDEO_MODEL_HELD]; /* ring: capture times of whole frames, to be shown in order */
    size_t first_held;
    size_t held;

    /* figures */
    struct freeze_meter meter;
    uint64_t frames_shown;
    uint64_t longest_freeze_us;
    uint64_t given_up;
    uint64_t plis;
};

void video_model_init(struct video_model *model, uint64_t now_us);

/* What one packet says. */
struct video_model_input {
    uint16_t sequence_number;
    uint32_t timestamp_rtp;
    bool marker;
    bool starts_keyframe;
    bool rtx;
};

/* A packet of the stream. */
void video_model_add(
    struct video_model *model, const struct video_model_input *input, uint64_t now_us);

/* Takes out what is in order and shows what is due; call every millisecond. paused: the relay sends no
 * picture on purpose. sound_us: how long the sound's buffer is. */
void video_model_run(struct video_model *model, bool paused, uint64_t sound_us, uint64_t now_us);

/* True when a keyframe is to be asked for now. */
bool video_model_due_pli(struct video_model *model, uint64_t now_us);

/* Figures begin anew; what lasts longer than one set of figures counts in the later one. */
void video_model_measure(struct video_model *model);

#endif
