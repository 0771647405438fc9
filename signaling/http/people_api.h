/* Administering people, choosing one's own password, and the first start (docs/accounts.md). Loop thread. */
#ifndef DUET_SIGNALING_HTTP_PEOPLE_API_H
#define DUET_SIGNALING_HTTP_PEOPLE_API_H

#include "signaling/http/request.h"

void people_api_accounts(struct http_request *request);
void people_api_lessons(struct http_request *request); /* to come, of one person */
void people_api_add(struct http_request *request);
void people_api_change(struct http_request *request);
void people_api_reset(struct http_request *request);
void people_api_end_sessions(struct http_request *request);

void people_api_my_password(struct http_request *request);

/* Whether this server waits for its first administrator, and making that. */
void people_api_is_first(struct http_request *request);
void people_api_first(struct http_request *request);

#endif
