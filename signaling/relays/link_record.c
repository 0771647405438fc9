/* What relays keep for signaling and give back: records of sessions and the slots of viewers. */
#include "signaling/relays/link_messages.h"

#include <errno.h>
#include <string.h>

#define MAX_WORD_BYTES 64

static const char *const views[] = {
    [LINK_VIEW_SOURCE] = "source",
    [LINK_VIEW_LESSON] = "lesson",
    [LINK_VIEW_WALL] = "wall",
};

static const char *const slot_states[] = {
    [LINK_SLOT_EMPTY] = "empty",
    [LINK_SLOT_PLAYING] = "playing",
    [LINK_SLOT_NO_CODEC] = "no_codec",
    [LINK_SLOT_PAUSED] = "paused",
};

int link_slot_state_find(const char *name, enum link_slot_state *ret_state)
{
    for (size_t i = 0; name && i < sizeof(slot_states) / sizeof(slot_states[0]); i++) {
        if (strcmp(slot_states[i], name) == 0) {
            *ret_state = (enum link_slot_state)i;
            return 0;
        }
    }
    return -EBADMSG;
}

json_t *link_record_to_json(const struct link_record *record)
{
    json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s*, s:s, s:s, s:I}", "session",
        record->session, "kind", record->kind == LINK_PUBLISH ? "publish" : "watch", "lesson",
        record->lesson, "source", record->source, "owner", record->owner, "login",
        *record->login ? record->login : NULL, "etag", record->etag, "ufrag", record->ufrag,
        "expires", (json_int_t)record->expires_s);

    if (!json || record->view == LINK_VIEW_SOURCE)
        return json;
    if (json_object_set_new(json, "view", json_string(views[record->view])) < 0 ||
        json_object_set_new(json, "room", json_string(record->room)) < 0 ||
        json_object_set_new(json, "watch", token_sources_to_json(&record->watch)) < 0) {
        json_decref(json);
        return NULL;
    }
    return json;
}

/* Absent in records of publishers and of viewers of one source. */
static int copy_view(const json_t *json, struct link_record *record)
{
    struct json_error error;
    const char *view = json_get_string_or(json, "view", MAX_WORD_BYTES, views[0], &error);
    const char *room = json_get_string_or(json, "room", LINK_MAX_NAME_CHARS, "", &error);
    size_t i = 0;

    if (!view || !room || (*room && !token_is_name(room)))
        return -EBADMSG;
    while (i < sizeof(views) / sizeof(views[0]) && strcmp(views[i], view) != 0)
        i++;
    if (i == sizeof(views) / sizeof(views[0]))
        return -EBADMSG;
    record->view = (enum link_view)i;
    memcpy(record->room, room, strlen(room) + 1);
    return token_sources_from_json(json_object_get(json, "watch"), &record->watch);
}

/* Absent in those that no login opened. */
static int copy_login(const json_t *json, struct link_record *record)
{
    struct json_error error;
    const char *login = json_get_string_or(json, "login", LINK_MAX_NAME_CHARS, "", &error);

    if (!login || (*login && !token_is_name(login)))
        return -EBADMSG;
    memcpy(record->login, login, strlen(login) + 1);
    return 0;
}

static bool copy_text(const json_t *json, const char *key, char *ret_text, size_t size)
{
    struct json_error error;
    const char *value = json_get_string(json, key, size - 1, &error);

    if (!value)
        return false;
    memcpy(ret_text, value, strlen(value) + 1);
    return true;
}

int link_record_from_json(const json_t *json, struct link_record *ret_record)
{
    struct link_record record = {0};
    struct json_error error;
    const char *kind;

    if (!json_is_object(json))
        return -EBADMSG;
    kind = json_get_string(json, "kind", MAX_WORD_BYTES, &error);
    if (!kind || (strcmp(kind, "publish") != 0 && strcmp(kind, "watch") != 0))
        return -EBADMSG;
    record.kind = strcmp(kind, "publish") == 0 ? LINK_PUBLISH : LINK_WATCH;
    if (!copy_text(json, "session", record.session, sizeof(record.session)) ||
        !copy_text(json, "lesson", record.lesson, sizeof(record.lesson)) ||
        !copy_text(json, "source", record.source, sizeof(record.source)) ||
        !copy_text(json, "owner", record.owner, sizeof(record.owner)) ||
        !copy_text(json, "etag", record.etag, sizeof(record.etag)) ||
        !copy_text(json, "ufrag", record.ufrag, sizeof(record.ufrag)))
        return -EBADMSG;
    if (!link_is_hex(record.session, RANDOM_ID_CHARS) ||
        !link_is_hex(record.etag, RANDOM_ID_CHARS) || !token_is_name(record.lesson) ||
        !token_is_name(record.owner))
        return -EBADMSG;
    if ((*record.source || record.kind == LINK_PUBLISH) && !token_is_name(record.source))
        return -EBADMSG;
    if (json_get_int(json, "expires", 0, INT64_MAX, &record.expires_s, &error) < 0)
        return -EBADMSG;
    if (copy_view(json, &record) < 0 || copy_login(json, &record) < 0)
        return -EBADMSG;
    *ret_record = record;
    return 0;
}

static int copy_index(const json_t *json, uint8_t *ret_index)
{
    json_int_t value = json_integer_value(json);

    if (!json_is_integer(json) || value < 0 || value >= LINK_MAX_SLOTS)
        return -EBADMSG;
    *ret_index = (uint8_t)value;
    return 0;
}

/* [m-line, "audio"|"video", place, source, state] */
static int copy_slot(const json_t *item, struct link_slot *ret_slot)
{
    const char *kind = json_string_value(json_array_get(item, 1));
    const char *source = json_string_value(json_array_get(item, 3));
    struct link_slot slot = {.line = 0};

    if (copy_index(json_array_get(item, 0), &slot.line) < 0 ||
        copy_index(json_array_get(item, 2), &slot.place) < 0 ||
        link_slot_state_find(json_string_value(json_array_get(item, 4)), &slot.state) < 0)
        return -EBADMSG;
    if (!kind || (strcmp(kind, "audio") != 0 && strcmp(kind, "video") != 0))
        return -EBADMSG;
    if (!source || (*source && !token_is_name(source)))
        return -EBADMSG;
    slot.is_video = strcmp(kind, "video") == 0;
    memcpy(slot.source, source, strlen(source) + 1);
    *ret_slot = slot;
    return 0;
}

int link_slots_from_json(
    const json_t *json, struct link_slot ret_slots[LINK_MAX_SLOTS], size_t *ret_count)
{
    const json_t *item;
    size_t i;

    if (!json_is_array(json) || json_array_size(json) > LINK_MAX_SLOTS)
        return -EBADMSG;
    json_array_foreach(json, i, item)
    {
        if (copy_slot(item, &ret_slots[i]) < 0 ||
            (i > 0 && ret_slots[i].line <= ret_slots[i - 1].line))
            return -EBADMSG;
    }
    *ret_count = json_array_size(json);
    return 0;
}
