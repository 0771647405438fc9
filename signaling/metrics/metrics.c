#include "signaling/metrics/metrics.h"

#include "common/clock.h"
#include "common/process_figures.h"
#include "signaling/http/routes.h"
#include "signaling/metrics/exposition.h"
#include "signaling/metrics/relay_metrics.h"
#include "signaling/relays/relays.h"
#include "signaling/service.h"
#include "signaling/store/backup_keeper.h"
#include "signaling/store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WAITING  16
#define FIRST_STATUS 100
#define STATUSES     500
#define SECONDS      1e-6

struct asked {
    struct metrics *metrics;
    char relay[LINK_MAX_NAME_CHARS + 1];
    uint64_t handle; /* 0 = not waited for */
    json_t *stats;   /* owned; NULL without an answer */
};

struct metrics {
    /* borrowed */
    struct signaling *app;

    /* owned */
    char *token;
    struct asked asked[RELAYS_MAX];
    uint64_t *answers; /* [route or the one behind the last][status] */

    /* state */
    size_t asked_count;
    uint64_t asked_us;
    bool has_asked;
    struct http_request *waiting[MAX_WAITING];
    size_t waiting_count;
    double started_s;
};

/* ---- what this process says of itself ---- */

void metrics_count_answer(
    struct metrics *metrics, const struct http_route *route, enum http_method method, int status)
{
    size_t row = route ? (size_t)(route - http_routes) : http_routes_count + (size_t)method;

    if (metrics && status >= FIRST_STATUS && status < FIRST_STATUS + STATUSES)
        metrics->answers[row * STATUSES + (size_t)(status - FIRST_STATUS)]++;
}

static void write_answers(const struct metrics *metrics, struct text *out)
{
    static const char name[] = "duet_signaling_http_requests_total";

    exposition_family(out, name, EXPOSITION_COUNTER,
        "HTTP requests answered, by route and status; files and unknown paths are route "
        "\"other\".");
    for (size_t row = 0; row < http_routes_count + HTTP_METHOD_COUNT; row++) {
        bool known = row < http_routes_count;
        enum http_method method =
            known ? http_routes[row].method : (enum http_method)(row - http_routes_count);

        for (int i = 0; i < STATUSES; i++) {
            uint64_t count = metrics->answers[row * STATUSES + (size_t)i];
            char status[8];
            const struct exposition_label labels[] = {
                {"method", http_method_name(method)},
                {"route", known ? http_routes[row].pattern : "other"},
                {"status", status},
            };

            if (count == 0)
                continue;
            snprintf(status, sizeof(status), "%d", FIRST_STATUS + i);
            exposition_sample(out, name, "", labels, 3, (double)count);
        }
    }
}

static void write_one(
    struct text *out, const char *name, enum exposition_type type, const char *help, double value)
{
    exposition_family(out, name, type, help);
    exposition_sample(out, name, "", NULL, 0, value);
}

static void write_store(const struct signaling *app, struct text *out)
{
    struct backup_state backup;

    backup_keeper_read(app->backups, &backup);
    write_one(out, "duet_signaling_store_damaged", EXPOSITION_GAUGE,
        "1 when the database is damaged; nothing is written then.", store_is_damaged(app->store));
    write_one(out, "duet_signaling_backup_failed", EXPOSITION_GAUGE,
        "1 when the last copy of the database failed.", backup.failed);
    write_one(out, "duet_signaling_backup_checked_seconds", EXPOSITION_GAUGE,
        "When the newest copy was known to hold everything, in seconds since 1970; 0 = never.",
        (double)backup.checked_s);
    write_one(out, "duet_signaling_disk_bytes", EXPOSITION_GAUGE,
        "Size of the disk that the database is on.", (double)backup.disk_bytes);
    write_one(out, "duet_signaling_disk_free_bytes", EXPOSITION_GAUGE, "What is free of it.",
        (double)backup.disk_free_bytes);
}

static void write_own(const struct metrics *metrics, struct text *out)
{
    const struct signaling *app = metrics->app;
    const struct exposition_label version = {"version", DUET_VERSION};
    struct process_figures process;

    process_figures_read(&process);
    exposition_family(
        out, "duet_build_info", EXPOSITION_GAUGE, "Always 1; the version is its label.");
    exposition_sample(out, "duet_build_info", "", &version, 1, 1);
    write_one(out, "duet_signaling_media_sessions", EXPOSITION_GAUGE,
        "WHIP and WHEP sessions known here.", (double)media_sessions_count(app->sessions));
    write_one(out, "duet_signaling_relays_connected", EXPOSITION_GAUGE, "Relays connected now.",
        (double)relays_connected(app->relays));
    write_one(out, "process_resident_memory_bytes", EXPOSITION_GAUGE, "Memory of duet-signaling.",
        (double)process.resident_bytes);
    write_one(out, "process_cpu_seconds_total", EXPOSITION_COUNTER,
        "Processor time of duet-signaling.", (double)process.cpu_us * SECONDS);
    write_one(out, "process_open_fds", EXPOSITION_GAUGE, "Open descriptors of duet-signaling.",
        (double)process.open_descriptors);
    write_one(out, "process_max_fds", EXPOSITION_GAUGE, "Descriptors duet-signaling may open.",
        (double)process.max_descriptors);
    write_one(out, "process_start_time_seconds", EXPOSITION_GAUGE,
        "When duet-signaling started, in seconds since 1970.", metrics->started_s);
    write_store(app, out);
    write_answers(metrics, out);
}

