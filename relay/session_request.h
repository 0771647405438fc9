/*
 * What signaling asks when it opens a session, and how a request fails. Plain values shared by the
 * link (which parses them), negotiation and the sessions. Strings are borrowed.
 */
#ifndef DUET_RELAY_SESSION_REQUEST_H
#define DUET_RELAY_SESSION_REQUEST_H

#include "relay/routing/media_params.h"

#include <jansson.h>

#define SESSION_ID_CHARS 32 /* hex */

enum session_kind {
    SESSION_PUBLISH,
    SESSION_WATCH,
};

struct session_request {
    const char *session;
    enum session_kind kind;
    const char *lesson;
    const char *source;  /* publish, or watch of one source; NULL when there are slots */
    const char *replace; /* session to replace, or NULL */
    const char *offer;
    json_t *record; /* opaque object, or NULL */
    /* Watch of a lesson: the n-th m-line of the kind takes the n-th name, "" is empty. */
    const char *video_slots[MEDIA_MAX_SLOTS];
    size_t video_slot_count;
    const char *audio_slots[MEDIA_MAX_SLOTS];
    size_t audio_slot_count;
};

/* A refusal as signaling's client sees it. */
struct session_error {
    int status;       /* HTTP */
    const char *code; /* of the protocol document; static */
    char detail[200]; /* a sentence that helps */
};

/* Fills the error and returns -EINVAL, for `return session_fail(…)`. */
int session_fail(struct session_error *ret_error, int status, const char *code, const char *format,
    ...) __attribute__((format(printf, 4, 5)));

#endif
