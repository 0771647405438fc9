#include "signaling/http/clashes_json.h"

#include "signaling/timetable/local_date.h"

static json_t *describe_lesson(const struct clash_lesson *lesson)
{
    char day[LOCAL_DATE_CHARS];

    return json_pack("{s:s, s:I, s:s, s:i, s:s, s:i, s:I, s:I, s:s, s:I, s:b, s:I, s:I}", "id",
        lesson->id, "entry", (json_int_t)lesson->entry, "subject", lesson->subject, "grade",
        (int)lesson->grade, "day", local_date_format(lesson->day, day), "period",
        (int)lesson->period, "room", (json_int_t)lesson->room, "school", (json_int_t)lesson->school,
        "school_name", lesson->school_name, "teacher", (json_int_t)lesson->teacher, "in_scope",
        lesson->in_scope, "start", (json_int_t)lesson->span.start_s, "end",
        (json_int_t)lesson->span.end_s);
}

static json_t *describe_ignored(const struct clash *clash)
{
    if (clash->ignored_s == 0)
        return json_null();
    return json_pack("{s:s, s:s, s:I}", "reason", clash->ignored_reason, "by", clash->ignored_by,
        "at", (json_int_t)clash->ignored_s);
}

json_t *clashes_json_one(const struct clash *clash)
{
    json_t *lessons = json_pack("[o]", describe_lesson(clash->lessons[0])), *answer;

    if (clash->lessons[1])
        json_array_append_new(lessons, describe_lesson(clash->lessons[1]));
    answer = json_pack("{s:s, s:I, s:s, s:o, s:I, s:I, s:o}", "kind",
        clashes_kind_name(clash->kind), "id", (json_int_t)clash->id, "name", clash->name, "lessons",
        lessons, "start", (json_int_t)clash->span.start_s, "end", (json_int_t)clash->span.end_s,
        "ignored", describe_ignored(clash));
    if (clash->kind == CLASH_BELLS) {
        json_object_set_new(
            answer, "period", clash->period ? json_integer(clash->period) : json_null());
        json_object_set_new(answer, "overlap_s", json_integer(clash->overlap_s));
    }
    return answer;
}

json_t *clashes_json(const struct clashes *clashes, size_t max)
{
    json_t *list = json_array();

    for (size_t i = 0; i < clashes->count && i < max; i++)
        json_array_append_new(list, clashes_json_one(&clashes->list[i]));
    return list;
}
