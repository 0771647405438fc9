/*
 * Logins of browsers: a random 128-bit secret in a cookie, its SHA-256 in the database, so that they
 * outlive a restart and a stolen database logs nobody in. A disabled person's ends at once. Loop thread.
 */
#ifndef DUET_SIGNALING_ACCOUNTS_BROWSER_SESSIONS_H
#define DUET_SIGNALING_ACCOUNTS_BROWSER_SESSIONS_H

#include "signaling/http/request.h"

#define BROWSER_SESSIONS_IDLE_S     (4 * 3600)
#define BROWSER_SESSIONS_ABSOLUTE_S (12 * 3600)

/* A new one for person: adds the cookie to the response. Returns 0 or an error of the store. */
int browser_sessions_begin(
    const struct http_request *request, int64_t person, struct http_response *response);

/* Who the request's cookie says it is: 0, -ENOENT for nobody, or an error of the store. */
int browser_sessions_find(const struct http_request *request, struct http_person *ret_person);

/* Ends the request's one and takes the cookie away. */
int browser_sessions_end(const struct http_request *request, struct http_response *response);

#endif
