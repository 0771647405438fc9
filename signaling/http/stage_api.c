#include "common/json.h"
#include "common/log.h"
#include "signaling/http/request.h"
#include "signaling/http/slots_api.h"
#include "signaling/lessons/lessons.h"
#include "signaling/lessons/stage.h"
#include "signaling/service.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The lesson is known, and the token is for it or the person takes part in it. */
static bool check_lesson(struct http_request *request)
{
    const char *lesson = request->params[0];
    int r = lessons_exists(request->app->store, lesson);

    if (r == 0) {
        http_request_fail(request, 404, "There is no lesson %s here.", lesson);
        return false;
    }
    if (r == 1 && request->claims)
        r = strcmp(request->claims->lesson, lesson) == 0;
    else if (r == 1)
        r = lessons_has_person(request->app->store, lesson, request->person.id);
    if (r == 0)
        http_request_fail(request, 403, "This is not a lesson of yours.");
    else if (r < 0)
        service_answer_store_error(request, r);
    return r == 1;
}

/* Who calls a room to the stage: the lesson's master teacher, by the right to be its camera or by
 * role, and its coordinator. */
static bool may_set(const struct http_request *request)
{
    const char *role = request->claims ? request->claims->role : request->person.role;

    if (request->claims && token_sources_have(&request->claims->publish, "teacher-camera"))
        return true;
    return strcmp(role, "master_teacher") == 0 || strcmp(role, "coordinator") == 0;
}

static void answer_stage(struct http_request *request, const char *source)
{
    struct http_response response;

    http_response_init(&response, 200);
    http_response_json(&response, json_pack("{s:s}", "source", source));
    http_response_header(&response, "Cache-Control", "no-store");
    http_request_respond(request, &response);
}

void stage_api_get(struct http_request *request)
{
    char source[TOKEN_MAX_NAME_CHARS + 1];
    int r;

    if (!check_lesson(request))
        return;
    r = stage_read(request->app->store, request->params[0], source);
    if (r < 0)
        service_answer_store_error(request, r);
    else
        answer_stage(request, source);
}

static void log_change(const struct http_request *request, const char *source)
{
    char person[32];

    snprintf(person, sizeof(person), "person-%lld", (long long)request->person.id);
    log_info(LOG_ACCESS, "event=stage outcome=ok lesson=%s source=%s by=%s", request->params[0],
        *source ? source : "-", request->claims ? request->claims->subject : person);
}

void stage_api_put(struct http_request *request)
{
    struct json_error error;
    json_t *body = json_parse(
        request->body.data ? request->body.data : "", request->body.len, request->body.len, &error);
    const char *source =
        body ? json_get_string(body, "source", TOKEN_MAX_NAME_CHARS, &error) : NULL;
    int r;

    if (!check_lesson(request)) {
        /* answered */
    } else if (!may_set(request)) {
        http_request_fail(
            request, 403, "Only the master teacher and the coordinator call a room to the stage.");
    } else if (!source || (*source && !stage_is_room(source)) ||
               strlen(source) != json_string_length(json_object_get(body, "source"))) {
        http_request_fail(
            request, 400, "Send {\"source\": \"room-…\"} as JSON, or \"\" for an empty stage.");
    } else if ((r = stage_set(request->app, request->params[0], source)) < 0) {
        service_answer_store_error(request, r);
    } else {
        log_change(request, source);
        answer_stage(request, source);
    }
    json_decref(body);
}
