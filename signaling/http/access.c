#include "signaling/http/access.h"

#include "common/clock.h"
#include "signaling/accounts/browser_sessions.h"
#include "signaling/accounts/device_sessions.h"
#include "signaling/accounts/logins.h"
#include "signaling/accounts/subjects.h"
#include "signaling/http/audit_note.h"
#include "signaling/http/origin.h"
#include "signaling/http/rate_limit.h"
#include "signaling/http/refusals.h"
#include "signaling/http/routes.h"
#include "signaling/metrics/metrics.h"
#include "signaling/service.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

void access_answer_too_many(struct http_request *request, uint64_t wait_us, const char *detail)
{
    struct http_response response;

    http_response_init(&response, 429);
    http_response_problem(&response, 429, "%s", detail);
    http_response_header(
        &response, "Retry-After", "%u", (unsigned)((wait_us + US_PER_S - 1) / US_PER_S));
    http_request_respond(request, &response);
}

static bool take(struct http_request *request, const char *prefix)
{
    const struct signaling_settings *settings = request->app->settings;
    const struct rate rate = {settings->address_burst, settings->address_per_second};
    char address[HTTP_ADDRESS_CHARS + 8];
    char key[sizeof(address) + 8];
    uint64_t wait_us = 0;

    rate_limit_address_key(request->address, address, sizeof(address));
    snprintf(key, sizeof(key), "%s%s", prefix, address);
    if (rate_limit_take(request->app->rates, key, &rate, clock_now_us(), &wait_us))
        return true;
    access_answer_too_many(request, wait_us, "Too many requests from this address; wait a little.");
    return false;
}

bool access_check_rate(struct http_request *request)
{
    /* Half a login does not count: whoever behind an address sends nothing but beginnings stops none of the others. */
    return strcmp(request->path, ACCESS_LOGIN_PATH) == 0 || take(request, "");
}

bool access_check_login_rate(struct http_request *request)
{
    return take(request, "login ");
}

static void answer_unauthorised(struct http_request *request, const char *error, const char *detail)
{
    struct http_response response;

    http_response_init(&response, 401);
    http_response_problem(&response, 401, "%s", detail);
    if (error)
        http_response_header(&response, "WWW-Authenticate",
            "Bearer realm=\"duet\", error=\"%s\", error_description=\"%s\"", error, detail);
    else
        http_response_header(&response, "WWW-Authenticate", "Bearer realm=\"duet\"");
    http_request_respond(request, &response);
}

void access_answer_unauthorised(struct http_request *request, const char *detail)
{
    answer_unauthorised(request, NULL, detail);
}

const char *access_bearer_token(const struct http_request *request)
{
    const char *text = http_request_header(request, HTTP_HEADER_AUTHORIZATION);

    if (strncasecmp(text, "Bearer ", 7) != 0)
        return NULL;
    text += 7;
    while (*text == ' ')
        text++;
    return *text ? text : NULL;
}

/* A token outlives the person's right to it by hours: whoever was disabled or revoked meanwhile is refused. */
static bool check_subject(struct http_request *request)
{
    const struct token_claims *claims = request->claims;
    struct store *store = request->app->store;
    int r = subjects_honours(store, claims->subject, claims->issued_s);
    int ended = r == 1 ? logins_ended(store, claims->login) : 0;

    if (r == 0)
        answer_unauthorised(request, "invalid_token",
            "This media token is of an account or device that has been disabled, or lost rights "
            "since.");
    else if (ended == 1)
        answer_unauthorised(
            request, "invalid_token", "The login that this media token came from has been ended.");
    else if (r < 0 || ended < 0)
        service_answer_store_error(request, r < 0 ? r : ended);
    return r == 1 && ended == 0;
}

static bool check_token(struct http_request *request, const char *token, bool expired_is_fine)
{
    int r;

    if (!token) {
        access_answer_unauthorised(
            request, "A media token is needed: send it as Authorization: Bearer <token>.");
        return false;
    }
    r = token_verify(request->app->token_key, token, clock_wall_us() / US_PER_S, &request->claims);
    if (r == 0 || (r == -EKEYEXPIRED && expired_is_fine))
        return check_subject(request);
    if (r == -EKEYEXPIRED)
        answer_unauthorised(
            request, "invalid_token", "The media token has expired; get a new one.");
    else
        answer_unauthorised(request, "invalid_token",
            "The media token is not valid on this server; get a new one.");
    return false;
}

static bool check_bearer(struct http_request *request, bool expired_is_fine)
{
    return check_token(request, access_bearer_token(request), expired_is_fine);
}

static bool check_device(struct http_request *request)
{
    const char *secret = access_bearer_token(request);
    struct device device;
    int r = secret ? device_sessions_find(request->app->store, secret, clock_wall_s(), &device) : 0;

    if (r < 0) {
        service_answer_store_error(request, r);
    } else if (r == 0) {
        answer_unauthorised(request, secret ? "invalid_token" : NULL,
            "A device session is needed: prove the device's key for a new one.");
    } else {
        request->device = (struct http_device){device.id, device.kind, device.room, device.school};
    }
    return r == 1;
}

