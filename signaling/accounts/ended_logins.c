#include "signaling/accounts/ended_logins.h"

#define KEPT_S (24 * 3600)

static int forget_old(struct store *store, int64_t now_s)
{
    sqlite3_stmt *statement = store_prepare(store, "DELETE FROM ended_logins WHERE ended < ?");

    store_bind_int(statement, 1, now_s - KEPT_S);
    return store_run(store, statement);
}

int ended_logins_add(
    struct store *store, int64_t person, const char *id, const char *keep, int64_t now_s)
{
    sqlite3_stmt *statement;
    int r = forget_old(store, now_s);

    if (r < 0)
        return r;
    statement = store_prepare(store,
        "INSERT OR IGNORE INTO ended_logins (id, ended) SELECT substr(secret_hash, 1, 16), ?4"
        " FROM browser_sessions WHERE person = ?1 AND (?2 = '' OR substr(secret_hash, 1, 16) = ?2)"
        " AND substr(secret_hash, 1, 16) != ?3");
    store_bind_int(statement, 1, person);
    store_bind_text(statement, 2, id ? id : "");
    store_bind_text(statement, 3, keep);
    store_bind_int(statement, 4, now_s);
    return store_run(store, statement);
}

int ended_logins_have(struct store *store, const char *id)
{
    sqlite3_stmt *statement;

    if (*id == '\0')
        return 0;
    statement = store_prepare(store, "SELECT 1 FROM ended_logins WHERE id = ?");
    store_bind_text(statement, 1, id);
    return store_run(store, statement);
}
