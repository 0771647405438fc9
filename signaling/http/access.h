/*
 * May this request be heard at all: address within its rate, bearer token or login cookie valid as the
 * route asks, no foreign page behind a cookie. What a token may do is the handler's to check with the
 * predicates of accounts/token.h. Each function answers the request when it returns false. Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_ACCESS_H
#define DUET_SIGNALING_HTTP_ACCESS_H

#include "signaling/http/request.h"

#define ACCESS_LOGIN_PATH "/api/v1/login"

/* For any request but a login, when its head is there; a login has a rate of its own, checked when all of it is. */
bool access_check_rate(struct http_request *request);
bool access_check_login_rate(struct http_request *request);
bool access_check(struct http_request *request);

/* Once more, when a body took its time: an account may be disabled, a role changed or a login ended meanwhile. */
bool access_check_again(struct http_request *request);

/* The text after "Bearer ", or NULL. */
const char *access_bearer_token(const struct http_request *request);

/* 401 for a request without the token it needs. */
void access_answer_unauthorised(struct http_request *request, const char *detail);

/* 429 with Retry-After. */
void access_answer_too_many(struct http_request *request, uint64_t wait_us, const char *detail);

#endif
