#include "signaling/accounts/tickets.h"

#include "signaling/accounts/secret_hash.h"

#include <string.h>

static int remove_expired(struct store *store, int64_t now_s)
{
    sqlite3_stmt *statement = store_prepare(store, "DELETE FROM tickets WHERE expires <= ?");

    store_bind_int(statement, 1, now_s);
    return store_run(store, statement);
}

int tickets_add(struct store *store, const struct ticket *ticket, int64_t now_s,
    char ret_secret[RANDOM_ID_CHARS + 1])
{
    char secret[RANDOM_ID_CHARS + 1];
    char hash[SECRET_HASH_CHARS + 1];
    sqlite3_stmt *statement;
    int r = remove_expired(store, now_s);

    if (r < 0)
        return r;
    statement = store_prepare(store, "INSERT INTO tickets (secret_hash, expires, person, claims)"
                                     " VALUES (?, ?, nullif(?, 0), nullif(?, ''))");
    random_id(secret);
    secret_hash(secret, hash);
    store_bind_text(statement, 1, hash);
    store_bind_int(statement, 2, now_s + TICKETS_LIFE_S);
    store_bind_int(statement, 3, ticket->person);
    store_bind_text(statement, 4, ticket->claims);
    r = store_run(store, statement);
    if (r == 0)
        memcpy(ret_secret, secret, sizeof(secret));
    return r;
}

int tickets_redeem(
    struct store *store, const char *secret, int64_t now_s, struct ticket *ret_ticket)
{
    char hash[SECRET_HASH_CHARS + 1];
    struct ticket ticket = {0};
    sqlite3_stmt *statement;
    int r;

    secret_hash(secret, hash);
    /* One statement, so that two who redeem at once cannot both have it. */
    statement = store_prepare(store,
        "DELETE FROM tickets WHERE secret_hash = ? AND expires > ? RETURNING person, claims");
    store_bind_text(statement, 1, hash);
    store_bind_int(statement, 2, now_s);
    r = store_step(store, statement);
    if (r == 1) {
        ticket.person = sqlite3_column_int64(statement, 0);
        store_column_text(statement, 1, ticket.claims, sizeof(ticket.claims));
        /* The deletion is done when the statement has run to its end. */
        r = store_step(store, statement);
        r = r < 0 ? r : 1;
    }
    store_finish(statement);
    if (r == 1)
        *ret_ticket = ticket;
    return r;
}
