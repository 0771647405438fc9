#include "relay/link_messages.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define OFFER_BYTES (256 * 1024)

int session_fail(
    struct session_error *ret_error, int status, const char *code, const char *format, ...)
{
    va_list args;

    ret_error->status = status;
    ret_error->code = code;
    va_start(args, format);
    vsnprintf(ret_error->detail, sizeof(ret_error->detail), format, args);
    va_end(args);
    return -EINVAL;
}

/* ---- parsing ---- */

static const struct {
    const char *name;
    enum link_message_type type;
    bool is_request;
} link_types[] = {
    {"hello", LINK_HELLO, false},
    {"welcome", LINK_WELCOME, false},
    {"refused", LINK_REFUSED, false},
    {"session.create", LINK_SESSION_CREATE, true},
    {"session.trickle", LINK_SESSION_TRICKLE, true},
    {"session.restart", LINK_SESSION_RESTART, true},
    {"session.close", LINK_SESSION_CLOSE, true},
    {"slots.set", LINK_SLOTS_SET, true},
    {"stats.get", LINK_STATS_GET, true},
};

static bool is_hex(const char *text, size_t chars)
{
    return strlen(text) == chars && strspn(text, "0123456789abcdef") == chars;
}

static int get_hex(const json_t *object, const char *key, size_t chars, const char **ret_hex,
    struct json_error *error)
{
    const char *hex = json_get_string(object, key, chars, error);

    if (hex == NULL)
        return -EBADMSG;
    if (!is_hex(hex, chars)) {
        snprintf(
            error->text, sizeof(error->text), "%s: expected %zu lower-case hex digits", key, chars);
        return -EBADMSG;
    }
    *ret_hex = hex;
    return 0;
}

/* Lesson and source names stand in logs and events: printable ASCII only. */
static bool is_name(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text < 0x21 || *text > 0x7e)
            return false;
    }
    return true;
}

static int get_name(
    const json_t *object, const char *key, const char **ret_name, struct json_error *error)
{
    const char *name = json_get_string(object, key, MEDIA_NAME_CHARS - 1, error);

    if (name == NULL)
        return -EBADMSG;
    if (!is_name(name)) {
        snprintf(error->text, sizeof(error->text), "%s: expected printable characters", key);
        return -EBADMSG;
    }
    *ret_name = name;
    return 0;
}

static int get_slots(const json_t *slots, const char *key, const char **ret_names,
    size_t *ret_count, struct json_error *error)
{
    const json_t *list = json_object_get(slots, key);
    const json_t *item;
    size_t i;

    *ret_count = 0;
    if (list == NULL)
        return 0;
    if (!json_is_array(list) || json_array_size(list) > MEDIA_MAX_SLOTS) {
        snprintf(error->text, sizeof(error->text), "slots.%s: expected a list of at most %d names",
            key, MEDIA_MAX_SLOTS);
        return -EBADMSG;
    }
    json_array_foreach(list, i, item)
    {
        const char *name = json_string_value(item);

        if (name == NULL || json_string_length(item) >= MEDIA_NAME_CHARS || !is_name(name)) {
            snprintf(error->text, sizeof(error->text), "slots.%s: expected names of sources", key);
            return -EBADMSG;
        }
        ret_names[i] = name;
    }
    *ret_count = json_array_size(list);
    return 0;
}

static int parse_create_what(
    const json_t *object, struct session_request *create, struct json_error *error)
{
    const json_t *slots = json_object_get(object, "slots");

    if (create->kind == SESSION_PUBLISH || json_object_get(object, "source") != NULL) {
        if (get_name(object, "source", &create->source, error) < 0)
            return -EBADMSG;
        if (create->source[0] != '\0')
            return 0;
        snprintf(error->text, sizeof(error->text), "source: must not be empty");
        return -EBADMSG;
    }
    if (!json_is_object(slots)) {
        snprintf(error->text, sizeof(error->text), "slots: expected an object, or a source");
        return -EBADMSG;
    }
    if (get_slots(slots, "video", create->video_slots, &create->video_slot_count, error) < 0)
        return -EBADMSG;
    return get_slots(slots, "audio", create->audio_slots, &create->audio_slot_count, error);
}

