#include "signaling/lessons/entries.h"

#include "common/name_table.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char *const mode_names[] = {
    [LESSON_CO_TEACHING] = "co_teaching",
    [LESSON_DELIVERY] = "delivery",
    [LESSON_RECORDED] = "recorded",
    [LESSON_RESEARCH] = "research",
};

static const char *const weeks_names[] = {
    [RECURRENCE_ALL] = "all",
    [RECURRENCE_ODD] = "odd",
    [RECURRENCE_EVEN] = "even",
};

NAME_TABLE_FUNCTIONS(mode_names, enum lesson_mode, entries_mode_name, entries_mode_of)

NAME_TABLE_FUNCTIONS(weeks_names, enum recurrence_weeks, entries_weeks_name, entries_weeks_of)

/* ---- reading ---- */

static void read_entry(sqlite3_stmt *statement, struct timetable_entry *ret_entry)
{
    char name[16];

    *ret_entry = (struct timetable_entry){
        .id = sqlite3_column_int64(statement, 0),
        .version = sqlite3_column_int64(statement, 1),
        .term = sqlite3_column_int64(statement, 2),
        .room = sqlite3_column_int64(statement, 3),
        .teacher = sqlite3_column_int64(statement, 4),
        .grade = (unsigned)sqlite3_column_int64(statement, 5),
        .period = (unsigned)sqlite3_column_int64(statement, 6),
        .recurrence =
            {
                .weekday = (unsigned)sqlite3_column_int64(statement, 7),
                .first_week = (unsigned)sqlite3_column_int64(statement, 8),
                .last_week = (unsigned)sqlite3_column_int64(statement, 9),
            },
    };
    store_column_text(statement, 10, ret_entry->subject, sizeof(ret_entry->subject));
    /* the table takes no other names */
    store_column_text(statement, 11, name, sizeof(name));
    entries_mode_of(name, &ret_entry->mode);
    store_column_text(statement, 12, name, sizeof(name));
    entries_weeks_of(name, &ret_entry->recurrence.weeks);
    ret_entry->past = sqlite3_column_int(statement, 13) != 0;
}

static int read_rooms(struct store *store, struct timetable_entry *entry)
{
    sqlite3_stmt *statement = store_prepare(store,
        "SELECT room, ifnull(teacher, 0), delay_s, live FROM entry_rooms WHERE entry = ?"
        " ORDER BY room");
    int r;

    store_bind_int(statement, 1, entry->id);
    while ((r = store_step(store, statement)) == 1 && entry->receiving_count < ENTRIES_MAX_ROOMS)
        entry->receiving[entry->receiving_count++] = (struct plan_room){
            .room = sqlite3_column_int64(statement, 0),
            .teacher = sqlite3_column_int64(statement, 1),
            .delay_s = (unsigned)sqlite3_column_int64(statement, 2),
            .live = sqlite3_column_int64(statement, 3) != 0,
        };
    store_finish(statement);
    return r < 0 ? r : 0;
}

struct plan_room *entries_receiving(struct timetable_entry *entry, int64_t room)
{
    for (size_t i = 0; i < entry->receiving_count; i++) {
        if (entry->receiving[i].room == room)
            return &entry->receiving[i];
    }
    return NULL;
}

int entries_get(struct store *store, int64_t id, struct timetable_entry *ret_entry)
{
    sqlite3_stmt *statement = store_prepare(store,
        "SELECT id, version, term, room, teacher, grade, period, weekday, first_week, last_week,"
        " subject, mode, weeks, past FROM timetable_entries WHERE id = ?");
    int r;

    store_bind_int(statement, 1, id);
    r = store_step(store, statement);
    if (r == 1)
        read_entry(statement, ret_entry);
    store_finish(statement);
    if (r != 1)
        return r;
    r = read_rooms(store, ret_entry);
    return r < 0 ? r : 1;
}

/* ---- writing ---- */

static void bind_entry(sqlite3_stmt *statement, const struct timetable_entry *entry)
{
    store_bind_int(statement, 1, entry->term);
    store_bind_text(statement, 2, entry->subject);
    store_bind_int(statement, 3, entry->grade);
    store_bind_text(statement, 4, entries_mode_name(entry->mode));
    store_bind_int(statement, 5, entry->room);
    store_bind_int(statement, 6, entry->teacher);
    store_bind_int(statement, 7, entry->recurrence.weekday);
    store_bind_int(statement, 8, entry->period);
    store_bind_text(statement, 9, entries_weeks_name(entry->recurrence.weeks));
    store_bind_int(statement, 10, entry->recurrence.first_week);
    store_bind_int(statement, 11, entry->recurrence.last_week);
}

