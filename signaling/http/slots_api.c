#include "signaling/http/slots_api.h"

#include "common/clock.h"
#include "signaling/http/media_endpoint.h"
#include "signaling/http/media_session.h"
#include "signaling/http/slots_request.h"
#include "signaling/relays/relays.h"
#include "signaling/service.h"

#include <stdlib.h>
#include <string.h>

static const char *state_name(const struct link_slot *slot)
{
    switch (slot->state) {
    case LINK_SLOT_PLAYING:
        return "playing";
    case LINK_SLOT_NO_CODEC:
        return "no_codec";
    case LINK_SLOT_PAUSED:
        return "paused";
    default:
        return *slot->source ? "waiting" : "empty";
    }
}

static json_t *slots_to_json(const struct media_session *session)
{
    json_t *list = json_array();

    for (size_t i = 0; i < session->slot_count; i++) {
        const struct link_slot *slot = &session->slots[i];

        json_array_append_new(list, json_pack("{s:i, s:s, s:s, s:s}", "slot", slot->line, "kind",
                                        slot->is_video ? "video" : "audio", "source", slot->source,
                                        "state", state_name(slot)));
    }
    return json_pack("{s:o}", "slots", list);
}

static void answer_slots(struct http_request *request, const struct media_session *session)
{
    struct http_response response;

    http_response_init(&response, 200);
    http_response_json(&response, slots_to_json(session));
    http_response_header(&response, "Cache-Control", "no-store");
    http_request_respond(request, &response);
}

void slots_api_get(struct http_request *request)
{
    const struct media_session *session = media_session_find_own(request);

    if (session)
        answer_slots(request, session);
}

/* ---- PUT ---- */

/* Waits until its relay has answered every change. */
struct setting {
    struct signaling *app;
    struct http_request *request;
    char session[RANDOM_ID_CHARS + 1];
    size_t waiting;
    struct awaited {
        struct setting *setting;
        uint64_t handle; /* 0 once answered */
    } awaited[LINK_MAX_SLOTS];
};

static void cancel_rest(struct setting *setting)
{
    for (size_t i = 0; i < LINK_MAX_SLOTS; i++) {
        if (setting->awaited[i].handle)
            relays_cancel(setting->app->relays, setting->awaited[i].handle);
    }
}

/* What was asked for is done even when nobody hears of it any more. */
static void on_gone(void *user)
{
    cancel_rest(user);
    free(user);
}

static void on_set(void *user, const struct link_reply *reply, bool timed_out)
{
    struct awaited *awaited = user;
    struct setting *setting = awaited->setting;
    const struct media_session *session;

    awaited->handle = 0;
    setting->waiting--;
    session = media_sessions_find(setting->app->sessions, setting->session);
    if (session && reply && !reply->ok && reply->status == 404)
        media_sessions_remove(setting->app->sessions, setting->session);
    if (!session || !reply || !reply->ok)
        media_endpoint_answer_failure(
            setting->request, reply && !reply->ok ? reply : NULL, timed_out);
    else if (setting->waiting == 0)
        answer_slots(setting->request, session);
    else
        return;
    cancel_rest(setting);
    free(setting);
}

/* All of it is checked before any of it is done. */
static bool check_changes(
    struct http_request *request, struct media_session *session, const struct slots_request *wanted)
{
    for (size_t i = 0; i < wanted->count; i++) {
        const struct slots_change *change = &wanted->changes[i];

        if (!media_session_slot(session, change->line)) {
            http_request_fail(request, 400, "The session has no slot %u.", change->line);
            return false;
        }
        if (*change->source && !token_sources_have(&request->claims->watch, change->source)) {
            http_request_fail(
                request, 403, "The media token does not allow to watch %s.", change->source);
            return false;
        }
    }
    return true;
}

static void set_slots(
    struct http_request *request, struct media_session *session, const struct slots_request *wanted)
{
    struct setting *setting = calloc(1, sizeof(*setting));

    if (!setting) {
        http_request_fail(request, 503, "The server is out of memory.");
        return;
    }
    setting->app = request->app;
    setting->request = request;
    memcpy(setting->session, session->record.session, sizeof(setting->session));
    for (size_t i = 0; i < wanted->count; i++) {
        struct awaited *awaited = &setting->awaited[i];

        awaited->setting = setting;
        awaited->handle = relays_set_slot(request->app->relays, session,
            media_session_slot(session, wanted->changes[i].line), wanted->changes[i].source, on_set,
            awaited, clock_now_us());
        if (!awaited->handle) {
            cancel_rest(setting);
            free(setting);
            media_endpoint_answer_no_relay(request);
            return;
        }
        setting->waiting++;
    }
    http_request_defer(request, on_gone, setting);
}

void slots_api_put(struct http_request *request)
{
    struct media_session *session = media_session_find_own(request);
    struct slots_request wanted;

    if (!session)
        return;
    if (session->record.view != LINK_VIEW_WALL)
        http_request_fail(request, 409,
            "These slots follow the lesson; a viewer chooses only what its wall shows.");
    else if (slots_request_parse(request->body.data, request->body.len, &wanted) < 0)
        http_request_fail(
            request, 400, "Send {\"slots\": [{\"slot\": …, \"source\": …}, …]} as JSON.");
    else if (check_changes(request, session, &wanted))
        set_slots(request, session, &wanted);
}
