#include "signaling/http/people_api.h"

#include "common/clock.h"
#include "common/json.h"
#include "common/plain_text.h"
#include "signaling/accounts/account_rights.h"
#include "signaling/accounts/credentials.h"
#include "signaling/http/api.h"
#include "signaling/http/audit_note.h"
#include "signaling/http/coming_lessons_json.h"
#include "signaling/http/refusals.h"
#include "signaling/http/revocation.h"
#include "signaling/schools/organisations.h"
#include "signaling/service.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static json_t *describe(const struct person *person)
{
    return json_pack("{s:I, s:I, s:s, s:s, s:s, s:I, s:b, s:b}", "id", (json_int_t)person->id,
        "version", (json_int_t)person->version, "name", person->name, "login", person->login,
        "role", person->role, "organisation", (json_int_t)person->organisation, "disabled",
        person->disabled, "must_change", person->must_change);
}

static void add_account(void *user, const struct person *person)
{
    json_array_append_new(user, describe(person));
}

/* Security administrators have no schools of their own: they answer for all people, as system administrators do. */
static bool accounts_root(struct http_request *request, int64_t *ret_root)
{
    *ret_root = 0;
    return strcmp(request->person.role, "security_admin") == 0 || api_root(request, ret_root);
}

static void add_organisation(void *user, const struct organisation *organisation)
{
    json_array_append_new(
        user, json_pack("{s:I, s:I, s:s, s:s}", "id", (json_int_t)organisation->id, "parent",
                  (json_int_t)organisation->parent, "kind",
                  organisations_kind_name(organisation->kind), "name", organisation->name));
}

/* With the schools they may be of, and whom of them the asking person may change: "all", "teachers" or "". */
void people_api_accounts(struct http_request *request)
{
    struct store *store = request->app->store;
    json_t *list, *organisations;
    int64_t root;
    bool keeper;
    int count, r;

    if (!accounts_root(request, &root))
        return;
    count = credentials_count(store, "security_admin");
    keeper = account_rights_keeper(request->person.role, count > 0);
    list = json_array();
    organisations = json_array();
    r = count < 0 ? count : people_list(store, root, true, &LIST_PAGE_ALL, add_account, list);
    if (r == 0)
        r = organisations_list(store, root, &LIST_PAGE_ALL, add_organisation, organisations);
    if (r < 0) {
        json_decref(list);
        json_decref(organisations);
        service_answer_store_error(request, r);
        return;
    }
    api_answer(request,
        json_pack("{s:o, s:o, s:s}", "accounts", list, "organisations", organisations, "may",
            keeper                                             ? "all"
            : strcmp(request->person.role, "coordinator") == 0 ? "teachers"
                                                               : ""));
}

/* Who looks at accounts may see how many lessons one of them has. */
static bool find_seen(struct http_request *request, struct person *ret_person)
{
    struct store *store = request->app->store;
    int64_t id, root;
    int r;

    if (!api_id(request, 0, &id) || !accounts_root(request, &root))
        return false;
    r = people_get(store, id, ret_person);
    if (r == 0)
        refusals_answer(request, REFUSAL_NO_PERSON, NULL);
    if (r == 0 || (r == 1 && root == 0))
        return r == 1;
    if (r == 1)
        r = organisations_contains(store, root, ret_person->organisation);
    if (r < 0)
        service_answer_store_error(request, r);
    else if (r == 0)
        refusals_answer(request, REFUSAL_NOT_YOURS, NULL);
    return r == 1;
}

void people_api_lessons(struct http_request *request)
{
    struct coming_lessons lessons;
    struct person person;
    int r;

    if (!find_seen(request, &person))
        return;
    r = coming_lessons_of_person(
        request->app->store, person.id, person.organisation, clock_wall_s(), &lessons);
    if (r < 0)
        service_answer_store_error(request, r);
    else
        api_answer(request, coming_lessons_json(&lessons));
}

/* ---- who may ---- */

/* What was refused stands in the audit log, too. */
static void refuse(struct http_request *request, const char *event, const char *object,
    const char *reason, enum refusal refusal)
{
    audit_note_refusal(request, request->person.login_name, event, object, "denied", reason);
    refusals_answer(request, refusal, NULL);
}

