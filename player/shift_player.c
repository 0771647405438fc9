#include "player/shift_player.h"

#include "common/clock.h"
#include "common/log.h"
#include "player/shift_stream.h"

/* Decoders are made so long before the first packet is due. */
#define PREPARE_US (1 * US_PER_S)
/* Sound is played by its timestamp: it comes a little before. Pictures are shown as they come. */
#define SOUND_EARLY_US (100 * US_PER_MS)
/* A decoder may be at work on the last packet. */
#define DRAIN_US (1 * US_PER_S)
/* The feeder looks at least so often: what comes new is due later than what is there. */
#define LOOK_US (20 * US_PER_MS)

struct shift_player {
    struct shift_player_params params;
    struct shift_common common;
    GstElement *pipeline; /* owned */
    guint bus_watch;
    GPtrArray
        *streams; /* owned struct shift_stream; changed by the main thread under common.lock */
    GThread *feeder;
    GCond changed;
    bool stopping;             /* common.lock */
    struct shift_figures gone; /* sums of generations that were played */
};

/* ---- the feeder ---- */

static uint64_t early_us(const struct shift_stream *stream)
{
    return stream->is_video ? 0 : SOUND_EARLY_US;
}

/* The stream whose packet is due first, of those that can be played; with the lock held. */
static struct shift_stream *first_due(struct shift_player *player, uint64_t *ret_due_us)
{
    struct shift_stream *first = NULL;

    *ret_due_us = UINT64_MAX;
    for (guint i = 0; i < player->streams->len; i++) {
        struct shift_stream *stream = g_ptr_array_index(player->streams, i);
        uint64_t due_us = shift_queue_due_us(&stream->queue);

        if (!stream->source || due_us == UINT64_MAX || due_us - early_us(stream) >= *ret_due_us)
            continue;
        *ret_due_us = due_us - early_us(stream);
        first = stream;
    }
    return first;
}

static gpointer feed(gpointer data)
{
    struct shift_player *player = data;
    GMutex *lock = &player->common.lock;

    g_mutex_lock(lock);
    while (!player->stopping) {
        uint64_t due_us;
        struct shift_stream *stream = first_due(player, &due_us);
        uint64_t now_us = clock_now_us();

        if (!stream || due_us > now_us) {
            g_cond_wait_until(&player->changed, lock, (gint64)MIN(due_us, now_us + LOOK_US));
            continue;
        }
        struct shift_packet *packet = shift_queue_take(&stream->queue, due_us + early_us(stream));
        GstElement *source = gst_object_ref(stream->source);
        uint64_t shift_ns = player->common.shift_us * GST_USECOND;

        g_mutex_unlock(lock);
        shift_stream_push(source, packet, shift_ns);
        gst_object_unref(source);
        g_mutex_lock(lock);
    }
    g_mutex_unlock(lock);
    return NULL;
}

/* ---- the pipeline that plays ---- */

static gboolean on_message(GstBus *bus, GstMessage *message, gpointer data)
{
    struct shift_player *player = data;
    g_autoptr(GError) error = NULL;

    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_LATENCY)
        gst_bin_recalculate_latency(GST_BIN(player->pipeline));
    /* What was taken out had nowhere left to push to: its last words mean nothing. */
    if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR ||
        !gst_object_has_as_ancestor(message->src, GST_OBJECT(player->pipeline)))
        return G_SOURCE_CONTINUE;
    gst_message_parse_error(message, &error, NULL);
    log_warn(LOG_MEDIA, "element=%s failed: %s", GST_OBJECT_NAME(message->src), error->message);
    return G_SOURCE_CONTINUE;
}

/* Its time is that of the pipeline that receives. */
static void open_pipeline(struct shift_player *player)
{
    g_autoptr(GstClock) clock = gst_system_clock_obtain();

    player->pipeline = gst_object_ref_sink(gst_pipeline_new("shifted"));
    gst_pipeline_use_clock(GST_PIPELINE(player->pipeline), clock);
    gst_element_set_start_time(player->pipeline, GST_CLOCK_TIME_NONE);
    g_autoptr(GstBus) bus = gst_element_get_bus(player->pipeline);
    player->bus_watch = gst_bus_add_watch(bus, on_message, player);
}

