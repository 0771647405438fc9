#include "player/decoders.h"

#include <stdatomic.h>

#include "common/clock.h"
#include "player/received_audio.h"

struct video_slot {
    unsigned slot;
    struct decoders *decoders;    /* borrowed */
    struct received_video *video; /* owned */
};

struct decoders {
    struct decoders_params params;
    GPtrArray *videos; /* owned struct video_slot */
    GPtrArray *audios; /* owned struct received_audio */
    _Atomic unsigned shown_generation;
    _Atomic unsigned heard_generation;
    _Atomic uint64_t heard_since_us;
    struct decoders_figures gone; /* sums of those that were dropped */
};

static void video_slot_free(gpointer data)
{
    struct video_slot *slot = data;
    received_video_free(slot->video);
    g_free(slot);
}

static void audio_free(gpointer data)
{
    received_audio_free(data);
}

/* Raises a generation mark; false when a newer one is there already. Any thread. */
static bool raise_generation(_Atomic unsigned *mark, unsigned generation)
{
    unsigned seen = atomic_load(mark);

    while (seen < generation)
        if (atomic_compare_exchange_weak(mark, &seen, generation))
            return true;
    return seen == generation;
}

/* Presenter thread. */
static void on_picture(void *user, const struct received_picture *picture)
{
    struct video_slot *slot = user;
    struct decoders *decoders = slot->decoders;

    if (!raise_generation(&decoders->shown_generation, picture->generation))
        return;
    uint64_t now_us = clock_now_us();
    if (slot->slot == 0) {
        struct play_stats_frame frame = {picture->counter, now_us, picture->stripe_us};

        play_stats_video_frame(decoders->params.stats, &frame, GST_VIDEO_INFO_WIDTH(&picture->info),
            GST_VIDEO_INFO_HEIGHT(&picture->info), picture->codec);
        if (picture->stripe_us)
            play_stats_latency(decoders->params.stats, picture->stripe_us, now_us);
    }
    if (decoders->params.on_picture)
        decoders->params.on_picture(decoders->params.user, slot->slot, picture);
}

/* Streaming thread. */
static void on_sound(void *user, const struct received_sound *sound)
{
    struct decoders *decoders = user;
    uint64_t now_us = clock_now_us();

    if (sound->generation > atomic_load(&decoders->heard_generation))
        atomic_store(&decoders->heard_since_us, now_us);
    if (!raise_generation(&decoders->heard_generation, sound->generation))
        return;
    play_stats_audio(decoders->params.stats, now_us, sound->samples, sound->count, sound->gap_us);
    if (decoders->params.output)
        audio_output_push(decoders->params.output, sound->buffer);
}

static bool add_video(struct decoders *decoders, const struct whep_stream *stream, GError **error)
{
    struct video_slot *slot = g_new0(struct video_slot, 1);
    struct received_video_params params = {
        .pipeline = decoders->params.pipeline,
        .pad = stream->pad,
        .codec = stream->codec,
        .generation = stream->generation,
        .read_stripe = decoders->params.read_stripe,
        .is_whole = decoders->params.is_whole,
        .on_picture = on_picture,
        .user = slot,
    };

    slot->slot = stream->slot;
    slot->decoders = decoders;
    slot->video = received_video_new(&params, error);
    if (!slot->video) {
        g_free(slot);
        return false;
    }
    g_ptr_array_add(decoders->videos, slot);
    return true;
}

static bool add_audio(struct decoders *decoders, const struct whep_stream *stream, GError **error)
{
    struct received_audio_params params = {
        .pipeline = decoders->params.pipeline,
        .pad = stream->pad,
        .codec = stream->codec,
        .generation = stream->generation,
        .on_sound = on_sound,
        .user = decoders,
    };
    struct received_audio *audio = received_audio_new(&params, error);

    if (audio)
        g_ptr_array_add(decoders->audios, audio);
    return audio != NULL;
}

struct decoders *decoders_new(const struct decoders_params *params)
{
    struct decoders *decoders = g_new0(struct decoders, 1);

    decoders->params = *params;
    decoders->videos = g_ptr_array_new_with_free_func(video_slot_free);
    decoders->audios = g_ptr_array_new_with_free_func(audio_free);
    return decoders;
}

void decoders_free(struct decoders *decoders)
{
    if (!decoders)
        return;
    g_ptr_array_unref(decoders->videos);
    g_ptr_array_unref(decoders->audios);
    g_free(decoders);
}

bool decoders_add(struct decoders *decoders, const struct whep_stream *stream, GError **error)
{
    return stream->is_video ? add_video(decoders, stream, error)
                            : add_audio(decoders, stream, error);
}

void decoders_drop(struct decoders *decoders, unsigned generation)
{
    for (guint i = decoders->videos->len; i-- > 0;) {
        struct video_slot *slot = g_ptr_array_index(decoders->videos, i);
        struct frame_gate_stats gate;
        if (received_video_generation(slot->video) != generation)
            continue;
        received_video_read_gate(slot->video, &gate);
        decoders->gone.keyframes_requested += gate.keyframes_requested;
        decoders->gone.frames_discarded += gate.frames_dropped;
        g_ptr_array_remove_index(decoders->videos, i);
    }
    for (guint i = decoders->audios->len; i-- > 0;) {
        struct received_audio *audio = g_ptr_array_index(decoders->audios, i);
        if (received_audio_generation(audio) != generation)
            continue;
        decoders->gone.audio_concealed_us += received_audio_concealed_us(audio);
        g_ptr_array_remove_index(decoders->audios, i);
    }
}

void decoders_show(struct decoders *decoders, unsigned generation)
{
    raise_generation(&decoders->shown_generation, generation);
}

bool decoders_have_sound(const struct decoders *decoders)
{
    return decoders->audios->len > 0;
}

void decoders_tick(struct decoders *decoders, uint64_t now_us, uint64_t audio_delay_us)
{
    for (guint i = 0; i < decoders->videos->len; i++) {
        struct video_slot *slot = g_ptr_array_index(decoders->videos, i);
        received_video_tick(slot->video, now_us);
        received_video_set_audio_delay(slot->video, audio_delay_us);
    }
}

void decoders_read(struct decoders *decoders, struct decoders_figures *ret_figures)
{
    struct decoders_figures figures = decoders->gone;

    figures.shown_generation = atomic_load(&decoders->shown_generation);
    figures.heard_generation = atomic_load(&decoders->heard_generation);
    figures.heard_since_us = atomic_load(&decoders->heard_since_us);
    for (guint i = 0; i < decoders->audios->len; i++)
        figures.audio_concealed_us +=
            received_audio_concealed_us(g_ptr_array_index(decoders->audios, i));
    for (guint i = 0; i < decoders->videos->len; i++) {
        struct video_slot *slot = g_ptr_array_index(decoders->videos, i);
        struct frame_gate_stats gate;
        received_video_read_gate(slot->video, &gate);
        figures.keyframes_requested += gate.keyframes_requested;
        figures.frames_discarded += gate.frames_dropped;
        if (slot->slot == 0)
            figures.packets += gate.frames_dropped + gate.frames_released + gate.gaps;
    }
    *ret_figures = figures;
}
