/*
 * The table of everything signaling answers: method, pattern, who may ask, what body, which handler.
 * Nothing is reachable that is not in it but the files of http.web_root; tests walk it. Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_ROUTES_H
#define DUET_SIGNALING_HTTP_ROUTES_H

#include "signaling/http/request.h"

enum http_access {
    HTTP_ACCESS_OPEN,     /* anyone: health, login, redeeming a ticket */
    HTTP_ACCESS_TOKEN,    /* a valid bearer media token; the handler checks what it may do */
    HTTP_ACCESS_DEPARTED, /* the same, but a token that has expired still counts (ending one's own) */
    HTTP_ACCESS_SELF,     /* a login cookie, also of somebody who has still to choose a password */
    HTTP_ACCESS_PERSON,   /* a login cookie */
    HTTP_ACCESS_OVERVIEW, /* the same, of who sees schools: coordinator, inspector, system administrator */
    HTTP_ACCESS_SETUP,    /* of who sets schools up: coordinator, system administrator */
    HTTP_ACCESS_SCHEDULE, /* of who plans lessons: coordinator */
    HTTP_ACCESS_ACCOUNTS, /* of who administers people: coordinator, system and security administrator */
    HTTP_ACCESS_AUDIT,  /* of the audit administrator */
    HTTP_ACCESS_SYSTEM, /* of the system administrator */
    HTTP_ACCESS_DEVICE, /* a bearer device session */
    HTTP_ACCESS_EITHER, /* a bearer media token, else a login cookie */
    HTTP_ACCESS_SOCKET, /* a bearer media token or device session, a media token as subprotocol, else a login cookie */
    HTTP_ACCESS_METRICS, /* this machine, or the token of metrics.token_file */
};

struct http_route {
    enum http_method method; /* a GET row serves HEAD as well */
    const char *pattern;     /* "/whip/<>/<>": <> matches one segment of [A-Za-z0-9_-] */
    enum http_access access;
    const char *body_type; /* NULL: no body is expected */
    size_t max_body_bytes;
    bool cross_origin; /* pages of other origins may call it: it heeds only the bearer token */
    void (*handle)(struct http_request *request);
};

extern const struct http_route http_routes[];
extern const size_t http_routes_count;

/* True when the pattern matches; fills params with what its <> matched. */
bool http_route_matches(
    const char *pattern, const char *path, char params[HTTP_MAX_PARAMS][HTTP_MAX_PARAM_CHARS + 1]);

/* Headers are there: finds the route and checks rate, access, type and length. Answers what fails. */
void http_routes_admit(struct http_request *request);

/* The body is there as well: calls the handler. */
void http_routes_dispatch(struct http_request *request);

#endif
