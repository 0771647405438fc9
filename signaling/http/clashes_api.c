#include "signaling/http/clashes_api.h"

#include "common/clock.h"
#include "common/json.h"
#include "signaling/http/api.h"
#include "signaling/http/refusals.h"
#include "signaling/lessons/clash_ignoring.h"
#include "signaling/service.h"

#include <stdio.h>

static bool read_kind(const json_t *body, enum clash_kind *ret_kind, struct json_error *error)
{
    const char *name = json_get_string(body, "kind", 16, error);

    if (name && clashes_kind_of(name, ret_kind) && *ret_kind != CLASH_BELLS)
        return true;
    if (name)
        json_error_set(error, "kind: teacher or room");
    return false;
}

/* False when that was answered. */
static bool read_name(struct http_request *request, const json_t *body, struct clash_name *ret_name)
{
    const json_t *lessons = json_object_get(body, "lessons");
    struct json_error error = {"lessons: expected the ids of two lessons"};

    ret_name->lessons[0] = json_string_value(json_array_get(lessons, 0));
    ret_name->lessons[1] = json_string_value(json_array_get(lessons, 1));
    if (!ret_name->lessons[0] || !ret_name->lessons[1] || json_array_size(lessons) != 2 ||
        !read_kind(body, &ret_name->kind, &error) ||
        json_get_int(body, "id", 1, INT64_MAX, &ret_name->id, &error) < 0) {
        api_answer_error(request, &error);
        return false;
    }
    return true;
}

static void change(struct http_request *request, bool ignore)
{
    static const struct api_reasons reasons = {
        .missing = REFUSAL_NO_CLASH,
        .invalid = REFUSAL_CLASH_REASON,
    };
    struct store *store = request->app->store;
    const char *by = request->person.login_name, *reason = NULL;
    struct json_error error = {""};
    struct clash_name name;
    int64_t root;
    json_t *body;
    int r;

    if (!api_root(request, &root))
        return;
    body = api_body(request);
    if (body && read_name(request, body, &name)) {
        if (ignore)
            reason = json_get_string(body, "reason", CLASHES_MAX_REASON_BYTES, &error);
        if (*error.text) {
            api_answer_error(request, &error);
        } else {
            r = ignore ? clash_ignoring_begin(store, root, &name, reason, by, clock_wall_s())
                       : clash_ignoring_end(store, root, &name, by, clock_wall_s());
            if (r < 0)
                api_answer_failure(request, r, &reasons);
            else
                api_answer(request, json_object());
        }
    }
    json_decref(body);
}

void clashes_api_ignore(struct http_request *request)
{
    change(request, true);
}

void clashes_api_heed(struct http_request *request)
{
    change(request, false);
}
