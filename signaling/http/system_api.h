/*
 * /api/v1 of the machine under it: relays and their load, sessions, the database, its disk and its copies. Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_SYSTEM_API_H
#define DUET_SIGNALING_HTTP_SYSTEM_API_H

struct http_request;

void system_api_get(struct http_request *request);

#endif
