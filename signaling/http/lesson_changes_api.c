#include "signaling/http/lesson_changes_api.h"

#include "common/clock.h"
#include "common/json.h"
#include "signaling/accounts/people.h"
#include "signaling/http/api.h"
#include "signaling/http/refusals.h"
#include "signaling/lessons/substitutions.h"
#include "signaling/schools/rooms.h"
#include "signaling/service.h"
#include "signaling/timetable/local_date.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- describing ---- */

static void add_busy(void *user, enum booked_kind kind, int64_t id)
{
    json_t *list = json_object_get(user, kind == BOOKED_ROOM ? "rooms" : "people");
    size_t index;
    json_t *known;

    json_array_foreach(list, index, known)
    {
        if (json_integer_value(known) == id)
            return;
    }
    json_array_append_new(list, json_integer((json_int_t)id));
}

static json_t *describe_places(const struct placed_lesson *lesson)
{
    json_t *list = json_array();

    for (size_t i = 0; i < lesson->place_count; i++) {
        const struct held_place *place = &lesson->places[i];

        json_array_append_new(list,
            json_pack("{s:I, s:b, s:I, s:I, s:I, s:b, s:s}", "place", (json_int_t)place->place,
                "master", place->is_master, "room", (json_int_t)place->room, "teacher",
                (json_int_t)place->teacher, "entry_teacher", (json_int_t)place->entry_teacher,
                "substituted", place->substituted, "reason", place->reason));
    }
    return list;
}

static json_t *describe(const struct placed_lesson *lesson, json_t *busy)
{
    char day[LOCAL_DATE_CHARS];
    int64_t now_s = clock_wall_s();

    return json_pack("{s:s, s:I, s:s, s:s, s:s, s:i, s:I, s:I, s:s, s:b, s:b, s:o, s:o}", "id",
        lesson->id, "entry", (json_int_t)lesson->entry, "subject", lesson->subject, "state",
        lesson->state, "day", local_date_format(lesson->day, day), "period", (int)lesson->period,
        "start", (json_int_t)lesson->span.start_s, "end", (json_int_t)lesson->span.end_s,
        "cancel_reason", lesson->cancel_reason, "may_change",
        substitutions_may_change(lesson, now_s), "may_cancel",
        substitutions_may_cancel(lesson, now_s), "places", describe_places(lesson), "busy", busy);
}

static void answer_lesson(struct http_request *request)
{
    struct placed_lesson lesson;
    json_t *busy = json_pack("{s:[], s:[]}", "people", "rooms");
    int r = lesson_places_get(request->app->store, request->params[0], &lesson);

    if (r == 1)
        r = substitutions_busy(request->app->store, &lesson, add_busy, busy);
    if (r < 0) {
        json_decref(busy);
        service_answer_store_error(request, r);
        return;
    }
    api_answer(request, describe(&lesson, busy));
}

static json_t *describe_conflicts(const struct substitution_report *report)
{
    json_t *list = json_array();

    for (size_t i = 0; i < report->conflict_count; i++) {
        const struct substitution_conflict *conflict = &report->conflicts[i];

        json_array_append_new(list,
            json_pack("{s:s, s:I, s:s, s:i}", "kind",
                conflict->kind == BOOKED_ROOM ? "room" : "teacher", "id", (json_int_t)conflict->id,
                "lesson", conflict->lesson, "overlap_s", (int)conflict->overlap_s));
    }
    return list;
}

static void answer_changed(
    struct http_request *request, int r, const struct substitution_report *report)
{
    static const struct api_reasons reasons = {
        .exists = REFUSAL_STAND_IN_NAMES,
        .missing = REFUSAL_NO_LESSON,
        .invalid = REFUSAL_STAND_IN_INVALID,
    };

    if (r == 0)
        answer_lesson(request);
    else if (r == -EADDRINUSE)
        refusals_answer(request, REFUSAL_STAND_IN_BUSY,
            json_pack("{s:o}", "conflicts", describe_conflicts(report)));
    else if (r == -EDOM)
        refusals_answer(request, REFUSAL_LESSON_TOO_LATE, NULL);
    else
        api_answer_failure(request, r, &reasons);
}

/* ---- whose they are ---- */

static bool find_lesson(struct http_request *request, struct placed_lesson *ret_lesson)
{
    int r = lesson_places_get(request->app->store, request->params[0], ret_lesson);

    if (r < 0)
        service_answer_store_error(request, r);
    else if (r == 0)
        refusals_answer(request, REFUSAL_NO_LESSON, NULL);
    return r == 1;
}

static bool may_room(struct http_request *request, int64_t id, bool as_master, bool any_use)
{
    enum room_use use = as_master ? ROOM_MASTER : ROOM_RECEIVING;
    struct room room;
    int r = rooms_get(request->app->store, id, &room);

    if (r < 0)
        service_answer_store_error(request, r);
    else if (r == 0)
        refusals_answer(request, REFUSAL_NO_ROOM, NULL);
    if (r != 1 || !api_may(request, room.school))
        return false;
    if (any_use || room.use == use || room.use == ROOM_BOTH)
        return true;
    refusals_answer(request, REFUSAL_ROOM_USE,
        json_pack("{s:s, s:s}", "name", room.name, "use", rooms_use_name(use)));
    return false;
}

