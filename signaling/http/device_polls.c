#include "signaling/http/device_polls.h"

#include "common/clock.h"
#include "signaling/accounts/device_commands.h"
#include "signaling/http/api.h"
#include "signaling/http/devices_api.h"
#include "signaling/service.h"

#include <errno.h>
#include <stdlib.h>

struct poll {
    struct poll *next; /* owned */
    struct device_polls *polls;
    struct http_request *request; /* borrowed until it is answered or gone */
    int64_t device;
    uint64_t since_us;
};

struct device_polls {
    struct signaling *app; /* borrowed */
    struct poll *first;    /* owned */
};

struct device_polls *device_polls_create(struct signaling *app)
{
    struct device_polls *polls = calloc(1, sizeof(*polls));

    if (polls)
        polls->app = app;
    return polls;
}

void device_polls_destroy(struct device_polls *polls)
{
    struct poll *next;

    if (!polls)
        return;
    for (struct poll *poll = polls->first; poll; poll = next) {
        next = poll->next;
        free(poll);
    }
    free(polls);
}

static void answer(struct http_request *request)
{
    struct device_commands *commands = request->app->commands;
    const struct device_command *command;
    json_t *list = json_array();

    while ((command = device_commands_take(commands, request->device.id, clock_now_us())))
        json_array_append_new(
            list, json_pack("{s:I, s:s, s:b, s:b}", "id", (json_int_t)command->id, "command",
                      device_commands_kind_name(command->kind), "in_lesson", command->in_lesson,
                      "picture", command->picture));
    api_answer(request, json_pack("{s:o, s:I}", "commands", list, "now_ms",
                            (json_int_t)(clock_wall_us() / US_PER_MS)));
}

/* Takes it out of the list. The request is the caller's to answer. */
static struct http_request *release(struct poll **place)
{
    struct poll *poll = *place;
    struct http_request *request = poll->request;

    *place = poll->next;
    free(poll);
    return request;
}

static void on_gone(void *user)
{
    struct poll *poll = user;

    for (struct poll **place = &poll->polls->first; *place; place = &(*place)->next) {
        if (*place == poll) {
            release(place);
            return;
        }
    }
}

void device_polls_wake(struct device_polls *polls, int64_t device)
{
    for (struct poll **place = &polls->first; *place; place = &(*place)->next) {
        if ((*place)->device == device) {
            answer(release(place));
            return;
        }
    }
}

static void hold(struct device_polls *polls, struct http_request *request)
{
    struct poll *poll = calloc(1, sizeof(*poll));

    if (!poll) {
        service_answer_store_error(request, -ENOMEM);
        return;
    }
    *poll = (struct poll){polls->first, polls, request, request->device.id, clock_now_us()};
    polls->first = poll;
    http_request_defer(request, on_gone, poll);
    if (device_commands_waits(polls->app->commands, poll->device, poll->since_us))
        device_polls_wake(polls, poll->device);
}

void device_polls_ask(struct http_request *request)
{
    struct device_polls *polls = request->app->polls;

    /* before a command is taken: it must not go down the line that has broken */
    for (struct poll **place = &polls->first; *place; place = &(*place)->next) {
        if ((*place)->device == request->device.id) {
            api_answer(release(place), json_pack("{s:[], s:I}", "commands", "now_ms",
                                           (json_int_t)(clock_wall_us() / US_PER_MS)));
            break;
        }
    }
    hold(polls, request);
}

void device_polls_tick(struct device_polls *polls, uint64_t now_us)
{
    struct poll **place = &polls->first;

    while (*place) {
        if (clock_elapsed_us(now_us, (*place)->since_us) >= DEVICE_POLLS_HOLD_S * US_PER_S)
            answer(release(place));
        else
            place = &(*place)->next;
    }
}

void device_polls_end_all(struct device_polls *polls)
{
    while (polls->first)
        answer(release(&polls->first));
}
