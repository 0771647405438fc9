#include "signaling/accounts/devices.h"

#include "common/name_table.h"
#include "common/plain_text.h"
#include "signaling/accounts/device_codes.h"
#include "signaling/accounts/device_log.h"
#include "signaling/audit/audit_log.h"
#include "signaling/schools/organisations.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DEVICE                                                                                     \
    "SELECT d.id, d.room, d.kind, d.name, d.public_key, d.enrolled, ifnull(d.revoked, 0),"         \
    " d.seen, d.version, d.health, r.school, r.name, o.name, o.zone FROM devices d"                \
    " JOIN rooms r ON r.id = d.room JOIN organisations o ON o.id = r.school"

static const char *const kind_names[] = {
    [DEVICE_CAPTURE] = "capture",
    [DEVICE_PLAYER] = "player",
};

NAME_TABLE_FUNCTIONS(kind_names, enum device_kind, devices_kind_name, devices_kind_of)

void devices_subject(int64_t id, char ret_subject[DEVICES_SUBJECT_CHARS])
{
    snprintf(ret_subject, DEVICES_SUBJECT_CHARS, "device-%lld", (long long)id);
}

static int insert_device(struct store *store, struct device *device, int64_t now_s)
{
    sqlite3_stmt *statement = store_prepare(store,
        "INSERT INTO devices (room, kind, name, public_key, enrolled, seen, version, health)"
        " VALUES (?, ?, ?, ?, ?5, ?5, ?6, '')");
    int r;

    store_bind_int(statement, 1, device->room);
    store_bind_text(statement, 2, kind_names[device->kind]);
    store_bind_text(statement, 3, device->name);
    if (statement)
        sqlite3_bind_blob(statement, 4, device->public_key, DEVICES_KEY_BYTES, SQLITE_STATIC);
    store_bind_int(statement, 5, now_s);
    store_bind_text(statement, 6, device->version);
    r = store_run(store, statement);
    device->id = store_last_id(store);
    device->enrolled_s = device->seen_s = now_s;
    return r;
}

int devices_enrol(struct store *store, const uint8_t key[TOKEN_KEY_BYTES], const char *code,
    int64_t now_s, struct device *device)
{
    char person[DEVICES_SUBJECT_CHARS + 8] = "", object[32] = "";
    struct audit_entry entry = {now_s, person, "device.enrol", object, "done", ""};
    struct device_code found = {0};
    int r;

    if (!plain_text_fits(device->name, DEVICES_MAX_NAME_BYTES) ||
        !plain_text_fits(device->version, DEVICES_MAX_VERSION_BYTES))
        return -EINVAL;
    r = store_begin(store);
    if (r < 0)
        return r;
    r = device_codes_find(store, key, code, now_s, &found);
    device->room = found.room;
    device->kind = found.kind;
    if (r == 0)
        r = insert_device(store, device, now_s);
    if (r == 0)
        r = device_codes_use(store, found.id, device->id);
    if (r == 0)
        r = device_log_add(store, device->id, "enrolled", now_s);
    snprintf(person, sizeof(person), "device %lld", (long long)device->id);
    snprintf(object, sizeof(object), "room %lld", (long long)device->room);
    r = audit_log_end(store, r, &entry);
    return r == 0 ? devices_get(store, device->id, device) < 0 ? -EIO : 0 : r;
}

static void read_row(sqlite3_stmt *statement, struct device *ret_device)
{
    char kind[16];
    const void *key = sqlite3_column_blob(statement, 4);

    *ret_device = (struct device){
        .id = sqlite3_column_int64(statement, 0),
        .room = sqlite3_column_int64(statement, 1),
        .enrolled_s = sqlite3_column_int64(statement, 5),
        .revoked_s = sqlite3_column_int64(statement, 6),
        .seen_s = sqlite3_column_int64(statement, 7),
        .school = sqlite3_column_int64(statement, 10),
    };
    store_column_text(statement, 2, kind, sizeof(kind));
    devices_kind_of(kind, &ret_device->kind);
    store_column_text(statement, 3, ret_device->name, sizeof(ret_device->name));
    if (key && sqlite3_column_bytes(statement, 4) == DEVICES_KEY_BYTES)
        memcpy(ret_device->public_key, key, DEVICES_KEY_BYTES);
    store_column_text(statement, 8, ret_device->version, sizeof(ret_device->version));
    store_column_text(statement, 9, ret_device->health, sizeof(ret_device->health));
    store_column_text(statement, 11, ret_device->room_name, sizeof(ret_device->room_name));
    store_column_text(statement, 12, ret_device->school_name, sizeof(ret_device->school_name));
    store_column_text(statement, 13, ret_device->zone, sizeof(ret_device->zone));
}

