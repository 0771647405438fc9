#include "signaling/http/accounts_api.h"

#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "signaling/accounts/browser_sessions.h"
#include "signaling/accounts/credentials.h"
#include "signaling/accounts/login_guard.h"
#include "signaling/accounts/login_names.h"
#include "signaling/accounts/password_pool.h"
#include "signaling/accounts/people.h"
#include "signaling/audit/audit_log.h"
#include "signaling/http/access.h"
#include "signaling/http/api.h"
#include "signaling/http/audit_note.h"
#include "signaling/http/refusals.h"
#include "signaling/http/revocation.h"
#include "signaling/lessons/lessons.h"
#include "signaling/lessons/week.h"
#include "signaling/schools/organisations.h"
#include "signaling/service.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Checked for a name that nobody has, so that both take equally long. */
static const char no_such_person[] = "$argon2id$v=19$m=65536,t=2,p=1$LYlEVeJ1sOtVlnt9Wkgqrw$"
                                     "yZ1SHU3XdDXRJpML7teVqRdUuR6OI1QqnJ+W0f7g5Ho";

#define S_PER_DAY 86400

struct login {
    struct signaling *app;
    struct http_request *request;
    struct person person;                /* id 0 when there is none */
    char key[LOGIN_NAMES_KEY_BYTES + 1]; /* what was typed, as guesses are counted */
    uint64_t handle;
    bool has_none; /* password to compare with: whatever was sent is wrong */
};

/* A password that has become too old opens no more than choosing another. */
static int check_age(struct signaling *app, struct person *person)
{
    int64_t days = app->settings->password_max_age_days;
    int64_t age_s = clock_wall_s() - person->password_set_s;

    if (days == 0 || person->must_change || age_s < days * S_PER_DAY)
        return 0;
    person->must_change = true;
    return credentials_expire(app->store, person->id);
}

static int begin_session(struct http_request *request, struct person *person, const char *event,
    struct http_response *response)
{
    struct store *store = request->app->store;
    char detail[AUDIT_NOTE_DETAIL_CHARS];
    int r = store_begin(store);

    if (r < 0)
        return r;
    audit_note_detail(request, NULL, 0, detail);
    r = check_age(request->app, person);
    if (r == 0)
        r = browser_sessions_begin(request, person->id, response);
    return audit_log_end(
        store, r, &(struct audit_entry){clock_wall_s(), person->login, event, "", "done", detail});
}

void accounts_answer_login(
    struct http_request *request, const struct person *logged_in, const char *event)
{
    struct person person = *logged_in;
    struct http_response response;
    int r;

    http_response_init(&response, 200);
    r = begin_session(request, &person, event, &response);
    if (r < 0) {
        http_response_finish(&response);
        service_answer_store_error(request, r);
    } else {
        log_info(LOG_ACCESS, "event=%s outcome=ok person=%lld peer=%s", event, (long long)person.id,
            request->address);
        http_response_json(
            &response, json_pack("{s:s, s:s, s:s, s:b, s:s?}", "name", person.name, "login",
                           person.login, "role", person.role, "must_change", person.must_change,
                           "language", *person.language ? person.language : NULL));
        http_response_header(&response, "Cache-Control", "no-store");
        http_request_respond(request, &response);
    }
    explicit_bzero(&person, sizeof(person));
}

/* A name that nobody has is not repeated in the audit log: it may be a password in the wrong field. */
static void refuse(struct login *login)
{
    struct http_request *request = login->request;

    log_warn(LOG_ACCESS, "event=login outcome=refused peer=%s", request->address);
    audit_note_refusal(request, login->person.id ? login->person.login : "", "login",
        login->person.id ? "" : "unknown name", "denied", "wrong");
    refusals_answer(request, REFUSAL_LOGIN_WRONG, NULL);
}

static void on_checked(void *user, bool right)
{
    struct login *login = user;
    struct http_request *request = login->request;
    struct person now = {0};
    int r;

    if (!right || login->has_none) {
        refuse(login);
        goto out;
    }
    /* The account may have been disabled or have got another password while this one was checked. */
    r = people_find_id(login->app->store, login->person.id, &now);
    if (r < 0) {
        service_answer_store_error(request, r);
    } else if (r == 0 || strcmp(now.password_hash, login->person.password_hash) != 0 ||
               strcmp(now.one_time_hash, login->person.one_time_hash) != 0) {
        refuse(login);
    } else {
        login_guard_succeeded(login->app->logins, login->key, request->address);
        accounts_answer_login(request, &now, "login");
    }
out:
    explicit_bzero(&now, sizeof(now));
    explicit_bzero(login, sizeof(*login));
    free(login);
}

static void on_gone(void *user)
{
    struct login *login = user;

    password_pool_cancel(login->app->passwords, login->handle);
    explicit_bzero(login, sizeof(*login));
    free(login);
}

static void answer_busy(struct http_request *request)
{
    struct http_response response;

    http_response_init(&response, 503);
    http_response_problem(&response, 503, "Many people are logging in now; try again in a moment.");
    http_response_header(&response, "Retry-After", "1");
    http_request_respond(request, &response);
}

