#include "signaling/schools/rooms.h"

#include "common/name_table.h"
#include "common/plain_text.h"
#include "signaling/audit/audit_log.h"

#include <errno.h>
#include <string.h>

#define COLUMNS "id, school, use, name"

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
