#include "common/clock.h"
#include "signaling/accounts/device_reports.h"
#include "signaling/http/api.h"
#include "signaling/http/clashes_json.h"
#include "signaling/http/reports_api.h"
#include "signaling/lessons/exceptions.h"
#include "signaling/service.h"
#include "signaling/timetable/local_date.h"

#include <errno.h>

static json_t *describe_exception(const struct day_exception *exception)
{
    char day[LOCAL_DATE_CHARS];

    return json_pack("{s:s, s:s, s:s, s:s, s:i, s:I, s:I, s:s, s:i, s:s, s:s, s:s, s:I, s:s, s:s, "
                     "s:I, s:s}",
        "kind", exceptions_kind_name(exception->kind), "cause",
        outcome_cause_name(exception->cause), "lesson", exception->lesson, "day",
        local_date_format(exception->day, day), "period", (int)exception->period, "starts",
        (json_int_t)exception->span.start_s, "ends", (json_int_t)exception->span.end_s, "subject",
        exception->entry->subject, "grade", (int)exception->entry->grade, "teacher",
        exception->teacher->name, "master_room", exception->entry->room->name, "master_school",
        exception->entry->room->school_name, "master_school_id",
        (json_int_t)exception->entry->room->school, "room", exception->room->name, "school",
        exception->room->school_name, "seen", (json_int_t)exception->seen_s, "person",
        exception->person);
}

/* Of the lesson that is the organisation's own, with the whole clash. */
static json_t *describe_clash(const struct report_plan *plan, const struct clash *clash)
{
    const struct clash_lesson *lesson = clash->lessons[clash->lessons[0]->in_scope ? 0 : 1];
    const struct report_entry *entry = report_plan_entry(plan, lesson->entry);
    const struct report_person *teacher = report_plan_person(plan, lesson->teacher);
    const char *room = entry ? entry->room->name : "", *school = lesson->school_name;
    char day[LOCAL_DATE_CHARS];

    return json_pack(
        "{s:s, s:s, s:s, s:s, s:i, s:I, s:I, s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:I, s:o}", "kind",
        "clash", "cause", clashes_kind_name(clash->kind), "lesson", lesson->id, "day",
        local_date_format(lesson->day, day), "period", (int)lesson->period, "starts",
        (json_int_t)lesson->span.start_s, "ends", (json_int_t)lesson->span.end_s, "subject",
        lesson->subject, "grade", (int)lesson->grade, "teacher", teacher ? teacher->name : "",
        "master_room", room, "master_school", school, "room", room, "school", school, "seen",
        (json_int_t)0, "clash", clashes_json_one(clash));
}

static json_t *describe(const struct day_exceptions *found, int64_t now_s)
{
    size_t told = found->count < EXCEPTIONS_MAX ? found->count : EXCEPTIONS_MAX;
    unsigned coming = found->counts[OUTCOME_RUNNING] - found->running;
    json_t *list = json_array();
    char today[LOCAL_DATE_CHARS];

    for (size_t i = 0; i < told; i++)
        json_array_append_new(list, describe_exception(&found->list[i]));
    for (size_t i = 0; i < found->clashes.count && i < EXCEPTIONS_MAX; i++)
        json_array_append_new(list, describe_clash(&found->plan, &found->clashes.list[i]));
    return json_pack("{s:I, s:s, s:{s:i, s:i, s:i, s:i, s:i, s:i, s:i}, s:o, s:o, s:I}", "now",
        (json_int_t)now_s, "today", local_date_format(found->today, today), "lessons", "held",
        (int)found->counts[OUTCOME_HELD], "short", (int)found->counts[OUTCOME_SHORT], "unheld",
        (int)found->counts[OUTCOME_UNHELD], "unrecorded", (int)found->counts[OUTCOME_UNRECORDED],
        "running", (int)found->running, "coming", (int)coming, "cancelled", (int)found->cancelled,
        "next", found->next_s ? json_integer(found->next_s) : json_null(), "exceptions", list,
        "exception_count", (json_int_t)(found->count + found->clashes.count));
}

void exceptions_api_get(struct http_request *request)
{
    int64_t organisation, now_s = clock_wall_s();
    struct day_exceptions *found;
    int r;

    if (!api_id(request, 0, &organisation) || !api_may(request, organisation))
        return;
    device_reports_flush(request->app->reports); /* who was seen when */
    r = exceptions_find(request->app->store, organisation, now_s, &found);
    if (r < 0) {
        api_answer_failure(request, r, &(struct api_reasons){.missing = REFUSAL_NO_ORGANISATION});
        return;
    }
    api_answer(request, describe(found, now_s));
    exceptions_destroy(found);
}
