#include "signaling/http/timetable_api.h"

#include "common/clock.h"
#include "common/json.h"
#include "signaling/http/api.h"
#include "signaling/http/entry_rights.h"
#include "signaling/http/refusals.h"
#include "signaling/lessons/term_copy.h"
#include "signaling/service.h"
#include "signaling/timetable/local_date.h"

#include <errno.h>
#include <stdlib.h>

/* Numbers of entries; false: not an array of at most TERM_COPY_MAX_ENTRIES of them. */
static bool read_without(const json_t *list, int64_t *ret_without, size_t *ret_count)
{
    size_t count = json_array_size(list);

    if (list && (!json_is_array(list) || count > TERM_COPY_MAX_ENTRIES))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!json_is_integer(json_array_get(list, i)))
            return false;
        ret_without[i] = json_integer_value(json_array_get(list, i));
    }
    *ret_count = count;
    return true;
}

/* into is the path's; without has room for TERM_COPY_MAX_ENTRIES. */
static bool read_copy(
    struct http_request *request, const json_t *body, int64_t *without, struct term_copy *ret_copy)
{
    struct json_error error = {""};

    ret_copy->without = without;
    if (json_get_int(body, "from", 1, INT64_MAX, &ret_copy->from, &error) < 0 ||
        json_get_int(body, "organisation", 1, INT64_MAX, &ret_copy->organisation, &error) < 0) {
        api_answer_error(request, &error);
        return false;
    }
    if (!read_without(json_object_get(body, "without"), without, &ret_copy->without_count)) {
        api_answer_invalid(request, "without: expected the numbers of at most 1000 weekly lessons");
        return false;
    }
    return api_may_term(request, ret_copy->into) && api_may_term(request, ret_copy->from) &&
           api_may(request, ret_copy->organisation) &&
           entry_rights_term(request, ret_copy->into, ret_copy->organisation);
}

static json_t *describe_problem(const struct term_copy_problem *problem)
{
    const struct timetable_entry *entry = &problem->entry;
    bool clashes = problem->fault == TERM_COPY_TEACHER || problem->fault == TERM_COPY_ROOM;
    char day[LOCAL_DATE_CHARS];

    return json_pack("{s:I, s:s, s:i, s:I, s:i, s:i, s:s, s:o, s:o, s:s?, s:i}", "entry",
        (json_int_t)entry->id, "subject", entry->subject, "grade", (int)entry->grade, "room",
        (json_int_t)entry->room, "weekday", (int)entry->recurrence.weekday, "period",
        (int)entry->period, "kind", term_copy_fault_name(problem->fault), "id",
        problem->id ? json_integer((json_int_t)problem->id) : json_null(), "other",
        clashes ? json_integer((json_int_t)problem->other) : json_null(), "day",
        problem->day ? local_date_format(problem->day, day) : NULL, "overlap_s",
        (int)problem->overlap_s);
}

static json_t *describe_problems(const struct term_copy_report *report)
{
    json_t *list = json_array();

    for (size_t i = 0; i < report->problem_count && i < TERM_COPY_MAX_PROBLEMS; i++)
        json_array_append_new(list, describe_problem(&report->problems[i]));
    return json_pack("{s:i, s:i, s:o}", "entries", (int)report->entries, "problem_count",
        (int)report->problem_count, "problems", list);
}

static void answer(struct http_request *request, int r, const struct term_copy_report *report)
{
    static const struct api_reasons reasons = {
        .missing = REFUSAL_NO_TERM,
        .invalid = REFUSAL_TERM_COPY_SAME,
    };

    if (r == 0)
        api_answer(
            request, json_pack("{s:i, s:i, s:i}", "entries", (int)report->entries, "pairings",
                         (int)report->pairings, "lessons", (int)report->lessons));
    else if (r == -EADDRINUSE)
        refusals_answer(request, REFUSAL_TERM_COPY_CONFLICT, describe_problems(report));
    else if (r == -E2BIG)
        refusals_answer(
            request, REFUSAL_TERM_COPY_TOO_MANY, json_pack("{s:i}", "max", TERM_COPY_MAX_ENTRIES));
    else
        api_answer_failure(request, r, &reasons);
}

void term_copy_api_make(struct http_request *request)
{
    struct term_copy_report *report = calloc(1, sizeof(*report));
    int64_t *without = calloc(TERM_COPY_MAX_ENTRIES, sizeof(*without));
    struct term_copy copy = {0};
    json_t *body = NULL;

    if (!report || !without)
        service_answer_store_error(request, -ENOMEM);
    else if (api_id(request, 0, &copy.into) && api_root(request, &copy.root))
        body = api_body(request);
    if (body && read_copy(request, body, without, &copy))
        answer(request,
            term_copy_make(
                request->app->store, &copy, request->person.login_name, clock_wall_s(), report),
            report);
    json_decref(body);
    free(without);
    free(report);
}