static void start_pipeline(struct shift_player *player)
{
    if (GST_STATE(player->pipeline) == GST_STATE_PLAYING)
        return;
    gst_element_set_base_time(
        player->pipeline, gst_element_get_base_time(GST_ELEMENT(player->common.received)));
    gst_element_set_state(player->pipeline, GST_STATE_PLAYING);
}

/* The first packet is due soon: the decoders come up. */
static void begin_to_play(struct shift_player *player, struct shift_stream *stream)
{
    GstElement *source = shift_stream_new_source(stream);

    start_pipeline(player);
    gst_bin_add(GST_BIN(player->pipeline), source);
    g_autoptr(GstPad) pad = gst_element_get_static_pad(source, "src");
    struct whep_stream told = {
        .generation = stream->generation,
        .slot = stream->slot,
        .is_video = stream->is_video,
        .codec = stream->codec,
        .pad = pad,
    };
    log_info(LOG_MEDIA, "generation=%u slot=%u is played now", stream->generation, stream->slot);
    player->params.on_stream(player->params.user, &told);
    gst_element_sync_state_with_parent(source);
    g_mutex_lock(&player->common.lock);
    stream->source = source;
    g_mutex_unlock(&player->common.lock);
}

/* ---- generations ---- */

/* All of it was shown, and nothing more comes. */
static bool is_played(struct shift_stream *stream, uint64_t now_us)
{
    if (stream->bin)
        return false;
    g_mutex_lock(&stream->common->lock);
    bool empty = shift_queue_due_us(&stream->queue) == UINT64_MAX;
    g_mutex_unlock(&stream->common->lock);
    if (!empty)
        return false;
    if (stream->emptied_us == 0)
        stream->emptied_us = now_us;
    return !stream->source || now_us - stream->emptied_us >= DRAIN_US;
}

static bool generation_is_played(struct shift_player *player, unsigned generation, uint64_t now_us)
{
    bool played = true;

    for (guint i = 0; i < player->streams->len; i++) {
        struct shift_stream *stream = g_ptr_array_index(player->streams, i);
        if (stream->generation == generation && !is_played(stream, now_us))
            played = false;
    }
    return played;
}

/* The sources stop first, so that they do not push into what is taken away. */
static void drop_generation(struct shift_player *player, unsigned generation)
{
    g_autoptr(GPtrArray) gone = g_ptr_array_new();

    g_mutex_lock(&player->common.lock);
    for (guint i = player->streams->len; i-- > 0;) {
        struct shift_stream *stream = g_ptr_array_index(player->streams, i);
        if (stream->generation == generation)
            g_ptr_array_add(gone, g_ptr_array_steal_index(player->streams, i));
    }
    g_mutex_unlock(&player->common.lock);
    for (guint i = 0; i < gone->len; i++) {
        struct shift_stream *stream = g_ptr_array_index(gone, i);
        if (stream->source)
            gst_element_set_state(stream->source, GST_STATE_NULL);
    }
    player->params.on_generation_gone(player->params.user, generation);
    for (guint i = 0; i < gone->len; i++) {
        struct shift_stream *stream = g_ptr_array_index(gone, i);
        if (stream->source)
            gst_bin_remove(GST_BIN(player->pipeline), stream->source);
        player->gone.refused += stream->queue.refused;
        player->gone.keyframes_requested += stream->gone.keyframes_requested;
        player->gone.frames_discarded += stream->gone.frames_dropped;
        shift_stream_free(stream);
    }
}

void shift_player_stream(
    struct shift_player *player, const struct whep_stream *received, GError **error)
{
    struct shift_stream *stream = shift_stream_new(&player->common, received, error);

    if (!stream)
        return;
    g_mutex_lock(&player->common.lock);
    g_ptr_array_add(player->streams, stream);
    g_mutex_unlock(&player->common.lock);
}