static int parse_create(
    const json_t *object, struct link_message *message, struct json_error *error)
{
    struct session_request *create = &message->create;
    const char *kind = json_get_string(object, "kind", 16, error);

    if (kind == NULL)
        return -EBADMSG;
    if (strcmp(kind, "publish") != 0 && strcmp(kind, "watch") != 0) {
        snprintf(error->text, sizeof(error->text), "kind: expected publish or watch");
        return -EBADMSG;
    }
    create->session = message->session;
    create->kind = strcmp(kind, "publish") == 0 ? SESSION_PUBLISH : SESSION_WATCH;
    if (get_name(object, "lesson", &create->lesson, error) < 0 ||
        parse_create_what(object, create, error) < 0)
        return -EBADMSG;
    create->offer = json_get_string(object, "offer", OFFER_BYTES, error);
    if (create->offer == NULL)
        return -EBADMSG;
    if (json_object_get(object, "replace") != NULL &&
        !json_is_null(json_object_get(object, "replace")) &&
        get_hex(object, "replace", SESSION_ID_CHARS, &create->replace, error) < 0)
        return -EBADMSG;
    create->record = message->record;
    return 0;
}

static int parse_slots_set(
    const json_t *object, struct link_message *message, struct json_error *error)
{
    int64_t slot;
    int err = json_get_int(object, "slot", 0, MEDIA_MAX_SLOTS - 1, &slot, error);

    if (err < 0)
        return err;
    message->slot = (size_t)slot;
    return get_name(object, "source", &message->source, error);
}

static int parse_session_request(
    const json_t *object, struct link_message *message, struct json_error *error)
{
    if (get_hex(object, "session", SESSION_ID_CHARS, &message->session, error) < 0)
        return -EBADMSG;
    message->record = json_object_get(object, "record");
    if (message->record != NULL && !json_is_object(message->record))
        message->record = NULL;
    switch (message->type) {
    case LINK_SESSION_CREATE:
        return parse_create(object, message, error);
    case LINK_SESSION_TRICKLE:
    case LINK_SESSION_RESTART:
        message->fragment = json_get_string(object, "fragment", LINK_FRAGMENT_BYTES, error);
        return message->fragment == NULL ? -EBADMSG : 0;
    case LINK_SLOTS_SET:
        return parse_slots_set(object, message, error);
    default:
        message->reason = json_get_string_or(object, "reason", LINK_REASON_BYTES, "", error);
        return message->reason == NULL ? -EBADMSG : 0;
    }
}

static int parse_members(
    const json_t *object, struct link_message *message, struct json_error *error)
{
    switch (message->type) {
    case LINK_HELLO:
        return get_hex(object, "nonce", LINK_NONCE_CHARS, &message->nonce, error);
    case LINK_WELCOME:
        return get_hex(object, "mac", LINK_MAC_CHARS, &message->mac, error);
    case LINK_REFUSED:
        message->reason = json_get_string_or(object, "reason", LINK_REASON_BYTES, "", error);
        return message->reason == NULL ? -EBADMSG : 0;
    case LINK_STATS_GET:
        return json_get_bool_or(object, "detail", false)
                   ? get_name(object, "lesson", &message->detail, error)
                   : 0;
    default:
        return parse_session_request(object, message, error);
    }
}

static int parse_document(
    const json_t *object, struct link_message *message, struct link_refusal *refusal)
{
    struct json_error error = {0};
    const char *name = json_get_string(object, "type", 32, &error);
    bool known = false;

    if (json_get_int(object, "id", 0, INT64_MAX, &refusal->id, &error) == 0)
        refusal->has_id = true;
    if (name == NULL) {
        snprintf(refusal->text, sizeof(refusal->text), "type: expected the name of a message");
        return -EBADMSG;
    }
    for (size_t i = 0; i < sizeof(link_types) / sizeof(link_types[0]); i++) {
        if (strcmp(link_types[i].name, name) != 0)
            continue;
        message->type = link_types[i].type;
        known = !link_types[i].is_request || refusal->has_id;
    }
    if (!known) {
        snprintf(refusal->text, sizeof(refusal->text), "unknown type, or a request without id");
        return -EBADMSG;
    }
    message->id = refusal->id;
    if (parse_members(object, message, &error) < 0) {
        snprintf(refusal->text, sizeof(refusal->text), "%s", error.text);
        return -EBADMSG;
    }
    return 0;
}

