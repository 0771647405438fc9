#include "signaling/http/devices_api.h"

#include "common/clock.h"
#include "common/json.h"
#include "signaling/accounts/device_log.h"
#include "signaling/accounts/device_reports.h"
#include "signaling/accounts/devices.h"
#include "signaling/http/api.h"
#include "signaling/http/device_polls.h"
#include "signaling/http/refusals.h"
#include "signaling/http/revocation.h"
#include "signaling/lessons/room_lessons.h"
#include "signaling/service.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- what is next in the rooms ---- */

struct rooms {
    json_t *
        next; /* of each room by its number: the lesson that runs, else the one that begins first */
    int64_t now_s;
};

static void consider(void *user, const struct room_lesson *lesson)
{
    struct rooms *rooms = user;
    bool running = room_lesson_runs(lesson, rooms->now_s);
    char room[24];
    json_t *known;

    if (!running && lesson->span.end_s <= rooms->now_s)
        return;
    snprintf(room, sizeof(room), "%lld", (long long)lesson->room);
    known = json_object_get(rooms->next, room);
    if (known && (json_is_true(json_object_get(known, "running")) ||
                     (!running && json_integer_value(json_object_get(known, "start")) <=
                                      lesson->span.start_s)))
        return;
    json_object_set_new(rooms->next, room,
        json_pack("{s:s, s:s, s:I, s:I, s:b}", "id", lesson->id, "subject", lesson->subject,
            "start", (json_int_t)lesson->span.start_s, "end", (json_int_t)lesson->span.end_s,
            "running", running));
}

/* Borrowed from rooms; NULL: none today or tomorrow. */
static json_t *next_of(const struct rooms *rooms, int64_t room)
{
    char key[24];

    snprintf(key, sizeof(key), "%lld", (long long)room);
    return json_object_get(rooms->next, key);
}

/* Of the devices' rooms in the organisation (0: all). rooms->next is the caller's to release. */
static int look_ahead(struct store *store, int64_t organisation, struct rooms *ret_rooms)
{
    *ret_rooms = (struct rooms){.next = json_object(), .now_s = clock_wall_s()};
    return room_lessons_list(store, organisation, ret_rooms->now_s, consider, ret_rooms);
}

/* ---- devices ---- */

static json_t *parse_health(const char *text)
{
    struct json_error error;
    json_t *health =
        *text ? json_parse(text, strlen(text), DEVICES_MAX_HEALTH_BYTES, &error) : NULL;

    return health ? health : json_object();
}

static json_t *describe(const struct device *device, const struct rooms *rooms)
{
    json_t *next = next_of(rooms, device->room);

    return json_pack("{s:I, s:I, s:s, s:I, s:s, s:s, s:s, s:s, s:I, s:I, s:b, s:s, s:o, s:O?}",
        "id", (json_int_t)device->id, "room", (json_int_t)device->room, "room_name",
        device->room_name, "school", (json_int_t)device->school, "school_name", device->school_name,
        "zone", device->zone, "kind", devices_kind_name(device->kind), "name", device->name,
        "enrolled", (json_int_t)device->enrolled_s, "seen", (json_int_t)device->seen_s, "revoked",
        device->revoked_s != 0, "version", device->version, "health", parse_health(device->health),
        "next", next);
}

struct list {
    json_t *devices;
    const struct rooms *rooms;
};

static void add_device(void *user, const struct device *device)
{
    struct list *list = user;

    json_array_append_new(list->devices, describe(device, list->rooms));
}

void devices_api_list(struct http_request *request)
{
    struct rooms rooms;
    struct list list = {.rooms = &rooms};
    int64_t root;
    int r;

    if (!api_root(request, &root))
        return;
    list.devices = json_array();
    device_reports_flush(request->app->reports);
    r = look_ahead(request->app->store, root, &rooms);
    if (r == 0)
        r = devices_list(request->app->store, root, add_device, &list);
    json_decref(rooms.next);
    if (r < 0) {
        json_decref(list.devices);
        service_answer_store_error(request, r);
        return;
    }
    api_answer(request, json_pack("{s:o, s:I}", "devices", list.devices, "now_ms",
                            (json_int_t)(clock_wall_us() / US_PER_MS)));
}

bool devices_api_find(struct http_request *request, struct device *ret_device)
{
    int64_t id;
    int r;

    if (!api_id(request, 0, &id))
        return false;
    device_reports_flush(request->app->reports);
    r = devices_get(request->app->store, id, ret_device);
    if (r < 0)
        service_answer_store_error(request, r);
    else if (r == 0)
        refusals_answer(request, REFUSAL_NO_DEVICE, NULL);
    return r == 1 && api_may(request, ret_device->school);
}

static void add_event(void *user, const struct device_event *event)
{
    json_array_append_new(
        user, json_pack("{s:I, s:s, s:s, s:o}", "time", (json_int_t)event->time_s, "event",
                  event->event, "version", event->version, "health", parse_health(event->health)));
}

void devices_api_get(struct http_request *request)
{
    struct store *store = request->app->store;
    json_t *log, *answer = NULL;
    struct device device;
    struct rooms rooms;
    int r;

    if (!devices_api_find(request, &device))
        return;
    log = json_array();
    r = look_ahead(store, device.school, &rooms);
    if (r == 0)
        r = device_log_list(store, device.id, add_event, log);
    if (r == 0)
        answer = describe(&device, &rooms);
    json_decref(rooms.next);
    if (!answer) {
        json_decref(log);
        service_answer_store_error(request, r < 0 ? r : -ENOMEM);
        return;
    }
    json_object_set_new(answer, "log", log);
    json_object_set_new(answer, "now_ms", json_integer((json_int_t)(clock_wall_us() / US_PER_MS)));
    api_answer(request, answer);
}

int devices_api_is_needed(struct store *store, const struct device *device)
{
    struct rooms rooms;
    int r = look_ahead(store, device->school, &rooms);

    if (r == 0)
        r = json_is_true(json_object_get(next_of(&rooms, device->room), "running"));
    json_decref(rooms.next);
    return r;
}

static void take_out(struct http_request *request, const struct device *device, bool in_lesson)
{
    static const struct api_reasons reasons = {.missing = REFUSAL_DEVICE_GONE};
    char subject[DEVICES_SUBJECT_CHARS];
    int r = devices_revoke(
        request->app->store, device->id, request->person.login_name, in_lesson, clock_wall_s());

    if (r < 0) {
        api_answer_failure(request, r, &reasons);
        return;
    }
    devices_subject(device->id, subject);
    revocation_end_subject(request->app, subject);
    device_polls_wake(request->app->polls, device->id);
    api_answer(request, json_object());
}

/* Not by mistake while children look at it. */
void devices_api_revoke(struct http_request *request)
{
    struct device device;
    json_t *body;
    int needed;

    if (!devices_api_find(request, &device) || !(body = api_body(request)))
        return;
    needed = devices_api_is_needed(request->app->store, &device);
    if (needed < 0)
        service_answer_store_error(request, needed);
    else if (needed && !device.revoked_s && !json_get_bool_or(body, "in_lesson", false))
        refusals_answer(request, REFUSAL_REVOKE_IN_LESSON, NULL);
    else
        take_out(request, &device, needed);
    json_decref(body);
}
