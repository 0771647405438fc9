#include "signaling/http/exports_api.h"

#include "common/clock.h"
#include "signaling/audit/audit_log.h"
#include "signaling/export/county_csv.h"
#include "signaling/export/database_export.h"
#include "signaling/export/lesson_calendar.h"
#include "signaling/export/spool.h"
#include "signaling/export/timetable_csv.h"
#include "signaling/http/api.h"
#include "signaling/http/deferred.h"
#include "signaling/http/refusals.h"
#include "signaling/http/routes.h"
#include "signaling/schools/organisations.h"
#include "signaling/service.h"
#include "signaling/timetable/local_date.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CSV_TYPE  "text/csv; charset=utf-8"
#define ICAL_TYPE "text/calendar; charset=utf-8"

#define MAX_KIND_CHARS 16

struct export_job {
    int (*write)(struct export_job *job, struct store *store, FILE *file);
    const char *beside; /* borrowed: the database's path */
    const char *type;
    char file_name[64]; /* "" for what is not to be saved */
    int64_t now_s;
    /* of some of them */
    char name[HTTP_MAX_PARAM_CHARS + 1]; /* of who asks, or the calendar's secret */
    int64_t organisation, term;
    int32_t monday;
    enum county_csv kind;
    bool english;
    /* of the worker */
    int r;
    int fd; /* owned; -1: none */
    uint64_t bytes;
    char digest[ICAL_DIGEST_CHARS + 1]; /* "" when there is none */
};

static void work(void *user, struct store *store, const atomic_bool *abandoned)
{
    struct export_job *job = user;
    FILE *file;

    (void)abandoned;
    job->r = store ? spool_open(job->beside, &file) : -EIO;
    if (job->r < 0)
        return;
    job->r = job->write(job, store, file);
    if (job->r < 0)
        fclose(file);
    else
        job->r = spool_finish(file, &job->fd, &job->bytes);
}

static void answer_file(struct export_job *job, struct http_request *request)
{
    const char *known = http_request_header(request, HTTP_HEADER_IF_NONE_MATCH);
    bool same = *job->digest && strstr(known, job->digest);
    struct http_response response;

    http_response_init(&response, same ? 304 : 200);
    if (!same) {
        http_response_file(&response, job->type, job->fd, job->bytes);
        job->fd = -1;
    }
    if (*job->digest)
        http_response_header(&response, "ETag", "\"%s\"", job->digest);
    http_response_header(
        &response, "Cache-Control", *job->digest ? "private, no-cache" : "no-store");
    if (*job->file_name && !same)
        http_response_header(
            &response, "Content-Disposition", "attachment; filename=\"%s\"", job->file_name);
    http_request_respond(request, &response);
}

static void answer(void *user, struct http_request *request)
{
    struct export_job *job = user;

    if (job->r == -ENOENT)
        http_request_fail(request, 404, "There is no such calendar (any more).");
    else if (job->r < 0)
        service_answer_store_error(request, job->r);
    else
        answer_file(job, request);
}

static void release(void *user)
{
    struct export_job *job = user;

    if (job->fd >= 0)
        close(job->fd);
    explicit_bzero(job->name, sizeof(job->name));
    free(job);
}

static void begin(
    struct http_request *request, const struct export_job *like, const struct deferred_work *what)
{
    struct export_job *job = malloc(sizeof(*job));

    if (!job) {
        service_answer_store_error(request, -ENOMEM);
        return;
    }
    *job = *like;
    job->beside = request->app->settings->store_path;
    job->now_s = clock_wall_s();
    job->fd = -1;
    deferred_begin(request, what, job);
}

static const struct deferred_work export_work = {work, answer, release, false};

static void today(char ret_day[static LOCAL_DATE_CHARS])
{
    local_date_format((int32_t)(clock_wall_s() / (24 * 60 * 60)), ret_day);
}

/* ---- everything ---- */

/* Who took all of it away stands in the log before it leaves. */
static int write_all(struct export_job *job, struct store *store, FILE *file)
{
    struct audit_entry entry = {job->now_s, job->name, "export.all", "", "done", ""};
    int r = store_begin(store);

    if (r == 0)
        r = audit_log_end(store, 0, &entry);
    return r == 0 ? database_export_write(store, job->now_s, file) : r;
}

