#include "signaling/http/whep.h"

#include "signaling/http/media_endpoint.h"
#include "signaling/service.h"

#include <string.h>

#define CAMERA  "teacher-camera"
#define CONTENT "teacher-content"

/* Not a source: the wall is a set of slots of its own. */
static bool is_reserved(const char *source)
{
    return strcmp(source, "wall") == 0;
}

static bool may_watch_lesson(const struct token_claims *claims)
{
    return token_sources_have(&claims->watch, CAMERA) ||
           token_sources_have(&claims->watch, CONTENT);
}

static bool check_rights(struct http_request *request)
{
    const char *source = request->params[1];

    if (!media_endpoint_check_lesson(request, request->params[0]))
        return false;
    if (*source && is_reserved(source)) {
        http_request_fail(request, 404, "There is no source %s.", source);
        return false;
    }
    if (*source ? token_sources_have(&request->claims->watch, source)
                : may_watch_lesson(request->claims))
        return true;
    http_request_fail(request, 403, "The media token does not allow to watch %s.",
        *source ? source : "this lesson");
    return false;
}

void whep_watch_source(struct http_request *request)
{
    if (check_rights(request))
        media_endpoint_create(request, LINK_WATCH, request->params[1], NULL, NULL);
}

/* The stage slots stay empty until the lesson's stage is set. */
void whep_watch_lesson(struct http_request *request)
{
    const struct token_sources *watch;
    const char *camera;
    const char *content;
    json_t *slots;

    if (!check_rights(request))
        return;
    watch = &request->claims->watch;
    camera = token_sources_have(watch, CAMERA) ? CAMERA : "";
    content = token_sources_have(watch, CONTENT) ? CONTENT : "";
    slots = json_pack("{s:[s, s, s], s:[s, s]}", "video", camera, content, "", "audio", camera, "");
    if (slots)
        media_endpoint_create(request, LINK_WATCH, "", slots, NULL);
    else
        http_request_fail(request, 503, "The server is out of memory.");
    json_decref(slots);
}

void whep_describe(struct http_request *request)
{
    if (check_rights(request))
        media_endpoint_describe(request);
}
