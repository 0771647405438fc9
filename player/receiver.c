#include "player/receiver.h"

#include "common/clock.h"
#include "common/log.h"
#include "player/audio_output.h"
#include "player/decoders.h"
#include "player/shift_player.h"
#include "player/state_history.h"

#define TICK_MS  100
#define CLOSE_MS 1000
/* Sound without a picture for so long is a lesson of its own. */
#define AUDIO_ONLY_US (1 * US_PER_S)
/* With a shift holes may be filled late, but before the line is taken for silent (WHEP_SILENCE_US). */
#define PATIENCE_MS 700
/* Packets that bring no picture for so long: the connection is of no use. */
#define NO_PICTURE_US (5 * US_PER_S)

struct receiver {
    void (*on_state)(void *user, enum whep_session_state state, const GError *error);
    void *user;           /* borrowed */
    GstElement *pipeline; /* owned, as all below */
    struct whep_session *session;
    struct shift_player *shift; /* NULL: live */
    struct state_history states;
    struct play_stats *stats;
    struct audio_output *output; /* NULL when no sound is played */
    struct decoders *decoders;
    guint bus_watch;
    guint timer;
    char *ca_file;
    unsigned video_count;
    uint64_t shift_us;
    unsigned announced_generation;
    enum whep_session_state shown_state;
    uint64_t packets_mark; /* gate's frames at the last look, to see packets flow */
    uint64_t no_picture_since_us;
};

/* Where the decoders are. */
static GstBin *playing_pipeline(struct receiver *receiver)
{
    return receiver->shift ? shift_player_pipeline(receiver->shift) : GST_BIN(receiver->pipeline);
}

static void play_stream(void *user, const struct whep_stream *stream)
{
    struct receiver *receiver = user;
    g_autoptr(GError) error = NULL;

    if (!decoders_add(receiver->decoders, stream, &error))
        log_error(LOG_MEDIA, "slot=%u %s", stream->slot, error->message);
}

static void drop_streams(void *user, unsigned generation)
{
    struct receiver *receiver = user;

    decoders_drop(receiver->decoders, generation);
}

static void on_stream(void *user, const struct whep_stream *stream)
{
    struct receiver *receiver = user;
    g_autoptr(GError) error = NULL;

    if (!receiver->shift)
        play_stream(receiver, stream);
    else
        shift_player_stream(receiver->shift, stream, &error);
    if (error)
        log_error(LOG_MEDIA, "slot=%u %s", stream->slot, error->message);
}

static void on_generation_gone(void *user, unsigned generation)
{
    struct receiver *receiver = user;

    /* One that came up beside another and was not needed is not shown later either. */
    if (receiver->shift)
        shift_player_gone(
            receiver->shift, generation, generation <= receiver->announced_generation);
    else
        drop_streams(receiver, generation);
}

/* What is seen now came in this state. */
static void show_state(struct receiver *receiver, enum whep_session_state state)
{
    if (state == WHEP_SESSION_WAITING && receiver->shown_state != state)
        play_stats_pause(receiver->stats);
    receiver->shown_state = state;
}