void exports_api_all(struct http_request *request)
{
    struct export_job job = {.write = write_all, .type = "application/json"};
    char day[LOCAL_DATE_CHARS];

    today(day);
    snprintf(job.file_name, sizeof(job.file_name), "duet-export-%s.json", day);
    snprintf(job.name, sizeof(job.name), "%s", request->person.login_name);
    begin(request, &job, &export_work);
}

/* The path's first, when it is there and the person's own. */
static bool find_organisation(struct http_request *request, int64_t *ret_organisation)
{
    struct organisation organisation;
    int r;

    if (!api_id(request, 0, ret_organisation) || !api_may(request, *ret_organisation))
        return false;
    r = organisations_get(request->app->store, *ret_organisation, &organisation);
    if (r < 0)
        service_answer_store_error(request, r);
    else if (r == 0)
        refusals_answer(request, REFUSAL_NO_ORGANISATION, NULL);
    return r == 1;
}

/* ---- the timetable ---- */

static bool is_english(const struct http_request *request)
{
    const char *pattern = request->route->pattern;

    return strcmp(pattern + strlen(pattern) - 3, "-en") == 0;
}

static int write_week(struct export_job *job, struct store *store, FILE *file)
{
    return timetable_csv_week(store, job->organisation, job->monday, job->english, file);
}

void exports_api_week(struct http_request *request)
{
    struct export_job job = {.write = write_week, .type = CSV_TYPE, .english = is_english(request)};
    char day[LOCAL_DATE_CHARS];

    if (!find_organisation(request, &job.organisation) ||
        !api_day(request, request->params[1], &job.monday))
        return;
    job.monday = local_date_monday(job.monday);
    snprintf(job.file_name, sizeof(job.file_name), "duet-week-%s.csv",
        local_date_format(job.monday, day));
    begin(request, &job, &export_work);
}

static int write_term(struct export_job *job, struct store *store, FILE *file)
{
    return timetable_csv_term(store, job->organisation, job->term, job->english, file);
}

void exports_api_term(struct http_request *request)
{
    struct export_job job = {.write = write_term, .type = CSV_TYPE, .english = is_english(request)};

    if (!find_organisation(request, &job.organisation) || !api_id(request, 1, &job.term) ||
        !api_may_term(request, job.term))
        return;
    snprintf(job.file_name, sizeof(job.file_name), "duet-term-%lld.csv", (long long)job.term);
    begin(request, &job, &export_work);
}

/* ---- schools, people, rooms, bells ---- */

static int write_county(struct export_job *job, struct store *store, FILE *file)
{
    return county_csv_write(store, job->kind, job->organisation, job->english, file);
}

/* The route's, which has its own rows in the table for each kind: …/<>/KIND/csv. */
static enum county_csv kind_of(const struct http_request *request)
{
    const char *text = strstr(request->route->pattern, "<>/") + strlen("<>/");
    enum county_csv kind = COUNTY_CSV_SCHOOLS;
    char name[MAX_KIND_CHARS];

    snprintf(name, sizeof(name), "%.*s", (int)strcspn(text, "/"), text);
    county_csv_of(name, &kind);
    return kind;
}

void exports_api_county(struct http_request *request)
{
    struct export_job job = {.write = write_county,
        .type = CSV_TYPE,
        .kind = kind_of(request),
        .english = is_english(request)};

    if (!find_organisation(request, &job.organisation))
        return;
    snprintf(job.file_name, sizeof(job.file_name), "duet-%s.csv", county_csv_name(job.kind));
    begin(request, &job, &export_work);
}

/* ---- calendars ---- */

static int write_calendar(struct export_job *job, struct store *store, FILE *file)
{
    struct calendar calendar;
    int r = calendars_find(store, job->name, job->now_s, &calendar);

    if (r <= 0)
        return r < 0 ? r : -ENOENT;
    return lesson_calendar_write(store, &calendar, job->now_s, file, job->digest);
}

/* Clients of many people ask each hour or so, often all at once: a file or a report that somebody waits for goes first.
 * Addresses that are none cost the worker nothing. */
void exports_api_calendar(struct http_request *request)
{
    static const struct deferred_work calendar_work = {work, answer, release, true};
    struct export_job job = {.write = write_calendar, .type = ICAL_TYPE};
    int r = calendars_knows(request->app->store, request->params[0]);

    if (r <= 0) {
        job.r = r < 0 ? r : -ENOENT;
        answer(&job, request);
        return;
    }
    snprintf(job.name, sizeof(job.name), "%s", request->params[0]);
    begin(request, &job, &calendar_work);
}
