/* /api/v1/calendars: addresses of calendars, made, rotated and revoked. Loop thread. */
#ifndef DUET_SIGNALING_HTTP_CALENDARS_API_H
#define DUET_SIGNALING_HTTP_CALENDARS_API_H

#include "signaling/http/request.h"

void calendars_api_list(struct http_request *request);
void calendars_api_add(struct http_request *request);
void calendars_api_rotate(struct http_request *request);
void calendars_api_remove(struct http_request *request);

#endif