/* The password was not yet checked; the attempt counts as failed until it was. */
static void check(struct http_request *request, const char *name,
    const char key[LOGIN_NAMES_KEY_BYTES + 1], const char *password)
{
    struct login *login = calloc(1, sizeof(*login));
    const char *hash = no_such_person;
    int r;

    if (!login) {
        answer_busy(request);
        return;
    }
    login->app = request->app;
    login->request = request;
    memcpy(login->key, key, sizeof(login->key));
    r = people_find(request->app->store, name, &login->person);
    if (r < 0) {
        service_answer_store_error(request, r);
        free(login);
        return;
    }
    if (r == 1 && credentials_is_one_time(&login->person, password)) {
        on_checked(login, true);
        return;
    }
    if (r == 1 && *login->person.password_hash)
        hash = login->person.password_hash;
    else
        login->has_none = true;
    login->handle = password_pool_check(
        request->app->passwords, request->address, password, hash, on_checked, login);
    if (login->handle == 0) {
        answer_busy(request);
        free(login);
        return;
    }
    login_guard_failed(request->app->logins, key, request->address, clock_now_us());
    http_request_defer(request, on_gone, login);
}

static void refuse_for_now(struct http_request *request, const char *name, uint64_t wait_us)
{
    struct person person;
    bool known = people_find(request->app->store, name, &person) == 1;

    audit_note_refusal(request, known ? person.login : "", "login", known ? "" : "unknown name",
        "denied", "too_many");
    access_answer_too_many(
        request, wait_us, "Too many wrong passwords for this name; wait a little.");
}

void accounts_login(struct http_request *request)
{
    struct json_error error;
    json_t *body;
    char key[LOGIN_NAMES_KEY_BYTES + 1] = "";
    const char *name, *password;
    uint64_t wait_us = 0;

    if (!access_check_login_rate(request))
        return;
    body = json_parse(
        request->body.data ? request->body.data : "", request->body.len, request->body.len, &error);
    name = body ? json_get_string(body, "name", PEOPLE_MAX_NAME_BYTES, &error) : NULL;
    password = body ? json_get_string(body, "password", PEOPLE_MAX_PASSWORD_BYTES, &error) : NULL;
    if (name)
        login_names_key(name, key);
    if (!name || !password ||
        strlen(password) != json_string_length(json_object_get(body, "password")))
        http_request_fail(request, 400, "Send {\"name\": …, \"password\": …} as JSON.");
    else if (!login_guard_allows(
                 request->app->logins, key, request->address, clock_now_us(), &wait_us))
        refuse_for_now(request, name, wait_us);
    else
        check(request, name, key, password);
    json_decref(body);
}

void accounts_logout(struct http_request *request)
{
    struct http_response response;
    int r;

    http_response_init(&response, 204);
    r = browser_sessions_end(request, &response);
    if (r < 0) {
        http_response_finish(&response);
        service_answer_store_error(request, r);
        return;
    }
    revocation_end_logins(request->app, request->person.id);
    http_request_respond(request, &response);
}

static void add_lesson(void *user, const char *id, const char *title)
{
    json_array_append_new(user, json_pack("{s:s, s:s}", "id", id, "title", title));
}

static void add_lesson_of_today(void *user, const struct week_lesson *lesson)
{
    json_array_append_new(
        user, json_pack("{s:s, s:s, s:I, s:I, s:s, s:s}", "id", lesson->id, "title",
                  lesson->subject, "start", (json_int_t)lesson->span.start_s, "end",
                  (json_int_t)lesson->span.end_s, "zone", lesson->zone, "state", lesson->state));
}

void accounts_me(struct http_request *request)
{
    struct store *store = request->app->store;
    int64_t person = request->person.id;
    struct organisation organisation = {.zone = ""};
    struct http_response response;
    json_t *lessons = json_array();
    int r = lessons ? lessons_list(store, person, add_lesson, lessons) : -ENOMEM;

    if (r == 0)
        r = week_list_today(store, person, clock_wall_s(), add_lesson_of_today, lessons);
    if (r == 0 && request->person.organisation != 0)
        r = organisations_get(store, request->person.organisation, &organisation);
    if (r < 0) {
        json_decref(lessons);
        service_answer_store_error(request, r);
        return;
    }
    http_response_init(&response, 200);
    http_response_json(&response,
        json_pack("{s:s, s:s, s:s, s:I, s:s*, s:b, s:s?, s:o}", "name", request->person.name,
            "login", request->person.login_name, "role", request->person.role, "organisation",
            (json_int_t)request->person.organisation, "zone",
            *organisation.zone ? organisation.zone : NULL, "must_change",
            request->person.must_change, "language",
            *request->person.language ? request->person.language : NULL, "lessons", lessons));
    http_request_respond(request, &response);
}

void accounts_change_me(struct http_request *request)
{
    const struct http_person *person = &request->person;
    struct json_error error;
    json_t *body = api_body(request);
    const char *language =
        body ? json_get_string(body, "language", PEOPLE_LANGUAGE_CHARS, &error) : NULL;
    int r;

    if (body && !language) {
        api_answer_error(request, &error);
    } else if (language) {
        r = people_set_language(
            request->app->store, person->id, person->login_name, language, clock_wall_s());
        if (r == -EINVAL)
            http_request_fail(request, 422, "language: zh-CN or en.");
        else if (r < 0)
            service_answer_store_error(request, r);
        else
            api_answer(request, json_pack("{s:s}", "language", language));
    }
    json_decref(body);
}
