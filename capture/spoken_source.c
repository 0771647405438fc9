#include "capture/spoken_source.h"

#include <string.h>

#include "capture/audio_encoder.h"
#include "capture/lesson_voice.h"
#include "common/clock.h"

#define BLOCK_US      (10 * US_PER_MS)
#define BLOCK_SAMPLES (AUDIO_RATE / 100)
/* Further behind than this (a suspended machine), the clock is set anew. */
#define MAX_LAG_US (500 * US_PER_MS)

struct spoken_source {
    void (*on_sound)(void *user, GstBuffer *buffer, uint64_t taken_us);
    void *user;
    struct lesson_voice *voice; /* owned; NULL for silence */
    unsigned channels;
    GThread *thread; /* owned */
    gint stopped;    /* atomic */
};

static void speak_block(struct spoken_source *source, uint64_t taken_us)
{
    GstMapInfo map;
    gsize size = BLOCK_SAMPLES * source->channels * sizeof(int16_t);
    GstBuffer *buffer = gst_buffer_new_allocate(NULL, size, NULL);
    if (!buffer || !gst_buffer_map(buffer, &map, GST_MAP_WRITE)) {
        gst_clear_buffer(&buffer);
        return;
    }
    if (source->voice)
        lesson_voice_render(
            source->voice, (int16_t *)(void *)map.data, BLOCK_SAMPLES, source->channels);
    else
        memset(map.data, 0, size);
    gst_buffer_unmap(buffer, &map);
    source->on_sound(source->user, buffer, taken_us);
}

static gpointer run(gpointer data)
{
    struct spoken_source *source = data;
    uint64_t next_us = clock_now_us();
    while (!g_atomic_int_get(&source->stopped)) {
        next_us += BLOCK_US;
        clock_sleep_until(next_us);
        if (clock_now_us() - next_us > MAX_LAG_US)
            next_us = clock_now_us();
        /* A microphone's block is complete when its last sample is taken. */
        speak_block(source, next_us - BLOCK_US);
    }
    return NULL;
}

struct spoken_source *spoken_source_create(unsigned channels, bool voice,
    void (*on_sound)(void *user, GstBuffer *buffer, uint64_t taken_us), void *user)
{
    struct spoken_source *source = g_new0(struct spoken_source, 1);
    source->channels = channels;
    source->on_sound = on_sound;
    source->user = user;
    source->voice = voice ? lesson_voice_create(AUDIO_RATE) : NULL;
    source->thread = g_thread_new("voice", run, source);
    return source;
}

void spoken_source_destroy(struct spoken_source *source)
{
    if (!source)
        return;
    g_atomic_int_set(&source->stopped, 1);
    g_thread_join(source->thread);
    lesson_voice_destroy(source->voice);
    g_free(source);
}
