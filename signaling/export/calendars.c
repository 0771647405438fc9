#include "signaling/export/calendars.h"

#include "common/name_table.h"
#include "signaling/accounts/secret_hash.h"
#include "signaling/audit/audit_log.h"
#include "signaling/schools/organisations.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define COLUMNS          "c.id, c.kind, c.subject, c.english, c.owner, c.created, c.used"
#define SECONDS_PER_HOUR 3600

static const char *const kind_names[] = {
    [CALENDAR_TEACHER] = "teacher",
    [CALENDAR_ROOM] = "room",
    [CALENDAR_ORGANISATION] = "organisation",
};

NAME_TABLE_FUNCTIONS(kind_names, enum calendar_kind, calendars_kind_name, calendars_kind_of)

static void read_row(sqlite3_stmt *statement, struct calendar *ret_calendar)
{
    char kind[16];

    *ret_calendar = (struct calendar){
        .id = sqlite3_column_int64(statement, 0),
        .subject = sqlite3_column_int64(statement, 2),
        .english = sqlite3_column_int(statement, 3) != 0,
        .owner = sqlite3_column_int64(statement, 4),
        .created_s = sqlite3_column_int64(statement, 5),
        .used_s = sqlite3_column_int64(statement, 6),
    };
    store_column_text(statement, 1, kind, sizeof(kind));
    calendars_kind_of(kind, &ret_calendar->kind); /* the table takes no other name */
}

/* ---- who may ---- */

static int64_t number_or_none(struct store *store, const char *sql, int64_t id, int *ret_r)
{
    sqlite3_stmt *statement = store_prepare(store, sql);
    int64_t number = 0;

    store_bind_int(statement, 1, id);
    *ret_r = store_step(store, statement);
    if (*ret_r == 1)
        number = sqlite3_column_int64(statement, 0);
    store_finish(statement);
    return number;
}

static bool sees_schools(const char *role)
{
    return strcmp(role, "coordinator") == 0 || strcmp(role, "inspector") == 0 ||
           strcmp(role, "system_admin") == 0;
}

int calendars_may(
    struct store *store, const struct person *person, enum calendar_kind kind, int64_t subject)
{
    static const char *const organisation_of[] = {
        [CALENDAR_TEACHER] =
            "SELECT ifnull(organisation, 0) FROM people WHERE id = ? AND NOT disabled",
        [CALENDAR_ROOM] = "SELECT school FROM rooms WHERE id = ?",
        [CALENDAR_ORGANISATION] = "SELECT id FROM organisations WHERE id = ?",
    };
    int64_t organisation;
    int r;

    if (kind == CALENDAR_TEACHER && subject == person->id)
        return 1;
    if (!sees_schools(person->role))
        return 0;
    organisation = number_or_none(store, organisation_of[kind], subject, &r);
    if (r <= 0 || strcmp(person->role, "system_admin") == 0)
        return r;
    return organisations_contains(store, person->organisation, organisation);
}

/* ---- changing ---- */

/* The end of a transaction. */
static int end(
    struct store *store, int r, int64_t id, const char *event, const char *by, int64_t now_s)
{
    char object[32];
    struct audit_entry entry = {now_s, by, event, object, "done", ""};

    snprintf(object, sizeof(object), "calendar %lld", (long long)id);
    return audit_log_end(store, r, &entry);
}

static int count_of(struct store *store, const struct calendar *calendar, int64_t *ret_count)
{
    sqlite3_stmt *statement =
        store_prepare(store, "SELECT count(*) FROM calendars WHERE kind = ? AND subject = ?");
    int r;

    store_bind_text(statement, 1, kind_names[calendar->kind]);
    store_bind_int(statement, 2, calendar->subject);
    r = store_step(store, statement);
    if (r == 1)
        *ret_count = sqlite3_column_int64(statement, 0);
    store_finish(statement);
    return r < 0 ? r : 0;
}

static int insert(
    struct store *store, const struct calendar *calendar, const char *hash, int64_t now_s)
{
    sqlite3_stmt *statement = store_prepare(store,
        "INSERT INTO calendars (kind, subject, english, owner, secret_hash, created)"
        " VALUES (?, ?, ?, ?, ?, ?)");

    store_bind_text(statement, 1, kind_names[calendar->kind]);
    store_bind_int(statement, 2, calendar->subject);
    store_bind_int(statement, 3, calendar->english);
    store_bind_int(statement, 4, calendar->owner);
    store_bind_text(statement, 5, hash);
    store_bind_int(statement, 6, now_s);
    return store_run(store, statement);
}

int calendars_add(struct store *store, const struct calendar *calendar, const char *by,
    int64_t now_s, int64_t *ret_id, char ret_secret[RANDOM_ID_CHARS + 1])
{
    char hash[SECRET_HASH_CHARS + 1];
    int64_t count = 0, id = 0;
    int r = store_begin(store);

    if (r < 0)
        return r;
    random_id(ret_secret);
    secret_hash(ret_secret, hash);
    r = count_of(store, calendar, &count);
    if (r == 0)
        r = count >= CALENDARS_MAX_EACH ? -ENOSPC : insert(store, calendar, hash, now_s);
    id = store_last_id(store);
    r = end(store, r, id, "calendar.add", by, now_s);
    if (r == 0)
        *ret_id = id;
    return r;
}

