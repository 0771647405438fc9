#include "signaling/http/schools_api.h"

#include "common/clock.h"
#include "common/json.h"
#include "signaling/accounts/people.h"
#include "signaling/http/api.h"
#include "signaling/schools/rooms.h"
#include "signaling/schools/school_bells.h"
#include "signaling/service.h"
#include "signaling/timetable/local_date.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Answers with {key: list}, or with the error; takes the reference. */
static void answer_list(struct http_request *request, const char *key, json_t *list, int r)
{
    if (r < 0) {
        json_decref(list);
        service_answer_store_error(request, r);
        return;
    }
    api_answer(request, json_pack("{s:o}", key, list));
}

/* ---- counties and schools ---- */

static void add_organisation(void *user, const struct organisation *organisation)
{
    json_array_append_new(user,
        json_pack("{s:I, s:I, s:s, s:s, s:s}", "id", (json_int_t)organisation->id, "parent",
            (json_int_t)organisation->parent, "kind", organisations_kind_name(organisation->kind),
            "name", organisation->name, "zone", organisation->zone));
}

void schools_api_organisations(struct http_request *request)
{
    json_t *list = json_array();
    int64_t root;

    if (!api_root(request, &root)) {
        json_decref(list);
        return;
    }
    answer_list(request, "organisations", list,
        organisations_list(request->app->store, root, add_organisation, list));
}

static bool read_organisation(
    struct http_request *request, const json_t *body, struct organisation *ret_organisation)
{
    struct json_error error;
    const char *kind = json_get_string(body, "kind", 16, &error);
    const char *name =
        kind ? json_get_string(body, "name", ORGANISATIONS_MAX_NAME_BYTES, &error) : NULL;
    const char *zone = name ? json_get_string_or(body, "zone", SCHOOL_CLOCK_MAX_ZONE_BYTES,
                                  "Asia/Shanghai", &error)
                            : NULL;

    *ret_organisation = (struct organisation){0};
    if (!zone || (json_object_get(body, "parent") && json_get_int(body, "parent", 0, INT64_MAX,
                                                         &ret_organisation->parent, &error) < 0)) {
        api_answer_invalid(request, error.text);
        return false;
    }
    if (!organisations_kind_of(kind, &ret_organisation->kind)) {
        api_answer_invalid(request, "kind: region, county or school");
        return false;
    }
    snprintf(ret_organisation->name, sizeof(ret_organisation->name), "%s", name);
    snprintf(ret_organisation->zone, sizeof(ret_organisation->zone), "%s", zone);
    return true;
}

void schools_api_add_organisation(struct http_request *request)
{
    static const struct api_reasons reasons = {
        .exists = "There is one of that name here already.",
        .missing = "The parent is not there.",
        .invalid = "A county stands under nothing or a region, a school under a county; the zone "
                   "is one such as "
                   "Asia/Shanghai.",
    };
    struct organisation organisation;
    int64_t root, id = 0;
    json_t *body = api_body(request);
    int r;

    if (!body)
        return;
    /* a root is for those who see all */
    if (read_organisation(request, body, &organisation) && api_root(request, &root) &&
        (root == 0 || api_may(request, organisation.parent))) {
        r = organisations_add(
            request->app->store, &organisation, request->person.name, clock_wall_s(), &id);
        if (r < 0)
            api_answer_failure(request, r, &reasons);
        else
            api_answer_created(request, "organisations", id);
    }
    json_decref(body);
}

/* ---- rooms ---- */

static void add_room(void *user, const struct room *room)
{
    json_array_append_new(
        user, json_pack("{s:I, s:I, s:s, s:s}", "id", (json_int_t)room->id, "school",
                  (json_int_t)room->school, "name", room->name, "use", rooms_use_name(room->use)));
}

void schools_api_rooms(struct http_request *request)
{
    json_t *list = json_array();
    int64_t root;

    if (!api_root(request, &root)) {
        json_decref(list);
        return;
    }
    answer_list(request, "rooms", list, rooms_list(request->app->store, root, add_room, list));
}

static bool read_room(struct http_request *request, const json_t *body, struct room *ret_room)
{
    struct json_error error;
    const char *name = json_get_string(body, "name", ORGANISATIONS_MAX_NAME_BYTES, &error);
    const char *use = name ? json_get_string_or(body, "use", 16, "both", &error) : NULL;

    *ret_room = (struct room){0};
    if (!use || json_get_int(body, "school", 1, INT64_MAX, &ret_room->school, &error) < 0) {
        api_answer_invalid(request, error.text);
        return false;
    }
    if (!rooms_use_of(use, &ret_room->use)) {
        api_answer_invalid(request, "use: master, receiving or both");
        return false;
    }
    snprintf(ret_room->name, sizeof(ret_room->name), "%s", name);
    return true;
}

void schools_api_add_room(struct http_request *request)
{
    static const struct api_reasons reasons = {
        .exists = "The school has a room of that name already.",
        .missing = "There is no such school.",
        .invalid = "The name cannot be used.",
    };
    struct room room;
    int64_t id = 0;
    json_t *body = api_body(request);
    int r;

    if (!body)
        return;
    if (read_room(request, body, &room) && api_may(request, room.school)) {
        r = rooms_add(request->app->store, &room, request->person.name, clock_wall_s(), &id);
        if (r < 0)
            api_answer_failure(request, r, &reasons);
        else
            api_answer_created(request, "rooms", id);
    }
    json_decref(body);
}

/* ---- people ---- */

