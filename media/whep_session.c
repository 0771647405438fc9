#include "media/whep_session.h"

#include <string.h>

#include "common/backoff.h"
#include "common/clock.h"
#include "common/log.h"
#include "media/sdp_exchange.h"
#include "media/whep_leg.h"

#define TICK_MS 100
/* A connection that is not up by then is given up. */
#define CONNECT_US (8 * US_PER_S)
/* Connected without a packet for so long: nobody publishes. */
#define NO_MEDIA_US (3 * US_PER_S)
/* The old connection speaks again if a packet is younger than this. */
#define FRESH_US (300 * US_PER_MS)

struct whep_session {
    GstBin *pipeline; /* borrowed */
    void *user;       /* borrowed */
    struct whep_session_callbacks callbacks;
    struct whep_session_params params; /* with the copies below */
    char *url;                         /* owned, as are the next two */
    char *token;
    char *ca_file;
    struct whep_leg *current; /* owned; what is played or waited on, or NULL */
    struct whep_leg *next;    /* owned; coming up beside it, or NULL */
    guint timer;              /* source id of the tick */
    enum whep_session_state state;
    struct backoff backoff;
    uint64_t next_attempt_us; /* 0: none due */
    unsigned generations;
    unsigned playing; /* generation that the caller plays, 0 for none */
    bool lost;        /* current is silent or failed while it should flow */
    bool gave_up;
    struct whep_session_stats gone; /* sums of generations that ended */
};

static void change_state(
    struct whep_session *session, enum whep_session_state state, const GError *error)
{
    if (session->state == state && !error)
        return;
    session->state = state;
    if (session->callbacks.on_state)
        session->callbacks.on_state(session->user, state, error);
}

static void drop_leg(struct whep_session *session, struct whep_leg **leg, guint close_ms)
{
    if (!*leg)
        return;
    unsigned generation = whep_leg_generation(*leg);
    struct whep_session_stats sums = session->gone;

    if (session->callbacks.on_generation_gone)
        session->callbacks.on_generation_gone(session->user, generation);
    whep_leg_add_stats(*leg, &sums);
    session->gone = sums;
    whep_leg_free(*leg, close_ms);
    *leg = NULL;
    if (session->playing == generation)
        session->playing = 0;
    log_debug(LOG_MEDIA, "generation=%u gone", generation);
}

static void schedule(struct whep_session *session, guint at_least_s)
{
    uint64_t delay_us = backoff_next_ms(&session->backoff) * US_PER_MS;

    if (delay_us < at_least_s * US_PER_S)
        delay_us = at_least_s * US_PER_S;
    session->next_attempt_us = clock_now_us() + delay_us;
}

static void give_up(
    struct whep_session *session, enum whep_session_state state, const GError *error)
{
    session->gave_up = true;
    session->next_attempt_us = 0;
    change_state(session, state, error);
}

static void on_leg_failed(struct whep_session *session, struct whep_leg *leg, const GError *error)
{
    log_warn(LOG_MEDIA, "generation=%u failed: %s", whep_leg_generation(leg),
        error ? error->message : "unknown");
    if (g_error_matches(error, SDP_EXCHANGE_ERROR, SDP_EXCHANGE_UNAUTHORISED)) {
        give_up(session, WHEP_SESSION_UNAUTHORISED, error);
        return;
    }
    if (g_error_matches(error, SDP_EXCHANGE_ERROR, SDP_EXCHANGE_REFUSED)) {
        give_up(session, WHEP_SESSION_REFUSED, error);
        return;
    }
    if (leg == session->current) {
        session->lost = true;
        if (session->next)
            return;
    }
    schedule(session, whep_leg_retry_after_s(leg));
    change_state(session,
        session->state == WHEP_SESSION_CONNECTING ? WHEP_SESSION_CONNECTING
                                                  : WHEP_SESSION_RECONNECTING,
        error);
}

