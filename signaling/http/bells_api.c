#include "signaling/http/bells_api.h"

#include "common/clock.h"
#include "common/json.h"
#include "signaling/http/api.h"
#include "signaling/http/clashes_json.h"
#include "signaling/http/refusals.h"
#include "signaling/lessons/bell_changes.h"
#include "signaling/schools/school_bells.h"
#include "signaling/service.h"
#include "signaling/timetable/local_date.h"

#include <errno.h>

#define DEFAULT_NAME "作息"

/* ---- what there is ---- */

static json_t *describe_periods(const struct bell_set *set)
{
    json_t *periods = json_array();

    for (size_t i = 0; i < set->period_count; i++)
        json_array_append_new(periods,
            json_pack("{s:i, s:i, s:i}", "number", (int)set->periods[i].number, "start_minute",
                (int)set->periods[i].start_minute, "end_minute", (int)set->periods[i].end_minute));
    return periods;
}

static json_t *describe_set(const struct bell_set *set, const struct bell_set_label *label)
{
    char first[LOCAL_DATE_CHARS], last[LOCAL_DATE_CHARS];

    return json_pack("{s:I, s:I, s:s, s:s, s:s, s:o}", "id", (json_int_t)label->id, "version",
        (json_int_t)label->version, "name", label->name, "first_day",
        local_date_format(set->first_day, first), "last_day",
        local_date_format(set->last_day, last), "periods", describe_periods(set));
}

static json_t *describe_bells(const struct school_bells *school)
{
    const struct bells *bells = school_bells_get(school);
    json_t *sets = json_array(), *days = json_array();
    char first[LOCAL_DATE_CHARS], last[LOCAL_DATE_CHARS];

    for (size_t i = 0; i < bells->set_count; i++)
        json_array_append_new(sets, describe_set(&bells->sets[i], school_bells_label(school, i)));
    for (size_t i = 0; i < bells->exception_count; i++) {
        const struct bell_exception *exception = &bells->exceptions[i];

        json_array_append_new(days,
            json_pack("{s:s, s:b, s:s?, s:I}", "day", local_date_format(exception->day, first),
                "holiday", exception->holiday, "held_day",
                exception->holiday ? NULL : local_date_format(exception->held_day, last),
                "organisation", (json_int_t)school_bells_sayer(school, i)));
    }
    return json_pack("{s:o, s:o}", "sets", sets, "days", days);
}

/* Those of the path's first number, the caller's to destroy; NULL when that was answered. */
static struct school_bells *load(struct http_request *request)
{
    struct school_bells *bells;
    int64_t school;
    int r;

    if (!api_id(request, 0, &school) || !api_may(request, school))
        return NULL;
    r = school_bells_load(request->app->store, school, &bells);
    if (r < 0)
        api_answer_failure(request, r, &(struct api_reasons){.missing = REFUSAL_NO_ORGANISATION});
    return r < 0 ? NULL : bells;
}

void bells_api_get(struct http_request *request)
{
    struct school_bells *bells = load(request);

    if (!bells)
        return;
    api_answer(request, describe_bells(bells));
    school_bells_destroy(bells);
}

static void answer_set(struct http_request *request, const struct school_bells *school, int64_t id)
{
    const struct bells *bells = school_bells_get(school);

    for (size_t i = 0; i < bells->set_count; i++) {
        const struct bell_set_label *label = school_bells_label(school, i);

        if (label->id == id) {
            api_answer_version(request, describe_set(&bells->sets[i], label), label->version);
            return;
        }
    }
    refusals_answer(request, REFUSAL_NO_BELLS, NULL);
}

void bells_api_get_set(struct http_request *request)
{
    struct school_bells *bells;
    int64_t id;

    if (!api_id(request, 1, &id))
        return;
    bells = load(request);
    if (!bells)
        return;
    answer_set(request, bells, id);
    school_bells_destroy(bells);
}

/* ---- changing ---- */

/* [[510, 550], …]: minutes of the day, numbered from 1 in their order. */
static bool read_periods(struct http_request *request, const json_t *periods, struct bell_set *set)
{
    size_t index;
    json_t *pair;

    if (json_array_size(periods) == 0 || json_array_size(periods) > BELLS_MAX_PERIODS) {
        api_answer_invalid(request, "periods: one to 24 pairs of minutes, such as [[510, 550]]");
        return false;
    }
    json_array_foreach(periods, index, pair)
    {
        json_int_t start = json_integer_value(json_array_get(pair, 0));
        json_int_t end = json_integer_value(json_array_get(pair, 1));

        if (json_array_size(pair) != 2 || start < 0 || end < 1 || end > BELLS_MAX_MINUTE ||
            start >= end) {
            api_answer_invalid(
                request, "periods: each is a pair of minutes of the day, start before end");
            return false;
        }
        set->periods[set->period_count++] =
            (struct bell_period){(uint16_t)(index + 1), (uint16_t)start, (uint16_t)end};
    }
    return true;
}