static void add_person(void *user, const struct person *person)
{
    json_array_append_new(
        user, json_pack("{s:I, s:s, s:s, s:I}", "id", (json_int_t)person->id, "name", person->name,
                  "role", person->role, "organisation", (json_int_t)person->organisation));
}

void schools_api_people(struct http_request *request)
{
    json_t *list = json_array();
    int64_t root;

    if (!api_root(request, &root)) {
        json_decref(list);
        return;
    }
    answer_list(
        request, "people", list, people_list(request->app->store, root, false, add_person, list));
}

/* ---- bells ---- */

static json_t *describe_periods(const struct bell_set *set)
{
    json_t *periods = json_array();

    for (size_t i = 0; i < set->period_count; i++)
        json_array_append_new(periods,
            json_pack("{s:i, s:i, s:i}", "number", (int)set->periods[i].number, "start_minute",
                (int)set->periods[i].start_minute, "end_minute", (int)set->periods[i].end_minute));
    return periods;
}

static json_t *describe_bells(const struct bells *bells)
{
    json_t *sets = json_array(), *days = json_array();
    char first[LOCAL_DATE_CHARS], last[LOCAL_DATE_CHARS];

    for (size_t i = 0; i < bells->set_count; i++)
        json_array_append_new(
            sets, json_pack("{s:s, s:s, s:o}", "first_day",
                      local_date_format(bells->sets[i].first_day, first), "last_day",
                      local_date_format(bells->sets[i].last_day, last), "periods",
                      describe_periods(&bells->sets[i])));
    for (size_t i = 0; i < bells->exception_count; i++) {
        const struct bell_exception *exception = &bells->exceptions[i];

        json_array_append_new(
            days, json_pack("{s:s, s:b, s:s?}", "day", local_date_format(exception->day, first),
                      "holiday", exception->holiday, "held_day",
                      exception->holiday ? NULL : local_date_format(exception->held_day, last)));
    }
    return json_pack("{s:o, s:o}", "sets", sets, "days", days);
}

void schools_api_bells(struct http_request *request)
{
    struct school_bells *bells;
    int64_t school;
    int r;

    if (!api_id(request, 0, &school) || !api_may(request, school))
        return;
    r = school_bells_load(request->app->store, school, &bells);
    if (r < 0) {
        api_answer_failure(
            request, r, &(struct api_reasons){.missing = "There is no such school."});
        return;
    }
    api_answer(request, describe_bells(school_bells_get(bells)));
    school_bells_destroy(bells);
}

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

static bool read_set(struct http_request *request, const json_t *body, struct bell_set *ret_set)
{
    struct json_error error;

    *ret_set = (struct bell_set){0};
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
        http_request_fail(request, 422, "Periods %u and %u overlap.", set->periods[at[1]].number,
            set->periods[at[0]].number);
        return;
    case BELL_FAULT_TIME:
    case BELL_FAULT_NUMBER:
        http_request_fail(request, 422,
            "Period %u cannot be: it begins on its day and ends within a day.",
            set->periods[at[0]].number);
        return;
    case BELL_FAULT_NONE:
        break;
    }
    http_request_fail(
        request, 422, "The last day is before the first one, or the name cannot be used.");
}

void schools_api_add_bells(struct http_request *request)
{
    struct json_error error;
    struct bell_set set;
    int64_t school, id = 0;
    json_t *body;
    int r;

    if (!api_id(request, 0, &school) || !api_may(request, school))
        return;
    body = api_body(request);
    if (body && read_set(request, body, &set)) {
        const char *name =
            json_get_string_or(body, "name", ORGANISATIONS_MAX_NAME_BYTES, "作息", &error);

        r = name ? school_bells_add_set(request->app->store, school, name, &set,
                       request->person.name, clock_wall_s(), &id)
                 : -EINVAL;
        if (r == -EINVAL)
            answer_fault(request, &set);
        else if (r < 0)
            api_answer_failure(
                request, r, &(struct api_reasons){.missing = "There is no such school."});
        else
            api_answer_created(request, "bells", id);
    }
    json_decref(body);
}

void schools_api_put_day(struct http_request *request)
{
    struct bell_exception exception = {0};
    struct json_error error;
    int64_t organisation;
    json_t *body;
    int r;

    if (!api_id(request, 0, &organisation) || !api_may(request, organisation) ||
        !api_day(request, request->params[1], &exception.day))
        return;
    body = api_body(request);
    if (!body)
        return;
    exception.holiday = json_get_bool_or(body, "holiday", false);
    if (exception.holiday ||
        api_day(request, json_get_string(body, "held_day", 16, &error), &exception.held_day)) {
        r = school_bells_set_exception(
            request->app->store, organisation, &exception, request->person.name, clock_wall_s());
        if (r < 0)
            api_answer_failure(
                request, r, &(struct api_reasons){.missing = "There is no such school or county."});
        else
            api_answer(request, json_object());
    }
    json_decref(body);
}

void schools_api_delete_day(struct http_request *request)
{
    int64_t organisation;
    int32_t day;
    int r;

    if (!api_id(request, 0, &organisation) || !api_may(request, organisation) ||
        !api_day(request, request->params[1], &day))
        return;
    r = school_bells_clear_exception(
        request->app->store, organisation, day, request->person.name, clock_wall_s());
    if (r < 0)
        api_answer_failure(
            request, r, &(struct api_reasons){.missing = "Nothing was said about that day here."});
    else
        api_answer(request, json_object());
}
