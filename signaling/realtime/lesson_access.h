/*
 * Whether somebody may take part in a lesson over /ws, as whom, and with which media token. Asked when they join, and
 * again while they are there: who is taken out of a lesson, or may not log in any more, does not stay. Loop thread.
 */
#ifndef DUET_SIGNALING_REALTIME_LESSON_ACCESS_H
#define DUET_SIGNALING_REALTIME_LESSON_ACCESS_H

#include "signaling/accounts/devices.h"
#include "signaling/accounts/people.h"
#include "signaling/accounts/token.h"
#include "signaling/lessons/lesson_info.h"

#define LESSON_ACCESS_TOKEN_S (2 * 3600) /* how long a media token is good for */

struct http_request;
struct signaling;

/* Who our own HTTP found behind a request: one of them. */
struct lesson_caller {
    int64_t person;                       /* of a login cookie, 0 = none */
    int64_t device;                       /* of a device's session, 0 = none */
    char login[TOKEN_MAX_NAME_CHARS + 1]; /* that of the cookie, "" for none */
    struct token_claims *claims;          /* of a bearer media token, owned; NULL = none */
};

struct lesson_access {
    char name[PEOPLE_MAX_NAME_BYTES + 1]; /* of a person; "" for others */
    int64_t room;                         /* that they sit in, 0 when that is not known */
    bool renewable;                       /* a new token can be given when this one ends */
    struct token_claims claims;           /* subject, role, rights and end of the media token */
};

/* Takes the request's claims over. */
void lesson_caller_init(struct lesson_caller *caller, struct http_request *request);
void lesson_caller_finish(struct lesson_caller *caller);

/* "person-7", "device-3", or what the token says. */
void lesson_caller_subject(
    const struct lesson_caller *caller, char ret_subject[TOKEN_MAX_NAME_CHARS + 1]);

/* The login that this ends with, "" for none. Borrowed. */
const char *lesson_caller_login(const struct lesson_caller *caller);

/* Returns 0, -ENOENT for an unknown lesson, -EACCES, -EKEYEXPIRED for a token past its end, or an error of the store. */
int lesson_access_find(struct signaling *app, const struct lesson_caller *caller,
    const struct lesson_info *lesson, struct lesson_access *ret_access);

#endif
