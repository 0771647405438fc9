/* Choosing a password: one's own, and that of the first administrator. Hashing stays off the loop. */
#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "common/plain_text.h"
#include "common/random.h"
#include "signaling/accounts/credentials.h"
#include "signaling/accounts/login_guard.h"
#include "signaling/accounts/login_names.h"
#include "signaling/accounts/password_pool.h"
#include "signaling/accounts/passwords.h"
#include "signaling/http/access.h"
#include "signaling/http/accounts_api.h"
#include "signaling/http/api.h"
#include "signaling/http/audit_note.h"
#include "signaling/http/people_api.h"
#include "signaling/http/refusals.h"
#include "signaling/http/revocation.h"
#include "signaling/service.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A request that waits for the pool. */
struct choice {
    struct signaling *app;
    struct http_request *request;
    struct person person;                /* id 0: the first one */
    char key[LOGIN_NAMES_KEY_BYTES + 1]; /* of the login, as guesses are counted */
    char password[PEOPLE_MAX_PASSWORD_BYTES + 1];
    uint64_t handle;
};

static void free_choice(struct choice *choice)
{
    explicit_bzero(choice, sizeof(*choice));
    free(choice);
}

static void on_gone(void *user)
{
    struct choice *choice = user;

    password_pool_cancel(choice->app->passwords, choice->handle);
    free_choice(choice);
}

static void answer_busy(struct http_request *request)
{
    access_answer_too_many(
        request, US_PER_S, "Many people are logging in now; try again in a moment.");
}

static int save(struct choice *choice, const char *hash)
{
    struct person *person = &choice->person;
    int64_t now_s = clock_wall_s();
    int r;

    if (person->id != 0) {
        r = credentials_set(choice->app->store, person, hash, choice->request->person.login, now_s);
        if (r == 0)
            revocation_end_logins(choice->app, person->id);
        person->must_change = false;
        person->password_set_s = now_s;
        return r;
    }
    snprintf(person->password_hash, sizeof(person->password_hash), "%s", hash);
    r = people_add_first(choice->app->store, person, now_s, &person->id);
    if (r == 0) {
        free(choice->app->first_secret);
        choice->app->first_secret = NULL;
    }
    return r;
}

static void on_hashed(void *user, const char *hash)
{
    static const struct api_reasons reasons = {
        .exists = REFUSAL_ACCOUNT_EXISTS,
        .invalid = REFUSAL_NAME_INVALID,
    };
    struct choice *choice = user;
    int r = hash ? save(choice, hash) : -ENOMEM;

    if (r == -ESTALE)
        refusals_answer(choice->request, REFUSAL_PASSWORD_CHANGED, NULL);
    else if (r == -EPERM)
        refusals_answer(choice->request, REFUSAL_FIRST_OVER, NULL);
    else if (r < 0)
        api_answer_failure(choice->request, r, &reasons);
    else /* every other login of the person has ended */
        accounts_answer_login(choice->request, &choice->person, "login");
    free_choice(choice);
}

static void hash_choice(struct choice *choice)
{
    choice->handle = password_pool_hash(
        choice->app->passwords, choice->request->address, choice->password, on_hashed, choice);
    if (choice->handle != 0) {
        http_request_defer(choice->request, on_gone, choice);
        return;
    }
    answer_busy(choice->request);
    free_choice(choice);
}

static struct choice *new_choice(
    struct http_request *request, const struct person *person, const char *password)
{
    const char *fault =
        passwords_fault(password, person->name, *person->login ? person->login : person->name);
    struct choice *choice = fault ? NULL : calloc(1, sizeof(*choice));

    if (fault) {
        refusals_answer(request, REFUSAL_PASSWORD_WEAK, json_pack("{s:s}", "fault", fault));
    } else if (!choice) {
        answer_busy(request);
    } else {
        choice->app = request->app;
        choice->request = request;
        choice->person = *person;
        login_names_key(person->login, choice->key);
        snprintf(choice->password, sizeof(choice->password), "%s", password);
    }
    return choice;
}

/* Strings that hold a zero would be cut. */
static const char *read_password(const json_t *body, const char *key, struct json_error *error)
{
    const char *text = json_get_string(body, key, PEOPLE_MAX_PASSWORD_BYTES, error);

    if (text && strlen(text) != json_string_length(json_object_get(body, key))) {
        json_error_set(error, "%s: text without a zero", key);
        return NULL;
    }
    return text;
}

