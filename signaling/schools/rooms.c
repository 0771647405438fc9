#include "signaling/schools/rooms.h"

#include "common/name_table.h"
#include "common/plain_text.h"
#include "signaling/audit/audit_log.h"
#include "signaling/store/row_version.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define COLUMNS "id, school, use, name, version"

static const char *const use_names[] = {
    [ROOM_MASTER] = "master",
    [ROOM_RECEIVING] = "receiving",
    [ROOM_BOTH] = "both",
};

NAME_TABLE_FUNCTIONS(use_names, enum room_use, rooms_use_name, rooms_use_of)

static void read_row(sqlite3_stmt *statement, struct room *ret_room)
{
    char use[16];

    *ret_room = (struct room){
        .id = sqlite3_column_int64(statement, 0),
        .school = sqlite3_column_int64(statement, 1),
        .version = sqlite3_column_int64(statement, 4),
    };
    store_column_text(statement, 2, use, sizeof(use));
    rooms_use_of(use, &ret_room->use); /* the table takes no other name */
    store_column_text(statement, 3, ret_room->name, sizeof(ret_room->name));
}

static int check_school(struct store *store, int64_t school)
{
    struct organisation organisation;
    int r = organisations_get(store, school, &organisation);

    if (r < 0)
        return r;
    return r == 1 && organisation.kind == ORGANISATION_SCHOOL ? 0 : -ENOENT;
}

static int insert(struct store *store, const struct room *room, int64_t now_s)
{
    sqlite3_stmt *statement =
        store_prepare(store, "INSERT INTO rooms (school, use, name, created) VALUES (?, ?, ?, ?)");

    store_bind_int(statement, 1, room->school);
    store_bind_text(statement, 2, use_names[room->use]);
    store_bind_text(statement, 3, room->name);
    store_bind_int(statement, 4, now_s);
    return store_run(store, statement);
}

int rooms_insert(
    struct store *store, const struct room *room, const char *by, int64_t now_s, int64_t *ret_id)
{
    struct audit_entry entry = {now_s, by, "room.add", room->name, "done", ""};
    int r;

    if (!plain_text_fits(room->name, ORGANISATIONS_MAX_NAME_BYTES))
        return -EINVAL;
    r = check_school(store, room->school);
    if (r == 0)
        r = insert(store, room, now_s);
    if (r < 0)
        return r;
    *ret_id = store_last_id(store);
    return audit_log_add(store, &entry);
}

int rooms_add(
    struct store *store, const struct room *room, const char *by, int64_t now_s, int64_t *ret_id)
{
    int64_t id = 0;
    int r = store_begin(store);

    if (r < 0)
        return r;
    r = store_end(store, rooms_insert(store, room, by, now_s, &id));
    if (r == 0)
        *ret_id = id;
    return r;
}

/* ---- changing and removing ---- */

#define VERSION "SELECT version FROM rooms WHERE id = ?1"

static int commit(
    struct store *store, int r, int64_t room, const char *event, const char *by, int64_t now_s)
{
    char object[32];

    snprintf(object, sizeof(object), "room %lld", (long long)room);
    return audit_log_end(store, r, &(struct audit_entry){now_s, by, event, object, "done", ""});
}

/* Of weekly lessons that are to come, and of pairings. */
static int find_needed(
    struct store *store, const struct room *room, struct room_use_needed *ret_needed)
{
    sqlite3_stmt *statement = store_prepare(store,
        "SELECT (SELECT count(*) FROM timetable_entries WHERE room = ?1 AND NOT past AND ?2)"
        " + (SELECT count(*) FROM entry_rooms x JOIN timetable_entries e ON e.id = x.entry"
        "  WHERE x.room = ?1 AND NOT e.past AND ?3),"
        " (SELECT count(*) FROM pairings WHERE (master_room = ?1 AND ?2)"
        "  OR (receiving_room = ?1 AND ?3))");
    int r;

    store_bind_int(statement, 1, room->id);
    store_bind_int(statement, 2, room->use == ROOM_RECEIVING);
    store_bind_int(statement, 3, room->use == ROOM_MASTER);
    r = store_step(store, statement);
    if (r == 1) {
        ret_needed->lessons = sqlite3_column_int64(statement, 0);
        ret_needed->pairings = sqlite3_column_int64(statement, 1);
    }
    store_finish(statement);
    if (r < 0)
        return r;
    return ret_needed->lessons + ret_needed->pairings > 0 ? -ENOTEMPTY : 0;
}

