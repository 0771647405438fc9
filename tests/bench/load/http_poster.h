/*
 * WHIP's and WHEP's HTTP (RFC 9725) on libcurl: many requests at once over a few kept-alive
 * connections, without a thread. The caller's epoll watches http_poster_fd() and calls
 * http_poster_run() when it is readable, and every 10 ms besides for curl's timers. One thread.
 */
#ifndef DUET_TESTS_BENCH_LOAD_HTTP_POSTER_H
#define DUET_TESTS_BENCH_LOAD_HTTP_POSTER_H

#include <stddef.h>

struct http_poster;

struct http_reply {
    int status;           /* 0: no reply at all */
    const char *body;     /* terminated; "" without */
    const char *location; /* absolute; "" without */
    const char *error;    /* curl's words when status is 0, else "" */
};

/* Valid during the call. */
typedef void http_reply_fn(void *user, const struct http_reply *reply);

/* token: for "Authorization: Bearer"; NULL = none. Returns 0, -ENOMEM or -EIO. */
int http_poster_create(const char *token, struct http_poster **ret_poster);
/* Requests under way get no reply any more. */
void http_poster_destroy(struct http_poster *poster);

int http_poster_fd(const struct http_poster *poster);
void http_poster_run(struct http_poster *poster);

/* POST of an offer. Returns 0 or -ENOMEM. */
int http_poster_offer(struct http_poster *poster, const char *url, const char *offer,
    http_reply_fn *on_reply, void *user);
/* DELETE of a session; nobody waits for the reply. */
int http_poster_delete(struct http_poster *poster, const char *url);

/* No reply to user any more. */
void http_poster_forget(struct http_poster *poster, const void *user);

size_t http_poster_pending(const struct http_poster *poster);

#endif
