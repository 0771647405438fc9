#include "media/whip_session.h"

#include <string.h>

#include "common/backoff.h"
#include "common/clock.h"
#include "common/log.h"
#include "media/sdp_exchange.h"
#include "media/whip_pipeline.h"

#define CONNECT_LIMIT_MS  10000
#define WATCH_INTERVAL_MS 200
#define CLOSE_TIMEOUT_MS  1000
#define STABLE_US         (2 * US_PER_S) /* a connection that lived so long was a good one */
#define SLOW_RETRY_MS     5000           /* somebody else publishes: ask seldom */

/* One attempt: a WHIP resource and its pipeline. */
struct connection {
    struct whip_session *session;   /* borrowed */
    struct sdp_exchange *exchange;  /* owned */
    struct whip_pipeline *pipeline; /* owned */
    uint64_t started_us;
    uint64_t live_us; /* 0 before it was connected */
};

struct whip_session {
    struct whip_session_params params; /* its strings are owned */
    GMainContext *context;             /* owned */
    GMutex lock;                       /* guards which connections are pushed to */
    struct connection *current;        /* owned; live or dying */
    struct connection *next;           /* owned; being made */
    GSource *retry;                    /* owned; waits to make next */
    GSource *watch;                    /* owned */
    struct backoff backoff;
    enum whip_state state;
    unsigned connections;
};

static void connect_now(struct whip_session *session);

const char *whip_state_name(enum whip_state state)
{
    static const char *const names[] = {"connecting", "live", "reconnecting", "refused"};
    return names[state];
}

static void clear_source(GSource **source)
{
    if (*source)
        g_source_destroy(*source);
    g_clear_pointer(source, g_source_unref);
}

static GSource *add_timer(struct whip_session *session, guint after_ms, GSourceFunc function)
{
    GSource *source = g_timeout_source_new(after_ms);
    g_source_set_callback(source, function, session, NULL);
    g_source_attach(source, session->context);
    return source;
}

static void say(struct whip_session *session, enum whip_state state, const char *text)
{
    session->state = state;
    if (session->params.on_state)
        session->params.on_state(session->params.user, state, text);
}

/* Taken out of the encoders' sight first. */
static void drop_connection(
    struct whip_session *session, struct connection **slot, guint close_timeout_ms)
{
    g_mutex_lock(&session->lock);
    struct connection *connection = *slot;
    *slot = NULL;
    g_mutex_unlock(&session->lock);
    if (!connection)
        return;
    if (connection->exchange)
        sdp_exchange_close(connection->exchange, close_timeout_ms);
    whip_pipeline_free(connection->pipeline);
    sdp_exchange_free(connection->exchange);
    g_free(connection);
}

static gboolean on_retry(gpointer user)
{
    struct whip_session *session = user;
    clear_source(&session->retry);
    connect_now(session);
    return G_SOURCE_REMOVE;
}

static void try_again(struct whip_session *session, guint at_least_ms, const char *why)
{
    if (session->retry || session->next || session->state == WHIP_REFUSED)
        return;
    guint after_ms = MAX(backoff_next_ms(&session->backoff), at_least_ms);
    enum whip_state state = session->connections ? WHIP_RECONNECTING : WHIP_CONNECTING;
    say(session, state, why);
    session->retry = add_timer(session, after_ms, on_retry);
}

static void give_up(struct whip_session *session, const char *why)
{
    clear_source(&session->retry);
    clear_source(&session->watch);
    drop_connection(session, &session->next, 0);
    drop_connection(session, &session->current, 0);
    say(session, WHIP_REFUSED, why);
}

static void connection_failed(struct connection *connection, const char *why)
{
    struct whip_session *session = connection->session;
    log_info(LOG_MEDIA, "publishing=broken reason=\"%s\"", why);
    /* A dead current one keeps its place, and is sent to, until the next stands. */
    if (connection == session->next)
        drop_connection(session, &session->next, 0);
    try_again(session, 0, why);
}

