#include "player/receiver.h"

#include <stdatomic.h>

#include "common/clock.h"
#include "common/log.h"
#include "player/audio_output.h"
#include "player/received_audio.h"

#define TICK_MS  100
#define CLOSE_MS 1000
/* Sound without a picture for so long is a lesson of its own. */
#define AUDIO_ONLY_US (1 * US_PER_S)
/* Packets that bring no picture for so long: the connection is of no use. */
#define NO_PICTURE_US (5 * US_PER_S)

struct video_slot {
    unsigned slot;
    struct receiver *receiver;    /* borrowed */
    struct received_video *video; /* owned */
};

struct receiver {
    void (*on_picture)(void *user, unsigned slot, const struct received_picture *picture);
    void (*on_state)(void *user, enum whep_session_state state, const GError *error);
    void *user;           /* borrowed */
    GstElement *pipeline; /* owned, as all below */
    struct whep_session *session;
    struct play_stats *stats;
    struct audio_output *output; /* NULL when no sound is played */
    GPtrArray *videos;           /* struct video_slot */
    GPtrArray *audios;           /* struct received_audio */
    guint bus_watch;
    guint timer;
    bool read_stripe;
    _Atomic unsigned shown_generation; /* newest that showed a picture or played alone */
    _Atomic unsigned heard_generation;
    _Atomic uint64_t heard_since_us;
    unsigned announced_generation;
    uint64_t packets_mark; /* gate's frames at the last look, to see packets flow */
    uint64_t no_picture_since_us;
    uint64_t gone_concealed_us;
    uint64_t gone_keyframes;
    uint64_t gone_discarded;
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
    struct receiver *receiver = slot->receiver;

    if (!raise_generation(&receiver->shown_generation, picture->generation))
        return;
    uint64_t now_us = clock_now_us();
    if (slot->slot == 0) {
        struct play_stats_frame frame = {picture->counter, now_us, picture->stripe_us};

        play_stats_video_frame(receiver->stats, &frame, GST_VIDEO_INFO_WIDTH(&picture->info),
            GST_VIDEO_INFO_HEIGHT(&picture->info), picture->codec);
        if (picture->stripe_us)
            play_stats_latency(receiver->stats, picture->stripe_us, now_us);
    }
    if (receiver->on_picture)
        receiver->on_picture(receiver->user, slot->slot, picture);
}

/* Streaming thread. */
static void on_sound(void *user, const struct received_sound *sound)
{
    struct receiver *receiver = user;
    uint64_t now_us = clock_now_us();

    if (sound->generation > atomic_load(&receiver->heard_generation))
        atomic_store(&receiver->heard_since_us, now_us);
    if (!raise_generation(&receiver->heard_generation, sound->generation))
        return;
    play_stats_audio(receiver->stats, now_us, sound->samples, sound->count, sound->gap_us);
    if (receiver->output)
        audio_output_push(receiver->output, sound->buffer);
}

static void add_video(struct receiver *receiver, const struct whep_stream *stream, GError **error)
{
    struct video_slot *slot = g_new0(struct video_slot, 1);
    struct received_video_params params = {
        .pipeline = GST_BIN(receiver->pipeline),
        .pad = stream->pad,
        .codec = stream->codec,
        .generation = stream->generation,
        .read_stripe = receiver->read_stripe,
        .on_picture = on_picture,
        .user = slot,
    };

    slot->slot = stream->slot;
    slot->receiver = receiver;
    slot->video = received_video_new(&params, error);
    if (slot->video)
        g_ptr_array_add(receiver->videos, slot);
    else
        g_free(slot);
}

static void add_audio(struct receiver *receiver, const struct whep_stream *stream, GError **error)
{
    struct received_audio_params params = {
        .pipeline = GST_BIN(receiver->pipeline),
        .pad = stream->pad,
        .codec = stream->codec,
        .generation = stream->generation,
        .on_sound = on_sound,
        .user = receiver,
    };
    struct received_audio *audio = received_audio_new(&params, error);

    if (audio)
        g_ptr_array_add(receiver->audios, audio);
}

static void on_stream(void *user, const struct whep_stream *stream)
{
    struct receiver *receiver = user;
    g_autoptr(GError) error = NULL;

    if (stream->is_video)
        add_video(receiver, stream, &error);
    else
        add_audio(receiver, stream, &error);
    if (error)
        log_error(LOG_MEDIA, "slot=%u %s", stream->slot, error->message);
}

static void on_generation_gone(void *user, unsigned generation)
{
    struct receiver *receiver = user;

    for (guint i = receiver->videos->len; i-- > 0;) {
        struct video_slot *slot = g_ptr_array_index(receiver->videos, i);
        struct frame_gate_stats gate;
        if (received_video_generation(slot->video) != generation)
            continue;
        received_video_read_gate(slot->video, &gate);
        receiver->gone_keyframes += gate.keyframes_requested;
        receiver->gone_discarded += gate.frames_dropped;
        g_ptr_array_remove_index(receiver->videos, i);
    }
    for (guint i = receiver->audios->len; i-- > 0;) {
        struct received_audio *audio = g_ptr_array_index(receiver->audios, i);
        if (received_audio_generation(audio) != generation)
            continue;
        receiver->gone_concealed_us += received_audio_concealed_us(audio);
        g_ptr_array_remove_index(receiver->audios, i);
    }
}