int link_message_parse(const char *text, size_t len, struct link_message *ret_message,
    struct link_refusal *ret_refusal)
{
    struct link_message message = {0};
    struct link_refusal refusal = {0};
    struct json_error error = {0};
    int err;

    message.document = json_parse(text, len, LINK_MESSAGE_BYTES, &error);
    if (!json_is_object(message.document)) {
        snprintf(refusal.text, sizeof(refusal.text), "expected a JSON object: %s", error.text);
        err = -EBADMSG;
    } else {
        err = parse_document(message.document, &message, &refusal);
    }
    if (err < 0) {
        json_decref(message.document);
        *ret_refusal = refusal;
        return err;
    }
    *ret_message = message;
    return 0;
}

void link_message_finish(struct link_message *message)
{
    json_decref(message->document);
    message->document = NULL;
}

/* ---- proof ---- */

static void append(uint8_t *buffer, size_t *len, const char *text)
{
    size_t chars = strlen(text);

    memcpy(buffer + *len, text, chars);
    *len += chars;
}

int link_mac(const char *key, const char *who, const char *relay_id, const char *first,
    const char *second, char ret_mac[static LINK_MAC_CHARS + 1])
{
    uint8_t text[256];
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned digest_len = 0;
    size_t len = 0;

    if (strlen(who) + strlen(relay_id) + strlen(first) + strlen(second) + 3 > sizeof(text))
        return -EIO;
    append(text, &len, who);
    text[len++] = 0;
    append(text, &len, relay_id);
    text[len++] = 0;
    append(text, &len, first);
    text[len++] = 0;
    append(text, &len, second);
    if (HMAC(EVP_sha256(), key, (int)strlen(key), text, len, digest, &digest_len) == NULL)
        return -EIO;
    for (unsigned i = 0; i < digest_len; i++)
        snprintf(ret_mac + (size_t)i * 2, 3, "%02x", digest[i]);
    return 0;
}

bool link_mac_equal(const char *a, const char *b)
{
    return strlen(a) == LINK_MAC_CHARS && strlen(b) == LINK_MAC_CHARS &&
           CRYPTO_memcmp(a, b, LINK_MAC_CHARS) == 0;
}

/* ---- building ---- */

json_t *link_register(const char *relay_id, const char *nonce, const char *mac,
    size_t capacity_sessions, json_t *sessions)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:{s:I}, s:o}", "type", "register", "relay",
        relay_id, "version", DUET_VERSION, "nonce", nonce, "mac", mac, "capacity", "sessions",
        (json_int_t)capacity_sessions, "sessions", sessions);
}

json_t *link_reply(int64_t id, json_t *members)
{
    json_t *reply = json_pack("{s:I, s:s, s:b}", "id", (json_int_t)id, "type", "reply", "ok", 1);

    if (reply != NULL && members != NULL && json_object_update(reply, members) < 0) {
        json_decref(reply);
        reply = NULL;
    }
    json_decref(members);
    return reply;
}

json_t *link_reply_error(int64_t id, const struct session_error *error)
{
    return json_pack("{s:I, s:s, s:b, s:{s:i, s:s, s:s}}", "id", (json_int_t)id, "type", "reply",
        "ok", 0, "error", "status", error->status, "code", error->code, "detail", error->detail);
}

json_t *link_session_state(const char *session, bool connected, const char *reason)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "type", "session.state", "session", session, "state",
        connected ? "connected" : "closed", "reason", reason);
}

json_t *link_source_state(const char *lesson, const char *source, bool active)
{
    return json_pack("{s:s, s:s, s:s, s:b}", "type", "source.state", "lesson", lesson, "source",
        source, "active", active);
}

json_t *link_slot_state(const char *session, size_t slot, const char *state)
{
    return json_pack("{s:s, s:s, s:I, s:s}", "type", "slot.state", "session", session, "slot",
        (json_int_t)slot, "state", state);
}

json_t *link_load(size_t sessions, double cpu, double rtp_out_pps)
{
    return json_pack("{s:s, s:I, s:f, s:f}", "type", "load", "sessions", (json_int_t)sessions,
        "cpu", cpu, "rtp_out_pps", rtp_out_pps);
}
