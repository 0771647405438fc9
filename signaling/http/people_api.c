#include "signaling/http/people_api.h"

#include "common/clock.h"
#include "common/json.h"
#include "signaling/accounts/credentials.h"
#include "signaling/http/api.h"
#include "signaling/http/revocation.h"
#include "signaling/service.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void add_account(void *user, const struct person *person)
{
    json_array_append_new(user,
        json_pack("{s:I, s:s, s:s, s:I, s:b, s:b}", "id", (json_int_t)person->id, "name",
            person->name, "role", person->role, "organisation", (json_int_t)person->organisation,
            "disabled", person->disabled, "must_change", person->must_change));
}

/* Security administrators have no schools of their own: they answer for all people, as system administrators do. */
static bool accounts_root(struct http_request *request, int64_t *ret_root)
{
    *ret_root = 0;
    return strcmp(request->person.role, "security_admin") == 0 || api_root(request, ret_root);
}

void people_api_accounts(struct http_request *request)
{
    json_t *list;
    int64_t root;
    int r;

    if (!accounts_root(request, &root))
        return;
    list = json_array();
    r = people_list(request->app->store, root, true, add_account, list);
    if (r < 0) {
        json_decref(list);
        service_answer_store_error(request, r);
        return;
    }
    api_answer(request, json_pack("{s:o}", "accounts", list));
}

/* A coordinator has teachers of their own part of the tree, nobody has themselves: no one raises their own rights. */
static bool may_administer(
    struct http_request *request, const char *role, int64_t organisation, int64_t person)
{
    bool is_coordinator = strcmp(request->person.role, "coordinator") == 0;

    if (person == request->person.id) {
        http_request_fail(
            request, 403, "Nobody changes their own rights; ask another administrator.");
        return false;
    }
    if (!is_coordinator)
        return true;
    if (strcmp(role, "master_teacher") != 0 && strcmp(role, "local_teacher") != 0) {
        http_request_fail(
            request, 403, "Coordinators administer teachers; others are for an administrator.");
        return false;
    }
    return api_may(request, organisation);
}

/* Role and organisation of the body, where they stand there. */
static bool read_rights(struct http_request *request, const json_t *body, struct person *person)
{
    struct json_error error;
    const char *role =
        json_get_string_or(body, "role", PEOPLE_MAX_ROLE_CHARS - 1, person->role, &error);

    if (!role ||
        (json_object_get(body, "organisation") &&
            json_get_int(body, "organisation", 0, INT64_MAX, &person->organisation, &error) < 0)) {
        api_answer_invalid(request, error.text);
        return false;
    }
    if (role != person->role)
        snprintf(person->role, sizeof(person->role), "%s", role);
    if (!people_is_role(person->role)) {
        api_answer_invalid(request, "role: system_admin, security_admin, audit_admin, coordinator, "
                                    "master_teacher, local_teacher or inspector");
        return false;
    }
    person->disabled = json_get_bool_or(body, "disabled", person->disabled);
    return true;
}

static void answer_added(struct http_request *request, int64_t id, const char *password)
{
    struct http_response response;

    http_response_init(&response, 201);
    http_response_json(
        &response, json_pack("{s:I, s:s}", "id", (json_int_t)id, "one_time_password", password));
    http_response_header(&response, "Location", "/api/v1/people/%lld", (long long)id);
    http_response_header(&response, "Cache-Control", "no-store");
    http_request_respond(request, &response);
}

static void add(struct http_request *request, const json_t *body)
{
    static const struct api_reasons reasons = {
        .exists = "There is somebody of that name already; add a first name or a number.",
        .missing = "There is no such school or county.",
        .invalid = "name: 1 to 64 bytes without control characters.",
    };
    char password[CREDENTIALS_ONE_TIME_CHARS + 1];
    struct json_error error;
    struct person person = {0};
    const char *name = json_get_string(body, "name", PEOPLE_MAX_NAME_BYTES, &error);
    int64_t id;
    int r;

    if (!name) {
        api_answer_invalid(request, error.text);
        return;
    }
    snprintf(person.name, sizeof(person.name), "%s", name);
    if (!read_rights(request, body, &person) ||
        !may_administer(request, person.role, person.organisation, 0))
        return;
    credentials_make_one_time(password, person.one_time_hash);
    r = people_add(
        request->app->store, &person, NULL, 0, request->person.name, clock_wall_s(), &id);
    if (r < 0)
        api_answer_failure(request, r, &reasons);
    else
        answer_added(request, id, password);
    explicit_bzero(password, sizeof(password));
}

void people_api_add(struct http_request *request)
{
    json_t *body = api_body(request);

    if (body)
        add(request, body);
    json_decref(body);
}

/* The person of the path, whom the asking one administers. */
static bool find(struct http_request *request, struct person *ret_person)
{
    int64_t id;
    int r;

    if (!api_id(request, 0, &id))
        return false;
    r = people_get(request->app->store, id, ret_person);
    if (r < 0)
        service_answer_store_error(request, r);
    else if (r == 0)
        http_request_fail(request, 404, "There is no such person.");
    return r == 1 && may_administer(request, ret_person->role, ret_person->organisation, id);
}

static void change(struct http_request *request, struct person *person, const json_t *body)
{
    static const struct api_reasons reasons = {.missing = "There is no such school or county."};
    char subject[32], role[PEOPLE_MAX_ROLE_CHARS];
    int r;

    snprintf(role, sizeof(role), "%s", person->role);
    /* what they are to become must be theirs to give as well */
    if (!read_rights(request, body, person) ||
        !may_administer(request, person->role, person->organisation, person->id))
        return;
    r = credentials_change(request->app->store, person, request->person.name, clock_wall_s());
    if (r == -EPERM) {
        http_request_fail(request, 409,
            "This is the last person who can administer accounts; give somebody else that role "
            "first.");
        return;
    }
    if (r < 0) {
        api_answer_failure(request, r, &reasons);
        return;
    }
    snprintf(subject, sizeof(subject), "person-%lld", (long long)person->id);
    if (person->disabled || strcmp(role, person->role) != 0)
        revocation_end_subject(request->app, subject);
    api_answer(request, json_object());
}

void people_api_change(struct http_request *request)
{
    struct person person;
    json_t *body;

    if (!find(request, &person) || !(body = api_body(request)))
        return;
    change(request, &person, body);
    json_decref(body);
}

void people_api_reset(struct http_request *request)
{
    char password[CREDENTIALS_ONE_TIME_CHARS + 1];
    struct person person;
    int r;

    if (!find(request, &person))
        return;
    r = credentials_reset(
        request->app->store, person.id, request->person.name, clock_wall_s(), password);
    if (r < 0) {
        service_answer_store_error(request, r);
        return;
    }
    api_answer(request, json_pack("{s:s}", "one_time_password", password));
    explicit_bzero(password, sizeof(password));
}
