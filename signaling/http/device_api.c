/* What a device does itself. */
#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "common/plain_text.h"
#include "signaling/accounts/code_guard.h"
#include "signaling/accounts/device_commands.h"
#include "signaling/accounts/device_reports.h"
#include "signaling/accounts/device_sessions.h"
#include "signaling/accounts/people.h"
#include "signaling/http/access.h"
#include "signaling/http/accounts_api.h"
#include "signaling/http/api.h"
#include "signaling/http/devices_api.h"
#include "signaling/http/rate_limit.h"
#include "signaling/http/refusals.h"
#include "signaling/lessons/lesson_places.h"
#include "signaling/lessons/week.h"
#include "signaling/schools/rooms.h"
#include "signaling/service.h"
#include "signaling/timetable/local_date.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VARIANT         sodium_base64_VARIANT_URLSAFE_NO_PADDING
#define SIGNATURE_CHARS 86
#define DAYS            7
#define S_PER_DAY       86400

static json_int_t now_ms(void)
{
    return (json_int_t)(clock_wall_us() / US_PER_MS);
}

/* ---- enrolling ---- */

static bool may_guess(struct http_request *request, const char *address)
{
    uint64_t wait_us = 0;

    if (code_guard_allows(request->app->codes, address, clock_now_us(), &wait_us))
        return true;
    log_warn(LOG_ACCESS, "event=enrol outcome=limited peer=%s", request->address);
    access_answer_too_many(request, wait_us, "Too many codes were tried; wait a little.");
    return false;
}

static bool read_enrolment(struct http_request *request, const json_t *body,
    struct device *ret_device, const char **ret_code)
{
    struct json_error error;
    const char *code = json_get_string(body, "code", DEVICES_CODE_DIGITS, &error);
    const char *key =
        code ? json_get_string(body, "public_key", DEVICE_CHALLENGE_CHARS, &error) : NULL;
    const char *name = key ? json_get_string(body, "name", DEVICES_MAX_NAME_BYTES, &error) : NULL;
    const char *version =
        name ? json_get_string(body, "version", DEVICES_MAX_VERSION_BYTES, &error) : NULL;
    size_t len = 0;

    *ret_device = (struct device){0};
    if (!version) {
        api_answer_error(request, &error);
        return false;
    }
    if (sodium_base642bin(ret_device->public_key, DEVICES_KEY_BYTES, key, strlen(key), NULL, &len,
            NULL, VARIANT) < 0 ||
        len != DEVICES_KEY_BYTES) {
        api_answer_invalid(request, "public_key: 32 bytes in base64url without padding");
        return false;
    }
    snprintf(ret_device->name, sizeof(ret_device->name), "%s", name);
    snprintf(ret_device->version, sizeof(ret_device->version), "%s", version);
    *ret_code = code;
    return true;
}

/* {id, name} of its room and {id, name, zone} of its school; NULL with the request answered. */
static json_t *describe_place(struct http_request *request, int64_t room_id, int64_t school_id)
{
    struct organisation school;
    struct room room;
    int r = rooms_get(request->app->store, room_id, &room);

    if (r == 1)
        r = organisations_get(request->app->store, school_id, &school);
    if (r == 1)
        return json_pack("{s:{s:I, s:s}, s:{s:I, s:s, s:s}}", "room", "id", (json_int_t)room.id,
            "name", room.name, "school", "id", (json_int_t)school.id, "name", school.name, "zone",
            school.zone);
    service_answer_store_error(request, r < 0 ? r : -EIO);
    return NULL;
}

static void answer_enrolled(struct http_request *request, const struct device *device)
{
    struct http_response response;
    json_t *answer = describe_place(request, device->room, device->school);

    if (!answer)
        return;
    json_object_set_new(answer, "device", json_integer((json_int_t)device->id));
    json_object_set_new(answer, "kind", json_string(devices_kind_name(device->kind)));
    json_object_set_new(answer, "now_ms", json_integer(now_ms()));
    http_response_init(&response, 201);
    http_response_json(&response, answer);
    http_request_respond(request, &response);
}

void device_api_enrol(struct http_request *request)
{
    static const struct api_reasons reasons = {
        .exists = REFUSAL_DEVICE_ENROLLED,
        .missing = REFUSAL_CODE_WRONG,
        .invalid = REFUSAL_DEVICE_INVALID,
    };
    char address[HTTP_ADDRESS_CHARS + 8];
    struct device device;
    const char *code;
    json_t *body;
    int r;

    rate_limit_address_key(request->address, address, sizeof(address));
    if (!may_guess(request, address) || !(body = api_body(request)))
        return;
    if (read_enrolment(request, body, &device, &code)) {
        r = devices_enrol(
            request->app->store, request->app->token_key, code, clock_wall_s(), &device);
        if (r == -ENOENT)
            code_guard_failed(request->app->codes, address, clock_now_us());
        log_info(LOG_ACCESS, "event=enrol outcome=%s device=%lld peer=%s",
            r == 0 ? "ok" : "refused", (long long)device.id, request->address);
        if (r < 0)
            api_answer_failure(request, r, &reasons);
        else
            answer_enrolled(request, &device);
    }
    json_decref(body);
}

