/*
 * One request with JSON both ways, on libsoup. Runs on the thread-default main context of the caller.
 */
#ifndef DUET_MEDIA_JSON_CALL_H
#define DUET_MEDIA_JSON_CALL_H

#include <jansson.h>
#include <libsoup/soup.h>
#include <stdbool.h>

#define JSON_CALL_MAX_BYTES (512 * 1024) /* of an answer */
#define JSON_CALL_LIMIT_MS  15000        /* from the call to the answer's last byte */

struct json_call_answer {
    guint status;     /* 0: no answer came */
    json_t *json;     /* borrowed; of a 2xx answer, else NULL */
    const char *text; /* borrowed; the same as it came, ends with a zero */
    size_t len;
    bool is_problem; /* error is in the server's own words (RFC 9457) */
    const char *
        error; /* borrowed; the sentence for people when status is no 2xx or the answer no JSON, else NULL */
};

/* body (its reference is taken) NULL: GET, else POST. token may be NULL. on_answer is called once, unless cancellable is
 * cancelled before: then never. */
void json_call(SoupSession *soup, const char *url, const char *token, json_t *body,
    GCancellable *cancellable, void (*on_answer)(void *user, const struct json_call_answer *answer),
    void *user);

/* The same with another limit: a server that drips is given up then, whatever it has sent. */
void json_call_within(guint limit_ms, SoupSession *soup, const char *url, const char *token,
    json_t *body, GCancellable *cancellable,
    void (*on_answer)(void *user, const struct json_call_answer *answer), void *user);

#endif
