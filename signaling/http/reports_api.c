#include "signaling/http/reports_api.h"

#include "common/clock.h"
#include "common/name_table.h"
#include "signaling/http/api.h"
#include "signaling/http/deferred.h"
#include "signaling/http/refusals.h"
#include "signaling/lessons/reports.h"
#include "signaling/service.h"
#include "signaling/timetable/local_date.h"

#include <errno.h>
#include <stdlib.h>

static const char *const by_names[] = {"school", "room", "teacher", "subject"};

#define SECONDS_PER_MIN 60

static json_t *describe_causes(const struct report_row *row)
{
    json_t *causes = json_object();

    for (unsigned cause = OUTCOME_CANCELLED; cause < OUTCOME_CAUSE_COUNT; cause++) {
        if (row->causes[cause] > 0)
            json_object_set_new(causes, outcome_cause_name((enum outcome_cause)cause),
                json_integer(row->causes[cause]));
    }
    return causes;
}

/* key NULL: of the total. */
static json_t *describe_row(const struct report_row *row, const struct report_key *key)
{
    json_t *object = json_pack("{s:i, s:i, s:I, s:I, s:o}", "lessons", (int)row->lessons, "planned",
        (int)row->planned, "planned_min", (json_int_t)(row->planned_s / SECONDS_PER_MIN),
        "held_min", (json_int_t)(row->held_s / SECONDS_PER_MIN), "causes", describe_causes(row));

    for (unsigned status = 0; object && status < OUTCOME_STATUS_COUNT; status++)
        json_object_set_new(object, outcome_status_name((enum outcome_status)status),
            json_integer(row->counts[status]));
    if (object && key) {
        json_object_set_new(object, "id", key->id ? json_integer(key->id) : json_null());
        json_object_set_new(object, "name", json_string(key->name));
        if (*key->school)
            json_object_set_new(object, "school", json_string(key->school));
    }
    return object;
}

static bool is_empty(const struct report_row *row)
{
    for (unsigned status = 0; status < OUTCOME_STATUS_COUNT; status++) {
        if (row->counts[status] > 0)
            return false;
    }
    return true;
}

static json_t *describe_rows(const struct report *report)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < report->plan.key_count; i++) {
        if (!is_empty(&report->rows[i]))
            json_array_append_new(rows, describe_row(&report->rows[i], &report->plan.keys[i]));
    }
    return rows;
}

static json_t *describe_problem(const struct report_problem *problem)
{
    char day[LOCAL_DATE_CHARS];

    return json_pack("{s:s, s:s, s:o, s:I, s:I, s:i, s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:i, s:i, "
                     "s:s, s:s, s:s}",
        "lesson", problem->lesson, "day", local_date_format(problem->day, day), "period",
        problem->period > 0 ? json_integer(problem->period) : json_null(), "starts",
        (json_int_t)problem->span.start_s, "ends", (json_int_t)problem->span.end_s, "delay_s",
        (int)problem->delay_s, "subject", problem->entry->subject, "grade",
        (int)problem->entry->grade, "teacher", problem->teacher->name, "master_room",
        problem->entry->room->name, "master_school", problem->entry->room->school_name, "room",
        problem->unit->room->name, "school", problem->unit->room->school_name, "planned_min",
        (int)(problem->outcome.planned_s / SECONDS_PER_MIN), "held_min",
        (int)(problem->outcome.held_s / SECONDS_PER_MIN), "status",
        outcome_status_name(problem->outcome.status), "cause",
        outcome_cause_name(problem->outcome.cause), "reason", problem->reason);
}

static json_t *describe(const struct report *report, const struct report_query *query)
{
    char first[LOCAL_DATE_CHARS], last[LOCAL_DATE_CHARS];
    json_t *problems = json_array();

    for (size_t i = 0; i < report->told_count; i++)
        json_array_append_new(problems, describe_problem(&report->told[i]));
    return json_pack("{s:I, s:s, s:s, s:s, s:I, s:i, s:o, s:o, s:o, s:I}", "organisation",
        (json_int_t)query->organisation, "by", by_names[query->by], "from",
        local_date_format(query->first_day, first), "to", local_date_format(query->last_day, last),
        "now", (json_int_t)query->now_s, "without_bell", (int)report->without_bell, "total",
        describe_row(&report->total, NULL), "rows", describe_rows(report), "problems", problems,
        "problem_count", (json_int_t)report->problem_count);
}

static bool read_query(struct http_request *request, struct report_query *ret_query)
{
    unsigned by;

    *ret_query = (struct report_query){.now_s = clock_wall_s()};
    if (!api_id(request, 0, &ret_query->organisation) || !api_may(request, ret_query->organisation))
        return false;
    if (!name_table_find(by_names, NAME_TABLE_COUNT(by_names), request->params[1], &by)) {
        http_request_fail(request, 404, "There are reports by school, room, teacher and subject.");
        return false;
    }
    ret_query->by = (enum report_by)by;
    if (!api_day(request, request->params[2], &ret_query->first_day) ||
        !api_day(request, request->params[3], &ret_query->last_day))
        return false;
    if (ret_query->last_day >= ret_query->first_day &&
        ret_query->last_day - ret_query->first_day < REPORTS_MAX_DAYS)
        return true;
    refusals_answer(request, REFUSAL_REPORT_DAYS, json_pack("{s:i}", "max", REPORTS_MAX_DAYS - 1));
    return false;
}

/* A term of a county takes long enough for a bell to ring late: it is made beside the loop. */
struct report_job {
    struct report_query query;
    /* of the worker */
    int r;
    struct report *report; /* owned */
};

/* Of one moment. */
static int make(struct report_job *job, struct store *store)
{
    int r = store_run(store, store_prepare(store, "BEGIN"));
    int end;

    if (r < 0)
        return r;
    r = reports_make(store, &job->query, &job->report);
    end = store_run(store, store_prepare(store, "COMMIT"));
    return r < 0 ? r : end;
}

static void work(void *user, struct store *store, const atomic_bool *abandoned)
{
    struct report_job *job = user;

    (void)abandoned;
    job->r = store ? make(job, store) : -EIO;
}

static void answer(void *user, struct http_request *request)
{
    static const struct api_reasons reasons = {.missing = REFUSAL_NO_ORGANISATION};
    struct report_job *job = user;

    if (job->r < 0)
        api_answer_failure(request, job->r, &reasons);
    else
        api_answer(request, describe(job->report, &job->query));
}

static void release(void *user)
{
    struct report_job *job = user;

    reports_destroy(job->report);
    free(job);
}

void reports_api_get(struct http_request *request)
{
    static const struct deferred_work report_work = {work, answer, release};
    struct report_query query;
    struct report_job *job;

    if (!read_query(request, &query))
        return;
    job = calloc(1, sizeof(*job));
    if (!job) {
        service_answer_store_error(request, -ENOMEM);
        return;
    }
    job->query = query;
    deferred_begin(request, &report_work, job);
}