static enum refusal why_not(const struct http_request *request)
{
    if (strcmp(request->person.role, "system_admin") == 0)
        return REFUSAL_ACCOUNT_SECURITY;
    return REFUSAL_ACCOUNT_COORDINATOR;
}

/* Whether this may be done to an account of that role and place; what the entry of a refusal is about is object. */
static bool check_may(struct http_request *request, const struct person *account, const char *event,
    const char *object)
{
    struct store *store = request->app->store;
    int count = credentials_count(store, "security_admin");
    int64_t own = request->person.organisation;
    int r = 0;

    if (count < 0) {
        service_answer_store_error(request, count);
        return false;
    }
    if (!account_rights_may(request->person.role, count > 0, account->role)) {
        refuse(request, event, object, "role", why_not(request));
        return false;
    }
    if (account_rights_keeper(request->person.role, count > 0))
        return true;
    if (own != 0 && account->organisation != 0)
        r = organisations_contains(store, own, account->organisation);
    if (r < 0)
        service_answer_store_error(request, r);
    else if (r == 0)
        refuse(request, event, object, "scope", REFUSAL_NOT_YOURS);
    return r == 1;
}

/* The person of the path, unless it is who asks: nobody raises their own rights. */
static bool find_other(
    struct http_request *request, const char *event, struct person *ret_person, char ret_object[32])
{
    int64_t id;
    int r;

    if (!api_id(request, 0, &id))
        return false;
    r = people_get(request->app->store, id, ret_person);
    if (r < 0)
        service_answer_store_error(request, r);
    else if (r == 0)
        refusals_answer(request, REFUSAL_NO_PERSON, NULL);
    if (r != 1)
        return false;
    snprintf(ret_object, 32, "person %lld", (long long)id);
    if (id != request->person.id)
        return true;
    refuse(request, event, ret_object, "self", REFUSAL_ACCOUNT_SELF);
    return false;
}

/* ---- adding ---- */

/* Where it stands in the body; null or "" is for the server to choose. */
static bool read_login(struct http_request *request, const json_t *body, struct person *person)
{
    const json_t *given = json_object_get(body, "login");
    struct json_error error;
    const char *login = "";

    if (!given)
        return true;
    if (!json_is_null(given))
        login = json_get_string(body, "login", PEOPLE_MAX_NAME_BYTES, &error);
    if (!login) {
        api_answer_error(request, &error);
        return false;
    }
    snprintf(person->login, sizeof(person->login), "%s", login);
    plain_text_trim(person->login);
    if (!*person->login || people_is_name(person->login))
        return true;
    refusals_answer(request, REFUSAL_LOGIN_INVALID, NULL);
    return false;
}

/* Name, login, role, organisation and being disabled, where they stand in the body. */
static bool read_account(struct http_request *request, const json_t *body, struct person *person)
{
    struct json_error error;
    const char *name =
        json_get_string_or(body, "name", PEOPLE_MAX_NAME_BYTES, person->name, &error);
    const char *role =
        name ? json_get_string_or(body, "role", PEOPLE_MAX_ROLE_CHARS - 1, person->role, &error)
             : NULL;

    if (!role ||
        (json_object_get(body, "organisation") &&
            json_get_int(body, "organisation", 0, INT64_MAX, &person->organisation, &error) < 0)) {
        api_answer_error(request, &error);
        return false;
    }
    if (name != person->name)
        snprintf(person->name, sizeof(person->name), "%s", name);
    plain_text_trim(person->name);
    if (role != person->role)
        snprintf(person->role, sizeof(person->role), "%s", role);
    if (!people_is_role(person->role)) {
        api_answer_invalid(request, "role: system_admin, security_admin, audit_admin, coordinator, "
                                    "master_teacher, local_teacher or inspector");
        return false;
    }
    person->disabled = json_get_bool_or(body, "disabled", person->disabled);
    return read_login(request, body, person);
}

static void answer_added(
    struct http_request *request, int64_t id, const char *login, const char *password)
{
    struct http_response response;

