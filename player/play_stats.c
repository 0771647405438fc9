#include "player/play_stats.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#include "common/clock.h"
#include "player/freeze_meter.h"

/* Nine hours at 30 fps; later frames are counted but not listed. */
#define KEPT_MAX   1000000u
#define SILENCE_DB (-120.0)
/* A stripe that is older comes from another machine's clock. */
#define FOREIGN_US (60 * US_PER_S)

struct play_stats {
    GMutex lock; /* guards all below */
    bool keep_frames;
    uint64_t start_us;
    uint64_t shift_us;
    uint64_t first_frame_us;
    uint64_t last_frame_us;
    uint64_t frames;
    uint64_t resolution_changes;
    uint64_t frames_corrupted;
    bool has_stripes;
    int width;
    int height;
    char codec[16];
    struct freeze_meter freeze;
    GArray *frame_log;    /* owned; struct play_stats_frame */
    GArray *latencies_us; /* owned; uint32_t */
    double recent_latency_us;
    unsigned recent_latencies;
    double square_sum;
    uint64_t samples;
    uint64_t last_audio_us;
    uint64_t audio_gaps;
    uint64_t audio_gap_us;
};

struct play_stats *play_stats_new(bool keep_frames, uint64_t start_us, uint64_t shift_us)
{
    struct play_stats *stats = g_new0(struct play_stats, 1);

    g_mutex_init(&stats->lock);
    stats->keep_frames = keep_frames;
    stats->start_us = start_us;
    stats->shift_us = shift_us;
    freeze_meter_init(&stats->freeze);
    stats->frame_log = g_array_new(FALSE, FALSE, sizeof(struct play_stats_frame));
    stats->latencies_us = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    return stats;
}

void play_stats_free(struct play_stats *stats)
{
    if (!stats)
        return;
    g_array_unref(stats->frame_log);
    g_array_unref(stats->latencies_us);
    g_mutex_clear(&stats->lock);
    g_free(stats);
}

void play_stats_video_frame(struct play_stats *stats, const struct play_stats_frame *frame,
    int width, int height, const char *codec)
{
    uint64_t now_us = frame->shown_us;

    g_mutex_lock(&stats->lock);
    if (stats->frames == 0)
        stats->first_frame_us = now_us;
    else if (stats->width != width || stats->height != height)
        stats->resolution_changes++;
    stats->frames++;
    stats->last_frame_us = now_us;
    stats->width = width;
    stats->height = height;
    g_strlcpy(stats->codec, codec ? codec : "", sizeof(stats->codec));
    freeze_meter_frame(&stats->freeze, now_us);
    /* Once there are stripes, a picture whose stripe cannot be read is a damaged one. */
    if (frame->counter >= 0)
        stats->has_stripes = true;
    else if (stats->has_stripes)
        stats->frames_corrupted++;
    if (stats->keep_frames && stats->frame_log->len < KEPT_MAX)
        g_array_append_vals(stats->frame_log, frame, 1);
    g_mutex_unlock(&stats->lock);
}

void play_stats_latency(struct play_stats *stats, uint64_t taken_us, uint64_t now_us)
{
    uint64_t delay_us = now_us - taken_us;

    if (now_us < taken_us || delay_us > stats->shift_us + FOREIGN_US)
        return;
    uint32_t latency_us = (uint32_t)delay_us;
    g_mutex_lock(&stats->lock);
    if (stats->latencies_us->len < KEPT_MAX)
        g_array_append_val(stats->latencies_us, latency_us);
    stats->recent_latency_us += latency_us;
    stats->recent_latencies++;
    g_mutex_unlock(&stats->lock);
}

void play_stats_pause(struct play_stats *stats)
{
    g_mutex_lock(&stats->lock);
    freeze_meter_pause(&stats->freeze);
    g_mutex_unlock(&stats->lock);
}

void play_stats_audio(
    struct play_stats *stats, uint64_t now_us, const float *samples, size_t count, uint64_t gap_us)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += (double)samples[i] * (double)samples[i];
    g_mutex_lock(&stats->lock);
    stats->square_sum += sum;
    stats->samples += count;
    stats->last_audio_us = now_us;
    if (gap_us > 0) {
        stats->audio_gaps++;
        stats->audio_gap_us += gap_us;
    }
    g_mutex_unlock(&stats->lock);
}