static void refused(struct connection *connection, const GError *error)
{
    struct whip_session *session = connection->session;
    guint retry_after_ms = sdp_exchange_retry_after_s(connection->exchange) * 1000;
    drop_connection(session, &session->next, 0);
    if (error->code == SDP_EXCHANGE_UNAUTHORISED || error->code == SDP_EXCHANGE_REFUSED)
        give_up(session, error->message);
    else if (error->code == SDP_EXCHANGE_TAKEN)
        try_again(session, SLOW_RETRY_MS, error->message);
    else
        try_again(session, retry_after_ms, error->message);
}

static void on_answer(void *user, const char *answer_sdp, const GError *error)
{
    struct connection *connection = user;
    g_autoptr(GError) cause = NULL;
    if (error)
        refused(connection, error);
    else if (!webrtc_peer_set_answer(whip_pipeline_peer(connection->pipeline), answer_sdp, &cause))
        connection_failed(connection, cause->message);
}

static void on_offer(void *user, const char *offer_sdp)
{
    struct connection *connection = user;
    sdp_exchange_offer(connection->exchange, offer_sdp, on_answer, connection);
}

static void on_connected(struct connection *connection)
{
    struct whip_session *session = connection->session;
    if (connection != session->next)
        return;
    connection->live_us = clock_now_us();
    whip_pipeline_open(connection->pipeline);
    drop_connection(session, &session->current, 0);
    g_mutex_lock(&session->lock);
    session->current = connection;
    session->next = NULL;
    g_mutex_unlock(&session->lock);
    session->connections++;
    for (unsigned i = 0; i < session->params.layers; i++)
        if (session->params.on_keyframe_request)
            session->params.on_keyframe_request(session->params.user, i);
    say(session, WHIP_LIVE, NULL);
}

static void on_peer_state(void *user, enum webrtc_peer_state state, const GError *error)
{
    struct connection *connection = user;
    if (state == WEBRTC_PEER_CONNECTED)
        on_connected(connection);
    else if (state == WEBRTC_PEER_FAILED)
        connection_failed(connection, error ? error->message : "the connection failed");
}

static void on_pipeline_error(void *user, const GError *error)
{
    connection_failed(user, error->message);
}

static void on_keyframe_request(void *user, unsigned layer)
{
    const struct whip_session_params *params = &((struct connection *)user)->session->params;
    if (params->on_keyframe_request)
        params->on_keyframe_request(params->user, layer);
}

static struct connection *new_connection(struct whip_session *session, GError **error)
{
    const struct whip_session_params *params = &session->params;
    struct connection *connection = g_new0(struct connection, 1);
    connection->session = session;
    connection->started_us = clock_now_us();
    struct sdp_exchange_params exchange = {
        .url = params->url,
        .token = params->token,
        .ca_file = params->ca_file,
    };
    struct whip_pipeline_params pipeline = {
        .layers = params->layers,
        .top_height = params->top_height,
        .audio = params->audio,
        .audio_redundancy = params->audio_redundancy,
        .server_url = params->url,
        .stun_server = params->stun_server,
        .base_time = params->base_time,
        .callbacks = {.on_offer = on_offer, .on_state = on_peer_state},
        .on_keyframe_request = on_keyframe_request,
        .on_error = on_pipeline_error,
        .user = connection,
    };
    connection->exchange = sdp_exchange_new(&exchange, error);
    if (connection->exchange)
        connection->pipeline = whip_pipeline_new(&pipeline, error);
    if (connection->pipeline)
        return connection;
    sdp_exchange_free(connection->exchange);
    g_free(connection);
    return NULL;
}

static void connect_now(struct whip_session *session)
{
    g_autoptr(GError) error = NULL;
    struct connection *connection = new_connection(session, &error);
    if (!connection) {
        give_up(session, error->message);
        return;
    }
    g_mutex_lock(&session->lock);
    session->next = connection;
    g_mutex_unlock(&session->lock);
    whip_pipeline_start(connection->pipeline);
}

static void watch_current(struct whip_session *session, uint64_t now_us)
{
    struct connection *current = session->current;
    if (!current || session->next || session->retry)
        return;
    if (now_us - current->live_us > STABLE_US)
        backoff_reset(&session->backoff);
    if (webrtc_peer_is_silent(whip_pipeline_peer(current->pipeline), now_us))
        connection_failed(current, "the server went silent");
}

