/*
 * One socket of a participant, for the files of this folder. Made when the WebSocket is accepted, gone with it.
 */
#ifndef DUET_SIGNALING_REALTIME_PARTICIPANT_H
#define DUET_SIGNALING_REALTIME_PARTICIPANT_H

#include "signaling/realtime/channel.h"
#include "signaling/realtime/client_message.h"

/* Close codes of our own, next to RFC 6455's; docs/protocol-lesson.md says what a client does about each. */
enum participant_close {
    PARTICIPANT_BAD_MESSAGE = 4400,
    PARTICIPANT_EXPIRED = 4401,
    PARTICIPANT_NO_ACCESS = 4403,
    PARTICIPANT_NO_LESSON = 4404,
    PARTICIPANT_TOO_LATE = 4408,
    PARTICIPANT_TOO_FAST = 4429,
    PARTICIPANT_UNAVAILABLE = 4503,
};

struct participant {
    /* borrowed */
    struct signaling *app;
    struct ws_socket *socket;
    struct channel *channel;             /* NULL before the join */
    struct presence *presence;           /* the same */
    struct participant *next, *previous; /* of all */
    struct participant *next_member, *previous_member;

    /* owned */
    struct lesson_caller caller;
    struct participant_slots *slots; /* a change of slots under way, NULL for none */

    /* state */
    uint64_t opened_us;
    uint64_t allowance_us; /* for messages: each costs some of it */
    uint64_t refilled_us;
    uint64_t checked_us;
    int64_t token_expires_s;
    bool welcome_due; /* it has joined, and not been told so */
    bool has_seq;     /* the join named the last event that the client has */
    int64_t seq;
    bool counted; /* the server's stop waits for its close */
};

/* Sends a message (the reference is taken; NULL: nothing). */
void participant_send(struct participant *participant, json_t *message);

/* {type: "error", id, status, code, detail}. */
void participant_refuse(struct participant *participant, const struct client_message *message,
    int status, const char *code, const char *detail);

/* The lesson, and what this participant may do in it. Returns as lesson_access_find(). */
int participant_find_access(struct participant *participant, const char *lesson,
    struct lesson_info *ret_lesson, struct lesson_access *ret_access);

/* The message of these types (participant_slots.c). */
void participant_slots_get(struct participant *participant, const struct client_message *message);
void participant_slots_set(struct participant *participant, const struct client_message *message);
void participant_slots_cancel(struct participant *participant);

#endif
