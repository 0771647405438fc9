#include "common/clock.h"
#include "signaling/http/api.h"
#include "signaling/http/reports_api.h"
#include "signaling/lessons/exceptions.h"
#include "signaling/service.h"
#include "signaling/timetable/local_date.h"

#include <errno.h>

static json_t *describe_exception(const struct day_exception *exception)
{
    char day[LOCAL_DATE_CHARS];

    return json_pack("{s:s, s:s, s:s, s:s, s:i, s:I, s:I, s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:I}",
        "kind", exceptions_kind_name(exception->kind), "cause",
        outcome_cause_name(exception->cause), "lesson", exception->lesson, "day",
        local_date_format(exception->day, day), "period", (int)exception->period, "starts",
        (json_int_t)exception->span.start_s, "ends", (json_int_t)exception->span.end_s, "subject",
        exception->entry->subject, "grade", (int)exception->entry->grade, "teacher",
        exception->teacher->name, "master_room", exception->entry->room->name, "master_school",
        exception->entry->room->school_name, "room", exception->room->name, "school",
        exception->room->school_name, "seen", (json_int_t)exception->seen_s);
}

static json_t *describe(const struct day_exceptions *found, int64_t now_s)
{
    size_t told = found->count < EXCEPTIONS_MAX ? found->count : EXCEPTIONS_MAX;
    unsigned coming = found->counts[OUTCOME_RUNNING] - found->running;
    json_t *list = json_array();
    char today[LOCAL_DATE_CHARS];

    for (size_t i = 0; i < told; i++)
        json_array_append_new(list, describe_exception(&found->list[i]));
    return json_pack("{s:I, s:s, s:{s:i, s:i, s:i, s:i, s:i, s:i, s:i}, s:o, s:o, s:I}", "now",
        (json_int_t)now_s, "today", local_date_format(found->today, today), "lessons", "held",
        (int)found->counts[OUTCOME_HELD], "short", (int)found->counts[OUTCOME_SHORT], "unheld",
        (int)found->counts[OUTCOME_UNHELD], "unrecorded", (int)found->counts[OUTCOME_UNRECORDED],
        "running", (int)found->running, "coming", (int)coming, "cancelled", (int)found->cancelled,
        "next", found->next_s ? json_integer(found->next_s) : json_null(), "exceptions", list,
        "exception_count", (json_int_t)found->count);
}

void exceptions_api_get(struct http_request *request)
{
    int64_t organisation, now_s = clock_wall_s();
    struct day_exceptions *found;
    int r;

    if (!api_id(request, 0, &organisation) || !api_may(request, organisation))
        return;
    r = exceptions_find(request->app->store, organisation, now_s, &found);
    if (r < 0) {
        api_answer_failure(
            request, r, &(struct api_reasons){.missing = "There is no such school or county."});
        return;
    }
    api_answer(request, describe(found, now_s));
    exceptions_destroy(found);
}
