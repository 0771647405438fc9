/*
 * A device's conversation with signaling (docs/devices.md): it proves itself, fetches the day of its room again and again,
 * tells how it is, and asks for media tokens. Keeps at it with growing pauses while the server is away; gives up only when
 * the server does not know the device any more, and asks again each minute even then. One thread, in the main context that
 * was thread-default at creation.
 */
#ifndef DUET_MEDIA_DEVICE_CLIENT_H
#define DUET_MEDIA_DEVICE_CLIENT_H

#include <jansson.h>

#include "media/device_commands.h"
#include "media/device_identity.h"

enum device_link {
    DEVICE_LINK_CONNECTING,
    DEVICE_LINK_ONLINE,
    DEVICE_LINK_OFFLINE, /* the server does not answer; it is tried again */
    DEVICE_LINK_REVOKED, /* the server does not know this device (any more) */
};

struct device_client;

struct device_client_params {
    const struct device_identity *identity; /* borrowed for the lifetime */
    /* How the device is, for the coordinator: a new object, or NULL. The line is added to it here. */
    json_t *(*on_health)(void *user);
    /* The answer of device/day, as it came, and the monotonic moment that its now_ms is of. */
    void (*on_day)(void *user, const char *text, size_t len, uint64_t at_us);
    /* text (borrowed, or NULL) is the sentence for people. Comes with each change, and with a new text. */
    void (*on_link)(void *user, enum device_link link, const char *text);
    /* Somebody asks for something, once; device_client_answer() says what came of it. NULL: this program does not listen. */
    void (*on_command)(void *user, const struct device_command *command);
    void *user;
};

/* NULL with error for a CA file that cannot be used. Begins at once. */
struct device_client *device_client_new(const struct device_client_params *params, GError **error);
void device_client_free(struct device_client *client);

/* Tells how the device is now, not only when that is due: something has changed. */
void device_client_report(struct device_client *client);

/* What came of a command: "done", "refused" or "failed", with how the device is now, and what was found (borrowed) or
 * NULL. on_taken as for device_commands_answer(). */
void device_client_answer(struct device_client *client, int64_t id, const char *outcome,
    const struct device_findings *found, void (*on_taken)(void *user), void *user);

/* Asks for a media token of a lesson. on_token gets it (borrowed), or NULL with a sentence; once, and not after
 * device_client_free(). One at a time: a new question takes the place of one under way. */
void device_client_ask_token(struct device_client *client, const char *lesson,
    void (*on_token)(void *user, const char *token, const char *error), void *user);

#endif
