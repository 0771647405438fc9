#include "signaling/http/media_session.h"

#include "common/clock.h"
#include "signaling/http/media_endpoint.h"
#include "signaling/relays/relays.h"
#include "signaling/service.h"

#include <stdlib.h>
#include <string.h>

enum patch_kind {
    PATCH_TRICKLE,
    PATCH_RESTART,
};

/* A PATCH or DELETE that waits for its relay. */
struct exchange {
    struct signaling *app;
    struct http_request *request;
    enum patch_kind kind;
    char session[RANDOM_ID_CHARS + 1];
    char etag[RANDOM_ID_CHARS + 1]; /* after the restart */
    char ufrag[sizeof(((struct link_record *)0)->ufrag)];
    uint64_t handle;
};

struct media_session *media_session_find_own(struct http_request *request)
{
    enum link_session_kind kind =
        strncmp(request->path, "/whip/", 6) == 0 ? LINK_PUBLISH : LINK_WATCH;
    struct media_session *session = media_sessions_find(request->app->sessions, request->params[0]);

    if (session && session->state == MEDIA_SESSION_LIVE && session->record.kind == kind &&
        strcmp(session->record.owner, request->claims->subject) == 0 &&
        strcmp(session->record.lesson, request->claims->lesson) == 0)
        return session;
    http_request_fail(
        request, 404, "There is no such session; it may have ended. Start a new one.");
    return NULL;
}

void media_session_describe(struct http_request *request)
{
    struct http_response response;

    if (!media_session_find_own(request))
        return;
    http_response_init(&response, 204);
    http_response_header(&response, "Accept-Patch", "application/trickle-ice-sdpfrag");
    http_response_header(&response, "Allow", "OPTIONS, GET, HEAD, PATCH, DELETE");
    http_request_respond(request, &response);
}

static struct exchange *begin(struct http_request *request, const struct media_session *session)
{
    struct exchange *exchange = calloc(1, sizeof(*exchange));

    if (!exchange) {
        http_request_fail(request, 503, "The server is out of memory.");
        return NULL;
    }
    exchange->app = request->app;
    exchange->request = request;
    memcpy(exchange->session, session->record.session, sizeof(exchange->session));
    return exchange;
}

/* The relay does what it was asked even when nobody hears of it any more. */
static void on_gone(void *user)
{
    struct exchange *exchange = user;

    relays_cancel(exchange->app->relays, exchange->handle);
    free(exchange);
}

static void on_patched(void *user, const struct link_reply *reply, bool timed_out)
{
    struct exchange *exchange = user;
    struct media_session *session = media_sessions_find(exchange->app->sessions, exchange->session);
    struct http_response response;

    if (session && reply && !reply->ok && reply->status == 404)
        media_sessions_remove(exchange->app->sessions, exchange->session);
    if (!session || !reply || !reply->ok || (exchange->kind == PATCH_RESTART && !reply->fragment)) {
        media_endpoint_answer_failure(
            exchange->request, reply && !reply->ok ? reply : NULL, timed_out);
    } else if (exchange->kind == PATCH_TRICKLE) {
        http_response_init(&response, 204);
        http_request_respond(exchange->request, &response);
    } else {
        memcpy(session->record.etag, exchange->etag, sizeof(exchange->etag));
        memcpy(session->record.ufrag, exchange->ufrag, sizeof(exchange->ufrag));
        http_response_init(&response, 200);
        http_response_body(
            &response, "application/trickle-ice-sdpfrag", reply->fragment, strlen(reply->fragment));
        http_response_header(&response, "ETag", "\"%s\"", session->record.etag);
        http_request_respond(exchange->request, &response);
    }
    free(exchange);
}

static void send_patch(
    struct http_request *request, const struct media_session *session, enum patch_kind kind)
{
    struct exchange *exchange = begin(request, session);
    struct link_record record = session->record;
    json_t *message;

