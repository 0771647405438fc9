/*
 * One received video stream: frame gate → depayloader → decoder → presenter, as a bin. What was kept for later
 * (player/shift_player.h) has been through a gate when it came.
 *
 * The presenter shows frames as they come, without clock synchronisation: a frame waits only when the
 * sound of the same moment would be heard noticeably later. A decoder that swallows frames gets its
 * references renewed by a keyframe within half a second. Create, tick and free on the main thread;
 * on_picture runs on the presenter's thread.
 */
#ifndef DUET_PLAYER_RECEIVED_VIDEO_H
#define DUET_PLAYER_RECEIVED_VIDEO_H

#include <gst/gst.h>
#include <gst/video/video.h>
#include <stdbool.h>
#include <stdint.h>

#include "media/frame_gate.h"

struct received_video;

/* A decoded frame at the moment it is to be shown. */
struct received_picture {
    GstSample *sample; /* borrowed */
    GstVideoInfo info;
    unsigned generation;
    const char *codec;
    uint64_t stripe_us; /* when the time stripe says it was taken, 0 for no stripe */
    int64_t counter;    /* of the time stripe, -1 for no stripe */
};

struct received_video_params {
    GstBin *pipeline; /* borrowed; the bin is added to it */
    GstPad *pad;      /* RTP; linked before new returns */
    const char *codec;
    unsigned generation;
    bool read_stripe;
    bool
        is_whole; /* what comes has been through a frame gate: none is made, and no keyframe asked for */
    void (*on_picture)(void *user, const struct received_picture *picture);
    void *user;
};

/* NULL with error for a codec without decoder. */
struct received_video *received_video_new(
    const struct received_video_params *params, GError **error);

/* Takes the bin out of the pipeline. No callback runs afterwards. NULL-safe. */
void received_video_free(struct received_video *video);

unsigned received_video_generation(const struct received_video *video);

/* Several times a second: watches the decoder. */
void received_video_tick(struct received_video *video, uint64_t now_us);

/* How long after its timestamp sound is heard; frames are held so that they do not run far ahead. */
void received_video_set_audio_delay(struct received_video *video, uint64_t delay_us);

/* All 0 without a gate. */
void received_video_read_gate(struct received_video *video, struct frame_gate_stats *ret_stats);

#endif