/* ---- one's own ---- */

static void on_old_checked(void *user, bool right)
{
    struct choice *choice = user;

    if (right) {
        login_guard_succeeded(choice->app->logins, choice->key, choice->request->address);
        hash_choice(choice);
        return;
    }
    audit_note_refusal(
        choice->request, choice->person.login, "person.password", "", "denied", "wrong");
    refusals_answer(choice->request, REFUSAL_PASSWORD_OLD_WRONG, NULL);
    free_choice(choice);
}

static void change_own(
    struct http_request *request, const struct person *person, const char *old, const char *new)
{
    struct choice *choice = new_choice(request, person, new);
    bool once;

    if (!choice)
        return;
    login_guard_failed(request->app->logins, choice->key, request->address, clock_now_us());
    once = credentials_is_one_time(person, old);
    if (once || !*person->password_hash) {
        on_old_checked(choice, once);
        return;
    }
    choice->handle = password_pool_check(request->app->passwords, request->address, old,
        person->password_hash, on_old_checked, choice);
    if (choice->handle != 0) {
        http_request_defer(request, on_gone, choice);
        return;
    }
    answer_busy(request);
    free_choice(choice);
}

void people_api_my_password(struct http_request *request)
{
    struct json_error error;
    struct person person;
    char key[LOGIN_NAMES_KEY_BYTES + 1];
    uint64_t wait_us = 0;
    json_t *body = api_body(request);
    const char *old = body ? read_password(body, "old", &error) : NULL;
    const char *new = old ? read_password(body, "new", &error) : NULL;
    int r;

    if (!body)
        return;
    login_names_key(request->person.login_name, key);
    if (!new)
        api_answer_error(request, &error);
    else if (strcmp(old, new) == 0)
        refusals_answer(request, REFUSAL_PASSWORD_SAME, NULL);
    else if (!login_guard_allows(
                 request->app->logins, key, request->address, clock_now_us(), &wait_us))
        access_answer_too_many(request, wait_us, "Too many wrong passwords; wait a little.");
    else if ((r = people_find_id(request->app->store, request->person.id, &person)) != 1)
        service_answer_store_error(request, r < 0 ? r : -EIO);
    else
        change_own(request, &person, old, new);
    json_decref(body);
}

/* ---- the first administrator ---- */

static bool waits_for_first(const struct signaling *app)
{
    return app->first_secret && clock_wall_s() < app->first_until_s;
}

void people_api_is_first(struct http_request *request)
{
    int r = credentials_has_people(request->app->store);

    if (r < 0)
        service_answer_store_error(request, r);
    else
        api_answer(request, json_pack("{s:b}", "first", r == 0));
}

static bool check_first(struct http_request *request, const char *secret)
{
    const char *expected = request->app->first_secret;
    int r = credentials_has_people(request->app->store);

    if (r < 0) {
        service_answer_store_error(request, r);
        return false;
    }
    if (r == 0 && waits_for_first(request->app) && strlen(secret) == strlen(expected) &&
        sodium_memcmp(secret, expected, strlen(expected)) == 0)
        return true;
    log_warn(LOG_ACCESS, "event=first outcome=refused peer=%s", request->address);
    audit_note_refusal(request, "", "person.first", "", "denied", r == 1 ? "late" : "ticket");
    refusals_answer(request, r == 1 ? REFUSAL_FIRST_OVER : REFUSAL_FIRST_LINK, NULL);
    return false;
}

void people_api_first(struct http_request *request)
{
    struct json_error error;
    struct person person = {.role = "system_admin"};
    json_t *body = api_body(request);
    const char *secret = body ? json_get_string(body, "ticket", RANDOM_ID_CHARS, &error) : NULL;
    const char *name = secret ? json_get_string(body, "name", PEOPLE_MAX_NAME_BYTES, &error) : NULL;
    const char *password = name ? read_password(body, "password", &error) : NULL;
    struct choice *choice;

    if (!body)
        return;
    if (password) {
        snprintf(person.name, sizeof(person.name), "%s", name);
        plain_text_trim(person.name);
    }
    if (!password) {
        api_answer_error(request, &error);
    } else if (!people_is_name(person.name)) {
        refusals_answer(request, REFUSAL_NAME_INVALID, NULL);
    } else if (check_first(request, secret)) {
        choice = new_choice(request, &person, password);
        if (choice)
            hash_choice(choice);
    }
    json_decref(body);
}
