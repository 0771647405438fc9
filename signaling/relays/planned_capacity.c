#include "signaling/relays/planned_capacity.h"

#define NUMBER_TEXT(number) #number
#define NUMBER(number)      NUMBER_TEXT(number)

/* No relay has an empty name. */
#define OPERATOR     ""
#define NOTE_EVERY_S 86400

static int write_row(struct store *store, const char *relay, int64_t sessions, int64_t now_s)
{
    sqlite3_stmt *statement = store_prepare(store,
        "INSERT INTO relay_capacities (relay, sessions, seen) VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET sessions = excluded.sessions, seen = excluded.seen");

    store_bind_text(statement, 1, relay);
    store_bind_int(statement, 2, sessions);
    store_bind_int(statement, 3, now_s);
    return store_run(store, statement);
}

int planned_capacity_set(struct store *store, int64_t sessions, int64_t now_s)
{
    sqlite3_stmt *statement;

    if (sessions > 0)
        return write_row(store, OPERATOR, sessions, now_s);
    statement = store_prepare(store, "DELETE FROM relay_capacities WHERE relay = ?");
    store_bind_text(statement, 1, OPERATOR);
    return store_run(store, statement);
}

static int forget(struct store *store, int64_t before_s)
{
    sqlite3_stmt *statement =
        store_prepare(store, "DELETE FROM relay_capacities WHERE relay != ? AND seen < ?");

    store_bind_text(statement, 1, OPERATOR);
    store_bind_int(statement, 2, before_s);
    return store_run(store, statement);
}

static int is_known(struct store *store, const struct announced_capacity *relay, int64_t now_s)
{
    sqlite3_stmt *statement = store_prepare(
        store, "SELECT 1 FROM relay_capacities WHERE relay = ? AND sessions = ? AND seen > ?");

    store_bind_text(statement, 1, relay->relay);
    store_bind_int(statement, 2, relay->sessions);
    store_bind_int(statement, 3, now_s - NOTE_EVERY_S);
    return store_run(store, statement);
}

/* A relay that comes and goes is no reason to write each time. */
static int all_are_known(
    struct store *store, const struct announced_capacity *relays, size_t count, int64_t now_s)
{
    int r = 1;

    for (size_t i = 0; r == 1 && i < count; i++)
        r = is_known(store, &relays[i], now_s);
    return r;
}

int planned_capacity_note(
    struct store *store, const struct announced_capacity *relays, size_t count, int64_t now_s)
{
    int r = all_are_known(store, relays, count, now_s);

    if (r != 0)
        return r < 0 ? r : 0;
    r = store_begin(store);
    if (r < 0)
        return r;
    for (size_t i = 0; r == 0 && i < count; i++)
        r = write_row(store, relays[i].relay, relays[i].sessions, now_s);
    if (r == 0)
        r = forget(store, now_s - PLANNED_CAPACITY_LIFE_S);
    return store_end(store, r);
}

int planned_capacity_get(struct store *store, int64_t *ret_sessions)
{
    sqlite3_stmt *statement = store_prepare(store,
        "SELECT coalesce((SELECT sessions FROM relay_capacities WHERE relay = ?),"
        " (SELECT sum(sessions) FROM relay_capacities)," NUMBER(PLANNED_CAPACITY_DEFAULT) ")");
    int r;

    store_bind_text(statement, 1, OPERATOR);
    r = store_step(store, statement);
    if (r == 1)
        *ret_sessions = sqlite3_column_int64(statement, 0);
    store_finish(statement);
    return r < 0 ? r : 0;
}