static int update(struct store *store, const struct room *room)
{
    sqlite3_stmt *statement = store_prepare(
        store, "UPDATE rooms SET name = ?, use = ?, version = version + 1 WHERE id = ?");

    store_bind_text(statement, 1, room->name);
    store_bind_text(statement, 2, use_names[room->use]);
    store_bind_int(statement, 3, room->id);
    return store_run(store, statement);
}

int rooms_change(struct store *store, const struct room *room, const char *by, int64_t now_s,
    struct room_use_needed *ret_needed)
{
    int r;

    if (!plain_text_fits(room->name, ORGANISATIONS_MAX_NAME_BYTES))
        return -EINVAL;
    r = store_begin(store);
    if (r < 0)
        return r;
    r = row_version_check(store, VERSION, room->id, room->version);
    if (r == 0)
        r = find_needed(store, room, ret_needed);
    if (r == 0)
        r = update(store, room);
    return commit(store, r, room->id, "room.change", by, now_s);
}

static const struct hanging_look looks[] = {
    {HANGING_LESSONS,
        "WITH used (entry) AS (SELECT id FROM timetable_entries WHERE room = ?1"
        "  UNION SELECT entry FROM entry_rooms WHERE room = ?1)"
        " SELECT max((SELECT count(*) FROM used), (SELECT count(*) FROM lessons l"
        "  WHERE l.entry IN used OR l.id IN (SELECT lesson FROM substitutions"
        "   WHERE ?1 IN (place, room) UNION SELECT lesson FROM attendance WHERE room = ?1)))"},
    {HANGING_PAIRINGS, "SELECT count(*) FROM pairings WHERE ?1 IN (master_room, receiving_room)"},
    {HANGING_DEVICES, "SELECT count(*) FROM devices WHERE room = ?1"},
};

static int remove_rows(struct store *store, int64_t room)
{
    static const char *const statements[] = {
        "DELETE FROM calendars WHERE kind = 'room' AND subject = ?",
        "DELETE FROM rooms WHERE id = ?",
    };
    int r = 0;

    for (size_t i = 0; r == 0 && i < sizeof(statements) / sizeof(statements[0]); i++) {
        sqlite3_stmt *statement = store_prepare(store, statements[i]);

        store_bind_int(statement, 1, room);
        r = store_run(store, statement);
    }
    return r;
}

int rooms_remove(struct store *store, const struct room *room, const char *by, int64_t now_s,
    struct hanging *ret_hanging)
{
    int r = store_begin(store);

    if (r < 0)
        return r;
    r = row_version_check(store, VERSION, room->id, room->version);
    if (r == 0)
        r = hanging_find(store, looks, sizeof(looks) / sizeof(looks[0]), room->id, ret_hanging);
    if (r == 0)
        r = remove_rows(store, room->id);
    return commit(store, r, room->id, "room.remove", by, now_s);
}

/* ---- looking up ---- */

int rooms_get(struct store *store, int64_t id, struct room *ret_room)
{
    sqlite3_stmt *statement = store_prepare(store, "SELECT " COLUMNS " FROM rooms WHERE id = ?");
    int r;

    store_bind_int(statement, 1, id);
    r = store_step(store, statement);
    if (r == 1)
        read_row(statement, ret_room);
    store_finish(statement);
    return r;
}

int rooms_has_device(struct store *store, int64_t room, const char *kind)
{
    sqlite3_stmt *statement = store_prepare(
        store, "SELECT 1 FROM devices WHERE room = ? AND kind = ? AND revoked IS NULL");

    store_bind_int(statement, 1, room);
    store_bind_text(statement, 2, kind);
    return store_run(store, statement);
}

int rooms_list(struct store *store, int64_t organisation, const struct list_page *page,
    void (*on_room)(void *user, const struct room *room), void *user)
{
    sqlite3_stmt *statement = store_prepare(store,
        "SELECT " COLUMNS " FROM rooms WHERE (?1 = 0 OR school IN (" ORGANISATIONS_BELOW "))"
        " AND (?2 = 0 OR (school, name) > (SELECT school, name FROM rooms WHERE id = ?2))"
        " ORDER BY school, name LIMIT ?3");
    struct room room;
    int r;

    store_bind_int(statement, 1, organisation);
    store_bind_int(statement, 2, page->after);
    store_bind_int(statement, 3, page->limit);
    while ((r = store_step(store, statement)) == 1) {
        read_row(statement, &room);
        on_room(user, &room);
    }
    store_finish(statement);
    return r;
}
