#include "capture/figures.h"

#include <glib.h>

#include "common/clock.h"
#include "media/time_stripe.h"
#include "media/whip_pipeline.h"

#define FRAMES_MAX (24u * 3600 * 60)
#define RECENT_MAX 64u /* more than an encoder ever holds back */

/* One picture of the top layer. */
struct frame {
    int64_t counter;
    uint64_t encoded_us;
};

struct figures {
    GMutex lock; /* guards all below */
    struct layer_plan layers[CAPTURE_MAX_LAYERS];
    unsigned layer_count;
    bool keep_frames;
    uint64_t started_us;
    uint64_t captured;
    uint64_t taken_us[RECENT_MAX]; /* of the newest captured, by counter */
    uint64_t encoded[CAPTURE_MAX_LAYERS];
    uint64_t keyframes[CAPTURE_MAX_LAYERS];
    uint64_t requests[CAPTURE_MAX_LAYERS];
    uint64_t audio_packets;
    uint64_t bytes;
    GArray *frames;    /* owned: struct frame */
    GArray *encode_us; /* owned: uint32_t */
    uint64_t read_us;  /* state of figures_read_rates() */
    uint64_t read_frames;
    uint64_t read_bytes;
};

struct figures *figures_create(
    const struct layer_plan *layers, unsigned layer_count, bool keep_frames)
{
    struct figures *figures = g_new0(struct figures, 1);
    g_mutex_init(&figures->lock);
    for (unsigned i = 0; i < layer_count; i++)
        figures->layers[i] = layers[i];
    figures->layer_count = layer_count;
    figures->keep_frames = keep_frames;
    figures->started_us = figures->read_us = clock_now_us();
    figures->frames = g_array_new(FALSE, FALSE, sizeof(struct frame));
    figures->encode_us = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    return figures;
}

void figures_destroy(struct figures *figures)
{
    if (!figures)
        return;
    g_array_unref(figures->frames);
    g_array_unref(figures->encode_us);
    g_mutex_clear(&figures->lock);
    g_free(figures);
}

uint32_t figures_count_captured(struct figures *figures, uint64_t taken_us)
{
    g_mutex_lock(&figures->lock);
    uint64_t counter = figures->captured++;
    figures->taken_us[counter % RECENT_MAX] = taken_us;
    g_mutex_unlock(&figures->lock);
    return (uint32_t)(counter & TIME_STRIPE_COUNTER_MASK);
}

/* Encoders keep nothing but a picture's time: which one was it? -1 when it is too long ago. */
static int64_t counter_of(const struct figures *figures, uint64_t taken_us)
{
    for (uint64_t back = 1; back <= MIN(figures->captured, RECENT_MAX); back++)
        if (figures->taken_us[(figures->captured - back) % RECENT_MAX] == taken_us)
            return (int64_t)((figures->captured - back) & TIME_STRIPE_COUNTER_MASK);
    return -1;
}

static void keep_frame(struct figures *figures, uint64_t now_us, uint64_t taken_us)
{
    uint32_t encode_us = (uint32_t)(now_us > taken_us ? MIN(now_us - taken_us, UINT32_MAX) : 0);
    if (!figures->keep_frames || figures->frames->len >= FRAMES_MAX)
        return;
    struct frame frame = {counter_of(figures, taken_us), now_us};
    g_array_append_val(figures->frames, frame);
    g_array_append_val(figures->encode_us, encode_us);
}

void figures_count_encoded(struct figures *figures, unsigned layer, size_t bytes, bool keyframe,
    uint64_t now_us, uint64_t taken_us)
{
    g_mutex_lock(&figures->lock);
    figures->encoded[layer]++;
    figures->keyframes[layer] += keyframe;
    figures->bytes += bytes;
    if (layer == 0)
        keep_frame(figures, now_us, taken_us);
    g_mutex_unlock(&figures->lock);
}

void figures_count_request(struct figures *figures, unsigned layer)
{
    g_mutex_lock(&figures->lock);
    figures->requests[layer]++;
    g_mutex_unlock(&figures->lock);
}

