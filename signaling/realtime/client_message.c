#include "signaling/realtime/client_message.h"

#include "signaling/http/ws_frames.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define MAX_TYPE_BYTES 32
/* What a JavaScript number holds exactly. */
#define MAX_NUMBER INT64_C(9007199254740991)

static const char *const types[] = {
    [CLIENT_JOIN] = "join",
    [CLIENT_TIME] = "time",
    [CLIENT_TOKEN] = "token",
    [CLIENT_SLOTS] = "slots",
    [CLIENT_SET_SLOTS] = "slots.set",
};

static int fail(struct json_error *error, const char *text)
{
    json_error_set(error, "%s", text);
    return -EBADMSG;
}

/* A string member without a zero in it. */
static const char *get_name(
    const json_t *root, const char *key, size_t max_bytes, struct json_error *error)
{
    const char *text = json_get_string(root, key, max_bytes, error);

    if (text && strlen(text) == json_string_length(json_object_get(root, key)))
        return text;
    if (text)
        fail(error, "a zero stands in a string");
    return NULL;
}

static enum client_message_type type_of(const char *name)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(name, types[i]) == 0)
            return (enum client_message_type)i;
    }
    return CLIENT_UNKNOWN;
}

static int read_join(const json_t *root, struct client_message *message, struct json_error *error)
{
    const char *lesson = get_name(root, "lesson", TOKEN_MAX_NAME_CHARS, error);

    if (!lesson)
        return -EBADMSG;
    if (!token_is_name(lesson))
        return fail(error, "lesson: not the id of a lesson");
    memcpy(message->lesson, lesson, strlen(lesson) + 1);
    message->has_seq = json_object_get(root, "seq") != NULL;
    return message->has_seq ? json_get_int(root, "seq", 0, MAX_NUMBER, &message->seq, error) : 0;
}

static int read_time(const json_t *root, struct client_message *message, struct json_error *error)
{
    const json_t *t0 = json_object_get(root, "t0");

    message->t0 = json_number_value(t0);
    if (!json_is_number(t0) || !isfinite(message->t0) || fabs(message->t0) > (double)MAX_NUMBER)
        return fail(error, "t0: expected a number");
    return 0;
}

static int read_session(
    const json_t *root, struct client_message *message, struct json_error *error)
{
    const char *session = get_name(root, "session", RANDOM_ID_CHARS, error);

    if (!session)
        return -EBADMSG;
    if (!link_is_hex(session, RANDOM_ID_CHARS))
        return fail(error, "session: not the id of a session");
    memcpy(message->session, session, RANDOM_ID_CHARS + 1);
    return 0;
}

static int read_members(
    const json_t *root, struct client_message *message, struct json_error *error)
{
    int r;

    switch (message->type) {
    case CLIENT_JOIN:
        return read_join(root, message, error);
    case CLIENT_TIME:
        return read_time(root, message, error);
    case CLIENT_SLOTS:
        return read_session(root, message, error);
    case CLIENT_SET_SLOTS:
        r = read_session(root, message, error);
        if (r == 0 && slots_request_read(root, &message->slots) < 0)
            r = fail(error, "slots: expected [{\"slot\": …, \"source\": …}, …]");
        return r;
    default:
        return 0;
    }
}

int client_message_parse(
    const char *text, size_t len, struct client_message *ret_message, struct json_error *ret_error)
{
    struct client_message message = {.type = CLIENT_UNKNOWN};
    json_t *root = json_parse(text, len, WS_MAX_MESSAGE_BYTES, ret_error);
    const char *type = root ? get_name(root, "type", MAX_TYPE_BYTES, ret_error) : NULL;
    int r = type ? 0 : -EBADMSG;

    if (r == 0 && json_object_get(root, "id")) {
        message.has_id = true;
        r = json_get_int(root, "id", 0, MAX_NUMBER, &message.id, ret_error);
    }
    if (r == 0) {
        message.type = type_of(type);
        r = read_members(root, &message, ret_error);
    }
    if (r == 0)
        *ret_message = message;
    json_decref(root);
    return r;
}
