/* Looking at a box live and restarting it (docs/devices.md): what people ask for, and what boxes answer. */
#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "signaling/accounts/device_commands.h"
#include "signaling/accounts/device_result.h"
#include "signaling/accounts/devices.h"
#include "signaling/audit/audit_log.h"
#include "signaling/http/api.h"
#include "signaling/http/device_polls.h"
#include "signaling/http/devices_api.h"
#include "signaling/http/refusals.h"
#include "signaling/lessons/pairings.h"
#include "signaling/service.h"

#include <errno.h>
#include <stdio.h>

#define S_PER_DAY 86400

/* ---- the audit log ---- */

static int note(struct http_request *request, const char *person, const char *event, int64_t device,
    const char *outcome, const char *detail)
{
    char object[32];
    struct audit_entry entry = {clock_wall_s(), person, event, object, outcome, detail};
    struct store *store = request->app->store;
    int r = store_begin(store);

    snprintf(object, sizeof(object), "device %lld", (long long)device);
    return r < 0 ? r : audit_log_end(store, 0, &entry);
}

static const char *event_of(enum device_command_kind kind)
{
    return kind == DEVICE_COMMAND_CHECK ? "device.check" : "device.restart";
}

/* ---- people ---- */

static json_t *describe(const struct device_command *command)
{
    const char *picture = command->picture_data ? "there"
                          : command->forbidden  ? "forbidden"
                                                : "none";

    return json_pack("{s:I, s:s, s:s, s:I, s:I, s:s, s:O?, s:I}", "id", (json_int_t)command->id,
        "command", device_commands_kind_name(command->kind), "state",
        device_commands_state_name(command->state), "asked", (json_int_t)command->asked_s,
        "expires", (json_int_t)command->asked_s + DEVICE_COMMANDS_LIFE_S, "picture", picture,
        "result", command->result, "now_ms", (json_int_t)(clock_wall_us() / US_PER_MS));
}

static bool read_wish(
    struct http_request *request, const json_t *body, struct device_command *ret_wanted)
{
    struct json_error error;
    const char *name = json_get_string(body, "command", 16, &error);

    *ret_wanted = (struct device_command){
        .in_lesson = json_get_bool_or(body, "in_lesson", false),
        .picture = json_get_bool_or(body, "picture", false),
    };
    if (!name || !device_commands_kind_of(name, &ret_wanted->kind)) {
        api_answer_invalid(request, name ? "command: check or restart" : error.text);
        return false;
    }
    ret_wanted->picture = ret_wanted->picture && ret_wanted->kind == DEVICE_COMMAND_CHECK;
    return true;
}

static bool is_refused(
    struct http_request *request, const struct device *device, const struct device_command *wanted)
{
    int needed;

    if (device->revoked_s) {
        refusals_answer(request, REFUSAL_DEVICE_REVOKED, NULL);
        return true;
    }
    if (wanted->kind != DEVICE_COMMAND_RESTART || wanted->in_lesson)
        return false;
    needed = devices_api_is_needed(request->app->store, device);
    if (needed < 0)
        service_answer_store_error(request, needed);
    else if (needed)
        refusals_answer(request, REFUSAL_RESTART_IN_LESSON, NULL);
    return needed != 0;
}

static void answer_asked(struct http_request *request, const struct device_command *command)
{
    struct http_response response;

    http_response_init(&response, 201);
    http_response_json(&response, describe(command));
    http_response_header(&response, "Cache-Control", "no-store");
    http_response_header(&response, "Location", "/api/v1/devices/%lld/commands/%lld",
        (long long)command->device, (long long)command->id);
    http_request_respond(request, &response);
}

/* In the audit log first: what is not in it is not done. */
static void command_device(
    struct http_request *request, struct device_command *wanted, int64_t room)
{
    const struct device_command *command;
    int r = 0;