    if (!exchange)
        return;
    exchange->kind = kind;
    random_id(exchange->etag);
    media_endpoint_find_ufrag(request->body.data, exchange->ufrag, sizeof(exchange->ufrag));
    memcpy(record.etag, exchange->etag, sizeof(record.etag));
    memcpy(record.ufrag, exchange->ufrag, sizeof(record.ufrag));
    message = kind == PATCH_RESTART
                  ? link_session_restart(&record, request->body.data)
                  : link_session_trickle(session->record.session, request->body.data);
    if (!message) {
        http_request_fail(request, 400, "The SDP fragment is not UTF-8 text.");
        free(exchange);
        return;
    }
    exchange->handle = relays_request(
        request->app->relays, session->relay, message, on_patched, exchange, clock_now_us());
    if (exchange->handle) {
        http_request_defer(request, on_gone, exchange);
        return;
    }
    media_endpoint_answer_no_relay(request);
    free(exchange);
}

/* If-Match is "*" or a list of entity tags (RFC 9110 section 13.1.1); weak ones never match. */
static bool tag_matches(const char *if_match, const char *etag)
{
    char quoted[RANDOM_ID_CHARS + 3];
    const char *found = if_match;
    size_t len;

    quoted[0] = '"';
    memcpy(quoted + 1, etag, RANDOM_ID_CHARS);
    memcpy(quoted + 1 + RANDOM_ID_CHARS, "\"", 2);
    len = strlen(quoted);
    while ((found = strstr(found, quoted))) {
        bool weak = found - if_match >= 2 && found[-1] == '/' && found[-2] == 'W';

        if (!weak)
            return true;
        found += len;
    }
    return false;
}

static bool is_fragment(const struct http_request *request)
{
    const char *body = request->body.data;

    if (!body || strlen(body) != request->body.len)
        return false;
    return strncmp(body, "a=", 2) == 0 || strncmp(body, "m=", 2) == 0;
}

void media_session_patch(struct http_request *request)
{
    const char *if_match = http_request_header(request, HTTP_HEADER_IF_MATCH);
    struct media_session *session = media_session_find_own(request);
    char ufrag[sizeof(session->record.ufrag)];
    bool any = strcmp(if_match, "*") == 0;
    bool is_new;

    if (!session)
        return;
    if (!*if_match) {
        http_request_fail(request, 428,
            "Send If-Match: the ETag of the session for candidates, or * for an ICE restart.");
        return;
    }
    if (!any && !tag_matches(if_match, session->record.etag)) {
        http_request_fail(
            request, 412, "The ICE session has changed: use the ETag of the last answer.");
        return;
    }
    if (!is_fragment(request)) {
        http_request_fail(request, 400, "The body is not an SDP fragment (RFC 8840).");
        return;
    }
    /* New ICE credentials are a restart whatever If-Match says (draft-ietf-wish-whep, ICE restarts). */
    media_endpoint_find_ufrag(request->body.data, ufrag, sizeof(ufrag));
    is_new = *ufrag && strcmp(ufrag, session->record.ufrag) != 0;
    if (any && !*ufrag) {
        http_request_fail(request, 400, "An ICE restart needs a new ice-ufrag and ice-pwd.");
        return;
    }
    send_patch(request, session, is_new ? PATCH_RESTART : PATCH_TRICKLE);
}

static void on_closed(void *user, const struct link_reply *reply, bool timed_out)
{
    struct exchange *exchange = user;
    struct media_session *session = media_sessions_find(exchange->app->sessions, exchange->session);
    struct http_response response;

    (void)timed_out;
    /* Without a word from the relay the session stays marked, and is ended when it is back. */
    if (session && reply)
        media_sessions_remove(exchange->app->sessions, exchange->session);
    http_response_init(&response, 200);
    http_request_respond(exchange->request, &response);
    free(exchange);
}

void media_session_delete(struct http_request *request)
{
    struct media_session *session = media_session_find_own(request);
    struct exchange *exchange = session ? begin(request, session) : NULL;
    struct http_response response;

    if (!exchange)
        return;
    media_sessions_set_ended(request->app->sessions, session);
    exchange->handle = relays_request(request->app->relays, session->relay,
        link_session_close(session->record.session, "deleted"), on_closed, exchange,
        clock_now_us());
    if (exchange->handle) {
        http_request_defer(request, on_gone, exchange);
        return;
    }
    free(exchange);
    http_response_init(&response, 200);
    http_request_respond(request, &response);
}