static void on_leg_state(
    void *user, struct whep_leg *leg, enum whep_leg_state state, const GError *error)
{
    struct whep_session *session = user;

    /* The leg itself is swept by the tick: it must not be freed inside its callback. */
    if (state == WHEP_LEG_FAILED)
        on_leg_failed(session, leg, error);
    else
        log_debug(LOG_MEDIA, "generation=%u connected", whep_leg_generation(leg));
}

static void on_leg_stream(void *user, const struct whep_stream *stream)
{
    struct whep_session *session = user;
    session->callbacks.on_stream(session->user, stream);
}

static void begin(struct whep_session *session)
{
    static const struct whep_leg_callbacks callbacks = {
        .on_stream = on_leg_stream,
        .on_state = on_leg_state,
    };
    g_autoptr(GError) error = NULL;

    session->next_attempt_us = 0;
    drop_leg(session, &session->next, 0);
    session->generations++;
    log_info(LOG_MEDIA, "generation=%u connecting", session->generations);
    session->next =
        whep_leg_new(&session->params, session->generations, &callbacks, session, &error);
    if (!session->next)
        give_up(session, WHEP_SESSION_REFUSED, error);
}

/* The new connection takes the old one's place. */
static void adopt(struct whep_session *session)
{
    struct whep_leg *old = session->current;

    session->current = session->next;
    session->next = NULL;
    session->next_attempt_us = 0;
    session->lost = false;
    drop_leg(session, &old, 0);
}

static void tick_connected(struct whep_session *session, uint64_t now_us)
{
    uint64_t connected_for_us = clock_elapsed_us(now_us, whep_leg_connected_us(session->next));
    bool silent = whep_leg_last_packet_us(session->next) == 0;

    if (silent && !session->current) {
        adopt(session);
    } else if (silent && connected_for_us >= NO_MEDIA_US) {
        adopt(session);
        backoff_reset(&session->backoff);
        change_state(session, WHEP_SESSION_WAITING, NULL);
    } else if (!silent && connected_for_us >= CONNECT_US) {
        log_warn(LOG_MEDIA, "generation=%u brings nothing that can be played",
            whep_leg_generation(session->next));
        drop_leg(session, &session->next, 0);
        schedule(session, 0);
    }
}

static void tick_next(struct whep_session *session, uint64_t now_us)
{
    struct whep_leg *next = session->next;

    if (whep_leg_state(next) == WHEP_LEG_FAILED) {
        drop_leg(session, &session->next, 0);
        return;
    }
    whep_leg_tick(next, now_us);
    if (whep_leg_state(next) == WHEP_LEG_CONNECTING) {
        if (clock_elapsed_us(now_us, whep_leg_created_us(next)) < CONNECT_US)
            return;
        g_autoptr(GError) error = g_error_new(SDP_EXCHANGE_ERROR, SDP_EXCHANGE_UNREACHABLE,
            whep_leg_is_answered(next)
                ? "no media connection to the server within %u s: is UDP to it blocked?"
                : "the server did not answer within %u s",
            (unsigned)(CONNECT_US / US_PER_S));
        on_leg_failed(session, next, error);
        drop_leg(session, &session->next, 0);
        return;
    }
    tick_connected(session, now_us);
}

static void tick_current(struct whep_session *session, uint64_t now_us)
{
    struct whep_leg *current = session->current;
    uint64_t last_us = whep_leg_last_packet_us(current);
    /* a packet may have come since now_us was read */
    uint64_t silent_us = clock_elapsed_us(now_us, last_us);

    if (whep_leg_state(current) == WHEP_LEG_FAILED)
        return;
    whep_leg_tick(current, now_us);
    if (session->playing != whep_leg_generation(current)) {
        if (last_us == 0 &&
            clock_elapsed_us(now_us, whep_leg_connected_us(current)) >= NO_MEDIA_US / 3 &&
            session->state != WHEP_SESSION_WAITING) {
            backoff_reset(&session->backoff);
            change_state(session, WHEP_SESSION_WAITING, NULL);
        }
        return;
    }
    if (!session->lost && silent_us >= WHEP_SILENCE_US) {
        log_warn(LOG_MEDIA, "generation=%u silent", session->playing);
        session->lost = true;
        schedule(session, 0);
        change_state(session, WHEP_SESSION_RECONNECTING, NULL);
    } else if (session->lost && silent_us < FRESH_US) {
        log_info(LOG_MEDIA, "generation=%u speaks again", session->playing);
        session->lost = false;
        session->next_attempt_us = 0;
        drop_leg(session, &session->next, 0);
        change_state(session, WHEP_SESSION_LIVE, NULL);
    }
}

