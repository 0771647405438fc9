#include "signaling/http/media_endpoint.h"

#include "common/clock.h"
#include "common/log.h"
#include "signaling/accounts/logins.h"
#include "signaling/accounts/subjects.h"
#include "signaling/http/access.h"
#include "signaling/http/ice_servers.h"
#include "signaling/http/origin.h"
#include "signaling/http/rate_limit.h"
#include "signaling/http/refusals.h"
#include "signaling/lessons/lessons.h"
#include "signaling/lessons/stage.h"
#include "signaling/relays/relays.h"
#include "signaling/service.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_AFTER_S 1

/* A POST that waits for its relay. */
struct creation {
    struct signaling *app;
    struct http_request *request;
    char session[RANDOM_ID_CHARS + 1];
    char base_url[320];
    uint64_t handle; /* of the request to the relay */
};

bool media_endpoint_check_lesson(struct http_request *request, const char *lesson)
{
    int r = lessons_exists(request->app->store, lesson);

    if (r == 0) {
        refusals_answer(request, REFUSAL_LESSON_UNKNOWN, json_pack("{s:s}", "lesson", lesson));
        return false;
    }
    if (r < 0) {
        service_answer_store_error(request, r);
        return false;
    }
    if (strcmp(request->claims->lesson, lesson) == 0)
        return true;
    http_request_fail(request, 403, "The media token is for another lesson than %s.", lesson);
    return false;
}

void media_endpoint_find_ufrag(const char *sdp, char *ret_ufrag, size_t size)
{
    static const char name[] = "a=ice-ufrag:";
    size_t len;

    ret_ufrag[0] = '\0';
    for (const char *line = sdp; line; line = strchr(line, '\n')) {
        if (*line == '\n')
            line++;
        if (strncmp(line, name, sizeof(name) - 1) != 0)
            continue;
        line += sizeof(name) - 1;
        len = strcspn(line, "\r\n ");
        if (len < size) {
            memcpy(ret_ufrag, line, len);
            ret_ufrag[len] = '\0';
        }
        return;
    }
}

void media_endpoint_answer_no_relay(struct http_request *request)
{
    struct http_response response;

    http_response_init(&response, 503);
    http_response_problem(
        &response, 503, "No media relay is connected now; try again in a moment.");
    http_response_header(&response, "Retry-After", "%d", RETRY_AFTER_S);
    http_request_respond(request, &response);
}

void media_endpoint_answer_failure(
    struct http_request *request, const struct link_reply *reply, bool timed_out)
{
    struct http_response response;

    if (!reply && !timed_out) {
        media_endpoint_answer_no_relay(request);
        return;
    }
    http_response_init(&response, reply ? reply->status : 504);
    if (reply)
        http_response_problem(&response, reply->status, "%s",
            *reply->detail ? reply->detail : "The media relay refused this.");
    else
        http_response_problem(&response, 504, "The media relay did not answer within 5 seconds.");
    if (reply && reply->status == 503)
        http_response_header(&response, "Retry-After", "%d", RETRY_AFTER_S);
    http_request_respond(request, &response);
}

static void answer_created(
    struct creation *creation, const struct media_session *session, const char *answer)
{
    struct http_response response;

    http_response_init(&response, 201);
    http_response_body(&response, "application/sdp", answer, strlen(answer));
    http_response_header(&response, "Location", "%s/%s/sessions/%s", creation->base_url,
        session->record.kind == LINK_PUBLISH ? "whip" : "whep", session->record.session);
    http_response_header(&response, "ETag", "\"%s\"", session->record.etag);
    http_response_header(&response, "Accept-Patch", "application/trickle-ice-sdpfrag");
    http_response_header(&response, "Cache-Control", "no-store");
    ice_servers_add_links(&creation->app->settings->ice_servers, &response);
    http_request_respond(creation->request, &response);
}

/* Not who was disabled or logged out while the relay was asked; a database that cannot tell just now throws nobody out. */
static bool may_stay(const struct creation *creation, const struct media_session *session)
{
    struct store *store = creation->app->store;

    return subjects_is_active(store, session->record.owner) != 0 &&
           logins_ended(store, session->record.login) != 1;
}

static void on_created(void *user, const struct link_reply *reply, bool timed_out)
{
    struct creation *creation = user;
    struct media_session *session = media_sessions_find(creation->app->sessions, creation->session);

    if (session && reply && reply->ok && reply->answer && !may_stay(creation, session)) {
        relays_end_session(creation->app->relays, session, "revoked", clock_now_us());
        access_answer_unauthorised(creation->request, "This account or login has just ended.");
    } else if (session && reply && reply->ok && reply->answer) {
        media_sessions_set_live(creation->app->sessions, session);
        if (media_session_take_slots(session, reply->slots) < 0)
            log_warn(LOG_LINK, "relay=%s slots of a session unreadable", session->relay);
        stage_session_started(creation->app, session);
        answer_created(creation, session, reply->answer);
    } else {
        if (session && (timed_out || (reply && reply->ok)))
            relays_end_session(creation->app->relays, session, "timeout", clock_now_us());
        else
            media_sessions_remove(creation->app->sessions, creation->session);
        media_endpoint_answer_failure(
            creation->request, reply && !reply->ok ? reply : NULL, timed_out);
    }
    free(creation);
}

