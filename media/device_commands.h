/*
 * Hears what people ask this box to do (docs/devices.md): a question that the server holds until there is something, asked
 * again at once. A line that has broken is noticed with the next one. Part of device_client, whose session it uses. One
 * thread, in the main context that was thread-default at creation.
 */
#ifndef DUET_MEDIA_DEVICE_COMMANDS_H
#define DUET_MEDIA_DEVICE_COMMANDS_H

#include <jansson.h>
#include <libsoup/soup.h>
#include <stdbool.h>

enum device_command_kind {
    DEVICE_COMMAND_CHECK,
    DEVICE_COMMAND_RESTART,
};

struct device_command {
    int64_t id;
    enum device_command_kind kind;
    bool in_lesson; /* restart: somebody confirmed it for the middle of a lesson */
    bool picture;   /* check: of the camera, when there can be one */
};

/* What a check has found beside the box's health. */
struct device_findings {
    GBytes *picture; /* JPEG; borrowed; NULL: none */
    bool heard;      /* something came of a microphone */
    int level_dbfs;  /* and was that loud at most */
};

#define DEVICE_COMMANDS_AT_ONCE 8

/* Those of an answer that this program knows, with room for DEVICE_COMMANDS_AT_ONCE: more are left out. Returns how many, or
 * -EBADMSG when the answer has no list. */
int device_commands_parse(const json_t *answer, struct device_command *ret_commands);

struct device_commands;

/* like: whose certificates are trusted. server is borrowed for the lifetime. */
struct device_commands *device_commands_new(SoupSession *like, const char *server,
    void (*on_command)(void *user, const struct device_command *command), void *user);
void device_commands_free(struct device_commands *commands);

/* With a session (copied) it listens; NULL: not any more. */
void device_commands_listen(struct device_commands *commands, const char *session);

/* Says what came of one; body's reference is taken. on_taken (may be NULL) comes when the server has taken it, and not when
 * it has not: the command is over by then. One at a time: it is the last one's. */
void device_commands_answer(struct device_commands *commands, int64_t id, json_t *body,
    void (*on_taken)(void *user), void *user);

#endif
