#include "signaling/http/api.h"

#include "signaling/lessons/terms.h"
#include "signaling/schools/organisations.h"
#include "signaling/service.h"
#include "signaling/timetable/local_date.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ID_DIGITS 15

json_t *api_body(struct http_request *request)
{
    struct json_error error = {""};
    json_t *body = json_parse(
        request->body.data ? request->body.data : "", request->body.len, request->body.len, &error);

    if (json_is_object(body))
        return body;
    json_decref(body);
    api_answer_invalid(request, *error.text ? error.text : "Send a JSON object");
    return NULL;
}

bool api_id(struct http_request *request, size_t param, int64_t *ret_id)
{
    const char *text = request->params[param];
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > MAX_ID_DIGITS || text[digits] != '\0') {
        http_request_fail(request, 404, "There is nothing with the number %s here.", text);
        return false;
    }
    *ret_id = strtoll(text, NULL, 10);
    return true;
}

bool api_day(struct http_request *request, const char *text, int32_t *ret_day)
{
    if (text && local_date_parse(text, ret_day) == 0)
        return true;
    refusals_answer(request, REFUSAL_BAD_DATE, NULL);
    return false;
}

bool api_root(struct http_request *request, int64_t *ret_organisation)
{
    *ret_organisation = request->person.organisation;
    if (strcmp(request->person.role, "system_admin") == 0) {
        *ret_organisation = 0;
        return true;
    }
    if (*ret_organisation != 0)
        return true;
    refusals_answer(request, REFUSAL_NO_SCHOOL_OF_OWN, NULL);
    return false;
}

/* r: whether it is theirs, or an error of the store. */
static bool answer_unless_theirs(struct http_request *request, int r)
{
    if (r == 0)
        refusals_answer(request, REFUSAL_NOT_YOURS, NULL);
    else if (r < 0)
        service_answer_store_error(request, r);
    return r == 1;
}

bool api_may(struct http_request *request, int64_t organisation)
{
    int64_t root;

    if (!api_root(request, &root))
        return false;
    return root == 0 || answer_unless_theirs(request,
                            organisations_contains(request->app->store, root, organisation));
}

bool api_may_term(struct http_request *request, int64_t term)
{
    struct store *store = request->app->store;
    struct term_row row;
    int64_t root;
    int r;

    if (!api_root(request, &root))
        return false;
    r = terms_get(store, term, &row);
    if (r == 0)
        refusals_answer(request, REFUSAL_NO_TERM, NULL);
    else if (r < 0)
        service_answer_store_error(request, r);
    if (r != 1 || root == 0)
        return r == 1;
    r = organisations_contains(store, root, row.organisation);
    if (r == 0)
        r = organisations_contains(store, row.organisation, root);
    return answer_unless_theirs(request, r);
}

void api_answer(struct http_request *request, json_t *value)
{
    struct http_response response;

    if (!value) {
        service_answer_store_error(request, -ENOMEM);
        return;
    }
    http_response_init(&response, 200);
    http_response_json(&response, value);
    http_response_header(&response, "Cache-Control", "no-store");
    http_request_respond(request, &response);
}

void api_answer_version(struct http_request *request, json_t *value, int64_t version)
{
    struct http_response response;

    if (!value) {
        service_answer_store_error(request, -ENOMEM);
        return;
    }
    http_response_init(&response, 200);
    http_response_json(&response, value);
    http_response_header(&response, "ETag", "\"%lld\"", (long long)version);
    http_request_respond(request, &response);
}

/* RFC 9110 section 13.1.1: "*", or a list of tags; a weak one (W/"3") matches nothing. */
static bool tags_have(const char *tags, int64_t version)
{
    char wanted[32];
    size_t len = (size_t)snprintf(wanted, sizeof(wanted), "\"%lld\"", (long long)version);

    if (strcmp(tags, "*") == 0)
        return true;
    while (*tags) {
        size_t tag;

        tags += strspn(tags, " \t,");
        tag = strcspn(tags, " \t,");
        if (tag == len && memcmp(tags, wanted, len) == 0)
            return true;
        tags += tag;
    }
    return false;
}

bool api_version(
    struct http_request *request, const json_t *body, int64_t current, int64_t *ret_version)
{
    const char *tags = http_request_header(request, HTTP_HEADER_IF_MATCH);
    bool in_body = json_object_get(body, "version");
    struct json_error error;

    if (!*tags && !in_body) {
        http_request_fail(request, 428,
            "Say which version you have seen: If-Match with its ETag, or version in the body.");
        return false;
    }
    if (*tags && !tags_have(tags, current)) {
        refusals_answer(request, REFUSAL_CHANGED_MEANWHILE, NULL);
        return false;
    }
    *ret_version = current;
    if (!in_body || json_get_int(body, "version", 1, INT64_MAX, ret_version, &error) == 0)
        return true;
    api_answer_error(request, &error);
    return false;
}

void api_answer_created(struct http_request *request, const char *collection, int64_t id)
{
    struct http_response response;

    http_response_init(&response, 201);
    http_response_json(&response, json_pack("{s:I}", "id", (json_int_t)id));
    http_response_header(&response, "Location", "/api/v1/%s/%lld", collection, (long long)id);
    http_request_respond(request, &response);
}

void api_answer_invalid(struct http_request *request, const char *text)
{
    http_request_fail(request, 400, "%s.", text);
}

void api_answer_error(struct http_request *request, const struct json_error *error)
{
    if (error->member)
        refusals_answer(request, REFUSAL_TEXT_TOO_LONG,
            json_pack(
                "{s:s, s:I}", "member", error->member, "max_bytes", (json_int_t)error->max_bytes));
    else
        api_answer_invalid(request, error->text);
}

void api_answer_failure(struct http_request *request, int r, const struct api_reasons *reasons)
{
    if (r == -EEXIST && reasons->exists)
        refusals_answer(request, reasons->exists, NULL);
    else if (r == -ENOENT && reasons->missing)
        refusals_answer(request, reasons->missing, NULL);
    else if (r == -EINVAL && reasons->invalid)
        refusals_answer(request, reasons->invalid, NULL);
    else
        service_answer_store_error(request, r);
}