/* The client hung up before its answer came: nobody will use this session. */
static void on_gone(void *user)
{
    struct creation *creation = user;
    struct media_session *session = media_sessions_find(creation->app->sessions, creation->session);

    relays_cancel(creation->app->relays, creation->handle);
    if (session)
        relays_end_session(creation->app->relays, session, "client gone", clock_now_us());
    free(creation);
}

/* What no relay needs to see: not text, or not the beginning of an SDP. */
static bool check_offer(struct http_request *request)
{
    const char *offer = request->body.data;

    if (!offer || strncmp(offer, "v=0", 3) != 0 || strlen(offer) != request->body.len) {
        http_request_fail(request, 400, "The body is not an SDP offer: it must begin with v=0.");
        return false;
    }
    for (size_t i = 0; i < request->body.len; i++) {
        if ((unsigned char)offer[i] < 0x20 && !strchr("\r\n\t", offer[i])) {
            http_request_fail(request, 400, "The SDP offer has control characters in it.");
            return false;
        }
    }
    return true;
}

static bool check_rate(struct http_request *request, enum link_session_kind kind)
{
    const struct signaling_settings *settings = request->app->settings;
    struct rate rate = {settings->watch_burst, settings->watch_per_second};
    char key[TOKEN_MAX_NAME_CHARS + 8];
    uint64_t wait_us = 0;

    if (kind == LINK_PUBLISH)
        rate = (struct rate){settings->publish_burst, settings->publish_per_second};
    snprintf(key, sizeof(key), "%s:%s", kind == LINK_PUBLISH ? "p" : "w", request->claims->subject);
    if (rate_limit_take(request->app->rates, key, &rate, clock_now_us(), &wait_us))
        return true;
    access_answer_too_many(
        request, wait_us, "Too many sessions were started with this token; wait a little.");
    return false;
}

static struct media_session *add_session(
    struct http_request *request, const struct media_endpoint_order *order, const char *relay)
{
    struct link_record record = {
        .kind = order->kind,
        .view = order->view,
        .expires_s = request->claims->expires_s,
    };

    random_id(record.session);
    random_id(record.etag);
    snprintf(record.lesson, sizeof(record.lesson), "%s", request->params[0]);
    snprintf(record.source, sizeof(record.source), "%s", order->source);
    snprintf(record.owner, sizeof(record.owner), "%s", request->claims->subject);
    snprintf(record.login, sizeof(record.login), "%s", request->claims->login);
    media_endpoint_find_ufrag(request->body.data, record.ufrag, sizeof(record.ufrag));
    if (order->view == LINK_VIEW_LESSON) {
        record.watch = request->claims->watch;
        snprintf(
            record.room, sizeof(record.room), "%s", token_sources_room(&request->claims->publish));
    }
    return media_sessions_add(request->app->sessions, &record, relay, MEDIA_SESSION_PENDING);
}

void media_endpoint_create(struct http_request *request, const struct media_endpoint_order *order)
{
    struct signaling *app = request->app;
    uint64_t now_us = clock_now_us();
    struct media_session *session = NULL;
    struct creation *creation;
    json_t *message;
    const char *relay;

    if (!check_rate(request, order->kind) || !check_offer(request))
        return;
    relay = relays_place(app->relays, request->params[0], now_us);
    if (!relay) {
        media_endpoint_answer_no_relay(request);
        return;
    }
    creation = calloc(1, sizeof(*creation));
    session = creation ? add_session(request, order, relay) : NULL;
    if (!session) {
        free(creation);
        http_request_fail(request, 503, "The server is out of memory.");
        return;
    }
    *creation = (struct creation){.app = app, .request = request};
    memcpy(creation->session, session->record.session, sizeof(creation->session));
    if (origin_base_url(request, creation->base_url, sizeof(creation->base_url)) < 0) {
        http_request_fail(request, 400, "The Host header does not name a host.");
        goto fail;
    }
    message =
        link_session_create(&session->record, order->slots, order->replace, request->body.data);
    if (!message) {
        http_request_fail(request, 400, "The SDP offer is not UTF-8 text.");
        goto fail;
    }
    creation->handle =
        relays_request(app->relays, session->relay, message, on_created, creation, now_us);
    if (creation->handle) {
        http_request_defer(request, on_gone, creation);
        return;
    }
    media_endpoint_answer_no_relay(request);
fail:
    media_sessions_remove(app->sessions, creation->session);
    free(creation);
}

void media_endpoint_describe(struct http_request *request)
{
    struct http_response response;

    http_response_init(&response, 204);
    http_response_header(&response, "Accept-Post", "application/sdp");
    http_response_header(&response, "Allow", "OPTIONS, GET, HEAD, POST");
    ice_servers_add_links(&request->app->settings->ice_servers, &response);
    http_request_respond(request, &response);
}
