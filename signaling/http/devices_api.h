/* What people do with devices over /api/v1, and what devices do themselves (docs/devices.md). Loop thread. */
#ifndef DUET_SIGNALING_HTTP_DEVICES_API_H
#define DUET_SIGNALING_HTTP_DEVICES_API_H

#include "signaling/http/request.h"

/* ---- people ---- */
void devices_api_list(struct http_request *request);
void devices_api_get(struct http_request *request);
void devices_api_revoke(struct http_request *request);
void devices_api_add_code(struct http_request *request);
void devices_api_code(struct http_request *request);
void devices_api_withdraw_code(struct http_request *request);

/* ---- a device before it has a session ---- */
void device_api_enrol(struct http_request *request);
void device_api_challenge(struct http_request *request);
void device_api_session(struct http_request *request);

/* ---- and with one ---- */
void device_api_day(struct http_request *request);
void device_api_health(struct http_request *request);
void device_api_media_token(struct http_request *request);

#endif
