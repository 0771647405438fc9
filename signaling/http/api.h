/*
 * What the handlers of /api/v1 share: the body, numbers in paths, whose schools a person answers for, and answers.
 * Each function that returns false or NULL has answered the request. Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_API_H
#define DUET_SIGNALING_HTTP_API_H

#include "common/json.h"
#include "signaling/http/refusals.h"
#include "signaling/http/request.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* The request's JSON object, the caller's to release. */
json_t *api_body(struct http_request *request);

/* A number of the path; a 404 for what is none. */
bool api_id(struct http_request *request, size_t param, int64_t *ret_id);

/* A date of the path or of the body's member ("2026-10-08"), as local_date.h counts days. */
bool api_day(struct http_request *request, const char *text, int32_t *ret_day);

/* Which organisation a person sees and writes all below of: 0 for all of them (system administrators), their own, or a
 * 403 for those who have none. */
bool api_root(struct http_request *request, int64_t *ret_organisation);

/* Whether that organisation is in the person's part of the tree, so that they may see and change it. */
bool api_may(struct http_request *request, int64_t organisation);

/* Whether the person sees that term, so that they may plan in it: one of their part of the tree or of what is above it. */
bool api_may_term(struct http_request *request, int64_t term);

/* 200 with the value (the reference is taken; NULL: out of memory), never stored by caches. */
void api_answer(struct http_request *request, json_t *value);

/* The same with the version as ETag. */
void api_answer_version(struct http_request *request, json_t *value, int64_t version);

/* Which version a change is meant for: If-Match names the current one (as ETag of api_answer_version()), or the body's
 * "version" one to be compared in the transaction, or both. 428 for neither, 412 for another tag. */
bool api_version(
    struct http_request *request, const json_t *body, int64_t current, int64_t *ret_version);

/* 201 with Location and {"id": …}. */
void api_answer_created(struct http_request *request, const char *collection, int64_t id);

/* 400 with a sentence without its full stop: what only a program does wrong. */
void api_answer_invalid(struct http_request *request, const char *text);

/* The same with what json_get_… said; a text that is too long is a refusal, since a person may have written it. */
void api_answer_error(struct http_request *request, const struct json_error *error);

/* What a function of the store returned: -EEXIST (409: exists), -ENOENT (404: missing), -EINVAL (422: invalid), others
 * as service_answer_store_error(). */
struct api_reasons {
    enum refusal exists, missing, invalid;
};
void api_answer_failure(struct http_request *request, int r, const struct api_reasons *reasons);

#endif
