#include "signaling/http/devices_api.h"

#include "common/clock.h"
#include "common/json.h"
#include "signaling/accounts/devices.h"
#include "signaling/http/api.h"
#include "signaling/http/revocation.h"
#include "signaling/schools/rooms.h"
#include "signaling/service.h"

#include <errno.h>
#include <string.h>

static json_t *describe(const struct device *device)
{
    struct json_error error;
    json_t *health = *device->health ? json_parse(device->health, strlen(device->health),
                                           DEVICES_MAX_HEALTH_BYTES, &error)
                                     : NULL;

    return json_pack("{s:I, s:I, s:I, s:s, s:s, s:I, s:I, s:b, s:s, s:o}", "id",
        (json_int_t)device->id, "room", (json_int_t)device->room, "school",
        (json_int_t)device->school, "kind", devices_kind_name(device->kind), "name", device->name,
        "enrolled", (json_int_t)device->enrolled_s, "seen", (json_int_t)device->seen_s, "revoked",
        device->revoked_s != 0, "version", device->version, "health",
        health ? health : json_object());
}

static void add_device(void *user, const struct device *device)
{
    json_array_append_new(user, describe(device));
}

void devices_api_list(struct http_request *request)
{
    json_t *list;
    int64_t root;
    int r;

    if (!api_root(request, &root))
        return;
    list = json_array();
    r = devices_list(request->app->store, root, add_device, list);
    if (r < 0) {
        json_decref(list);
        service_answer_store_error(request, r);
        return;
    }
    api_answer(request, json_pack("{s:o, s:I}", "devices", list, "now_ms",
                            (json_int_t)(clock_wall_us() / US_PER_MS)));
}

/* The device of the path, of a room that the person answers for. */
static bool find(struct http_request *request, struct device *ret_device)
{
    int64_t id;
    int r;

    if (!api_id(request, 0, &id))
        return false;
    r = devices_get(request->app->store, id, ret_device);
    if (r < 0)
        service_answer_store_error(request, r);
    else if (r == 0)
        http_request_fail(request, 404, "There is no such device.");
    return r == 1 && api_may(request, ret_device->school);
}

void devices_api_get(struct http_request *request)
{
    struct device device;

    if (find(request, &device))
        api_answer(request, describe(&device));
}

void devices_api_revoke(struct http_request *request)
{
    static const struct api_reasons reasons = {.missing = "The device is revoked already."};
    char subject[DEVICES_SUBJECT_CHARS];
    struct device device;
    int r;

    if (!find(request, &device))
        return;
    r = devices_revoke(request->app->store, device.id, request->person.name, clock_wall_s());
    if (r < 0) {
        api_answer_failure(request, r, &reasons);
        return;
    }
    devices_subject(device.id, subject);
    revocation_end_subject(request->app, subject);
    api_answer(request, json_object());
}

static bool read_code_request(struct http_request *request, const json_t *body,
    struct room *ret_room, enum device_kind *ret_kind)
{
    struct json_error error;
    const char *kind = json_get_string(body, "kind", 16, &error);
    int64_t room;
    int r;

    if (!kind || json_get_int(body, "room", 1, INT64_MAX, &room, &error) < 0) {
        api_answer_invalid(request, error.text);
        return false;
    }
    if (!devices_kind_of(kind, ret_kind)) {
        api_answer_invalid(request, "kind: capture or player");
        return false;
    }
    r = rooms_get(request->app->store, room, ret_room);
    if (r < 0)
        service_answer_store_error(request, r);
    else if (r == 0)
        http_request_fail(request, 404, "There is no such room.");
    return r == 1 && api_may(request, ret_room->school);
}

void devices_api_add_code(struct http_request *request)
{
    struct http_response response;
    char code[DEVICES_CODE_DIGITS + 1];
    enum device_kind kind;
    struct room room;
    int64_t now_s = clock_wall_s();
    json_t *body = api_body(request);
    int r;

    if (!body)
        return;
    if (read_code_request(request, body, &room, &kind)) {
        r = devices_add_code(request->app->store, room.id, kind, request->person.name, now_s, code);
        if (r < 0) {
            service_answer_store_error(request, r);
        } else {
            http_response_init(&response, 201);
            http_response_json(
                &response, json_pack("{s:s, s:I, s:I, s:s}", "code", code, "expires",
                               (json_int_t)(now_s + DEVICES_CODE_LIFE_S), "room",
                               (json_int_t)room.id, "kind", devices_kind_name(kind)));
            http_response_header(&response, "Cache-Control", "no-store");
            http_request_respond(request, &response);
        }
    }
    json_decref(body);
}
