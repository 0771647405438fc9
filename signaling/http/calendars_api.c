#include "signaling/http/calendars_api.h"

#include "common/clock.h"
#include "common/json.h"
#include "signaling/export/calendars.h"
#include "signaling/http/api.h"
#include "signaling/http/origin.h"
#include "signaling/http/refusals.h"
#include "signaling/service.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void add_calendar(void *user, const struct calendar *calendar)
{
    json_array_append_new(user,
        json_pack("{s:I, s:s, s:I, s:s, s:I, s:I, s:I}", "id", (json_int_t)calendar->id, "kind",
            calendars_kind_name(calendar->kind), "subject", (json_int_t)calendar->subject,
            "language", calendar->english ? "en" : "zh-CN", "owner", (json_int_t)calendar->owner,
            "created", (json_int_t)calendar->created_s, "used", (json_int_t)calendar->used_s));
}

static struct person asking(const struct http_request *request)
{
    struct person person = {.id = request->person.id, .organisation = request->person.organisation};

    snprintf(person.role, sizeof(person.role), "%s", request->person.role);
    return person;
}

/* Those that people who see schools may see; of others their own. */
static int64_t root_of(const struct http_request *request)
{
    const char *role = request->person.role;

    if (strcmp(role, "system_admin") == 0)
        return 0;
    if ((strcmp(role, "coordinator") == 0 || strcmp(role, "inspector") == 0) &&
        request->person.organisation != 0)
        return request->person.organisation;
    return -1;
}

void calendars_api_list(struct http_request *request)
{
    json_t *list = json_array();
    int r = calendars_list(
        request->app->store, root_of(request), request->person.id, add_calendar, list);

    if (r < 0) {
        json_decref(list);
        service_answer_store_error(request, r);
        return;
    }
    api_answer(request, json_pack("{s:o}", "calendars", list));
}

/* The secret is told here and never again. */
static void answer_address(struct http_request *request, int status, int64_t id, const char *secret)
{
    struct http_response response;
    char base[300];

    if (origin_base_url(request, base, sizeof(base)) < 0) {
        http_request_fail(request, 400, "The Host header is not a host name.");
        return;
    }
    http_response_init(&response, status);
    http_response_json(&response, json_pack("{s:I, s:o}", "id", (json_int_t)id, "url",
                                      json_sprintf("%s/calendar/%s.ics", base, secret)));
    if (status == 201)
        http_response_header(&response, "Location", "/api/v1/calendars/%lld", (long long)id);
    http_request_respond(request, &response);
}

static bool read_calendar(
    struct http_request *request, const json_t *body, struct calendar *ret_calendar)
{
    struct json_error error;
    const char *kind = json_get_string(body, "kind", 16, &error);
    const char *language = json_get_string_or(body, "language", 8, "zh-CN", &error);

    *ret_calendar = (struct calendar){.owner = request->person.id};
    if (!kind || !language ||
        json_get_int(body, "subject", 1, INT64_MAX, &ret_calendar->subject, &error) < 0) {
        api_answer_error(request, &error);
        return false;
    }
    ret_calendar->english = strcmp(language, "en") == 0;
    if (!ret_calendar->english && strcmp(language, "zh-CN") != 0) {
        api_answer_invalid(request, "language: zh-CN or en");
        return false;
    }
    if (calendars_kind_of(kind, &ret_calendar->kind))
        return true;
    api_answer_invalid(request, "kind: teacher, room or organisation");
    return false;
}

static bool may(struct http_request *request, const struct calendar *calendar)
{
    struct person person = asking(request);
    int r = calendars_may(request->app->store, &person, calendar->kind, calendar->subject);

    if (r < 0)
        service_answer_store_error(request, r);
    else if (r == 0)
        refusals_answer(request, REFUSAL_CALENDAR_NOT_YOURS, NULL);
    return r == 1;
}

void calendars_api_add(struct http_request *request)
{
    char secret[RANDOM_ID_CHARS + 1] = "";
    struct calendar calendar;
    int64_t id = 0;
    json_t *body = api_body(request);
    int r;

    if (!body)
        return;
    if (read_calendar(request, body, &calendar) && may(request, &calendar)) {
        r = calendars_add(request->app->store, &calendar, request->person.login_name,
            clock_wall_s(), &id, secret);
        if (r == -ENOSPC)
            refusals_answer(
                request, REFUSAL_CALENDARS_FULL, json_pack("{s:i}", "max", CALENDARS_MAX_EACH));
        else if (r < 0)
            service_answer_store_error(request, r);
        else
            answer_address(request, 201, id, secret);
    }
    explicit_bzero(secret, sizeof(secret));
    json_decref(body);
}

/* The one of the path; its owner, and who sees what it shows, may change it. */
static bool find(struct http_request *request, int64_t *ret_id)
{
    struct calendar calendar;
    int r;

    if (!api_id(request, 0, ret_id))
        return false;
    r = calendars_get(request->app->store, *ret_id, &calendar);
    if (r < 0)
        service_answer_store_error(request, r);
    else if (r == 0)
        refusals_answer(request, REFUSAL_NO_CALENDAR, NULL);
    return r == 1 && (calendar.owner == request->person.id || may(request, &calendar));
}

void calendars_api_rotate(struct http_request *request)
{
    static const struct api_reasons reasons = {.missing = REFUSAL_NO_CALENDAR};
    char secret[RANDOM_ID_CHARS + 1] = "";
    int64_t id;
    int r;

    if (!find(request, &id))
        return;
    r = calendars_rotate(request->app->store, id, request->person.id, request->person.login_name,
        clock_wall_s(), secret);
    if (r < 0)
        api_answer_failure(request, r, &reasons);
    else
        answer_address(request, 200, id, secret);
    explicit_bzero(secret, sizeof(secret));
}

void calendars_api_remove(struct http_request *request)
{
    static const struct api_reasons reasons = {.missing = REFUSAL_NO_CALENDAR};
    int64_t id;
    int r;

    if (!find(request, &id))
        return;
    r = calendars_remove(request->app->store, id, request->person.login_name, clock_wall_s());
    if (r < 0)
        api_answer_failure(request, r, &reasons);
    else
        api_answer(request, json_object());
}