static gboolean on_tick(gpointer data)
{
    struct whep_session *session = data;
    uint64_t now_us = clock_now_us();

    if (session->current)
        tick_current(session, now_us);
    if (session->next)
        tick_next(session, now_us);
    if (!session->gave_up && session->next_attempt_us && now_us >= session->next_attempt_us)
        begin(session);
    return G_SOURCE_CONTINUE;
}

struct whep_session *whep_session_new(const struct whep_session_params *params, GError **error)
{
    struct sdp_exchange_params exchange_params = {
        .url = params->url,
        .token = params->token,
        .ca_file = params->ca_file,
    };
    /* Tells a broken URL or CA file now instead of at the first attempt. */
    struct sdp_exchange *probe = sdp_exchange_new(&exchange_params, error);
    if (!probe)
        return NULL;
    sdp_exchange_free(probe);

    struct whep_session *session = g_new0(struct whep_session, 1);
    session->pipeline = params->pipeline;
    session->user = params->user;
    session->callbacks = params->callbacks;
    session->url = g_strdup(params->url);
    session->token = g_strdup(params->token);
    session->ca_file = g_strdup(params->ca_file);
    session->params = *params;
    session->params.url = session->url;
    session->params.token = session->token;
    session->params.ca_file = session->ca_file;
    session->gone.round_trip_ms = -1;
    session->generations = params->generations;
    return session;
}

void whep_session_start(struct whep_session *session)
{
    backoff_next_ms(&session->backoff); /* the first attempt has no delay */
    change_state(session, WHEP_SESSION_CONNECTING, NULL);
    session->timer = g_timeout_add(TICK_MS, on_tick, session);
    begin(session);
}

void whep_session_free(struct whep_session *session, guint close_ms)
{
    if (!session)
        return;
    if (session->timer)
        g_source_remove(session->timer);
    drop_leg(session, &session->next, close_ms);
    drop_leg(session, &session->current, close_ms);
    if (session->token)
        explicit_bzero(session->token, strlen(session->token));
    g_free(session->url);
    g_free(session->token);
    g_free(session->ca_file);
    g_free(session);
}

void whep_session_playing(struct whep_session *session, unsigned generation)
{
    if (generation <= session->playing)
        return;
    if (session->next && whep_leg_generation(session->next) == generation)
        adopt(session);
    if (!session->current || whep_leg_generation(session->current) != generation)
        return;
    session->playing = generation;
    session->lost = false;
    backoff_reset(&session->backoff);
    backoff_next_ms(&session->backoff);
    change_state(session, WHEP_SESSION_LIVE, NULL);
}

void whep_session_reconnect(struct whep_session *session)
{
    if (session->gave_up || session->next || session->next_attempt_us)
        return;
    schedule(session, 0);
}

enum whep_session_state whep_session_state(const struct whep_session *session)
{
    return session->state;
}

void whep_session_read_stats(struct whep_session *session, struct whep_session_stats *ret_stats)
{
    struct whep_session_stats stats = session->gone;
    unsigned begun = session->generations - session->params.generations;

    if (session->next)
        whep_leg_add_stats(session->next, &stats);
    if (session->current)
        whep_leg_add_stats(session->current, &stats);
    stats.generation = session->playing;
    stats.generations = session->generations;
    stats.reconnects = begun > 0 ? begun - 1 : 0;
    *ret_stats = stats;
}