static bool check_self(struct http_request *request)
{
    int r;

    if (origin_is_foreign(request)) {
        refusals_answer(request, REFUSAL_FOREIGN_PAGE, NULL);
        return false;
    }
    r = browser_sessions_find(request, &request->person);
    if (r == 0)
        return true;
    if (r == -ENOENT)
        http_request_fail(request, 401, "Log in first.");
    else
        service_answer_store_error(request, r);
    return false;
}

static bool check_person(struct http_request *request)
{
    if (!check_self(request))
        return false;
    if (!request->person.must_change)
        return true;
    refusals_answer(request, REFUSAL_MUST_CHOOSE_PASSWORD, NULL);
    return false;
}

static void note_refusal(struct http_request *request)
{
    char object[HTTP_MAX_PATH_CHARS + 16];

    snprintf(object, sizeof(object), "%s %s", http_method_name(request->method), request->path);
    audit_note_refusal(request, request->person.login_name, "access", object, "denied", "role");
}

/* A token among the subprotocols, "duet-token.<token>", into ret_token. False when there is none. */
static bool find_protocol_token(
    const struct http_request *request, char ret_token[TOKEN_MAX_CHARS + 1])
{
    static const char prefix[] = "duet-token.";
    const char *at = strstr(http_request_header(request, HTTP_HEADER_WEBSOCKET_PROTOCOL), prefix);
    size_t len = at ? strcspn(at + sizeof(prefix) - 1, ", ") : 0;

    if (len == 0 || len > TOKEN_MAX_CHARS)
        return false;
    memcpy(ret_token, at + sizeof(prefix) - 1, len);
    ret_token[len] = '\0';
    return true;
}

static bool check_socket(struct http_request *request)
{
    char token[TOKEN_MAX_CHARS + 1];
    bool valid;

    /* A media token is a JWT, three parts with dots between; a device's session has none. */
    if (access_bearer_token(request))
        return strchr(access_bearer_token(request), '.') ? check_bearer(request, false)
                                                         : check_device(request);
    if (!find_protocol_token(request, token))
        return check_person(request);
    valid = check_token(request, token, false);
    explicit_bzero(token, sizeof(token));
    return valid;
}

/* Deny by default: a role is in the list of its route, or is refused. */
static bool check_role(struct http_request *request, const char *const *roles)
{
    if (!check_person(request))
        return false;
    for (; *roles; roles++) {
        if (strcmp(request->person.role, *roles) == 0)
            return true;
    }
    note_refusal(request);
    refusals_answer(request, REFUSAL_NOT_FOR_ROLE, NULL);
    return false;
}

bool access_check(struct http_request *request)
{
    static const char *const overview[] = {"coordinator", "inspector", "system_admin", NULL};
    static const char *const setup[] = {"coordinator", "system_admin", NULL};
    static const char *const schedule[] = {"coordinator", NULL};
    static const char *const accounts[] = {"coordinator", "system_admin", "security_admin", NULL};
    static const char *const audit[] = {"audit_admin", NULL};
    static const char *const system[] = {"system_admin", NULL};

    switch (request->route->access) {
    case HTTP_ACCESS_OPEN:
        /* What sets or reads cookies must not be driven by a foreign page even before login. */
        if (request->route->body_type && !request->route->cross_origin &&
            origin_is_foreign(request)) {
            refusals_answer(request, REFUSAL_FOREIGN_PAGE, NULL);
            return false;
        }
        return true;
    case HTTP_ACCESS_TOKEN:
        return check_bearer(request, false);
    case HTTP_ACCESS_DEPARTED:
        return check_bearer(request, true);
    case HTTP_ACCESS_SELF:
        return check_self(request);
    case HTTP_ACCESS_PERSON:
        return check_person(request);
    case HTTP_ACCESS_OVERVIEW:
        return check_role(request, overview);
    case HTTP_ACCESS_SETUP:
        return check_role(request, setup);
    case HTTP_ACCESS_SCHEDULE:
        return check_role(request, schedule);
    case HTTP_ACCESS_DEVICE:
        return check_device(request);
    case HTTP_ACCESS_ACCOUNTS:
        return check_role(request, accounts);
    case HTTP_ACCESS_AUDIT:
        return check_role(request, audit);
    case HTTP_ACCESS_SYSTEM:
        return check_role(request, system);
    case HTTP_ACCESS_METRICS:
        return metrics_admit(request);
    case HTTP_ACCESS_EITHER:
        return access_bearer_token(request) ? check_bearer(request, false) : check_person(request);
    case HTTP_ACCESS_SOCKET:
        return check_socket(request);
    }
    return false;
}

bool access_check_again(struct http_request *request)
{
    token_claims_free(request->claims);
    request->claims = NULL;
    request->person = (struct http_person){.id = 0};
    request->device = (struct http_device){.id = 0};
    return access_check(request);
}
