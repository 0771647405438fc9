/*
 * What people have asked boxes to do, and what came of it: in memory only, for a minute or two. A picture of a classroom is
 * never on a disk, and a restart that was asked for long ago never surprises a lesson.
 *
 *   waiting ──taken──▶ sent ──▶ done, refused, failed
 *      └──────── a minute ──┴──▶ expired
 *
 * A device has at most one unfinished command of each kind: who asks again gets that one. Pure but for its table; times are
 * passed in. Loop thread.
 */
#ifndef DUET_SIGNALING_ACCOUNTS_DEVICE_COMMANDS_H
#define DUET_SIGNALING_ACCOUNTS_DEVICE_COMMANDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEVICE_COMMANDS_LIFE_S            60
#define DEVICE_COMMANDS_KEPT_S            120 /* from when it was asked, with its picture */
#define DEVICE_COMMANDS_MAX               256
#define DEVICE_COMMANDS_MAX_PICTURE_BYTES (64 * 1024)

enum device_command_kind {
    DEVICE_COMMAND_CHECK,
    DEVICE_COMMAND_RESTART,
};

enum device_command_state {
    DEVICE_COMMAND_WAITING,
    DEVICE_COMMAND_SENT,
    DEVICE_COMMAND_DONE,
    DEVICE_COMMAND_REFUSED, /* by the box: its lesson has begun meanwhile */
    DEVICE_COMMAND_FAILED,
    DEVICE_COMMAND_EXPIRED,
};

struct device_command {
    int64_t id;
    int64_t device;
    enum device_command_kind kind;
    enum device_command_state state;
    bool in_lesson;     /* restart: in mid-lesson too */
    bool picture;       /* check: with a picture, if there can be one */
    bool forbidden;     /* check: a picture was asked for, and consent is missing */
    uint64_t asked_us;  /* monotonic */
    int64_t asked_s;    /* the same by the calendar */
    json_t *result;     /* owned; what the box says of itself; NULL: nothing yet */
    void *picture_data; /* owned; JPEG; NULL: none came */
    size_t picture_bytes;
};

struct device_commands;

struct device_commands *device_commands_create(void);
void device_commands_destroy(struct device_commands *commands);

/* Adds one of which device, kind and the flags are filled in. ret_command is borrowed, and a command that waits already when
 * there is one. Returns 1 for a new one, 0 for one that was there, -EAGAIN when there are too many. */
int device_commands_add(struct device_commands *commands, const struct device_command *wanted,
    uint64_t now_us, int64_t now_s, const struct device_command **ret_command);

/* Whether something waits for the device. */
bool device_commands_waits(struct device_commands *commands, int64_t device, uint64_t now_us);

/* Takes the next that waits for the device; NULL: there is none. Borrowed until the next call, as what find gives. */
const struct device_command *device_commands_take(
    struct device_commands *commands, int64_t device, uint64_t now_us);

/* NULL: unknown, of another device, or forgotten. */
const struct device_command *device_commands_find(
    struct device_commands *commands, int64_t device, int64_t id, uint64_t now_us);

/* What the box says came of it. Takes result and picture, whatever it returns. -ENOENT unless it was sent and is not over. A
 * restart's "done" comes with device_commands_proven() instead: result alone is kept. */
int device_commands_finish(struct device_commands *commands, int64_t device, int64_t id,
    enum device_command_state state, json_t *result, void *picture, size_t picture_bytes,
    uint64_t now_us);

/* The device has proven itself: a restart that it was sent is done. */
void device_commands_proven(struct device_commands *commands, int64_t device, uint64_t now_us);

const char *device_commands_kind_name(enum device_command_kind kind);
bool device_commands_kind_of(const char *name, enum device_command_kind *ret_kind);
const char *device_commands_state_name(enum device_command_state state);

#endif