static void on_state(void *user, enum whep_session_state state, const GError *error)
{
    struct receiver *receiver = user;

    log_info(LOG_MEDIA, "state=%s%s%s", receiver_state_name(state), error ? " " : "",
        error ? error->message : "");
    if (state == WHEP_SESSION_WAITING)
        play_stats_pause(receiver->stats);
    if (receiver->on_state)
        receiver->on_state(receiver->user, state, error);
}

static gboolean on_message(GstBus *bus, GstMessage *message, gpointer data)
{
    struct receiver *receiver = data;
    g_autoptr(GError) error = NULL;

    switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_LATENCY:
        gst_bin_recalculate_latency(GST_BIN(receiver->pipeline));
        break;
    case GST_MESSAGE_ERROR:
        /* What was taken out had nowhere left to push to: its last words mean nothing. */
        if (!gst_object_has_as_ancestor(message->src, GST_OBJECT(receiver->pipeline)))
            break;
        gst_message_parse_error(message, &error, NULL);
        log_warn(LOG_MEDIA, "element=%s failed: %s", GST_OBJECT_NAME(message->src), error->message);
        whep_session_reconnect(receiver->session);
        break;
    default:
        break;
    }
    return G_SOURCE_CONTINUE;
}

/* Tells the session which connection plays, the first time each does. */
static void announce_playing(struct receiver *receiver, uint64_t now_us)
{
    unsigned heard = atomic_load(&receiver->heard_generation);

    if (heard > atomic_load(&receiver->shown_generation) &&
        clock_elapsed_us(now_us, atomic_load(&receiver->heard_since_us)) >= AUDIO_ONLY_US)
        raise_generation(&receiver->shown_generation, heard);
    unsigned shown = atomic_load(&receiver->shown_generation);
    if (shown > receiver->announced_generation) {
        receiver->announced_generation = shown;
        whep_session_playing(receiver->session, shown);
    }
}

/* How long after its timestamp sound leaves the loudspeaker. */
static uint64_t audio_delay_us(struct receiver *receiver)
{
    g_autoptr(GstQuery) query = gst_query_new_latency();
    GstClockTime min = 0;

    if (receiver->audios->len == 0 || !gst_element_query(receiver->pipeline, query))
        return 0;
    gst_query_parse_latency(query, NULL, &min, NULL);
    return min / GST_USECOND + (receiver->output ? AUDIO_OUTPUT_BUFFER_US : 0);
}

static void watch_pictures(struct receiver *receiver, uint64_t now_us)
{
    uint64_t frames = 0;
    struct play_stats_now now;

    for (guint i = 0; i < receiver->videos->len; i++) {
        struct video_slot *slot = g_ptr_array_index(receiver->videos, i);
        struct frame_gate_stats gate;
        received_video_tick(slot->video, now_us);
        received_video_read_gate(slot->video, &gate);
        if (slot->slot == 0)
            frames += gate.frames_dropped + gate.frames_released + gate.gaps;
    }
    play_stats_read(receiver->stats, &now);
    bool flows = frames != receiver->packets_mark;
    receiver->packets_mark = frames;
    bool shows = clock_elapsed_us(now_us, now.last_frame_us) < US_PER_S;
    if (shows || !flows) {
        if (shows)
            receiver->no_picture_since_us = 0;
        return;
    }
    if (receiver->no_picture_since_us == 0)
        receiver->no_picture_since_us = now_us;
    if (now_us - receiver->no_picture_since_us < NO_PICTURE_US)
        return;
    receiver->no_picture_since_us = 0;
    log_warn(LOG_MEDIA, "packets bring no picture, connecting anew");
    whep_session_reconnect(receiver->session);
}

static gboolean on_tick(gpointer data)
{
    struct receiver *receiver = data;
    uint64_t now_us = clock_now_us();
    uint64_t delay_us = audio_delay_us(receiver);

    announce_playing(receiver, now_us);
    watch_pictures(receiver, now_us);
    for (guint i = 0; i < receiver->videos->len; i++) {
        struct video_slot *slot = g_ptr_array_index(receiver->videos, i);
        received_video_set_audio_delay(slot->video, delay_us);
    }
    return G_SOURCE_CONTINUE;
}

static void open_pipeline(struct receiver *receiver)
{
    g_autoptr(GstClock) clock = gst_system_clock_obtain();

    receiver->pipeline = gst_object_ref_sink(gst_pipeline_new("receiver"));
    gst_pipeline_use_clock(GST_PIPELINE(receiver->pipeline), clock);
    g_autoptr(GstBus) bus = gst_element_get_bus(receiver->pipeline);
    receiver->bus_watch = gst_bus_add_watch(bus, on_message, receiver);
}

