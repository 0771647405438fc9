/*
 * The part of /api/v1 that people and pages use to get in: login, who am I, media tokens, tickets.
 * JSON in and out, problem+json for errors. Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_ACCOUNTS_API_H
#define DUET_SIGNALING_HTTP_ACCOUNTS_API_H

struct http_request;
struct person;
struct token_claims;

void accounts_login(struct http_request *request);  /* {name, password} → cookie */
void accounts_logout(struct http_request *request); /* {} */
void accounts_me(
    struct http_request *request); /* → {name, role, lessons}: today's, and those in no timetable */
void accounts_change_me(struct http_request *request);   /* {language} */
void accounts_media_token(struct http_request *request); /* {} → {token, expires, publish, watch} */
void accounts_ticket(struct http_request *request);      /* {} → {ticket, expires} */
void accounts_redeem(struct http_request *request);      /* {ticket} → cookie or media token */

void accounts_my_sessions(struct http_request *request);     /* → {sessions} */
void accounts_end_my_sessions(struct http_request *request); /* all but this one → {ended} */
void accounts_end_my_session(struct http_request *request);  /* one of them → {ended} */

/* 200 with the cookie of a new login, in place of the request's own, and an entry in the audit log. */
void accounts_answer_login(
    struct http_request *request, const struct person *logged_in, const char *event);

/* 200 with a media token of these claims; its id and its end are filled in. For devices too. */
void accounts_answer_media_token(struct http_request *request, struct token_claims *claims);

#endif
