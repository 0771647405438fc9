/*
 * Logins of browsers: a random 128-bit secret in a cookie, its SHA-256 in the database, so that they
 * outlive a restart and a stolen database logs nobody in. A disabled person's ends at once. They end when they are idle
 * (sessions.idle_minutes), too old (sessions.max_hours) or too many (sessions.per_person). Loop thread.
 */
#ifndef DUET_SIGNALING_ACCOUNTS_BROWSER_SESSIONS_H
#define DUET_SIGNALING_ACCOUNTS_BROWSER_SESSIONS_H

#include "signaling/http/request.h"

#define BROWSER_SESSIONS_ID_CHARS      16 /* of a hash: names a login (logins.h), and opens nothing */
#define BROWSER_SESSIONS_BROWSER_CHARS 200

/* A new one for person, in place of the request's own, whose login goes on if it is the same person's: adds the cookie to
 * the response. Within store_begin() and store_end(), so that it stands or falls with what led to it. Returns 0 or an error
 * of the store. */
int browser_sessions_begin(
    const struct http_request *request, int64_t person, struct http_response *response);

/* Who the request's cookie says it is: 0, -ENOENT for nobody, or an error of the store. Who must_change the password may do
 * nothing else: the caller's to heed. */
int browser_sessions_find(const struct http_request *request, struct http_person *ret_person);

/* Ends the request's one and takes the cookie away; what was opened with it is to end as well (logins.h). */
int browser_sessions_end(const struct http_request *request, struct http_response *response);

/* Ends the person's one of this id (1: it was there, 0) or, with id NULL, all but the request's own (how many); as
 * browser_sessions_end(). Within store_begin() and store_end(). */
int browser_sessions_end_other(const struct http_request *request, int64_t person, const char *id);

struct browser_session {
    char id[BROWSER_SESSIONS_ID_CHARS + 1];
    int64_t begun_s, used_s; /* used: to the minute */
    char address[HTTP_ADDRESS_CHARS];
    char browser[BROWSER_SESSIONS_BROWSER_CHARS + 1]; /* as it calls itself (User-Agent) */
    bool current;                                     /* the request's own */
};

/* The person's, the one used last first. Returns 0 or an error of the store. */
int browser_sessions_list(const struct http_request *request, int64_t person,
    void (*on_session)(void *user, const struct browser_session *session), void *user);

#endif
