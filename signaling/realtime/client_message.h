/*
 * What a participant says on /ws (docs/protocol-lesson.md): every member is checked for type, length and alphabet before
 * anyone sees it. Pure; fuzzed.
 */
#ifndef DUET_SIGNALING_REALTIME_CLIENT_MESSAGE_H
#define DUET_SIGNALING_REALTIME_CLIENT_MESSAGE_H

#include "signaling/http/slots_request.h"

enum client_message_type {
    CLIENT_JOIN,      /* lesson, maybe seq */
    CLIENT_TIME,      /* t0 */
    CLIENT_TOKEN,     /* a new media token, please */
    CLIENT_SLOTS,     /* session */
    CLIENT_SET_SLOTS, /* session, slots */
    CLIENT_UNKNOWN,   /* of another version: answered, not fatal */
};

struct client_message {
    enum client_message_type type;
    bool has_id;
    int64_t id; /* the client's own, given back with the answer */
    bool has_seq;
    int64_t seq; /* of the last event that it has */
    double t0;   /* a reading of the client's clock, given back as it is */
    char lesson[TOKEN_MAX_NAME_CHARS + 1];
    char session[RANDOM_ID_CHARS + 1];
    struct slots_request slots;
};

/* Returns 0, or -EBADMSG with ret_error. */
int client_message_parse(
    const char *text, size_t len, struct client_message *ret_message, struct json_error *ret_error);

#endif
