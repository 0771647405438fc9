/* A teacher's own week: who has no part of the tree to look at still sees what they teach, with the names that go with it. */
#include "common/clock.h"
#include "signaling/accounts/people.h"
#include "signaling/http/api.h"
#include "signaling/http/timetable_api.h"
#include "signaling/lessons/week.h"
#include "signaling/schools/organisations.h"
#include "signaling/schools/rooms.h"
#include "signaling/service.h"
#include "signaling/timetable/local_date.h"

struct my_week {
    struct store *store; /* borrowed */
    int64_t person;
    json_t *lessons; /* owned */
    int failure;
};

/* {room, school}; of one that is gone both are empty. */
static json_t *place(struct my_week *week, int64_t id)
{
    struct room room = {.name = ""};
    struct organisation school = {.name = ""};
    int r = rooms_get(week->store, id, &room);

    if (r == 1)
        r = organisations_get(week->store, room.school, &school);
    if (r < 0)
        week->failure = r;
    return json_pack("{s:s, s:s}", "room", room.name, "school", school.name);
}

static void add_lesson(void *user, const struct week_lesson *lesson)
{
    struct my_week *week = user;
    char day[LOCAL_DATE_CHARS];
    struct person teacher = {.name = ""};
    json_t *receiving = json_array();
    int r = people_get(week->store, lesson->teacher, &teacher);

    if (r < 0)
        week->failure = r;
    for (size_t i = 0; i < lesson->receiving_count; i++)
        json_array_append_new(receiving, place(week, lesson->receiving[i]));
    json_array_append_new(week->lessons,
        json_pack("{s:s, s:s, s:s, s:i, s:s, s:i, s:I, s:I, s:s, s:b, s:s, s:b, s:s*, s:o, s:o}",
            "id", lesson->id, "state", lesson->state, "day", local_date_format(lesson->day, day),
            "period", (int)lesson->period, "subject", lesson->subject, "grade", (int)lesson->grade,
            "start",
            (json_int_t)(lesson->span.start_s ? lesson->span.start_s + lesson->delay_s : 0), "end",
            (json_int_t)(lesson->span.end_s ? lesson->span.end_s + lesson->delay_s : 0), "zone",
            lesson->zone, "teaches", lesson->teacher == week->person, "teacher", teacher.name,
            "substituted", lesson->substituted, "reason", lesson->reason, "master",
            place(week, lesson->room), "receiving", receiving));
}

void timetable_api_my_week(struct http_request *request)
{
    struct my_week week = {.store = request->app->store, .person = request->person.id};
    char first[LOCAL_DATE_CHARS];
    int32_t day;
    int r;

    if (!api_day(request, request->params[0], &day))
        return;
    week.lessons = json_array();
    r = week_list_person(week.store, week.person, local_date_monday(day), add_lesson, &week);
    r = r < 0 ? r : week.failure;
    if (r < 0) {
        json_decref(week.lessons);
        service_answer_store_error(request, r);
        return;
    }
    api_answer(request,
        json_pack("{s:s, s:I, s:I, s:o}", "first_day",
            local_date_format(local_date_monday(day), first), "person", (json_int_t)week.person,
            "now_ms", (json_int_t)clock_wall_s() * 1000, "lessons", week.lessons));
}