    http_response_init(&response, 201);
    http_response_json(&response, json_pack("{s:I, s:s, s:s}", "id", (json_int_t)id, "login", login,
                                      "one_time_password", password));
    http_response_header(&response, "Location", "/api/v1/people/%lld", (long long)id);
    http_response_header(&response, "Cache-Control", "no-store");
    http_request_respond(request, &response);
}

static const struct api_reasons reasons = {
    .exists = REFUSAL_ACCOUNT_EXISTS,
    .missing = REFUSAL_NO_ORGANISATION,
    .invalid = REFUSAL_NAME_INVALID,
};

static void add(struct http_request *request, const json_t *body)
{
    char password[CREDENTIALS_ONE_TIME_CHARS + 1];
    struct person person = {0};
    int64_t id;
    int r;

    if (!read_account(request, body, &person) ||
        !check_may(request, &person, "person.add", person.name))
        return;
    person.disabled = false;
    person.must_change = true;
    credentials_make_one_time(password, person.one_time_hash);
    r = people_add(
        request->app->store, &person, NULL, 0, request->person.login_name, clock_wall_s(), &id);
    if (r < 0)
        api_answer_failure(request, r, &reasons);
    else
        answer_added(request, id, person.login, password);
    explicit_bzero(password, sizeof(password));
}

void people_api_add(struct http_request *request)
{
    json_t *body = api_body(request);

    if (body)
        add(request, body);
    json_decref(body);
}

/* ---- changing ---- */

static void end_what_runs(struct http_request *request, int64_t person)
{
    char subject[32];

    snprintf(subject, sizeof(subject), "person-%lld", (long long)person);
    revocation_end_subject(request->app, subject);
}

static void change(struct http_request *request, const struct person *before, const json_t *body,
    const char *object)
{
    struct person after = *before;
    int r;

    /* what they are to become must be theirs to give as well */
    if (!check_may(request, before, "person.change", object) ||
        !read_account(request, body, &after) ||
        !check_may(request, &after, "person.change", object) ||
        !api_version(request, body, before->version, &after.version))
        return;
    r = credentials_change(
        request->app->store, before, &after, request->person.login_name, clock_wall_s());
    if (r == -EPERM) {
        audit_note_refusal(
            request, request->person.login_name, "person.change", object, "denied", "last");
        refusals_answer(request, REFUSAL_LAST_ADMINISTRATOR, NULL);
        return;
    }
    if (r == -ESTALE) {
        refusals_answer(request, REFUSAL_CHANGED_MEANWHILE, NULL);
        return;
    }
    if (r < 0) {
        api_answer_failure(request, r, &reasons);
        return;
    }
    if (credentials_loses(before, &after))
        end_what_runs(request, after.id);
    after.version++;
    api_answer_version(request, describe(&after), after.version);
}

void people_api_change(struct http_request *request)
{
    struct person person;
    char object[32];
    json_t *body;

    if (!find_other(request, "person.change", &person, object) || !(body = api_body(request)))
        return;
    change(request, &person, body, object);
    json_decref(body);
}

/* The person of the path, whose password or logins may be taken away. */
static bool find_to_reset(
    struct http_request *request, const char *event, struct person *ret_person)
{
    char object[32];

    return find_other(request, event, ret_person, object) &&
           check_may(request, ret_person, event, object);
}

void people_api_reset(struct http_request *request)
{
    char password[CREDENTIALS_ONE_TIME_CHARS + 1];
    struct person person;
    int r;

    if (!find_to_reset(request, "person.reset", &person))
        return;
    r = credentials_reset(
        request->app->store, &person, request->person.login_name, clock_wall_s(), password);
    if (r < 0) {
        service_answer_store_error(request, r);
        return;
    }
    end_what_runs(request, person.id);
    api_answer(
        request, json_pack("{s:s, s:s}", "login", person.login, "one_time_password", password));
    explicit_bzero(password, sizeof(password));
}

void people_api_end_sessions(struct http_request *request)
{
    struct person person;
    int r;

    if (!find_to_reset(request, "person.end_logins", &person))
        return;
    r = credentials_end_logins(
        request->app->store, &person, request->person.login_name, clock_wall_s());
    if (r < 0) {
        service_answer_store_error(request, r);
        return;
    }
    end_what_runs(request, person.id);
    api_answer(request, json_object());
}
