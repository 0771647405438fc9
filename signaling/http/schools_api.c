#include "signaling/http/schools_api.h"

#include "common/clock.h"
#include "common/json.h"
#include "common/plain_text.h"
#include "signaling/accounts/people.h"
#include "signaling/http/api.h"
#include "signaling/http/page.h"
#include "signaling/http/refusals.h"
#include "signaling/http/schools_json.h"
#include "signaling/schools/rooms.h"
#include "signaling/service.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- counties and schools ---- */

static void add_organisation(void *user, const struct organisation *organisation)
{
    json_array_append_new(user, schools_json_organisation(organisation));
}

void schools_api_organisations(struct http_request *request)
{
    struct list_page page;
    json_t *list;
    int64_t root;

    if (!api_root(request, &root) || !page_read(request, "organisations", &page))
        return;
    list = json_array();
    page_answer(request, "organisations", &page, list,
        organisations_list(request->app->store, root, &page, add_organisation, list));
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
        api_answer_error(request, &error);
        return false;
    }
    if (!organisations_kind_of(kind, &ret_organisation->kind)) {
        api_answer_invalid(request, "kind: region, county or school");
        return false;
    }
    snprintf(ret_organisation->name, sizeof(ret_organisation->name), "%s", name);
    plain_text_trim(ret_organisation->name);
    snprintf(ret_organisation->zone, sizeof(ret_organisation->zone), "%s", zone);
    return true;
}

void schools_api_add_organisation(struct http_request *request)
{
    static const struct api_reasons reasons = {
        .exists = REFUSAL_ORGANISATION_EXISTS,
        .missing = REFUSAL_NO_PARENT,
        .invalid = REFUSAL_ORGANISATION_INVALID,
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
            request->app->store, &organisation, request->person.login_name, clock_wall_s(), &id);
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
    json_array_append_new(user, schools_json_room(room));
}

void schools_api_rooms(struct http_request *request)
{
    struct list_page page;
    json_t *list;
    int64_t root;

    if (!api_root(request, &root) || !page_read(request, "rooms", &page))
        return;
    list = json_array();
    page_answer(request, "rooms", &page, list,
        rooms_list(request->app->store, root, &page, add_room, list));
}

static bool read_room(struct http_request *request, const json_t *body, struct room *ret_room)
{
    struct json_error error;
    const char *name = json_get_string(body, "name", ORGANISATIONS_MAX_NAME_BYTES, &error);
    const char *use = name ? json_get_string_or(body, "use", 16, "both", &error) : NULL;

    *ret_room = (struct room){0};
    if (!use || json_get_int(body, "school", 1, INT64_MAX, &ret_room->school, &error) < 0) {
        api_answer_error(request, &error);
        return false;
    }
    if (!rooms_use_of(use, &ret_room->use)) {
        api_answer_invalid(request, "use: master, receiving or both");
        return false;
    }
    snprintf(ret_room->name, sizeof(ret_room->name), "%s", name);
    plain_text_trim(ret_room->name);
    return true;
}

void schools_api_add_room(struct http_request *request)
{
    static const struct api_reasons reasons = {
        .exists = REFUSAL_ROOM_EXISTS,
        .missing = REFUSAL_NO_SUCH_SCHOOL,
        .invalid = REFUSAL_NAME_INVALID,
    };
    struct room room;
    int64_t id = 0;
    json_t *body = api_body(request);
    int r;

    if (!body)
        return;
    if (read_room(request, body, &room) && api_may(request, room.school)) {
        r = rooms_add(request->app->store, &room, request->person.login_name, clock_wall_s(), &id);
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
        user, json_pack("{s:I, s:s, s:s, s:s, s:I}", "id", (json_int_t)person->id, "name",
                  person->name, "login", person->login, "role", person->role, "organisation",
                  (json_int_t)person->organisation));
}

void schools_api_people(struct http_request *request)
{
    struct list_page page;
    json_t *list;
    int64_t root;

    if (!api_root(request, &root) || !page_read(request, "people", &page))
        return;
    list = json_array();
    page_answer(request, "people", &page, list,
        people_list(request->app->store, root, false, &page, add_person, list));
}
