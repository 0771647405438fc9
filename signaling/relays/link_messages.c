#include "signaling/relays/link_messages.h"

#include <errno.h>
#include <string.h>

#define MAX_FIGURE       1e9
#define MAX_WORD_BYTES   64
#define MAX_DETAIL_BYTES 512

static const struct {
    const char *name;
    enum link_message_type type;
} types[] = {
    {"register", LINK_REGISTER},
    {"reply", LINK_REPLY},
    {"session.state", LINK_SESSION_STATE},
    {"source.state", LINK_SOURCE_STATE},
    {"slot.state", LINK_SLOT_STATE},
    {"load", LINK_LOAD},
};

bool link_is_hex(const char *text, size_t chars)
{
    return strlen(text) == chars && strspn(text, "0123456789abcdef") == chars;
}

static int parse_register(
    const json_t *root, struct link_register *ret_register, struct json_error *ret_error)
{
    const json_t *capacity = json_object_get(root, "capacity");
    struct link_register registration = {
        .relay = json_get_string(root, "relay", LINK_MAX_NAME_CHARS, ret_error),
        .version = json_get_string_or(root, "version", MAX_WORD_BYTES, "", ret_error),
        .nonce = json_get_string(root, "nonce", LINK_NONCE_CHARS, ret_error),
        .mac = json_get_string(root, "mac", LINK_MAC_CHARS, ret_error),
        .sessions = json_object_get(root, "sessions"),
    };

    if (!registration.relay || !registration.version || !registration.nonce || !registration.mac)
        return -EBADMSG;
    if (!*registration.relay || !link_is_hex(registration.nonce, LINK_NONCE_CHARS) ||
        !link_is_hex(registration.mac, LINK_MAC_CHARS))
        return -EBADMSG;
    if (!json_is_object(capacity) ||
        json_get_int(capacity, "sessions", 0, 1000000, &registration.capacity, ret_error) < 0)
        return -EBADMSG;
    if (registration.sessions && (!json_is_array(registration.sessions) ||
                                     json_array_size(registration.sessions) > LINK_MAX_SESSIONS))
        return -EBADMSG;
    *ret_register = registration;
    return 0;
}

static int parse_reply(
    const json_t *root, struct link_reply *ret_reply, struct json_error *ret_error)
{
    const json_t *error = json_object_get(root, "error");
    struct link_reply reply = {
        .ok = json_get_bool_or(root, "ok", false),
        .status = 500,
        .code = "",
        .detail = "",
        .stats = json_object_get(root, "stats"),
        .slots = json_object_get(root, "slots"),
    };
    int64_t status;

    if (reply.ok) {
        const json_t *answer = json_object_get(root, "answer");
        const json_t *fragment = json_object_get(root, "fragment");

        if (answer &&
            !(reply.answer = json_get_string(root, "answer", LINK_MAX_SDP_BYTES, ret_error)))
            return -EBADMSG;
        if (fragment &&
            !(reply.fragment = json_get_string(root, "fragment", LINK_MAX_SDP_BYTES, ret_error)))
            return -EBADMSG;
        *ret_reply = reply;
        return 0;
    }
    if (!json_is_object(error) || json_get_int(error, "status", 400, 599, &status, ret_error) < 0)
        return -EBADMSG;
    reply.status = (int)status;
    reply.code = json_get_string_or(error, "code", MAX_WORD_BYTES, "", ret_error);
    reply.detail = json_get_string_or(error, "detail", MAX_DETAIL_BYTES, "", ret_error);
    if (!reply.code || !reply.detail)
        return -EBADMSG;
    *ret_reply = reply;
    return 0;
}

static int parse_slot_state(
    const json_t *root, struct link_event *event, struct json_error *ret_error)
{
    if (json_get_int(root, "slot", 0, LINK_MAX_SLOTS - 1, &event->slot, ret_error) < 0)
        return -EBADMSG;
    return link_slot_state_find(event->state, &event->slot_state);
}

/* For people to look at only: what cannot be is 0. */
static double positive(const json_t *number)
{
    double value = json_number_value(number);

    return value > 0 && value < MAX_FIGURE ? value : 0;
}

static int parse_event(const json_t *root, enum link_message_type type,
    struct link_event *ret_event, struct json_error *ret_error)
{
    struct link_event event = {
        .session = json_get_string_or(root, "session", RANDOM_ID_CHARS, "", ret_error),
        .lesson = json_get_string_or(root, "lesson", LINK_MAX_NAME_CHARS, "", ret_error),
        .source = json_get_string_or(root, "source", LINK_MAX_NAME_CHARS, "", ret_error),
        .state = json_get_string_or(root, "state", MAX_WORD_BYTES, "", ret_error),
        .reason = json_get_string_or(root, "reason", MAX_WORD_BYTES, "", ret_error),
        .active = json_get_bool_or(root, "active", false),
    };

