#include "signaling/http/catalogue_api.h"

#include "common/clock.h"
#include "common/json.h"
#include "common/plain_text.h"
#include "signaling/http/api.h"
#include "signaling/http/refusals.h"
#include "signaling/schools/catalogue.h"
#include "signaling/schools/organisations.h"
#include "signaling/service.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

static const struct api_reasons reasons = {
    .exists = REFUSAL_SUBJECT_EXISTS,
    .missing = REFUSAL_NO_SUBJECT,
    .invalid = REFUSAL_SUBJECT_INVALID,
};

/* The lists are everybody's: where counties share a server, none of them changes those of the others. */
static bool may_change(struct http_request *request)
{
    int64_t root;
    int r;

    if (!api_root(request, &root))
        return false;
    r = root == 0 ? 1 : organisations_is_only_root(request->app->store, root);
    if (r < 0)
        service_answer_store_error(request, r);
    else if (r == 0)
        refusals_answer(request, REFUSAL_SUBJECTS_OF_ALL, NULL);
    return r == 1;
}

static void answer_change(struct http_request *request, int r)
{
    if (r < 0)
        api_answer_failure(request, r, &reasons);
    else
        api_answer(request, json_object());
}

/* ---- subjects ---- */

static void add_subject(void *user, const struct catalogue_subject *subject)
{
    json_array_append_new(user, json_pack("{s:I, s:s, s:b}", "id", (json_int_t)subject->id, "name",
                                    subject->name, "retired", subject->retired));
}

void catalogue_api_subjects(struct http_request *request)
{
    json_t *list = json_array();
    int r = catalogue_list_subjects(request->app->store, add_subject, list);

    if (r < 0) {
        json_decref(list);
        service_answer_store_error(request, r);
        return;
    }
    api_answer(request, json_pack("{s:o}", "subjects", list));
}

static void set_name(struct catalogue_subject *subject, const char *name)
{
    snprintf(subject->name, sizeof(subject->name), "%s", name);
    plain_text_trim(subject->name);
}

void catalogue_api_add_subject(struct http_request *request)
{
    json_t *body = may_change(request) ? api_body(request) : NULL;
    struct catalogue_subject subject = {0};
    struct json_error error;
    const char *name;
    int64_t id;
    int r;

    if (!body)
        return;
    name = json_get_string(body, "name", CATALOGUE_MAX_NAME_BYTES, &error);
    if (!name) {
        api_answer_error(request, &error);
    } else {
        set_name(&subject, name);
        r = catalogue_add_subject(
            request->app->store, subject.name, request->person.login_name, clock_wall_s(), &id);
        if (r < 0)
            api_answer_failure(request, r, &reasons);
        else
            api_answer_created(request, "subjects", id);
    }
    json_decref(body);
}

void catalogue_api_change_subject(struct http_request *request)
{
    struct catalogue_subject subject = {0};
    struct json_error error;
    const char *name;
    json_t *body;

    if (!may_change(request) || !api_id(request, 0, &subject.id))
        return;
    body = api_body(request);
    if (!body)
        return;
    name = json_get_string(body, "name", CATALOGUE_MAX_NAME_BYTES, &error);
    if (!name) {
        api_answer_error(request, &error);
    } else {
        set_name(&subject, name);
        subject.retired = json_get_bool_or(body, "retired", false);
        answer_change(request, catalogue_change_subject(request->app->store, &subject,
                                   request->person.login_name, clock_wall_s()));
    }
    json_decref(body);
}

/* ---- grades ---- */

static void add_grade(void *user, unsigned grade, bool retired)
{
    json_array_append_new(user, json_pack("{s:i, s:b}", "number", (int)grade, "retired", retired));
}

void catalogue_api_grades(struct http_request *request)
{
    json_t *list = json_array();
    int r = catalogue_list_grades(request->app->store, add_grade, list);

    if (r < 0) {
        json_decref(list);
        service_answer_store_error(request, r);
        return;
    }
    api_answer(request, json_pack("{s:o}", "grades", list));
}

void catalogue_api_change_grade(struct http_request *request)
{
    json_t *body;
    int64_t grade;

    if (!may_change(request) || !api_id(request, 0, &grade))
        return;
    body = api_body(request);
    if (!body)
        return;
    if (!json_is_boolean(json_object_get(body, "retired")))
        api_answer_invalid(request, "retired: true or false");
    else
        answer_change(request, grade > INT_MAX
                                   ? -ENOENT
                                   : catalogue_change_grade(request->app->store, (unsigned)grade,
                                         json_is_true(json_object_get(body, "retired")),
                                         request->person.login_name, clock_wall_s()));
    json_decref(body);
}
