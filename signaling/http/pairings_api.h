/* Pairings over /api/v1 (docs/timetable.md). Loop thread. */
#ifndef DUET_SIGNALING_HTTP_PAIRINGS_API_H
#define DUET_SIGNALING_HTTP_PAIRINGS_API_H

#include "signaling/http/request.h"

void pairings_api_list(struct http_request *request);
void pairings_api_add(struct http_request *request);
void pairings_api_lessons(struct http_request *request); /* to come, under one of them */
void pairings_api_change(struct http_request *request);
void pairings_api_remove(struct http_request *request);

#endif