    if (!event.session || !event.lesson || !event.source || !event.state || !event.reason)
        return -EBADMSG;
    event.cpu = positive(json_object_get(root, "cpu"));
    event.rtp_out_pps = positive(json_object_get(root, "rtp_out_pps"));
    if (type == LINK_LOAD)
        return json_get_int(root, "sessions", 0, 1000000, &event.sessions, ret_error) < 0
                   ? -EBADMSG
                   : (*ret_event = event, 0);
    if (type == LINK_SOURCE_STATE ? !token_is_name(event.lesson) || !token_is_name(event.source)
                                  : !link_is_hex(event.session, RANDOM_ID_CHARS))
        return -EBADMSG;
    if (type == LINK_SLOT_STATE && parse_slot_state(root, &event, ret_error) < 0)
        return -EBADMSG;
    *ret_event = event;
    return 0;
}

static int parse_body(struct link_message *message, struct json_error *ret_error)
{
    switch (message->type) {
    case LINK_REGISTER:
        return parse_register(message->root, &message->registration, ret_error);
    case LINK_REPLY:
        return message->has_id ? parse_reply(message->root, &message->reply, ret_error) : -EBADMSG;
    case LINK_SESSION_STATE:
    case LINK_SOURCE_STATE:
    case LINK_SLOT_STATE:
    case LINK_LOAD:
        return parse_event(message->root, message->type, &message->event, ret_error);
    case LINK_UNKNOWN:
        break;
    }
    return 0;
}

int link_message_parse(
    const char *text, size_t len, struct link_message *ret_message, struct json_error *ret_error)
{
    struct link_message message = {.type = LINK_UNKNOWN};
    const char *type;
    int r = -EBADMSG;

    message.root = json_parse(text, len, LINK_MAX_REGISTER_BYTES, ret_error);
    if (!message.root)
        return -EBADMSG;
    type = json_get_string(message.root, "type", MAX_WORD_BYTES, ret_error);
    if (!type)
        goto out;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(types[i].name, type) == 0)
            message.type = types[i].type;
    }
    if (json_object_get(message.root, "id")) {
        if (json_get_int(message.root, "id", 0, INT64_MAX, &message.id, ret_error) < 0)
            goto out;
        message.has_id = true;
    }
    r = parse_body(&message, ret_error);
    if (r < 0)
        goto out;
    *ret_message = message;
    message.root = NULL;
out:
    json_decref(message.root);
    return r;
}

void link_message_finish(struct link_message *message)
{
    json_decref(message->root);
    message->root = NULL;
}

/* Sets a member and consumes value; false when value is NULL, as jansson gives it for bad UTF-8. */
static bool set(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value) == 0;
}

json_t *link_session_create(
    const struct link_record *record, const json_t *slots, const char *replace, const char *offer)
{
    json_t *message =
        json_pack("{s:s, s:s, s:s, s:s}", "type", "session.create", "session", record->session,
            "kind", record->kind == LINK_PUBLISH ? "publish" : "watch", "lesson", record->lesson);

    if (!message)
        return NULL;
    if ((*record->source && !set(message, "source", json_string(record->source))) ||
        (slots && !set(message, "slots", json_deep_copy(slots))) ||
        (replace && !set(message, "replace", json_string(replace))) ||
        !set(message, "record", link_record_to_json(record)) ||
        !set(message, "offer", json_string(offer))) {
        json_decref(message);
        return NULL;
    }
    return message;
}

json_t *link_session_trickle(const char *session, const char *fragment)
{
    return json_pack(
        "{s:s, s:s, s:s}", "type", "session.trickle", "session", session, "fragment", fragment);
}

json_t *link_session_restart(const struct link_record *record, const char *fragment)
{
    return json_pack("{s:s, s:s, s:s, s:o}", "type", "session.restart", "session", record->session,
        "fragment", fragment, "record", link_record_to_json(record));
}

json_t *link_session_close(const char *session, const char *reason)
{
    return json_pack(
        "{s:s, s:s, s:s}", "type", "session.close", "session", session, "reason", reason);
}

json_t *link_slots_set(const char *session, unsigned slot, const char *source)
{
    return json_pack("{s:s, s:s, s:i, s:s}", "type", "slots.set", "session", session, "slot",
        (int)slot, "source", source);
}
