#include "signaling/http/coming_lessons_json.h"

#include "signaling/timetable/local_date.h"

json_t *coming_lessons_json(const struct coming_lessons *lessons)
{
    char first[LOCAL_DATE_CHARS], last[LOCAL_DATE_CHARS];
    bool any = lessons->count > 0;

    return json_pack("{s:I, s:I, s:s?, s:s?}", "count", (json_int_t)lessons->count, "soon",
        (json_int_t)lessons->soon, "first_day",
        any ? local_date_format(lessons->first_day, first) : NULL, "last_day",
        any ? local_date_format(lessons->last_day, last) : NULL);
}
