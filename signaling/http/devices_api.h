/* What people do with devices over /api/v1, and what devices do themselves (docs/devices.md). Loop thread. */
#ifndef DUET_SIGNALING_HTTP_DEVICES_API_H
#define DUET_SIGNALING_HTTP_DEVICES_API_H

#include "signaling/http/request.h"

struct store;

/* ---- people ---- */
void devices_api_list(struct http_request *request);
void devices_api_get(struct http_request *request);
void devices_api_revoke(struct http_request *request);
void devices_api_add_code(struct http_request *request);
void devices_api_code(struct http_request *request);
void devices_api_withdraw_code(struct http_request *request);

void devices_api_command(struct http_request *request);
void devices_api_command_state(struct http_request *request);
void devices_api_picture(struct http_request *request);

/* The device of the path, of a room that the person answers for; false with the request answered. */
bool devices_api_find(struct http_request *request, struct device *ret_device);

/* Whether a lesson runs in the device's room: 1, 0, or an error of the store. */
int devices_api_is_needed(struct store *store, const struct device *device);

/* ---- a device before it has a session ---- */
void device_api_enrol(struct http_request *request);
void device_api_challenge(struct http_request *request);
void device_api_session(struct http_request *request);

/* ---- and with one ---- */
void device_api_day(struct http_request *request);
void device_api_health(struct http_request *request);
void device_api_media_token(struct http_request *request);
void device_api_command_result(struct http_request *request);

/* What the body says of version and health beside something else, written at once: 0, -EINVAL for a version that is none, or an error of the store. */
int device_api_note_health(
    struct http_request *request, int64_t device, const json_t *body, bool proven);

#endif
