#include "signaling/http/slots_api.h"

#include "signaling/http/media_endpoint.h"
#include "signaling/http/media_session.h"
#include "signaling/http/slots_setting.h"
#include "signaling/service.h"

#include <errno.h>

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

static void on_gone(void *user)
{
    slots_setting_cancel(user);
}

static void on_set(
    void *user, const struct media_session *session, const struct link_reply *reply, bool timed_out)
{
    struct http_request *request = user;

    if (session && reply && reply->ok)
        answer_slots(request, session);
    else
        media_endpoint_answer_failure(request, reply && !reply->ok ? reply : NULL, timed_out);
}

static void set_slots(
    struct http_request *request, struct media_session *session, const struct slots_request *wanted)
{
    struct slots_setting *setting = NULL;
    int r = slots_setting_begin(request->app, session, wanted, on_set, request, &setting);

    if (r == -ENOMEM)
        http_request_fail(request, 503, "The server is out of memory.");
    else if (r < 0)
        media_endpoint_answer_no_relay(request);
    else
        http_request_defer(request, on_gone, setting);
}

void slots_api_put(struct http_request *request)
{
    struct media_session *session = media_session_find_own(request);
    struct slots_request wanted;
    char detail[160];
    int status;

    if (!session)
        return;
    if (session->record.view == LINK_VIEW_WALL &&
        slots_request_parse(request->body.data, request->body.len, &wanted) < 0) {
        http_request_fail(
            request, 400, "Send {\"slots\": [{\"slot\": …, \"source\": …}, …]} as JSON.");
        return;
    }
    status = slots_setting_check(session, &request->claims->watch, &wanted, detail);
    if (status == 0)
        set_slots(request, session, &wanted);
    else
        http_request_fail(request, status, "%s", detail);
}