/* ---- proving itself ---- */

void device_api_challenge(struct http_request *request)
{
    char challenge[DEVICE_CHALLENGE_CHARS + 1];
    int64_t id;

    if (!api_id(request, 0, &id))
        return;
    device_challenge_make(request->app->token_key, id, clock_wall_us(), challenge);
    api_answer(request, json_pack("{s:s}", "challenge", challenge));
}

/* The object as text, when it fits; NULL is fine: nothing is told. */
static char *health_of(const json_t *body)
{
    const json_t *health = json_object_get(body, "health");
    char *text = json_is_object(health) ? json_dumps(health, JSON_COMPACT) : NULL;

    if (text && strlen(text) > DEVICES_MAX_HEALTH_BYTES) {
        free(text);
        text = NULL;
    }
    return text;
}

/* Borrowed from the body; NULL when it is none. */
static const char *version_of(const json_t *body)
{
    struct json_error error;
    const char *version = json_get_string(body, "version", DEVICES_MAX_VERSION_BYTES, &error);

    return version && plain_text_fits(version, DEVICES_MAX_VERSION_BYTES) ? version : NULL;
}

int device_api_note_health(
    struct http_request *request, int64_t device, const json_t *body, bool proven)
{
    const char *version = version_of(body);
    char *health = health_of(body);
    int r = -EINVAL;

    if (version) {
        device_reports_flush(request->app->reports); /* what it told before comes before */
        r = devices_see(request->app->store, device, version, health, proven, clock_wall_s());
    }
    free(health);
    return r;
}

static void refuse_proof(struct http_request *request, int64_t id)
{
    log_warn(LOG_ACCESS, "event=device outcome=refused device=%lld peer=%s", (long long)id,
        request->address);
    http_request_fail(request, 403,
        "The device is not enrolled here any more, or its proof is wrong; enrol it with a new "
        "code.");
}

static void begin_session(struct http_request *request, int64_t id, const json_t *body)
{
    struct json_error error;
    const char *challenge = json_get_string(body, "challenge", DEVICE_CHALLENGE_CHARS, &error);
    const char *signature =
        challenge ? json_get_string(body, "signature", SIGNATURE_CHARS, &error) : NULL;
    char secret[RANDOM_ID_CHARS + 1];
    struct device device;
    int64_t made_ms, expires_s;
    int r;

    if (!signature) {
        api_answer_error(request, &error);
        return;
    }
    r = devices_get(request->app->store, id, &device);
    if (r == 1 && (!device_challenge_check(
                       request->app->token_key, id, challenge, clock_wall_us(), &made_ms) ||
                      !device_signature_check(&device, challenge, signature)))
        r = 0;
    if (r == 1)
        r = device_sessions_begin(
            request->app->store, id, made_ms, clock_wall_s(), secret, &expires_s);
    else if (r == 0)
        r = -EACCES;
    if (r == 0 && (r = device_api_note_health(request, id, body, true)) == -EINVAL)
        r = 0; /* it may come in all the same */
    if (r == 0)
        device_commands_proven(request->app->commands, id, clock_now_us());
    if (r == -EACCES)
        refuse_proof(request, id);
    else if (r < 0)
        service_answer_store_error(request, r);
    else
        api_answer(request, json_pack("{s:s, s:I, s:I}", "session", secret, "expires",
                                (json_int_t)expires_s, "now_ms", now_ms()));
    explicit_bzero(secret, sizeof(secret));
}

void device_api_session(struct http_request *request)
{
    int64_t id;
    json_t *body;

    if (!api_id(request, 0, &id) || !(body = api_body(request)))
        return;
    begin_session(request, id, body);
    json_decref(body);
}

/* ---- the day ---- */

struct day {
    struct http_request *request;
    json_t *lessons;
    int r; /* of the look-ups */
};

/* What a device of the lesson's master room or of another room of it may publish: a comma-separated list, of which the
 * first is what a capture box shows. */
/* Where the device goes for the lesson: a capture box publishes, a player watches. */
static json_t *describe_way(const struct http_device *device, const char *lesson, bool is_master)
{
    struct token_sources publish, watch;
    char path[TOKEN_MAX_NAME_CHARS * 2 + 16];

    devices_media_rights(device->room, is_master, &publish, &watch);
    if (device->kind == DEVICE_CAPTURE)
        snprintf(path, sizeof(path), "/whip/%s/%s", lesson, publish.names[0]);
    else
        snprintf(path, sizeof(path), "/whep/%s", lesson);
    return json_pack("{s:s, s:o}", "path", path, "publish", token_sources_to_json(&publish));
}