void shift_player_gone(struct shift_player *player, unsigned generation, bool keep)
{
    for (guint i = 0; i < player->streams->len; i++) {
        struct shift_stream *stream = g_ptr_array_index(player->streams, i);
        if (stream->generation == generation)
            shift_stream_end(stream, keep);
    }
}

void shift_player_tick(struct shift_player *player, uint64_t now_us)
{
    for (guint i = 0; i < player->streams->len; i++) {
        struct shift_stream *stream = g_ptr_array_index(player->streams, i);
        g_mutex_lock(&player->common.lock);
        uint64_t due_us = shift_queue_due_us(&stream->queue);
        g_mutex_unlock(&player->common.lock);
        if (!stream->source && due_us < now_us + PREPARE_US)
            begin_to_play(player, stream);
    }
    for (guint i = 0; i < player->streams->len; i++) {
        struct shift_stream *stream = g_ptr_array_index(player->streams, i);
        if (generation_is_played(player, stream->generation, now_us)) {
            drop_generation(player, stream->generation);
            break; /* another one may wait for the next tick */
        }
    }
}

/* ---- life ---- */

struct shift_player *shift_player_new(const struct shift_player_params *params)
{
    struct shift_player *player = g_new0(struct shift_player, 1);

    player->params = *params;
    player->common.received = params->received;
    player->common.shift_us = params->shift_us;
    player->common.store.limit_bytes = params->max_bytes;
    g_mutex_init(&player->common.lock);
    g_cond_init(&player->changed);
    player->streams = g_ptr_array_new();
    open_pipeline(player);
    player->feeder = g_thread_new("shift", feed, player);
    return player;
}

void shift_player_stop(struct shift_player *player)
{
    if (!player || !player->feeder)
        return;
    g_mutex_lock(&player->common.lock);
    player->stopping = true;
    g_cond_signal(&player->changed);
    g_mutex_unlock(&player->common.lock);
    g_thread_join(g_steal_pointer(&player->feeder));
    gst_element_set_state(player->pipeline, GST_STATE_NULL);
}

void shift_player_free(struct shift_player *player)
{
    if (!player)
        return;
    shift_player_stop(player);
    for (guint i = 0; i < player->streams->len; i++)
        shift_stream_free(g_ptr_array_index(player->streams, i));
    g_source_remove(player->bus_watch);
    gst_object_unref(player->pipeline);
    g_ptr_array_unref(player->streams);
    g_cond_clear(&player->changed);
    g_mutex_clear(&player->common.lock);
    g_free(player);
}

GstBin *shift_player_pipeline(struct shift_player *player)
{
    return GST_BIN(player->pipeline);
}

void shift_player_read(struct shift_player *player, struct shift_figures *ret_figures)
{
    struct shift_common *common = &player->common;
    struct shift_figures figures = player->gone;
    uint64_t newest_us = 0, now_us = clock_now_us();

    figures.seen_generation = atomic_load(&common->seen_generation);
    figures.heard_generation = atomic_load(&common->heard_generation);
    figures.heard_since_us = atomic_load(&common->heard_since_us);
    figures.last_picture_us = atomic_load(&common->last_picture_us);
    figures.first_due_us = atomic_load(&common->first_due_us);
    for (guint i = 0; i < player->streams->len; i++) {
        struct shift_stream *stream = g_ptr_array_index(player->streams, i);
        struct frame_gate_stats gate;

        shift_stream_read_gate(stream, &gate);
        figures.keyframes_requested += gate.keyframes_requested;
        figures.frames_discarded += gate.frames_dropped;
        if (stream->slot == 0)
            figures.packets += gate.frames_dropped + gate.frames_released + gate.gaps;
        g_mutex_lock(&common->lock);
        figures.refused += stream->queue.refused;
        newest_us = MAX(newest_us, shift_queue_newest_us(&stream->queue));
        g_mutex_unlock(&common->lock);
    }
    g_mutex_lock(&common->lock);
    figures.kept_bytes = common->store.used_bytes;
    g_mutex_unlock(&common->lock);
    figures.kept_us = clock_elapsed_us(newest_us, now_us);
    *ret_figures = figures;
}