static int insert_room(struct store *store, int64_t entry, const struct plan_room *room)
{
    sqlite3_stmt *statement =
        store_prepare(store, "INSERT INTO entry_rooms (entry, room, teacher, delay_s, live)"
                             " VALUES (?, ?, nullif(?, 0), ?, ?)");

    store_bind_int(statement, 1, entry);
    store_bind_int(statement, 2, room->room);
    store_bind_int(statement, 3, room->teacher);
    store_bind_int(statement, 4, room->delay_s);
    store_bind_int(statement, 5, room->live);
    return store_run(store, statement);
}

static int insert_rooms(struct store *store, int64_t id, const struct timetable_entry *entry)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < entry->receiving_count; i++)
        r = insert_room(store, id, &entry->receiving[i]);
    return r;
}

int entries_insert(
    struct store *store, const struct timetable_entry *entry, int64_t now_s, int64_t *ret_id)
{
    sqlite3_stmt *statement = store_prepare(store,
        "INSERT INTO timetable_entries (term, subject, grade, mode, room, teacher, weekday, period,"
        " weeks, first_week, last_week, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    int r;

    bind_entry(statement, entry);
    store_bind_int(statement, 12, now_s);
    r = store_run(store, statement);
    if (r < 0)
        return r;
    *ret_id = store_last_id(store);
    return insert_rooms(store, *ret_id, entry);
}

static int delete_rooms(struct store *store, int64_t entry)
{
    sqlite3_stmt *statement = store_prepare(store, "DELETE FROM entry_rooms WHERE entry = ?");

    store_bind_int(statement, 1, entry);
    return store_run(store, statement);
}

int entries_replace(struct store *store, const struct timetable_entry *entry)
{
    sqlite3_stmt *statement = store_prepare(store,
        "UPDATE timetable_entries SET term = ?, subject = ?, grade = ?, mode = ?, room = ?,"
        " teacher = ?, weekday = ?, period = ?, weeks = ?, first_week = ?, last_week = ?,"
        " version = version + 1 WHERE id = ? AND version = ?");
    int r;

    bind_entry(statement, entry);
    store_bind_int(statement, 12, entry->id);
    store_bind_int(statement, 13, entry->version);
    r = store_run(store, statement);
    if (r == 0 && store_changes(store) == 0)
        r = -ENOENT;
    if (r == 0)
        r = delete_rooms(store, entry->id);
    return r < 0 ? r : insert_rooms(store, entry->id, entry);
}

/* ---- rivals ---- */

static void add_id(json_t *ids, int64_t id)
{
    if (id != 0)
        json_array_append_new(ids, json_integer(id));
}

/* JSON arrays of their rooms or people, for SQLite's json_each(); NULL without memory. */
static char *list_needs(const struct timetable_entry *entries, size_t count, bool people)
{
    json_t *ids = json_array();
    char *text;

    for (const struct timetable_entry *entry = entries; entry < entries + count; entry++) {
        add_id(ids, people ? entry->teacher : entry->room);
        for (size_t i = 0; i < entry->receiving_count; i++)
            add_id(ids, people ? entry->receiving[i].teacher : entry->receiving[i].room);
    }
    text = ids ? json_dumps(ids, JSON_COMPACT) : NULL;
    json_decref(ids);
    return text;
}

int entries_rivals(struct store *store, const struct timetable_entry *likes, size_t count,
    int64_t except, const struct term *term, void (*on_id)(void *user, int64_t id), void *user)
{
    char *rooms = list_needs(likes, count, false), *people = list_needs(likes, count, true);
    sqlite3_stmt *statement = store_prepare(store,
        "WITH room (id) AS (SELECT value FROM json_each(?1)),"
        " person (id) AS (SELECT value FROM json_each(?2))"
        " SELECT e.id FROM timetable_entries e JOIN terms t ON t.id = e.term"
        " WHERE e.id != ?3 AND NOT e.past AND t.first_day <= ?5 AND t.last_day >= ?4 AND e.id IN ("
        "  SELECT id FROM timetable_entries WHERE room IN room"
        "  UNION SELECT id FROM timetable_entries WHERE teacher IN person"
        "  UNION SELECT entry FROM entry_rooms WHERE room IN room"
        "  UNION SELECT entry FROM entry_rooms WHERE teacher IN person)"
        " ORDER BY e.id");
    int r = rooms && people ? 0 : -ENOMEM;

    store_bind_text(statement, 1, rooms);
    store_bind_text(statement, 2, people);
    store_bind_int(statement, 3, except);
    store_bind_int(statement, 4, term->first_day);
    store_bind_int(statement, 5, term->last_day);
    while (r == 0 && (r = store_step(store, statement)) == 1) {
        on_id(user, sqlite3_column_int64(statement, 0));
        r = 0;
    }
    store_finish(statement);
    free(rooms);
    free(people);
    return r;
}