/* Runs a change of one row. */
static int run_change(struct store *store, sqlite3_stmt *statement)
{
    int r = store_run(store, statement);

    return r == 0 && store_changes(store) == 0 ? -ENOENT : r;
}

int calendars_rotate(struct store *store, int64_t id, int64_t owner, const char *by, int64_t now_s,
    char ret_secret[RANDOM_ID_CHARS + 1])
{
    char hash[SECRET_HASH_CHARS + 1];
    sqlite3_stmt *statement;
    int r = store_begin(store);

    if (r < 0)
        return r;
    random_id(ret_secret);
    secret_hash(ret_secret, hash);
    statement = store_prepare(store,
        "UPDATE calendars SET secret_hash = ?, created = ?, used = 0, owner = ? WHERE id = ?");
    store_bind_text(statement, 1, hash);
    store_bind_int(statement, 2, now_s);
    store_bind_int(statement, 3, owner);
    store_bind_int(statement, 4, id);
    return end(store, run_change(store, statement), id, "calendar.rotate", by, now_s);
}

int calendars_remove(struct store *store, int64_t id, const char *by, int64_t now_s)
{
    sqlite3_stmt *statement;
    int r = store_begin(store);

    if (r < 0)
        return r;
    statement = store_prepare(store, "DELETE FROM calendars WHERE id = ?");
    store_bind_int(statement, 1, id);
    return end(store, run_change(store, statement), id, "calendar.remove", by, now_s);
}

/* ---- finding ---- */

int calendars_get(struct store *store, int64_t id, struct calendar *ret_calendar)
{
    sqlite3_stmt *statement =
        store_prepare(store, "SELECT " COLUMNS " FROM calendars c WHERE c.id = ?");
    int r;

    store_bind_int(statement, 1, id);
    r = store_step(store, statement);
    if (r == 1)
        read_row(statement, ret_calendar);
    store_finish(statement);
    return r;
}

/* To the hour, so that a program that asks all day writes seldom. */
static int note_use(struct store *store, const struct calendar *calendar, int64_t now_s)
{
    sqlite3_stmt *statement;

    if (calendar->used_s > now_s - SECONDS_PER_HOUR)
        return 0;
    statement = store_prepare(store, "UPDATE calendars SET used = ? WHERE id = ?");
    store_bind_int(statement, 1, now_s);
    store_bind_int(statement, 2, calendar->id);
    return store_run(store, statement);
}

/* 1, 0, or an error of the store. */
static int is_allowed(struct store *store, const struct calendar *calendar)
{
    struct person owner;
    int r = people_get(store, calendar->owner, &owner);

    if (r != 1 || owner.disabled)
        return r < 0 ? r : 0;
    return calendars_may(store, &owner, calendar->kind, calendar->subject);
}

int calendars_knows(struct store *store, const char *secret)
{
    sqlite3_stmt *statement = store_prepare(store, "SELECT 1 FROM calendars WHERE secret_hash = ?");
    char hash[SECRET_HASH_CHARS + 1];

    secret_hash(secret, hash);
    store_bind_text(statement, 1, hash);
    return store_run(store, statement);
}

int calendars_find(
    struct store *store, const char *secret, int64_t now_s, struct calendar *ret_calendar)
{
    sqlite3_stmt *statement =
        store_prepare(store, "SELECT " COLUMNS " FROM calendars c WHERE c.secret_hash = ?");
    char hash[SECRET_HASH_CHARS + 1];
    int r;

    secret_hash(secret, hash);
    store_bind_text(statement, 1, hash);
    r = store_step(store, statement);
    if (r == 1)
        read_row(statement, ret_calendar);
    store_finish(statement);
    if (r == 1)
        r = is_allowed(store, ret_calendar);
    if (r != 1)
        return r;
    r = note_use(store, ret_calendar, now_s);
    return r < 0 ? r : 1;
}

int calendars_list(struct store *store, int64_t organisation, int64_t person,
    void (*on_calendar)(void *user, const struct calendar *calendar), void *user)
{
    sqlite3_stmt *statement = store_prepare(store,
        "WITH part (id) AS (" ORGANISATIONS_BELOW ")"
        " SELECT " COLUMNS " FROM calendars c WHERE ?1 = 0 OR c.owner = ?2"
        " OR (c.kind = 'teacher' AND c.subject = ?2)"
        " OR (c.kind = 'organisation' AND c.subject IN part)"
        " OR (c.kind = 'room' AND c.subject IN (SELECT id FROM rooms WHERE school IN part))"
        " OR (c.kind = 'teacher' AND c.subject IN (SELECT id FROM people WHERE organisation IN "
        "part))"
        " ORDER BY c.kind, c.subject, c.id");
    struct calendar calendar;
    int r;

    store_bind_int(statement, 1, organisation);
    store_bind_int(statement, 2, person);
    while ((r = store_step(store, statement)) == 1) {
        read_row(statement, &calendar);
        on_calendar(user, &calendar);
    }
    store_finish(statement);
    return r;
}