/* ---- answering ---- */

static void respond(struct metrics *metrics, struct http_request *request)
{
    struct relay_answer answers[RELAYS_MAX];
    struct http_response response;
    struct text body = {0};

    for (size_t i = 0; i < metrics->asked_count; i++)
        answers[i] = (struct relay_answer){metrics->asked[i].relay, metrics->asked[i].stats};
    write_own(metrics, &body);
    relay_metrics_write(&body, answers, metrics->asked_count);
    http_response_init(&response, 200);
    if (body.failed)
        response.body.failed = true;
    else
        http_response_body(&response, EXPOSITION_CONTENT_TYPE, body.data, body.len);
    http_response_header(&response, "Cache-Control", "no-store");
    http_request_respond(request, &response);
    text_finish(&body);
}

static bool is_waiting(const struct metrics *metrics)
{
    for (size_t i = 0; i < metrics->asked_count; i++) {
        if (metrics->asked[i].handle)
            return true;
    }
    return false;
}

static void respond_to_all(struct metrics *metrics)
{
    while (metrics->waiting_count > 0)
        respond(metrics, metrics->waiting[--metrics->waiting_count]);
}

/* ---- asking ---- */

static void on_stats(void *user, const struct link_reply *reply, bool timed_out)
{
    struct asked *asked = user;

    (void)timed_out;
    asked->handle = 0;
    if (reply && reply->ok && json_is_object(reply->stats))
        asked->stats = json_incref((json_t *)reply->stats);
    if (!is_waiting(asked->metrics))
        respond_to_all(asked->metrics);
}

static void add_relay(void *user, const char *relay, bool connected)
{
    struct metrics *metrics = user;
    struct asked *asked = &metrics->asked[metrics->asked_count];

    if (metrics->asked_count == RELAYS_MAX)
        return;
    metrics->asked_count++;
    *asked = (struct asked){.metrics = metrics};
    strncpy(asked->relay, relay, sizeof(asked->relay) - 1);
    if (connected)
        asked->handle = relays_request(metrics->app->relays, relay,
            json_pack("{s:s}", "type", "stats.get"), on_stats, asked, metrics->asked_us);
}

static void forget_answers(struct metrics *metrics)
{
    for (size_t i = 0; i < metrics->asked_count; i++) {
        if (metrics->asked[i].handle)
            relays_cancel(metrics->app->relays, metrics->asked[i].handle);
        json_decref(metrics->asked[i].stats);
    }
    metrics->asked_count = 0;
}

static void ask(struct metrics *metrics, uint64_t now_us)
{
    forget_answers(metrics);
    metrics->asked_us = now_us;
    metrics->has_asked = true;
    relays_each(metrics->app->relays, add_relay, metrics);
}

void metrics_tick(struct metrics *metrics, uint64_t now_us)
{
    if (!is_waiting(metrics) || now_us - metrics->asked_us < METRICS_REPLY_LIMIT_US)
        return;
    for (size_t i = 0; i < metrics->asked_count; i++) {
        if (metrics->asked[i].handle)
            relays_cancel(metrics->app->relays, metrics->asked[i].handle);
        metrics->asked[i].handle = 0;
    }
    respond_to_all(metrics);
}

static void on_gone(void *user)
{
    struct http_request *request = user;
    struct metrics *metrics = request->app->metrics;
    size_t kept = 0;

    for (size_t i = 0; i < metrics->waiting_count; i++) {
        if (metrics->waiting[i] != request)
            metrics->waiting[kept++] = metrics->waiting[i];
    }
    metrics->waiting_count = kept;
}

void metrics_scrape(struct http_request *request)
{
    struct metrics *metrics = request->app->metrics;
    uint64_t now_us = clock_now_us();

    if (!is_waiting(metrics) &&
        (!metrics->has_asked || now_us - metrics->asked_us >= METRICS_FRESH_US))
        ask(metrics, now_us);
    if (!is_waiting(metrics)) {
        respond(metrics, request);
    } else if (metrics->waiting_count == MAX_WAITING) {
        http_request_fail(
            request, 503, "Too many scrapes at a time; one every few seconds is enough.");
    } else {
        metrics->waiting[metrics->waiting_count++] = request;
        http_request_defer(request, on_gone, request);
    }
}

/* ---- life ---- */

int64_t metrics_started_s(const struct metrics *metrics)
{
    return (int64_t)metrics->started_s;
}

const char *metrics_token(const struct metrics *metrics)
{
    return metrics->token;
}

struct metrics *metrics_create(struct signaling *app, const char *token)
{
    struct metrics *metrics = calloc(1, sizeof(*metrics));

    if (!metrics)
        return NULL;
    metrics->app = app;
    metrics->started_s = (double)clock_wall_us() * SECONDS;
    metrics->token = strdup(token);
    metrics->answers =
        calloc((http_routes_count + HTTP_METHOD_COUNT) * STATUSES, sizeof(*metrics->answers));
    if (!metrics->token || !metrics->answers) {
        metrics_destroy(metrics);
        return NULL;
    }
    return metrics;
}

void metrics_destroy(struct metrics *metrics)
{
    if (!metrics)
        return;
    forget_answers(metrics);
    if (metrics->token)
        explicit_bzero(metrics->token, strlen(metrics->token));
    free(metrics->token);
    free(metrics->answers);
    free(metrics);
}