void figures_count_audio(struct figures *figures, size_t bytes)
{
    g_mutex_lock(&figures->lock);
    figures->audio_packets++;
    figures->bytes += bytes;
    g_mutex_unlock(&figures->lock);
}

void figures_read_rates(struct figures *figures, uint64_t now_us, double *ret_fps, double *ret_kbps)
{
    g_mutex_lock(&figures->lock);
    double seconds = (double)(now_us - figures->read_us) / (double)US_PER_S;
    if (seconds > 0) {
        *ret_fps = (double)(figures->encoded[0] - figures->read_frames) / seconds;
        *ret_kbps = (double)(figures->bytes - figures->read_bytes) * 8 / 1000 / seconds;
    }
    figures->read_us = now_us;
    figures->read_frames = figures->encoded[0];
    figures->read_bytes = figures->bytes;
    g_mutex_unlock(&figures->lock);
}

static json_t *per_layer(const struct figures *figures, const uint64_t *values)
{
    json_t *object = json_object();
    for (unsigned i = 0; i < figures->layer_count; i++)
        json_object_set_new(object, whip_layer_rids[i], json_integer((json_int_t)values[i]));
    return object;
}

json_t *figures_counters(struct figures *figures, uint64_t dropped)
{
    json_t *object = json_object();
    g_mutex_lock(&figures->lock);
    json_object_set_new(object, "frames_captured", json_integer((json_int_t)figures->captured));
    json_object_set_new(object, "frames_dropped", json_integer((json_int_t)dropped));
    json_object_set_new(object, "frames_encoded", per_layer(figures, figures->encoded));
    json_object_set_new(object, "keyframes", per_layer(figures, figures->keyframes));
    json_object_set_new(object, "keyframe_requests", per_layer(figures, figures->requests));
    json_object_set_new(object, "audio_packets", json_integer((json_int_t)figures->audio_packets));
    g_mutex_unlock(&figures->lock);
    return object;
}

static int by_value(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static json_t *encode_times(struct figures *figures)
{
    static const struct {
        const char *name;
        unsigned percent;
    } points[] = {{"p50", 50}, {"p95", 95}, {"p99", 99}};
    json_t *object = json_object();
    g_array_sort(figures->encode_us, by_value);
    for (size_t i = 0; i < G_N_ELEMENTS(points) && figures->encode_us->len > 0; i++) {
        guint index = (guint)((guint64)(figures->encode_us->len - 1) * points[i].percent / 100);
        json_object_set_new(object, points[i].name,
            json_integer(g_array_index(figures->encode_us, uint32_t, index)));
    }
    return object;
}

static json_t *layer_list(const struct figures *figures)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < figures->layer_count; i++)
        json_array_append_new(
            list, json_pack("{s:s, s:i, s:i, s:i}", "rid", whip_layer_rids[i], "width",
                      (int)figures->layers[i].width, "height", (int)figures->layers[i].height,
                      "bitrate_kbps", (int)figures->layers[i].bitrate_kbps));
    return list;
}

static json_t *frame_log(const struct figures *figures)
{
    json_t *log = json_array();
    for (guint i = 0; i < figures->frames->len; i++) {
        const struct frame *frame = &g_array_index(figures->frames, struct frame, i);
        json_array_append_new(
            log, json_pack("[I, I]", (json_int_t)frame->counter, (json_int_t)frame->encoded_us));
    }
    return log;
}

void figures_add_final(struct figures *figures, json_t *object, uint64_t now_us)
{
    g_mutex_lock(&figures->lock);
    json_object_set_new(object, "program", json_string("duet-capture"));
    json_object_set_new(object, "version", json_string(DUET_VERSION));
    json_object_set_new(object, "started_us", json_integer((json_int_t)figures->started_us));
    json_object_set_new(object, "ended_us", json_integer((json_int_t)now_us));
    json_object_set_new(object, "layers", layer_list(figures));
    json_object_set_new(object, "encode_us", encode_times(figures));
    json_object_set_new(object, "top_layer", json_string(whip_layer_rids[0]));
    json_object_set_new(object, "frame_log", frame_log(figures));
    g_mutex_unlock(&figures->lock);
}
