#include "signaling/http/whip.h"

#include "signaling/http/media_endpoint.h"
#include "signaling/http/refusals.h"
#include "signaling/relays/sessions.h"
#include "signaling/service.h"

#include <string.h>

static bool check_rights(struct http_request *request)
{
    if (!media_endpoint_check_lesson(request, request->params[0]))
        return false;
    if (token_sources_have(&request->claims->publish, request->params[1]))
        return true;
    http_request_fail(
        request, 403, "The media token does not allow to publish %s.", request->params[1]);
    return false;
}

void whip_publish(struct http_request *request)
{
    struct media_session *publisher;

    if (!check_rights(request))
        return;
    publisher =
        media_sessions_publisher(request->app->sessions, request->params[0], request->params[1]);
    if (publisher && strcmp(publisher->record.owner, request->claims->subject) != 0) {
        refusals_answer(
            request, REFUSAL_SOURCE_TAKEN, json_pack("{s:s}", "source", request->params[1]));
        return;
    }
    media_endpoint_create(request, &(struct media_endpoint_order){
                                       .kind = LINK_PUBLISH,
                                       .source = request->params[1],
                                       .replace = publisher ? publisher->record.session : NULL,
                                   });
}

void whip_describe(struct http_request *request)
{
    if (check_rights(request))
        media_endpoint_describe(request);
}
