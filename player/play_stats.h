/*
 * What the player saw and heard: frames shown, freezes, glass-to-glass delay, loudness. Fed from
 * streaming threads, read by the main thread for the progress line and the final --stats object.
 *
 * Thread-safe.
 */
#ifndef DUET_PLAYER_PLAY_STATS_H
#define DUET_PLAYER_PLAY_STATS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct play_stats;

struct play_stats_now {
    uint64_t frames; /* shown so far */
    uint64_t freezes;
    uint64_t frozen_ms;
    uint64_t last_frame_us; /* 0 before the first */
    uint64_t last_audio_us; /* 0 before the first */
    double latency_ms;      /* mean since the last look, -1 without stripes */
    double audio_rms_db;    /* over everything, -120 for silence */
    int width;
    int height;
};

/* A frame that was shown. */
struct play_stats_frame {
    int64_t counter; /* of its time stripe, -1 without one */
    uint64_t shown_us;
    uint64_t taken_us; /* 0 without a stripe */
};

/* keep_frames: note every frame for the final object. shift_us: by which the lesson is played later than it is taught. */
struct play_stats *play_stats_new(bool keep_frames, uint64_t start_us, uint64_t shift_us);
void play_stats_free(struct play_stats *stats);

void play_stats_video_frame(struct play_stats *stats, const struct play_stats_frame *frame,
    int width, int height, const char *codec);

/* The stripe in a frame said it was taken at taken_us. */
void play_stats_latency(struct play_stats *stats, uint64_t taken_us, uint64_t now_us);

/* The video stopped by intent; the next frame ends no freeze. */
void play_stats_pause(struct play_stats *stats);

/* Interleaved samples, -1 to 1. gap_us: time missing before them that nothing concealed. */
void play_stats_audio(
    struct play_stats *stats, uint64_t now_us, const float *samples, size_t count, uint64_t gap_us);

void play_stats_read(struct play_stats *stats, struct play_stats_now *ret_now);

/* The final object, a new reference. Its "frame_log" has [counter, shown_us, taken_us] per frame. */
json_t *play_stats_to_json(struct play_stats *stats, uint64_t end_us);

#endif