static bool read_set(struct http_request *request, const json_t *body, struct bells_edit *edit,
    struct bell_set *ret_set)
{
    struct json_error error = {""};

    *ret_set = (struct bell_set){0};
    edit->set = ret_set;
    edit->name =
        json_get_string_or(body, "name", ORGANISATIONS_MAX_NAME_BYTES, DEFAULT_NAME, &error);
    if (!edit->name) {
        api_answer_error(request, &error);
        return false;
    }
    return api_day(request, json_get_string(body, "first_day", 16, &error), &ret_set->first_day) &&
           api_day(request, json_get_string(body, "last_day", 16, &error), &ret_set->last_day) &&
           read_periods(request, json_object_get(body, "periods"), ret_set);
}

/* The sentence for the first fault of the set. */
static void answer_fault(struct http_request *request, const struct bell_set *set)
{
    size_t at[2] = {0};

    switch (bells_check(set, at)) {
    case BELL_FAULT_OVERLAP:
        refusals_answer(request, REFUSAL_PERIODS_OVERLAP,
            json_pack("{s:i, s:i}", "first", (int)set->periods[at[1]].number, "second",
                (int)set->periods[at[0]].number));
        return;
    case BELL_FAULT_TIME:
    case BELL_FAULT_NUMBER:
        refusals_answer(request, REFUSAL_PERIOD_IMPOSSIBLE,
            json_pack("{s:i}", "period", (int)set->periods[at[0]].number));
        return;
    case BELL_FAULT_NONE:
        break;
    }
    refusals_answer(request, REFUSAL_BELLS_INVALID, NULL);
}

static void answer_failure(struct http_request *request, const struct bells_edit *edit, int r)
{
    static const struct api_reasons of_sets = {
        .missing = REFUSAL_NO_BELLS,
    };
    static const struct api_reasons of_days = {
        .missing = REFUSAL_NO_DAY,
        .invalid = REFUSAL_DAY_INVALID,
    };

    if (edit->set && r == -EINVAL)
        answer_fault(request, edit->set);
    else if (r == -ESTALE)
        refusals_answer(request, REFUSAL_CHANGED_MEANWHILE, NULL);
    else if (r == -ENOSPC && edit->kind == BELLS_EDIT_ADD_SET)
        refusals_answer(
            request, REFUSAL_BELL_SETS_FULL, json_pack("{s:i}", "max", SCHOOL_BELLS_MAX_SETS));
    else
        api_answer_failure(request, r,
            edit->kind == BELLS_EDIT_SET_DAY || edit->kind == BELLS_EDIT_CLEAR_DAY ? &of_days
                                                                                   : &of_sets);
}

/* Makes or tries the change; false when that was answered. The report is the caller's to finish. */
static bool make(struct http_request *request, struct bells_edit *edit, bool only_try,
    struct bell_changes_report *ret_report)
{
    int r = bell_changes_make(request->app->store, edit, only_try, request->person.login_name,
        clock_wall_s(), ret_report);

    if (r < 0)
        answer_failure(request, edit, r);
    return r == 0;
}

static json_t *describe_span(const struct bell_span *span)
{
    return span->start_s == 0 ? json_null()
                              : json_pack("{s:I, s:I}", "starts", (json_int_t)span->start_s, "ends",
                                    (json_int_t)span->end_s);
}

/* Finishes the report. */
static json_t *describe_report(struct bell_changes_report *report)
{
    json_t *answer;
    json_t *lessons = json_array();
    char day[LOCAL_DATE_CHARS];

    for (size_t i = 0; i < report->told_count; i++) {
        const struct moved_lesson *lesson = &report->told[i];

        json_array_append_new(
            lessons, json_pack("{s:s, s:s, s:I, s:s, s:i, s:o, s:o}", "id", lesson->id, "subject",
                         lesson->subject, "school", (json_int_t)lesson->school, "day",
                         local_date_format(lesson->day, day), "period", (int)lesson->period, "from",
                         describe_span(&lesson->from), "to", describe_span(&lesson->to)));
    }
    answer = json_pack("{s:i, s:i, s:i, s:i, s:i, s:o, s:i, s:o}", "moved", (int)report->moved,
        "lost", (int)report->lost, "found", (int)report->found, "kept", (int)report->kept,
        "substitutions", (int)report->substitutions, "lessons", lessons, "clashes",
        (int)report->clashes.count, "clashing",
        clashes_json(&report->clashes, BELL_CHANGES_MAX_TOLD));
    bell_changes_report_finish(report);
    return answer;
}

/* Of the path's first number; false when that was answered. */
static bool start_edit(
    struct http_request *request, enum bells_edit_kind kind, struct bells_edit *ret_edit)
{
    *ret_edit = (struct bells_edit){.kind = kind};
    return api_id(request, 0, &ret_edit->organisation) && api_may(request, ret_edit->organisation);
}

