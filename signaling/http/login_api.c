#include "signaling/http/accounts_api.h"

#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "signaling/accounts/browser_sessions.h"
#include "signaling/accounts/credentials.h"
#include "signaling/accounts/login_guard.h"
#include "signaling/accounts/password_pool.h"
#include "signaling/accounts/people.h"
#include "signaling/audit/audit_log.h"
#include "signaling/http/access.h"
#include "signaling/lessons/lessons.h"
#include "signaling/lessons/week.h"
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
    struct person person; /* id 0 when there is none */
    char guard_name[PEOPLE_MAX_NAME_BYTES + 1];
    uint64_t handle;
    bool has_none; /* password to compare with: whatever was sent is wrong */
};

/* Both outcomes stand in the audit log; a name that nobody has is not repeated there. */
static int note(struct login *login, const char *outcome)
{
    const char *name = login->person.id ? login->person.name : "";
    int r = store_begin(login->app->store);

    return r < 0 ? r
                 : audit_log_end(login->app->store, 0,
                       &(struct audit_entry){clock_wall_s(), name, "login",
                           login->person.id ? "" : "unknown name", outcome, ""});
}

/* A password that has become too old opens no more than choosing another. */
static int check_age(struct login *login)
{
    int64_t days = login->app->settings->password_max_age_days;
    int64_t age_s = clock_wall_s() - login->person.password_set_s;

    if (days == 0 || login->person.must_change || age_s < days * S_PER_DAY)
        return 0;
    login->person.must_change = true;
    return credentials_expire(login->app->store, login->person.id);
}

static void answer_person(struct login *login, struct http_response *response)
{
    http_response_json(response, json_pack("{s:s, s:s, s:b}", "name", login->person.name, "role",
                                     login->person.role, "must_change", login->person.must_change));
    http_request_respond(login->request, response);
}

static void on_checked(void *user, bool right)
{
    struct login *login = user;
    struct http_request *request = login->request;
    struct http_response response;
    int r;

    if (!right || login->has_none) {
        log_warn(LOG_ACCESS, "event=login outcome=refused peer=%s", request->address);
        note(login, "denied");
        http_request_fail(request, 401, "The name or the password is wrong.");
        goto out;
    }
    login_guard_succeeded(login->app->logins, login->guard_name, request->address);
    http_response_init(&response, 200);
    r = check_age(login);
    if (r == 0)
        r = note(login, "done");
    if (r == 0)
        r = browser_sessions_begin(request, login->person.id, &response);
    if (r < 0) {
        http_response_finish(&response);
        service_answer_store_error(request, r);
        goto out;
    }
    log_info(LOG_ACCESS, "event=login outcome=ok person=%lld peer=%s", (long long)login->person.id,
        request->address);
    answer_person(login, &response);
out:
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
static void check(struct http_request *request, const char *name, const char *password)
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
    snprintf(login->guard_name, sizeof(login->guard_name), "%s", name);
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
    login->handle = password_pool_check(request->app->passwords, password, hash, on_checked, login);
    if (login->handle == 0) {
        answer_busy(request);
        free(login);
        return;
    }
    login_guard_failed(request->app->logins, name, request->address, clock_now_us());
    http_request_defer(request, on_gone, login);
}

void accounts_login(struct http_request *request)
{
    struct json_error error;
    json_t *body = json_parse(
        request->body.data ? request->body.data : "", request->body.len, request->body.len, &error);
    const char *name = body ? json_get_string(body, "name", PEOPLE_MAX_NAME_BYTES, &error) : NULL;
    const char *password =
        body ? json_get_string(body, "password", PEOPLE_MAX_PASSWORD_BYTES, &error) : NULL;
    uint64_t wait_us = 0;

    if (!name || !password ||
        strlen(password) != json_string_length(json_object_get(body, "password")))
        http_request_fail(request, 400, "Send {\"name\": …, \"password\": …} as JSON.");
    else if (!login_guard_allows(
                 request->app->logins, name, request->address, clock_now_us(), &wait_us))
        access_answer_too_many(
            request, wait_us, "Too many wrong passwords for this name; wait a little.");
    else
        check(request, name, password);
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
    http_request_respond(request, &response);
}

static void add_lesson(void *user, const char *id, const char *title)
{
    json_array_append_new(user, json_pack("{s:s, s:s}", "id", id, "title", title));
}

static void add_lesson_of_today(void *user, const struct week_lesson *lesson)
{
    json_array_append_new(user, json_pack("{s:s, s:s, s:I, s:I, s:s}", "id", lesson->id, "title",
                                    lesson->subject, "start", (json_int_t)lesson->span.start_s,
                                    "end", (json_int_t)lesson->span.end_s, "state", lesson->state));
}

void accounts_me(struct http_request *request)
{
    struct store *store = request->app->store;
    int64_t person = request->person.id;
    struct http_response response;
    json_t *lessons = json_array();
    int r = lessons ? lessons_list(store, person, add_lesson, lessons) : -ENOMEM;

    if (r == 0)
        r = week_list_today(store, person, clock_wall_s(), add_lesson_of_today, lessons);
    if (r < 0) {
        json_decref(lessons);
        service_answer_store_error(request, r);
        return;
    }
    http_response_init(&response, 200);
    http_response_json(&response,
        json_pack("{s:s, s:s, s:I, s:b, s:o}", "name", request->person.name, "role",
            request->person.role, "organisation", (json_int_t)request->person.organisation,
            "must_change", request->person.must_change, "lessons", lessons));
    http_request_respond(request, &response);
}