int devices_get(struct store *store, int64_t id, struct device *ret_device)
{
    sqlite3_stmt *statement = store_prepare(store, DEVICE " WHERE d.id = ?");
    int r;

    store_bind_int(statement, 1, id);
    r = store_step(store, statement);
    if (r == 1)
        read_row(statement, ret_device);
    store_finish(statement);
    return r;
}

int devices_list(struct store *store, int64_t organisation,
    void (*on_device)(void *user, const struct device *device), void *user)
{
    sqlite3_stmt *statement = store_prepare(store,
        DEVICE " WHERE d.revoked IS NULL AND (?1 = 0 OR r.school IN (" ORGANISATIONS_BELOW "))"
               " ORDER BY r.school, r.name, d.id");
    struct device device;
    int r;

    store_bind_int(statement, 1, organisation);
    while ((r = store_step(store, statement)) == 1) {
        read_row(statement, &device);
        on_device(user, &device);
    }
    store_finish(statement);
    return r;
}

static int mark_revoked(struct store *store, int64_t id, int64_t now_s)
{
    sqlite3_stmt *statement =
        store_prepare(store, "UPDATE devices SET revoked = ? WHERE id = ? AND revoked IS NULL");
    int r;

    store_bind_int(statement, 1, now_s);
    store_bind_int(statement, 2, id);
    r = store_run(store, statement);
    return r == 0 && store_changes(store) == 0 ? -ENOENT : r;
}

static int end_sessions(struct store *store, int64_t id)
{
    sqlite3_stmt *statement = store_prepare(store, "DELETE FROM device_sessions WHERE device = ?");

    store_bind_int(statement, 1, id);
    return store_run(store, statement);
}

int devices_revoke(struct store *store, int64_t id, const char *by, bool in_lesson, int64_t now_s)
{
    char object[32];
    struct audit_entry entry = {
        now_s, by, "device.revoke", object, "done", in_lesson ? "{\"in_lesson\":true}" : ""};
    int r = store_begin(store);

    if (r < 0)
        return r;
    snprintf(object, sizeof(object), "device %lld", (long long)id);
    r = mark_revoked(store, id, now_s);
    if (r == 0)
        r = end_sessions(store, id);
    if (r == 0)
        r = device_log_add(store, id, "revoked", now_s);
    return audit_log_end(store, r, &entry);
}

/* Whether the device says something else of itself than before: 1, 0, or an error of the store. */
static int says_something_new(
    struct store *store, int64_t id, const char *version, const char *health)
{
    sqlite3_stmt *statement = store_prepare(store,
        "SELECT 1 FROM devices WHERE id = ? AND (version != ? OR health != ifnull(?, health))");

    store_bind_int(statement, 1, id);
    store_bind_text(statement, 2, version);
    if (health)
        store_bind_text(statement, 3, health);
    return store_run(store, statement);
}

static int note(
    struct store *store, int64_t id, const char *version, const char *health, int64_t now_s)
{
    sqlite3_stmt *statement = store_prepare(
        store, "UPDATE devices SET seen = ?, version = ?, health = ifnull(?, health) WHERE id = ?");

    store_bind_int(statement, 1, now_s);
    store_bind_text(statement, 2, version);
    if (health)
        store_bind_text(statement, 3, health);
    store_bind_int(statement, 4, id);
    return store_run(store, statement);
}

int devices_see(struct store *store, int64_t id, const char *version, const char *health,
    bool proven, int64_t now_s)
{
    int is_new, r = store_begin(store);

    if (r < 0)
        return r;
    r = is_new = says_something_new(store, id, version, health);
    if (r >= 0)
        r = note(store, id, version, health, now_s);
    if (r == 0 && proven)
        r = device_log_add(store, id, "session", now_s);
    else if (r == 0 && is_new)
        r = device_log_add(store, id, "health", now_s);
    return store_end(store, r);
}

void devices_media_rights(int64_t room, bool is_master, struct token_sources *ret_publish,
    struct token_sources *ret_watch)
{
    char source[32];

    *ret_publish = *ret_watch = (struct token_sources){.count = 0};
    snprintf(source, sizeof(source), "room-%lld", (long long)room);
    token_sources_parse(is_master ? "teacher-camera,teacher-content" : source, ret_publish);
    token_sources_parse("*", ret_watch);
}