/* With the lock held. */
static double rms_db(const struct play_stats *stats)
{
    double mean = stats->samples > 0 ? stats->square_sum / (double)stats->samples : 0;

    return mean > 1e-12 ? 10.0 * log10(mean) : SILENCE_DB;
}

void play_stats_read(struct play_stats *stats, struct play_stats_now *ret_now)
{
    g_mutex_lock(&stats->lock);
    *ret_now = (struct play_stats_now){
        .frames = stats->frames,
        .freezes = stats->freeze.freezes,
        .frozen_ms = stats->freeze.frozen_us / US_PER_MS,
        .last_frame_us = stats->last_frame_us,
        .last_audio_us = stats->last_audio_us,
        .latency_ms = stats->recent_latencies > 0
                          ? stats->recent_latency_us / stats->recent_latencies / 1000.0
                          : -1,
        .audio_rms_db = rms_db(stats),
        .width = stats->width,
        .height = stats->height,
    };
    stats->recent_latency_us = 0;
    stats->recent_latencies = 0;
    g_mutex_unlock(&stats->lock);
}

static int compare_u32(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

static double percentile_ms(const GArray *sorted, unsigned percent)
{
    guint index = (guint)((uint64_t)(sorted->len - 1) * percent / 100);
    return g_array_index(sorted, uint32_t, index) / 1000.0;
}

/* With the lock held. null when no stripe was read. */
static json_t *latency_to_json(struct play_stats *stats)
{
    if (stats->latencies_us->len == 0)
        return json_null();
    GArray *sorted = g_array_copy(stats->latencies_us);
    qsort(sorted->data, sorted->len, sizeof(uint32_t), compare_u32);
    json_t *object = json_pack("{s:f, s:f, s:f, s:f, s:I}", "p50", percentile_ms(sorted, 50), "p95",
        percentile_ms(sorted, 95), "p99", percentile_ms(sorted, 99), "max",
        percentile_ms(sorted, 100), "count", (json_int_t)sorted->len);
    g_array_unref(sorted);
    return object;
}

/* With the lock held. */
static json_t *frame_log_to_json(const struct play_stats *stats)
{
    json_t *log = json_array();

    for (guint i = 0; i < stats->frame_log->len; i++) {
        const struct play_stats_frame *frame =
            &g_array_index(stats->frame_log, struct play_stats_frame, i);
        json_array_append_new(log, json_pack("[I, I, I]", (json_int_t)frame->counter,
                                       (json_int_t)frame->shown_us, (json_int_t)frame->taken_us));
    }
    return log;
}

json_t *play_stats_to_json(struct play_stats *stats, uint64_t end_us)
{
    g_mutex_lock(&stats->lock);
    json_t *object = json_pack("{s:I, s:I, s:I, s:f, s:o, s:s, s:i, s:i, s:I, s:I, s:I, s:I}",
        "frames_decoded", (json_int_t)stats->frames, "freezes", (json_int_t)stats->freeze.freezes,
        "frozen_ms", (json_int_t)(stats->freeze.frozen_us / US_PER_MS), "audio_rms_db",
        rms_db(stats), "latency_ms", latency_to_json(stats), "codec", stats->codec, "width",
        stats->width, "height", stats->height, "resolution_changes",
        (json_int_t)stats->resolution_changes, "audio_samples", (json_int_t)stats->samples,
        "audio_gaps", (json_int_t)stats->audio_gaps, "audio_gaps_ms",
        (json_int_t)(stats->audio_gap_us / US_PER_MS));
    json_object_set_new(
        object, "frames_corrupted", json_integer((json_int_t)stats->frames_corrupted));
    json_object_set_new(object, "start_us", json_integer((json_int_t)stats->start_us));
    json_object_set_new(object, "end_us", json_integer((json_int_t)end_us));
    json_object_set_new(object, "first_frame_us",
        stats->frames > 0 ? json_integer((json_int_t)stats->first_frame_us) : json_null());
    json_object_set_new(object, "frame_log", frame_log_to_json(stats));
    g_mutex_unlock(&stats->lock);
    return object;
}