static void add_lesson(void *user, const struct week_lesson *lesson)
{
    struct day *day = user;
    const struct http_device *device = &day->request->device;
    struct person teacher = {0};
    struct room room = {0};
    json_t *json;

    if (lesson->span.end_s == 0 || day->r < 0)
        return; /* no bell rings for it */
    day->r = people_get(day->request->app->store, lesson->teacher, &teacher);
    if (day->r >= 0)
        day->r = rooms_get(day->request->app->store, lesson->room, &room);
    json = json_pack("{s:s, s:s, s:i, s:s, s:I, s:I, s:i, s:s, s:{s:I, s:s}, s:i}", "id",
        lesson->id, "subject", lesson->subject, "grade", (int)lesson->grade, "state", lesson->state,
        "start", (json_int_t)lesson->span.start_s + lesson->delay_s, "end",
        (json_int_t)lesson->span.end_s + lesson->delay_s, "delay_s", (int)lesson->delay_s,
        "teacher", teacher.name, "master_room", "id", (json_int_t)room.id, "name", room.name,
        "rooms", (int)lesson->receiving_count);
    json_object_update_new(json, describe_way(device, lesson->id, device->room == lesson->room));
    json_array_append_new(day->lessons, json);
}

void device_api_day(struct http_request *request)
{
    const struct http_device *device = &request->device;
    struct day day = {.request = request};
    json_t *answer = describe_place(request, device->room, device->school);
    int32_t today = (int32_t)(clock_wall_s() / S_PER_DAY);
    int r;

    if (!answer)
        return;
    day.lessons = json_array();
    /* from yesterday of UTC on: everywhere that has today in it */
    r = week_list_room(
        request->app->store, device->room, today - 1, today + DAYS, add_lesson, &day);
    if (r < 0 || day.r < 0) {
        json_decref(day.lessons);
        json_decref(answer);
        service_answer_store_error(request, r < 0 ? r : day.r);
        return;
    }
    json_object_set_new(answer, "lessons", day.lessons);
    json_object_set_new(answer, "device", json_integer((json_int_t)device->id));
    json_object_set_new(answer, "kind", json_string(devices_kind_name(device->kind)));
    json_object_set_new(answer, "now_ms", json_integer(now_ms()));
    api_answer(request, answer);
}

/* The one that thousands send all the time. */
void device_api_health(struct http_request *request)
{
    json_t *body = api_body(request);
    const char *version;
    char *health;
    int r = -EINVAL;

    if (!body)
        return;
    version = version_of(body);
    health = health_of(body);
    if (version)
        r = device_reports_add(
            request->app->reports, request->device.id, version, health, clock_wall_s());
    free(health);
    if (r == -EINVAL)
        api_answer_invalid(request, "version: text of at most 32 bytes");
    else if (r < 0)
        service_answer_store_error(request, r);
    else
        api_answer(request, json_pack("{s:I}", "now_ms", now_ms()));
    json_decref(body);
}

/* ---- media ---- */

/* Which of the lesson's rooms is the device's: 1 master, 2 receiving, 0 none, or an error of the store. */
static int place_in_lesson(struct store *store, const char *id, int64_t room)
{
    struct placed_lesson lesson;
    int r = lesson_places_get(store, id, &lesson);

    if (r <= 0 || strcmp(lesson.state, "cancelled") == 0)
        return r < 0 ? r : 0;
    for (size_t i = 0; i < lesson.place_count; i++) {
        if (lesson.places[i].room == room)
            return lesson.places[i].is_master ? 1 : 2;
    }
    return 0;
}

void device_api_media_token(struct http_request *request)
{
    const struct http_device *device = &request->device;
    struct token_claims claims = {.issued_s = clock_wall_s()};
    int r = place_in_lesson(request->app->store, request->params[0], device->room);

    if (r < 0) {
        service_answer_store_error(request, r);
        return;
    }
    if (r == 0) {
        http_request_fail(request, 403, "The room of this device takes no part in lesson %s.",
            request->params[0]);
        return;
    }
    snprintf(claims.lesson, sizeof(claims.lesson), "%s", request->params[0]);
    snprintf(claims.role, sizeof(claims.role), r == 1 ? "master_room" : "receiving_room");
    devices_subject(device->id, claims.subject);
    devices_media_rights(device->room, r == 1, &claims.publish, &claims.watch);
    accounts_answer_media_token(request, &claims);
}
