/*
 * The body of PUT /whep/sessions/<id>/slots: {"slots":[{"slot":0,"source":"room-1"}, …]}. What a
 * stranger may have sent: every member is checked for type, length and alphabet. Pure; fuzzed.
 */
#ifndef DUET_SIGNALING_HTTP_SLOTS_REQUEST_H
#define DUET_SIGNALING_HTTP_SLOTS_REQUEST_H

#include "signaling/relays/link_messages.h"

struct slots_change {
    uint8_t line;                         /* number of the slot: index of its m-line */
    char source[LINK_MAX_NAME_CHARS + 1]; /* "" = none */
};

struct slots_request {
    struct slots_change changes[LINK_MAX_SLOTS]; /* no slot twice */
    size_t count;                                /* at least 1 */
};

/* Returns 0 or -EBADMSG. text may be NULL when len is 0. */
int slots_request_parse(const char *text, size_t len, struct slots_request *ret_request);

/* The same of an object that has been parsed. */
int slots_request_read(const json_t *root, struct slots_request *ret_request);

#endif
