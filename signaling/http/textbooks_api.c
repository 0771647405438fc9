#include "signaling/http/textbooks_api.h"

#include "common/clock.h"
#include "common/json.h"
#include "common/plain_text.h"
#include "signaling/http/api.h"
#include "signaling/http/refusals.h"
#include "signaling/schools/textbooks.h"
#include "signaling/service.h"

#include <stdio.h>

static const struct api_reasons reasons = {
    .missing = REFUSAL_NO_TEXTBOOK,
    .invalid = REFUSAL_TEXTBOOK_INVALID,
};

static void add_textbook(void *user, const struct textbook *textbook)
{
    json_array_append_new(
        user, json_pack("{s:I, s:I, s:s, s:i, s:s}", "id", (json_int_t)textbook->id, "school",
                  (json_int_t)textbook->school, "subject", textbook->subject, "grade",
                  (int)textbook->grade, "edition", textbook->edition));
}

void textbooks_api_list(struct http_request *request)
{
    json_t *list;
    int64_t root;
    int r;

    if (!api_root(request, &root))
        return;
    list = json_array();
    r = textbooks_list(request->app->store, root, add_textbook, list);
    if (r < 0) {
        json_decref(list);
        service_answer_store_error(request, r);
        return;
    }
    api_answer(request, json_pack("{s:o}", "textbooks", list));
}

static bool read_textbook(
    struct http_request *request, const json_t *body, struct textbook *ret_textbook)
{
    struct json_error error;
    const char *subject = json_get_string(body, "subject", TEXTBOOKS_MAX_SUBJECT_BYTES, &error);
    const char *edition =
        subject ? json_get_string(body, "edition", TEXTBOOKS_MAX_EDITION_BYTES, &error) : NULL;
    int64_t grade = 0;

    *ret_textbook = (struct textbook){0};
    if (!edition || json_get_int(body, "school", 1, INT64_MAX, &ret_textbook->school, &error) < 0 ||
        (json_object_get(body, "grade") &&
            json_get_int(body, "grade", 0, TEXTBOOKS_MAX_GRADE, &grade, &error) < 0)) {
        api_answer_error(request, &error);
        return false;
    }
    snprintf(ret_textbook->subject, sizeof(ret_textbook->subject), "%s", subject);
    snprintf(ret_textbook->edition, sizeof(ret_textbook->edition), "%s", edition);
    plain_text_trim(ret_textbook->edition);
    ret_textbook->grade = (unsigned)grade;
    return api_may(request, ret_textbook->school);
}

void textbooks_api_set(struct http_request *request)
{
    struct textbook textbook;
    json_t *body = api_body(request);
    int64_t id;
    int r;

    if (!body)
        return;
    if (read_textbook(request, body, &textbook)) {
        r = textbooks_set(
            request->app->store, &textbook, request->person.login_name, clock_wall_s(), &id);
        if (r < 0)
            api_answer_failure(request, r, &reasons);
        else
            api_answer_created(request, "textbooks", id);
    }
    json_decref(body);
}

void textbooks_api_remove(struct http_request *request)
{
    struct textbook textbook;
    int64_t id;
    int r;

    if (!api_id(request, 0, &id))
        return;
    r = textbooks_get(request->app->store, id, &textbook);
    if (r < 0)
        service_answer_store_error(request, r);
    else if (r == 0)
        refusals_answer(request, REFUSAL_NO_TEXTBOOK, NULL);
    if (r != 1 || !api_may(request, textbook.school))
        return;
    r = textbooks_remove(request->app->store, id, request->person.login_name, clock_wall_s());
    if (r < 0)
        api_answer_failure(request, r, &reasons);
    else
        api_answer(request, json_object());
}