/* Who may do less than the place asks for would sit there in vain. Nobody learns the names of people of others. */
static bool may_stand_in(struct http_request *request, int64_t id, bool as_master)
{
    struct person person;
    int r = people_get(request->app->store, id, &person);

    if (r < 0)
        service_answer_store_error(request, r);
    else if (r == 0)
        refusals_answer(request, REFUSAL_NO_PERSON, NULL);
    if (r != 1 || !api_may(request, person.organisation))
        return false;
    if (person.disabled)
        refusals_answer(request, REFUSAL_ACCOUNT_DISABLED, json_pack("{s:s}", "name", person.name));
    else if (strcmp(person.role, as_master ? "master_teacher" : "local_teacher") != 0)
        refusals_answer(request, REFUSAL_TEACHER_ROLE,
            json_pack("{s:s, s:s}", "name", person.name, "use", as_master ? "master" : "local"));
    else
        return true;
    return false;
}

/* The lesson as a whole is the master room's. */
static bool may_lesson(struct http_request *request)
{
    struct placed_lesson lesson;

    return find_lesson(request, &lesson) && may_room(request, lesson.places[0].place, true, true);
}

static bool read_place(
    struct http_request *request, const json_t *body, struct substitution *change, bool *ret_master)
{
    const struct held_place *place;
    struct placed_lesson lesson;
    struct json_error error;

    if (!find_lesson(request, &lesson))
        return false;
    if (json_get_int(body, "place", 1, INT64_MAX, &change->place, &error) < 0) {
        api_answer_error(request, &error);
        return false;
    }
    place = lesson_places_find(&lesson, change->place);
    if (!place) {
        refusals_answer(
            request, REFUSAL_NO_PLACE, json_pack("{s:I}", "place", (json_int_t)change->place));
        return false;
    }
    *ret_master = place->is_master;
    return may_room(request, change->place, place->is_master, true);
}

static bool read_change(
    struct http_request *request, const json_t *body, struct substitution *change)
{
    struct json_error error;
    bool master;

    if (!read_place(request, body, change, &master))
        return false;
    change->reason = json_get_string(body, "reason", LESSON_PLACES_MAX_REASON_BYTES, &error);
    if (!change->reason ||
        (json_object_get(body, "room") &&
            json_get_int(body, "room", 0, INT64_MAX, &change->room, &error) < 0) ||
        (json_object_get(body, "teacher") &&
            json_get_int(body, "teacher", 0, INT64_MAX, &change->teacher, &error) < 0)) {
        api_answer_error(request, &error);
        return false;
    }
    if (change->room == 0 && change->teacher == 0) {
        refusals_answer(request, REFUSAL_STAND_IN_MISSING, NULL);
        return false;
    }
    return (change->room == 0 || may_room(request, change->room, master, false)) &&
           (change->teacher == 0 || may_stand_in(request, change->teacher, master));
}

/* ---- routes ---- */

void lesson_changes_api_get(struct http_request *request)
{
    struct placed_lesson lesson;
    bool seen = false;
    int64_t root;

    if (!api_root(request, &root) || !find_lesson(request, &lesson))
        return;
    /* it is seen by each school that takes part */
    for (size_t i = 0; i < lesson.place_count && !seen; i++) {
        struct room room;

        seen = rooms_get(request->app->store, lesson.places[i].place, &room) == 1 &&
               (root == 0 || organisations_contains(request->app->store, root, room.school) == 1);
    }
    if (seen)
        answer_lesson(request);
    else
        refusals_answer(request, REFUSAL_NOT_YOURS, NULL);
}

void lesson_changes_api_substitute(struct http_request *request)
{
    struct substitution change = {.lesson = request->params[0]};
    struct substitution_report report;
    json_t *body = api_body(request);

    if (!body)
        return;
    if (read_change(request, body, &change))
        answer_changed(request,
            substitutions_set(
                request->app->store, &change, request->person.login_name, clock_wall_s(), &report),
            &report);
    json_decref(body);
}

void lesson_changes_api_undo(struct http_request *request)
{
    struct substitution change = {.lesson = request->params[0], .reason = ""};
    struct substitution_report report;
    json_t *body = api_body(request);
    bool master;

    if (!body)
        return;
    if (read_place(request, body, &change, &master))
        answer_changed(request,
            substitutions_set(
                request->app->store, &change, request->person.login_name, clock_wall_s(), &report),
            &report);
    json_decref(body);
}

void lesson_changes_api_cancel(struct http_request *request)
{
    struct json_error error;
    const char *reason;
    json_t *body = api_body(request);

    if (!body)
        return;
    reason = json_get_string(body, "reason", LESSON_PLACES_MAX_REASON_BYTES, &error);
    if (!reason)
        api_answer_error(request, &error);
    else if (may_lesson(request))
        answer_changed(request,
            substitutions_cancel(request->app->store, request->params[0], reason,
                request->person.login_name, clock_wall_s()),
            NULL);
    json_decref(body);
}

void lesson_changes_api_restore(struct http_request *request)
{
    struct substitution_report report;

    if (may_lesson(request))
        answer_changed(request,
            substitutions_restore(request->app->store, request->params[0],
                request->person.login_name, clock_wall_s(), &report),
            &report);
}