static gboolean on_watch(gpointer user)
{
    struct whip_session *session = user;
    uint64_t now_us = clock_now_us();
    if (session->next && now_us - session->next->started_us > CONNECT_LIMIT_MS * US_PER_MS)
        connection_failed(session->next, "no media path to the server within 10 s");
    watch_current(session, now_us);
    return G_SOURCE_CONTINUE;
}

static void free_strings(struct whip_session_params *params)
{
    char *token = (char *)params->token;
    if (token)
        explicit_bzero(token, strlen(token));
    g_free(token);
    g_free((char *)params->url);
    g_free((char *)params->ca_file);
    g_free((char *)params->stun_server);
}

static void session_free(struct whip_session *session)
{
    g_mutex_clear(&session->lock);
    g_main_context_unref(session->context);
    free_strings(&session->params);
    g_free(session);
}

struct whip_session *whip_session_new(const struct whip_session_params *params, GError **error)
{
    struct whip_session *session = g_new0(struct whip_session, 1);
    session->params = *params;
    session->params.url = g_strdup(params->url);
    session->params.token = g_strdup(params->token);
    session->params.ca_file = g_strdup(params->ca_file);
    session->params.stun_server = g_strdup(params->stun_server);
    session->context = g_main_context_ref_thread_default();
    g_mutex_init(&session->lock);
    backoff_next_ms(&session->backoff); /* the attempt that starts below is the one without delay */
    session->next = new_connection(session, error);
    if (!session->next) {
        session_free(session);
        return NULL;
    }
    session->watch = add_timer(session, WATCH_INTERVAL_MS, on_watch);
    whip_pipeline_start(session->next->pipeline);
    return session;
}

void whip_session_stop(struct whip_session *session)
{
    clear_source(&session->retry);
    clear_source(&session->watch);
    drop_connection(session, &session->next, CLOSE_TIMEOUT_MS);
    drop_connection(session, &session->current, CLOSE_TIMEOUT_MS);
}

void whip_session_free(struct whip_session *session)
{
    if (!session)
        return;
    whip_session_stop(session);
    session_free(session);
}

void whip_session_push_video(struct whip_session *session, unsigned layer, GstBuffer *buffer)
{
    g_mutex_lock(&session->lock);
    if (session->current)
        whip_pipeline_push_video(session->current->pipeline, layer, buffer);
    if (session->next)
        whip_pipeline_push_video(session->next->pipeline, layer, buffer);
    g_mutex_unlock(&session->lock);
}

void whip_session_push_audio(struct whip_session *session, GstBuffer *buffer)
{
    g_mutex_lock(&session->lock);
    if (session->current)
        whip_pipeline_push_audio(session->current->pipeline, buffer);
    if (session->next)
        whip_pipeline_push_audio(session->next->pipeline, buffer);
    g_mutex_unlock(&session->lock);
}

bool whip_session_wants_layer(struct whip_session *session, unsigned layer)
{
    g_mutex_lock(&session->lock);
    const struct connection *current = session->current;
    const struct connection *next = session->next;
    bool wanted = (!current && !next) ||
                  (current && whip_pipeline_wants_layer(current->pipeline, layer)) ||
                  (next && whip_pipeline_wants_layer(next->pipeline, layer));
    g_mutex_unlock(&session->lock);
    return wanted;
}

uint8_t whip_session_audio_loss(const struct whip_session *session, uint64_t *ret_reports)
{
    *ret_reports = 0;
    return session->current ? whip_pipeline_audio_loss(session->current->pipeline, ret_reports) : 0;
}

enum whip_state whip_session_state(const struct whip_session *session)
{
    return session->state;
}

void whip_session_read_stats(struct whip_session *session, struct webrtc_peer_stats *ret_stats)
{
    static const struct webrtc_peer_stats none = {.round_trip_ms = -1};
    if (session->current)
        webrtc_peer_read_stats(whip_pipeline_peer(session->current->pipeline), ret_stats);
    else
        *ret_stats = none;
}

unsigned whip_session_connections(const struct whip_session *session)
{
    return session->connections;
}
