#include "signaling/accounts/device_commands.h"

#include "common/clock.h"
#include "common/name_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct device_commands {
    struct device_command table[DEVICE_COMMANDS_MAX]; /* id 0: free */
    int64_t last_id;
};

static const char *const kind_names[] = {
    [DEVICE_COMMAND_CHECK] = "check",
    [DEVICE_COMMAND_RESTART] = "restart",
};

static const char *const state_names[] = {
    [DEVICE_COMMAND_WAITING] = "waiting",
    [DEVICE_COMMAND_SENT] = "sent",
    [DEVICE_COMMAND_DONE] = "done",
    [DEVICE_COMMAND_REFUSED] = "refused",
    [DEVICE_COMMAND_FAILED] = "failed",
    [DEVICE_COMMAND_EXPIRED] = "expired",
};

const char *device_commands_kind_name(enum device_command_kind kind)
{
    return kind_names[kind];
}

bool device_commands_kind_of(const char *name, enum device_command_kind *ret_kind)
{
    unsigned value;

    if (!name_table_find(kind_names, NAME_TABLE_COUNT(kind_names), name, &value))
        return false;
    *ret_kind = (enum device_command_kind)value;
    return true;
}

const char *device_commands_state_name(enum device_command_state state)
{
    return state_names[state];
}

struct device_commands *device_commands_create(void)
{
    return calloc(1, sizeof(struct device_commands));
}

static void forget(struct device_command *command)
{
    json_decref(command->result);
    free(command->picture_data);
    *command = (struct device_command){.id = 0};
}

void device_commands_destroy(struct device_commands *commands)
{
    if (!commands)
        return;
    for (size_t i = 0; i < DEVICE_COMMANDS_MAX; i++)
        forget(&commands->table[i]);
    free(commands);
}

static bool is_open(const struct device_command *command)
{
    return command->state == DEVICE_COMMAND_WAITING || command->state == DEVICE_COMMAND_SENT;
}

/* Before anything is looked at: what has become too old. */
static void age(struct device_commands *commands, uint64_t now_us)
{
    for (size_t i = 0; i < DEVICE_COMMANDS_MAX; i++) {
        struct device_command *command = &commands->table[i];
        uint64_t age_us = clock_elapsed_us(now_us, command->asked_us);

        if (command->id && age_us >= DEVICE_COMMANDS_KEPT_S * US_PER_S)
            forget(command);
        else if (command->id && is_open(command) && age_us >= DEVICE_COMMANDS_LIFE_S * US_PER_S)
            command->state = DEVICE_COMMAND_EXPIRED;
    }
}

int device_commands_add(struct device_commands *commands, const struct device_command *wanted,
    uint64_t now_us, int64_t now_s, const struct device_command **ret_command)
{
    struct device_command *place = NULL;

    age(commands, now_us);
    for (size_t i = 0; i < DEVICE_COMMANDS_MAX; i++) {
        struct device_command *command = &commands->table[i];

        if (!command->id) {
            place = place ? place : command;
        } else if (command->device == wanted->device && command->kind == wanted->kind &&
                   is_open(command)) {
            *ret_command = command;
            return 0;
        }
    }
    if (!place)
        return -EAGAIN;
    *place = *wanted;
    place->id = ++commands->last_id;
    place->state = DEVICE_COMMAND_WAITING;
    place->asked_us = now_us;
    place->asked_s = now_s;
    *ret_command = place;
    return 1;
}

static struct device_command *next_of(
    struct device_commands *commands, int64_t device, uint64_t now_us)
{
    struct device_command *first = NULL;

    age(commands, now_us);
    for (size_t i = 0; i < DEVICE_COMMANDS_MAX; i++) {
        struct device_command *command = &commands->table[i];

        if (command->id && command->device == device && command->state == DEVICE_COMMAND_WAITING &&
            (!first || command->id < first->id))
            first = command;
    }
    return first;
}

bool device_commands_waits(struct device_commands *commands, int64_t device, uint64_t now_us)
{
    return next_of(commands, device, now_us) != NULL;
}

const struct device_command *device_commands_take(
    struct device_commands *commands, int64_t device, uint64_t now_us)
{
    struct device_command *first = next_of(commands, device, now_us);

    if (first)
        first->state = DEVICE_COMMAND_SENT;
    return first;
}

static struct device_command *find(
    struct device_commands *commands, int64_t device, int64_t id, uint64_t now_us)
{
    age(commands, now_us);
    for (size_t i = 0; id && i < DEVICE_COMMANDS_MAX; i++) {
        if (commands->table[i].id == id && commands->table[i].device == device)
            return &commands->table[i];
    }
    return NULL;
}

const struct device_command *device_commands_find(
    struct device_commands *commands, int64_t device, int64_t id, uint64_t now_us)
{
    return find(commands, device, id, now_us);
}

int device_commands_finish(struct device_commands *commands, int64_t device, int64_t id,
    enum device_command_state state, json_t *result, void *picture, size_t picture_bytes,
    uint64_t now_us)
{
    struct device_command *command = find(commands, device, id, now_us);

    if (!command || command->state != DEVICE_COMMAND_SENT) {
        json_decref(result);
        free(picture);
        return -ENOENT;
    }
    json_decref(command->result);
    command->result = result;
    if (command->kind != DEVICE_COMMAND_RESTART || state != DEVICE_COMMAND_DONE)
        command->state = state;
    if (command->kind != DEVICE_COMMAND_CHECK || !command->picture) { /* what nobody asked for */
        free(picture);
        return 0;
    }
    command->picture_data = picture;
    command->picture_bytes = picture_bytes;
    return 0;
}

void device_commands_proven(struct device_commands *commands, int64_t device, uint64_t now_us)
{
    age(commands, now_us);
    for (size_t i = 0; i < DEVICE_COMMANDS_MAX; i++) {
        struct device_command *command = &commands->table[i];

        if (command->id && command->device == device && command->kind == DEVICE_COMMAND_RESTART &&
            command->state == DEVICE_COMMAND_SENT && command->result)
            command->state = DEVICE_COMMAND_DONE;
    }
}