    /* expired everywhere: it is yesterday still in some zones */
    if (wanted->picture)
        r = pairings_lack_consent(
            request->app->store, room, (int32_t)(clock_wall_s() / S_PER_DAY) - 1);
    wanted->forbidden = r == 1;
    wanted->picture = wanted->picture && r == 0;
    if (r >= 0)
        r = note(request, request->person.login_name, event_of(wanted->kind), wanted->device,
            "done",
            wanted->in_lesson ? "{\"in_lesson\":true}"
            : wanted->picture ? "{\"picture\":true}"
                              : "");
    if (r < 0) {
        service_answer_store_error(request, r);
        return;
    }
    r = device_commands_add(
        request->app->commands, wanted, clock_now_us(), clock_wall_s(), &command);
    if (r < 0) {
        refusals_answer(request, REFUSAL_DEVICES_BUSY, NULL);
        return;
    }
    log_info(LOG_ACCESS, "event=command command=%s device=%lld person=%s",
        device_commands_kind_name(command->kind), (long long)command->device,
        request->person.login_name);
    answer_asked(request, command);
    device_polls_wake(request->app->polls, wanted->device);
}

void devices_api_command(struct http_request *request)
{
    struct device_command wanted;
    struct device device;
    json_t *body;

    if (!devices_api_find(request, &device) || !(body = api_body(request)))
        return;
    if (read_wish(request, body, &wanted) && !is_refused(request, &device, &wanted)) {
        wanted.device = device.id;
        command_device(request, &wanted, device.room);
    }
    json_decref(body);
}

static const struct device_command *find_command(struct http_request *request)
{
    const struct device_command *command;
    struct device device;
    int64_t id;

    if (!devices_api_find(request, &device) || !api_id(request, 1, &id))
        return NULL;
    command = device_commands_find(request->app->commands, device.id, id, clock_now_us());
    if (!command)
        refusals_answer(request, REFUSAL_COMMAND_FORGOTTEN, NULL);
    return command;
}

void devices_api_command_state(struct http_request *request)
{
    const struct device_command *command = find_command(request);

    if (command)
        api_answer(request, describe(command));
}

void devices_api_picture(struct http_request *request)
{
    const struct device_command *command = find_command(request);
    struct http_response response;
    int r;

    if (!command)
        return;
    if (!command->picture_data) {
        http_request_fail(request, 404, "There is no picture with this check.");
        return;
    }
    r = note(request, request->person.login_name, "device.picture", command->device, "done", "");
    if (r < 0) {
        service_answer_store_error(request, r);
        return;
    }
    http_response_init(&response, 200);
    http_response_body(&response, "image/jpeg", command->picture_data, command->picture_bytes);
    http_response_header(&response, "Cache-Control", "no-store");
    http_request_respond(request, &response);
}

/* ---- boxes ---- */

static const char *outcome_of(enum device_command_state state)
{
    return state == DEVICE_COMMAND_DONE      ? "done"
           : state == DEVICE_COMMAND_REFUSED ? "denied"
                                             : "failed";
}

/* Takes what result owns. */
static void finish(
    struct http_request *request, int64_t id, const json_t *body, struct device_result *result)
{
    static const struct api_reasons reasons = {.missing = REFUSAL_COMMAND_UNASKED};
    const struct device_command *command =
        device_commands_find(request->app->commands, request->device.id, id, clock_now_us());
    enum device_command_kind kind = command ? command->kind : DEVICE_COMMAND_CHECK;
    char person[32];
    int r = device_commands_finish(request->app->commands, request->device.id, id, result->state,
        result->told, result->picture, result->picture_bytes, clock_now_us());

    snprintf(person, sizeof(person), "device %lld", (long long)request->device.id);
    if (r == 0)
        r = note(
            request, person, event_of(kind), request->device.id, outcome_of(result->state), "");
    if (r == 0)
        r = device_api_note_health(request, request->device.id, body, false);
    if (r < 0 && r != -EINVAL)
        api_answer_failure(request, r, &reasons);
    else
        api_answer(
            request, json_pack("{s:I}", "now_ms", (json_int_t)(clock_wall_us() / US_PER_MS)));
}

void device_api_command_result(struct http_request *request)
{
    struct device_result result;
    struct json_error error;
    json_t *body;
    int64_t id;

    if (!api_id(request, 0, &id) || !(body = api_body(request)))
        return;
    if (device_result_parse(body, &result, &error) < 0)
        api_answer_error(request, &error);
    else
        finish(request, id, body, &result);
    json_decref(body);
}
