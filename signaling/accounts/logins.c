#include "signaling/accounts/logins.h"

/* Longer than any media token lives; without a cookie there is no new one but over a WebSocket, in the same lesson. */
#define KEPT_S (7 * 24 * 3600)

static int forget_old(struct store *store, int64_t now_s)
{
    sqlite3_stmt *statement = store_prepare(store,
        "DELETE FROM logins WHERE begun < ?1 AND ifnull(ended, 0) < ?1"
        " AND id NOT IN (SELECT login FROM browser_sessions WHERE person = logins.person)");

    store_bind_int(statement, 1, now_s - KEPT_S);
    return store_run(store, statement);
}

int logins_add(struct store *store, const char *id, int64_t person, int64_t now_s)
{
    sqlite3_stmt *statement;
    int r = forget_old(store, now_s);

    if (r < 0)
        return r;
    statement =
        store_prepare(store, "INSERT OR IGNORE INTO logins (id, person, begun) VALUES (?, ?, ?)");
    store_bind_text(statement, 1, id);
    store_bind_int(statement, 2, person);
    store_bind_int(statement, 3, now_s);
    return store_run(store, statement);
}

int logins_end(struct store *store, int64_t person, const char *id, const char *keep, int64_t now_s)
{
    sqlite3_stmt *statement =
        store_prepare(store, "UPDATE logins SET ended = ?4 WHERE person = ?1 AND ended IS NULL"
                             " AND (?2 = '' OR id = ?2) AND id != ?3");

    store_bind_int(statement, 1, person);
    store_bind_text(statement, 2, id ? id : "");
    store_bind_text(statement, 3, keep);
    store_bind_int(statement, 4, now_s);
    return store_run(store, statement);
}

int logins_ended(struct store *store, const char *id)
{
    sqlite3_stmt *statement;

    if (*id == '\0')
        return 0;
    statement = store_prepare(store, "SELECT 1 FROM logins WHERE id = ? AND ended IS NOT NULL");
    store_bind_text(statement, 1, id);
    return store_run(store, statement);
}