struct receiver *receiver_new(const struct receiver_params *params, GError **error)
{
    struct receiver *receiver = g_new0(struct receiver, 1);

    receiver->on_picture = params->on_picture;
    receiver->on_state = params->on_state;
    receiver->user = params->user;
    receiver->read_stripe = params->read_stripe;
    receiver->videos = g_ptr_array_new_with_free_func(video_slot_free);
    receiver->audios = g_ptr_array_new_with_free_func(audio_free);
    receiver->stats = play_stats_new(params->keep_frames, clock_now_us());
    open_pipeline(receiver);

    struct whep_session_params session_params = {
        .pipeline = GST_BIN(receiver->pipeline),
        .url = params->url,
        .token = params->token,
        .ca_file = params->ca_file,
        .video_count = params->video_count,
        .audio_count = 1,
        .callbacks =
            {
                .on_stream = on_stream,
                .on_generation_gone = on_generation_gone,
                .on_state = on_state,
            },
        .user = receiver,
    };
    receiver->session = whep_session_new(&session_params, error);
    if (!receiver->session) {
        receiver_free(receiver);
        return NULL;
    }
    if (params->play_sound)
        receiver->output = audio_output_new();
    return receiver;
}

void receiver_start(struct receiver *receiver)
{
    gst_element_set_state(receiver->pipeline, GST_STATE_PLAYING);
    receiver->timer = g_timeout_add(TICK_MS, on_tick, receiver);
    whep_session_start(receiver->session);
}

void receiver_free(struct receiver *receiver)
{
    if (!receiver)
        return;
    if (receiver->timer)
        g_source_remove(receiver->timer);
    whep_session_free(receiver->session, CLOSE_MS);
    g_source_remove(receiver->bus_watch);
    gst_element_set_state(receiver->pipeline, GST_STATE_NULL);
    g_ptr_array_unref(receiver->videos);
    g_ptr_array_unref(receiver->audios);
    audio_output_free(receiver->output);
    gst_object_unref(receiver->pipeline);
    play_stats_free(receiver->stats);
    g_free(receiver);
}

void receiver_set_volume(struct receiver *receiver, double volume)
{
    if (receiver->output)
        audio_output_set_volume(receiver->output, volume);
}

void receiver_read(struct receiver *receiver, struct receiver_now *ret_now)
{
    ret_now->state = whep_session_state(receiver->session);
    play_stats_read(receiver->stats, &ret_now->play);
    whep_session_read_stats(receiver->session, &ret_now->network);
    ret_now->keyframes_requested = receiver->gone_keyframes;
    ret_now->frames_discarded = receiver->gone_discarded;
    ret_now->audio_concealed_us = receiver->gone_concealed_us;
    for (guint i = 0; i < receiver->audios->len; i++)
        ret_now->audio_concealed_us +=
            received_audio_concealed_us(g_ptr_array_index(receiver->audios, i));
    for (guint i = 0; i < receiver->videos->len; i++) {
        struct video_slot *slot = g_ptr_array_index(receiver->videos, i);
        struct frame_gate_stats gate;
        received_video_read_gate(slot->video, &gate);
        ret_now->keyframes_requested += gate.keyframes_requested;
        ret_now->frames_discarded += gate.frames_dropped;
    }
}

json_t *receiver_to_json(struct receiver *receiver)
{
    struct receiver_now now;

    receiver_read(receiver, &now);
    json_t *object = play_stats_to_json(receiver->stats, clock_now_us());
    json_t *network = json_pack(
        "{s:s, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:i, s:i, s:I, s:I}", "state",
        receiver_state_name(now.state), "reconnects", (int)now.network.reconnects, "bytes_received",
        (json_int_t)now.network.bytes_received, "packets_received",
        (json_int_t)now.network.packets_received, "packets_lost",
        (json_int_t)now.network.packets_lost, "packets_late", (json_int_t)now.network.packets_late,
        "packets_recovered", (json_int_t)now.network.packets_recovered, "packets_restored",
        (json_int_t)now.network.packets_restored, "audio_concealed_ms",
        (json_int_t)(now.audio_concealed_us / 1000), "jitter_ms", now.network.jitter_ms,
        "video_buffer_ms", (int)now.network.video_buffer_ms, "audio_buffer_ms",
        (int)now.network.audio_buffer_ms, "keyframes_requested",
        (json_int_t)now.keyframes_requested, "frames_discarded", (json_int_t)now.frames_discarded);
    json_object_update_missing_new(object, network);
    return object;
}

const char *receiver_state_name(enum whep_session_state state)
{
    static const char *const names[] = {
        [WHEP_SESSION_CONNECTING] = "connecting",
        [WHEP_SESSION_WAITING] = "waiting",
        [WHEP_SESSION_LIVE] = "live",
        [WHEP_SESSION_RECONNECTING] = "reconnecting",
        [WHEP_SESSION_UNAUTHORISED] = "unauthorised",
        [WHEP_SESSION_REFUSED] = "refused",
    };
    return names[state];
}
