/* The codes that people make for devices to enrol with. A code stands in no address: what is asked for is its number. */
#include "common/clock.h"
#include "common/json.h"
#include "signaling/accounts/code_guard.h"
#include "signaling/accounts/device_codes.h"
#include "signaling/http/api.h"
#include "signaling/http/devices_api.h"
#include "signaling/http/origin.h"
#include "signaling/http/qr_svg.h"
#include "signaling/http/rate_limit.h"
#include "signaling/http/refusals.h"
#include "signaling/schools/rooms.h"
#include "signaling/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool read_code_request(struct http_request *request, const json_t *body,
    struct room *ret_room, enum device_kind *ret_kind)
{
    struct json_error error;
    const char *kind = json_get_string(body, "kind", 16, &error);
    int64_t room;
    int r;

    if (!kind || json_get_int(body, "room", 1, INT64_MAX, &room, &error) < 0) {
        api_answer_error(request, &error);
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
        refusals_answer(request, REFUSAL_NO_ROOM, NULL);
    return r == 1 && api_may(request, ret_room->school);
}

/* What a phone or a box with a camera reads: where the server is, and the code; NULL without memory. */
static char *picture(const struct http_request *request, const char *code)
{
    char url[HTTP_MAX_PATH_CHARS], link[HTTP_MAX_PATH_CHARS + 32];
    char *svg = NULL;

    if (origin_base_url(request, url, sizeof(url)) == 0) {
        snprintf(link, sizeof(link), "duet-enrol:%s#%s", url, code);
        svg = qr_svg(link);
        explicit_bzero(link, sizeof(link));
    }
    return svg;
}

static void answer_code(
    struct http_request *request, const struct device_code *made, const char *code)
{
    struct http_response response;
    char *svg = picture(request, code);

    http_response_init(&response, 201);
    http_response_json(
        &response, json_pack("{s:I, s:s, s:I, s:I, s:s, s:s?, s:I}", "id", (json_int_t)made->id,
                       "code", code, "expires", (json_int_t)made->expires_s, "room",
                       (json_int_t)made->room, "kind", devices_kind_name(made->kind), "qr", svg,
                       "now_ms", (json_int_t)(clock_wall_us() / US_PER_MS)));
    http_response_header(&response, "Cache-Control", "no-store");
    http_response_header(&response, "Location", "/api/v1/device-codes/%lld", (long long)made->id);
    http_request_respond(request, &response);
    free(svg);
}

void devices_api_add_code(struct http_request *request)
{
    struct device_code made = {.expires_s = clock_wall_s() + DEVICES_CODE_LIFE_S};
    char code[DEVICES_CODE_DIGITS + 1], address[HTTP_ADDRESS_CHARS + 8];
    struct signaling *app = request->app;
    json_t *body = api_body(request);
    struct room room;
    int r;

    if (!body)
        return;
    if (read_code_request(request, body, &room, &made.kind)) {
        made.room = room.id;
        r = device_codes_add(app->store, app->token_key, room.id, made.kind,
            request->person.login_name, made.expires_s - DEVICES_CODE_LIFE_S, &made.id, code);
        if (r < 0) {
            service_answer_store_error(request, r);
        } else {
            rate_limit_address_key(request->address, address, sizeof(address));
            code_guard_expect(app->codes, address, clock_now_us());
            answer_code(request, &made, code);
            explicit_bzero(code, sizeof(code));
        }
    }
    json_decref(body);
}

/* The code of the path, for a room that the person answers for. */
static bool find_code(struct http_request *request, struct device_code *ret_code)
{
    int64_t id;
    int r;

    if (!api_id(request, 0, &id))
        return false;
    r = device_codes_get(request->app->store, id, clock_wall_s(), ret_code);
    if (r < 0)
        service_answer_store_error(request, r);
    else if (r == 0)
        refusals_answer(request, REFUSAL_CODE_OLD, NULL);
    return r == 1 && api_may(request, ret_code->school);
}

void devices_api_code(struct http_request *request)
{
    struct device_code code;

    if (find_code(request, &code))
        api_answer(request, json_pack("{s:I, s:I, s:s, s:I, s:o}", "id", (json_int_t)code.id,
                                "room", (json_int_t)code.room, "kind", devices_kind_name(code.kind),
                                "expires", (json_int_t)code.expires_s, "device",
                                code.device ? json_integer((json_int_t)code.device) : json_null()));
}

void devices_api_withdraw_code(struct http_request *request)
{
    static const struct api_reasons reasons = {.missing = REFUSAL_CODE_USED};
    struct device_code code;
    int r;

    if (!find_code(request, &code))
        return;
    r = device_codes_withdraw(
        request->app->store, code.id, request->person.login_name, clock_wall_s());
    if (r < 0)
        api_answer_failure(request, r, &reasons);
    else
        api_answer(request, json_object());
}