static void answer_edit(struct http_request *request, struct bells_edit *edit)
{
    struct bell_changes_report report;

    if (!make(request, edit, false, &report))
        return;
    if (edit->kind == BELLS_EDIT_CHANGE_SET)
        api_answer_version(request, describe_report(&report), edit->version + 1);
    else
        api_answer(request, describe_report(&report));
}

void bells_api_add(struct http_request *request)
{
    struct bell_changes_report report;
    struct bells_edit edit;
    struct bell_set set;
    json_t *body;

    if (!start_edit(request, BELLS_EDIT_ADD_SET, &edit))
        return;
    body = api_body(request);
    if (body && read_set(request, body, &edit, &set) && make(request, &edit, false, &report)) {
        bell_changes_report_finish(&report);
        api_answer_created(request, "bells", edit.set_id);
    }
    json_decref(body);
}

/* The set of the path in the version that the writer has seen; false when that was answered. */
static bool start_set_edit(struct http_request *request, enum bells_edit_kind kind,
    const json_t *body, struct bells_edit *ret_edit)
{
    int64_t current;
    int r;

    if (!body || !start_edit(request, kind, ret_edit) || !api_id(request, 1, &ret_edit->set_id))
        return false;
    r = bells_edit_version(request->app->store, ret_edit, &current);
    if (r < 0) {
        answer_failure(request, ret_edit, r);
        return false;
    }
    return api_version(request, body, current, &ret_edit->version);
}

void bells_api_change(struct http_request *request)
{
    json_t *body = api_body(request);
    struct bells_edit edit;
    struct bell_set set;

    if (start_set_edit(request, BELLS_EDIT_CHANGE_SET, body, &edit) &&
        read_set(request, body, &edit, &set))
        answer_edit(request, &edit);
    json_decref(body);
}

void bells_api_remove(struct http_request *request)
{
    json_t *body = api_body(request);
    struct bells_edit edit;

    if (start_set_edit(request, BELLS_EDIT_REMOVE_SET, body, &edit))
        answer_edit(request, &edit);
    json_decref(body);
}

/* What is said of edit's date. */
static bool read_day(struct http_request *request, const json_t *body, struct bells_edit *edit)
{
    struct json_error error;

    edit->exception.holiday = json_get_bool_or(body, "holiday", false);
    return edit->exception.holiday ||
           api_day(
               request, json_get_string(body, "held_day", 16, &error), &edit->exception.held_day);
}

static bool read_tried_day(
    struct http_request *request, const json_t *body, bool remove, struct bells_edit *edit)
{
    struct json_error error;

    edit->kind = remove ? BELLS_EDIT_CLEAR_DAY : BELLS_EDIT_SET_DAY;
    return api_day(request, json_get_string(body, "day", 16, &error), &edit->exception.day) &&
           (remove || read_day(request, body, edit));
}

static bool read_tried_set(struct http_request *request, const json_t *body, bool remove,
    struct bells_edit *edit, struct bell_set *set)
{
    edit->set_id = json_integer_value(json_object_get(body, "set"));
    if (remove)
        edit->kind = BELLS_EDIT_REMOVE_SET;
    else if (edit->set_id != 0)
        edit->kind = BELLS_EDIT_CHANGE_SET;
    return remove || read_set(request, body, edit, set);
}

/* What a set or a special day that is added, changed or removed does to lessons; nothing is changed. */
void bells_api_check(struct http_request *request)
{
    struct bell_changes_report report;
    struct bells_edit edit;
    struct bell_set set;
    json_t *body;
    bool remove;

    if (!start_edit(request, BELLS_EDIT_ADD_SET, &edit))
        return;
    body = api_body(request);
    if (!body)
        return;
    remove = json_get_bool_or(body, "remove", false);
    if ((json_object_get(body, "day") ? read_tried_day(request, body, remove, &edit)
                                      : read_tried_set(request, body, remove, &edit, &set)) &&
        make(request, &edit, true, &report))
        api_answer(request, describe_report(&report));
    json_decref(body);
}

void bells_api_put_day(struct http_request *request)
{
    struct bells_edit edit;
    json_t *body;

    if (!start_edit(request, BELLS_EDIT_SET_DAY, &edit) ||
        !api_day(request, request->params[1], &edit.exception.day))
        return;
    body = api_body(request);
    if (!body)
        return;
    if (read_day(request, body, &edit))
        answer_edit(request, &edit);
    json_decref(body);
}

void bells_api_delete_day(struct http_request *request)
{
    struct bells_edit edit;

    if (start_edit(request, BELLS_EDIT_CLEAR_DAY, &edit) &&
        api_day(request, request->params[1], &edit.exception.day))
        answer_edit(request, &edit);
}
