#include "signaling/http/accounts_api.h"
#include "signaling/http/refusals.h"

#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "signaling/accounts/people.h"
#include "signaling/accounts/tickets.h"
#include "signaling/http/request.h"
#include "signaling/lessons/lessons.h"
#include "signaling/service.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_LIFE_S (2 * 3600)
#define TOO_OLD      "This link has been used or is too old; ask for a new one."

/* {token, expires, lesson, publish, watch}; expires in ISO 8601 would only be parsed again. */
static void answer_token(struct http_request *request, const struct token_claims *claims)
{
    struct http_response response;
    json_t *json = token_claims_to_json(claims);
    char *token = NULL;

    if (!json || token_mint(request->app->token_key, claims, &token) < 0) {
        json_decref(json);
        http_request_fail(request, 503, "The server is out of memory.");
        return;
    }
    http_response_init(&response, 200);
    http_response_json(
        &response, json_pack("{s:s, s:I, s:s, s:O, s:O}", "token", token, "expires",
                       (json_int_t)claims->expires_s, "lesson", claims->lesson, "publish",
                       json_object_get(json, "publish"), "watch", json_object_get(json, "watch")));
    http_request_respond(request, &response);
    explicit_bzero(token, strlen(token));
    free(token);
    json_decref(json);
}

void accounts_answer_media_token(struct http_request *request, struct token_claims *claims)
{
    claims->expires_s = claims->issued_s + TOKEN_LIFE_S;
    random_id(claims->id);
    answer_token(request, claims);
}

void accounts_media_token(struct http_request *request)
{
    const char *lesson = request->params[0];
    struct token_claims claims = {.issued_s = clock_wall_s()};
    int r = lessons_exists(request->app->store, lesson);

    if (r == 1)
        r = lessons_has_person(request->app->store, lesson, request->person.id);
    else if (r == 0)
        r = -ENOENT;
    if (r == -ENOENT) {
        refusals_answer(request, REFUSAL_LESSON_UNKNOWN, json_pack("{s:s}", "lesson", lesson));
    } else if (r < 0) {
        service_answer_store_error(request, r);
    } else if (r == 0) {
        refusals_answer(request, REFUSAL_LESSON_NOT_YOURS, json_pack("{s:s}", "lesson", lesson));
    } else {
        snprintf(claims.lesson, sizeof(claims.lesson), "%s", lesson);
        snprintf(claims.role, sizeof(claims.role), "%s", request->person.role);
        snprintf(
            claims.subject, sizeof(claims.subject), "person-%lld", (long long)request->person.id);
        snprintf(claims.login, sizeof(claims.login), "%s", request->person.login);
        people_media_rights(
            request->person.role, request->person.id, &claims.publish, &claims.watch);
        accounts_answer_media_token(request, &claims);
    }
}

/* What the ticket will give: the media token's claims, or the person's login. */
static bool fill_ticket(const struct http_request *request, struct ticket *ret_ticket)
{
    json_t *json = NULL;
    char *text = NULL;
    bool filled;

    *ret_ticket = (struct ticket){.person = request->person.id};
    if (!request->claims)
        return true;
    json = token_claims_to_json(request->claims);
    text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    filled = text && strlen(text) <= TICKETS_MAX_CLAIM_BYTES;
    if (filled)
        memcpy(ret_ticket->claims, text, strlen(text) + 1);
    free(text);
    json_decref(json);
    return filled;
}

void accounts_ticket(struct http_request *request)
{
    struct http_response response;
    struct ticket ticket;
    char secret[RANDOM_ID_CHARS + 1];
    int64_t now = clock_wall_s();
    int r;

    if (!fill_ticket(request, &ticket)) {
        http_request_fail(request, 422, "This media token is too large for a ticket.");
        return;
    }
    r = tickets_add(request->app->store, &ticket, now, secret);
    if (r < 0) {
        service_answer_store_error(request, r);
        return;
    }
    http_response_init(&response, 201);
    http_response_json(&response,
        json_pack("{s:s, s:I}", "ticket", secret, "expires", (json_int_t)(now + TICKETS_LIFE_S)));
    http_request_respond(request, &response);
}

static void redeem_person(struct http_request *request, int64_t id)
{
    struct person person;
    int r = people_get(request->app->store, id, &person);

    if (r < 0)
        service_answer_store_error(request, r);
    else if (r == 0 || person.disabled)
        http_request_fail(request, 404, TOO_OLD);
    else
        accounts_answer_login(request, &person, "login.link");
}

static void redeem_claims(struct http_request *request, const char *text)
{
    struct token_claims claims = {.issued_s = 0};
    struct json_error error;
    json_t *json = json_parse(text, strlen(text), TICKETS_MAX_CLAIM_BYTES, &error);

    if (!json || token_claims_from_json(json, &claims) < 0) {
        http_request_fail(request, 404, TOO_OLD);
    } else {
        random_id(claims.id);
        answer_token(request, &claims);
    }
    json_decref(json);
}

void accounts_redeem(struct http_request *request)
{
    struct json_error error;
    json_t *body = json_parse(
        request->body.data ? request->body.data : "", request->body.len, request->body.len, &error);
    const char *secret = body ? json_get_string(body, "ticket", RANDOM_ID_CHARS, &error) : NULL;
    struct ticket ticket;
    int r;

    if (!secret) {
        http_request_fail(request, 400, "Send {\"ticket\": …} as JSON.");
    } else if ((r = tickets_redeem(request->app->store, secret, clock_wall_s(), &ticket)) < 0) {
        service_answer_store_error(request, r);
    } else if (r == 0) {
        log_warn(LOG_ACCESS, "event=ticket outcome=refused peer=%s", request->address);
        http_request_fail(request, 404, TOO_OLD);
    } else if (ticket.person > 0) {
        redeem_person(request, ticket.person);
    } else {
        redeem_claims(request, ticket.claims);
    }
    json_decref(body);
}
