#include "signaling/http/whep.h"

#include "signaling/http/media_endpoint.h"
#include "signaling/service.h"

#include <string.h>

#define CAMERA  "teacher-camera"
#define CONTENT "teacher-content"

/* A relay takes 24 m-lines in all; of a wall's offer those beyond get port 0. */
#define WALL_VIDEO_SLOTS 16
#define WALL_AUDIO_SLOTS 2

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
        media_endpoint_create(request, &(struct media_endpoint_order){
                                           .kind = LINK_WATCH,
                                           .source = request->params[1],
                                       });
}

static void watch_slots(struct http_request *request, enum link_view view, json_t *slots)
{
    const struct media_endpoint_order order = {
        .kind = LINK_WATCH,
        .view = view,
        .source = "",
        .slots = slots,
    };

    if (slots)
        media_endpoint_create(request, &order);
    else
        http_request_fail(request, 503, "The server is out of memory.");
    json_decref(slots);
}

/* The stage slots are filled when the session is there, and whenever the stage changes: stage.c. */
void whep_watch_lesson(struct http_request *request)
{
    const struct token_sources *watch;
    const char *camera;
    const char *content;

    if (!check_rights(request))
        return;
    watch = &request->claims->watch;
    camera = token_sources_have(watch, CAMERA) ? CAMERA : "";
    content = token_sources_have(watch, CONTENT) ? CONTENT : "";
    watch_slots(request, LINK_VIEW_LESSON,
        json_pack("{s:[s, s, s], s:[s, s]}", "video", camera, content, "", "audio", camera, ""));
}

/* A wall shows whatever its viewer picks of a lesson: it takes the right to watch all of it. */
static bool check_wall_rights(struct http_request *request)
{
    if (!media_endpoint_check_lesson(request, request->params[0]))
        return false;
    if (token_sources_have_all(&request->claims->watch))
        return true;
    http_request_fail(
        request, 403, "The media token does not allow to watch everything in this lesson.");
    return false;
}

static json_t *empty_slots(size_t count)
{
    json_t *names = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(names, json_string(""));
    return names;
}

void whep_watch_wall(struct http_request *request)
{
    if (check_wall_rights(request))
        watch_slots(request, LINK_VIEW_WALL,
            json_pack("{s:o, s:o}", "video", empty_slots(WALL_VIDEO_SLOTS), "audio",
                empty_slots(WALL_AUDIO_SLOTS)));
}

void whep_describe(struct http_request *request)
{
    if (check_rights(request))
        media_endpoint_describe(request);
}

void whep_describe_wall(struct http_request *request)
{
    if (check_wall_rights(request))
        media_endpoint_describe(request);
}
