/*
 * Cross-origin rules (Fetch standard): routes that heed only a bearer token may be called by the pages
 * of http.cors_origins; everything that heeds a cookie only by our own. Answers OPTIONS and 405 too,
 * since both list what a route accepts. Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_CORS_H
#define DUET_SIGNALING_HTTP_CORS_H

#include "signaling/http/request.h"

/* Adds Access-Control-… and the security headers that every answer has. */
void cors_add_headers(const struct http_request *request, struct http_response *response);

/* 200 with Allow, Accept-Post, Accept-Patch and the preflight headers (RFC 9725 section 4.2). */
void cors_answer_options(struct http_request *request, const char *pattern);

void cors_answer_method_not_allowed(struct http_request *request, const char *pattern);

#endif