static void on_state(void *user, enum whep_session_state state, const GError *error)
{
    struct receiver *receiver = user;

    log_info(LOG_MEDIA, "state=%s%s%s", receiver_state_name(state), error ? " " : "",
        error ? error->message : "");
    state_history_add(&receiver->states, clock_now_us(), state);
    if (!receiver->shift)
        show_state(receiver, state);
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

/* What comes of the line: when nothing waits, it is what is shown. */
static void read_arrival(struct receiver *receiver, struct shift_figures *ret_figures)
{
    struct play_stats_now now;
    struct decoders_figures shown;
    struct shift_figures figures = {.packets = 0};

    if (receiver->shift) {
        shift_player_read(receiver->shift, ret_figures);
        return;
    }
    play_stats_read(receiver->stats, &now);
    decoders_read(receiver->decoders, &shown);
    figures.seen_generation = shown.shown_generation;
    figures.heard_generation = shown.heard_generation;
    figures.heard_since_us = shown.heard_since_us;
    figures.last_picture_us = now.last_frame_us;
    figures.packets = shown.packets;
    *ret_figures = figures;
}

/* Tells the session which connection plays, the first time each does. */
static void announce_playing(
    struct receiver *receiver, const struct shift_figures *arrival, uint64_t now_us)
{
    unsigned seen = arrival->seen_generation;

    if (arrival->heard_generation > seen &&
        clock_elapsed_us(now_us, arrival->heard_since_us) >= AUDIO_ONLY_US) {
        seen = arrival->heard_generation;
        if (!receiver->shift)
            decoders_show(receiver->decoders, seen);
    }
    if (seen > receiver->announced_generation) {
        receiver->announced_generation = seen;
        whep_session_playing(receiver->session, seen);
    }
}

/* How long after its timestamp sound leaves the loudspeaker. */
static uint64_t audio_delay_us(struct receiver *receiver)
{
    g_autoptr(GstQuery) query = gst_query_new_latency();
    GstClockTime min = 0;

    if (!decoders_have_sound(receiver->decoders) ||
        !gst_element_query(GST_ELEMENT(playing_pipeline(receiver)), query))
        return 0;
    gst_query_parse_latency(query, NULL, &min, NULL);
    return min / GST_USECOND + (receiver->output ? AUDIO_OUTPUT_BUFFER_US : 0);
}

static void watch_pictures(
    struct receiver *receiver, const struct shift_figures *arrival, uint64_t now_us)
{
    bool flows = arrival->packets != receiver->packets_mark;
    bool shows = clock_elapsed_us(now_us, arrival->last_picture_us) < US_PER_S;

    receiver->packets_mark = arrival->packets;
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
    struct shift_figures arrival;

    if (receiver->shift) {
        shift_player_tick(receiver->shift, now_us);
        show_state(receiver, state_history_at(&receiver->states, now_us - receiver->shift_us));
    }
    decoders_tick(receiver->decoders, now_us, delay_us);
    read_arrival(receiver, &arrival);
    announce_playing(receiver, &arrival, now_us);
    watch_pictures(receiver, &arrival, now_us);
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

static struct whep_session *new_session(struct receiver *receiver, const char *url,
    const char *token, unsigned generations, GError **error)
{
    struct whep_session_params params = {
        .pipeline = GST_BIN(receiver->pipeline),
        .url = url,
        .token = token,
        .ca_file = receiver->ca_file,
        .video_count = receiver->video_count,
        .audio_count = 1,
        .generations = generations,
        .patience_ms = (uint32_t)MIN(PATIENCE_MS, receiver->shift_us / US_PER_MS / 4),
        .callbacks =
            {
                .on_stream = on_stream,
                .on_generation_gone = on_generation_gone,
                .on_state = on_state,
            },
        .user = receiver,
    };

    return whep_session_new(&params, error);
}

static struct shift_player *new_shift(struct receiver *receiver)
{
    struct shift_player_params params = {
        .received = GST_BIN(receiver->pipeline),
        .shift_us = receiver->shift_us,
        .max_bytes = SHIFT_PLAYER_MAX_BYTES,
        .on_stream = play_stream,
        .on_generation_gone = drop_streams,
        .user = receiver,
    };

    return shift_player_new(&params);
}

static struct decoders *new_decoders(
    struct receiver *receiver, const struct receiver_params *params)
{
    struct decoders_params decoders_params = {
        .pipeline = playing_pipeline(receiver),
        .stats = receiver->stats,
        .output = receiver->output,
        .read_stripe = params->read_stripe,
        .is_whole = receiver->shift != NULL,
        .on_picture = params->on_picture,
        .user = params->user,
    };

    return decoders_new(&decoders_params);
}

struct receiver *receiver_new(const struct receiver_params *params, GError **error)
{
    struct receiver *receiver = g_new0(struct receiver, 1);

    receiver->on_state = params->on_state;
    receiver->user = params->user;
    receiver->shift_us = params->shift_us;
    receiver->video_count = params->video_count;
    receiver->ca_file = g_strdup(params->ca_file);
    receiver->stats = play_stats_new(params->keep_frames, clock_now_us(), params->shift_us);
    state_history_init(&receiver->states);
    open_pipeline(receiver);
    receiver->session = new_session(receiver, params->url, params->token, 0, error);
    if (!receiver->session) {
        receiver_free(receiver);
        return NULL;
    }
    if (receiver->shift_us)
        receiver->shift = new_shift(receiver);
    if (params->play_sound)
        receiver->output = audio_output_new();
    receiver->decoders = new_decoders(receiver, params);
    return receiver;
}

void receiver_start(struct receiver *receiver)
{
    gst_element_set_state(receiver->pipeline, GST_STATE_PLAYING);
    receiver->timer = g_timeout_add(TICK_MS, on_tick, receiver);
    whep_session_start(receiver->session);
}

bool receiver_renew(struct receiver *receiver, const char *url, const char *token, GError **error)
{
    struct whep_session_stats stats;

    whep_session_read_stats(receiver->session, &stats);
    struct whep_session *session = new_session(receiver, url, token, stats.generations, error);
    if (!session)
        return false;
    whep_session_free(receiver->session, 0);
    receiver->session = session;
    whep_session_start(session);
    return true;
}

void receiver_free(struct receiver *receiver)
{
    if (!receiver)
        return;
    if (receiver->timer)
        g_source_remove(receiver->timer);
    whep_session_free(receiver->session, CLOSE_MS);
    shift_player_stop(receiver->shift);
    g_source_remove(receiver->bus_watch);
    gst_element_set_state(receiver->pipeline, GST_STATE_NULL);
    decoders_free(receiver->decoders);
    shift_player_free(receiver->shift);
    audio_output_free(receiver->output);
    gst_object_unref(receiver->pipeline);
    play_stats_free(receiver->stats);
    g_free(receiver->ca_file);
    g_free(receiver);
}

uint64_t receiver_shift_us(const struct receiver *receiver)
{
    return receiver->shift_us;
}

void receiver_set_volume(struct receiver *receiver, double volume)
{
    if (receiver->output)
        audio_output_set_volume(receiver->output, volume);
}

void receiver_read(struct receiver *receiver, struct receiver_now *ret_now)
{
    struct shift_figures shift = {.packets = 0};
    struct decoders_figures shown;

    if (receiver->shift)
        shift_player_read(receiver->shift, &shift);
    decoders_read(receiver->decoders, &shown);
    *ret_now = (struct receiver_now){
        .state = whep_session_state(receiver->session),
        .shown_state = receiver->shown_state,
        .shift_us = receiver->shift_us,
        .first_wait_us = clock_elapsed_us(shift.first_due_us, clock_now_us()),
        .kept_bytes = shift.kept_bytes,
        .kept_us = shift.kept_us,
        .kept_refused = shift.refused,
        .keyframes_requested = shown.keyframes_requested + shift.keyframes_requested,
        .frames_discarded = shown.frames_discarded + shift.frames_discarded,
        .audio_concealed_us = shown.audio_concealed_us,
    };
    play_stats_read(receiver->stats, &ret_now->play);
    whep_session_read_stats(receiver->session, &ret_now->network);
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
    json_object_update_missing_new(object,
        json_pack("{s:I, s:I, s:I, s:I}", "shift_ms", (json_int_t)(now.shift_us / US_PER_MS),
            "kept_bytes", (json_int_t)now.kept_bytes, "kept_ms",
            (json_int_t)(now.kept_us / US_PER_MS), "kept_refused", (json_int_t)now.kept_refused));
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
