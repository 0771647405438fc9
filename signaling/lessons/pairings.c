#include "signaling/lessons/pairings.h"

#include "common/plain_text.h"
#include "signaling/audit/audit_log.h"
#include "signaling/lessons/terms.h"
#include "signaling/schools/catalogue.h"
#include "signaling/schools/organisations.h"
#include "signaling/schools/rooms.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The weekly lessons are gone through once, for however many pairings. */
#define PAIRING                                                                                    \
    "WITH taught (term, master, receiving, subject) AS MATERIALIZED (SELECT DISTINCT e.term,"      \
    "  e.room, x.room, e.subject FROM timetable_entries e JOIN entry_rooms x ON x.entry = e.id"    \
    "  WHERE NOT e.past)"                                                                          \
    " SELECT p.id, p.version, p.term, p.master_room, p.receiving_room, p.subject, p.frozen,"       \
    " p.consent, p.consent_by, t.last_day, m.school, r.school, EXISTS (SELECT 1 FROM taught"       \
    "  WHERE term = p.term AND master = p.master_room AND receiving = p.receiving_room"            \
    "  AND p.subject IN ('', subject)) FROM pairings p"                                            \
    " JOIN terms t ON t.id = p.term JOIN rooms m ON m.id = p.master_room"                          \
    " JOIN rooms r ON r.id = p.receiving_room"

static const char *const state_names[] = {
    [PAIRING_ACTIVE] = "active",
    [PAIRING_FROZEN] = "frozen",
    [PAIRING_EXPIRED] = "expired",
};

const char *pairings_state_name(enum pairing_state state)
{
    return state_names[state];
}

enum pairing_state pairings_state(const struct pairing *pairing, int32_t today)
{
    if (pairing->last_day < today)
        return PAIRING_EXPIRED;
    return pairing->frozen ? PAIRING_FROZEN : PAIRING_ACTIVE;
}

static void read_row(sqlite3_stmt *statement, struct pairing *ret_pairing)
{
    *ret_pairing = (struct pairing){
        .id = sqlite3_column_int64(statement, 0),
        .version = sqlite3_column_int64(statement, 1),
        .term = sqlite3_column_int64(statement, 2),
        .master_room = sqlite3_column_int64(statement, 3),
        .receiving_room = sqlite3_column_int64(statement, 4),
        .frozen = sqlite3_column_int(statement, 6) != 0,
        .consent_s = sqlite3_column_int64(statement, 7),
        .last_day = (int32_t)sqlite3_column_int64(statement, 9),
        .master_school = sqlite3_column_int64(statement, 10),
        .receiving_school = sqlite3_column_int64(statement, 11),
        .placed = sqlite3_column_int(statement, 12) != 0,
    };
    store_column_text(statement, 5, ret_pairing->subject, sizeof(ret_pairing->subject));
    store_column_text(statement, 8, ret_pairing->consent_by, sizeof(ret_pairing->consent_by));
}

int pairings_get(struct store *store, int64_t id, struct pairing *ret_pairing)
{
    sqlite3_stmt *statement = store_prepare(store, PAIRING " WHERE p.id = ?");
    int r;

    store_bind_int(statement, 1, id);
    r = store_step(store, statement);
    if (r == 1)
        read_row(statement, ret_pairing);
    store_finish(statement);
    return r;
}

int pairings_list(struct store *store, int64_t organisation,
    void (*on_pairing)(void *user, const struct pairing *pairing), void *user)
{
    sqlite3_stmt *statement = store_prepare(store,
        PAIRING " WHERE ?1 = 0 OR m.school IN (" ORGANISATIONS_BELOW
                ") OR r.school IN (" ORGANISATIONS_BELOW ")"
                " ORDER BY t.first_day DESC, p.master_room, p.receiving_room, p.subject");
    struct pairing pairing;
    int r;

    store_bind_int(statement, 1, organisation);
    while ((r = store_step(store, statement)) == 1) {
        read_row(statement, &pairing);
        on_pairing(user, &pairing);
    }
    store_finish(statement);
    return r;
}

static int cover(struct store *store, int64_t term, int64_t master_room, int64_t receiving_room,
    const char *subject, bool frozen)
{
    sqlite3_stmt *statement = store_prepare(store,
        "SELECT 1 FROM pairings WHERE master_room = ? AND receiving_room = ? AND term = ?"
        " AND subject IN ('', ?) AND frozen = ?");

    store_bind_int(statement, 1, master_room);
    store_bind_int(statement, 2, receiving_room);
    store_bind_int(statement, 3, term);
    store_bind_text(statement, 4, subject);
    store_bind_int(statement, 5, frozen);
    return store_run(store, statement);
}

int pairings_cover(struct store *store, int64_t term, int64_t master_room, int64_t receiving_room,
    const char *subject)
{
    return cover(store, term, master_room, receiving_room, subject, false);
}

int pairings_cover_frozen(struct store *store, int64_t term, int64_t master_room,
    int64_t receiving_room, const char *subject)
{
    return cover(store, term, master_room, receiving_room, subject, true);
}

int pairings_lack_consent(struct store *store, int64_t room, int32_t today)
{
    sqlite3_stmt *statement = store_prepare(store,
        "SELECT 1 FROM pairings p JOIN terms t ON t.id = p.term"
        " WHERE p.receiving_room = ? AND t.last_day >= ? AND p.consent = 0 LIMIT 1");

    store_bind_int(statement, 1, room);
    store_bind_int(statement, 2, today);
    return store_run(store, statement);
}

/* ---- changing ---- */

/* 0, -ENOENT, -EINVAL, or an error of the store. */
static int check(struct store *store, const struct pairing *pairing)
{
    struct room master, receiving;
    struct term_row term;
    int r = terms_get(store, pairing->term, &term);

    if (r == 1)
        r = rooms_get(store, pairing->master_room, &master);
    if (r == 1)
        r = rooms_get(store, pairing->receiving_room, &receiving);
    if (r != 1)
        return r < 0 ? r : -ENOENT;
    if (master.id == receiving.id || master.use == ROOM_RECEIVING || receiving.use == ROOM_MASTER ||
        (*pairing->subject && !plain_text_fits(pairing->subject, ENTRIES_MAX_SUBJECT_BYTES)))
        return -EINVAL;
    r = catalogue_has(store, pairing->subject, 0);
    return r < 0 ? r : r == 0 ? -EINVAL : 0;
}

static int insert(struct store *store, const struct pairing *pairing, int64_t now_s)
{
    sqlite3_stmt *statement =
        store_prepare(store, "INSERT INTO pairings (term, master_room, receiving_room, subject, "
                             "consent, consent_by, created)"
                             " VALUES (?, ?, ?, ?, ?, ?, ?)");

    store_bind_int(statement, 1, pairing->term);
    store_bind_int(statement, 2, pairing->master_room);
    store_bind_int(statement, 3, pairing->receiving_room);
    store_bind_text(statement, 4, pairing->subject);
    store_bind_int(statement, 5, pairing->consent_s);
    store_bind_text(statement, 6, pairing->consent_by);
    store_bind_int(statement, 7, now_s);
    return store_run(store, statement);
}

static int commit(
    struct store *store, int r, int64_t id, const char *event, const char *by, int64_t now_s)
{
    char object[32];

    snprintf(object, sizeof(object), "pairing %lld", (long long)id);
    return audit_log_end(store, r, &(struct audit_entry){now_s, by, event, object, "done", ""});
}

int pairings_add(struct store *store, const struct pairing *pairing, const char *by, int64_t now_s,
    int64_t *ret_id)
{
    int64_t id;
    int r = store_begin(store);

    if (r < 0)
        return r;
    r = check(store, pairing);
    if (r == 0)
        r = insert(store, pairing, now_s);
    id = store_last_id(store);
    r = commit(store, r, id, "pairing.add", by, now_s);
    if (r == 0)
        *ret_id = id;
    return r;
}

/* Of nothing that was changed: whether it is gone or another version. */
static int changed(struct store *store, int r, int64_t id)
{
    struct pairing row;

    if (r < 0 || store_changes(store) > 0)
        return r;
    r = pairings_get(store, id, &row);
    return r == 1 ? -ESTALE : r < 0 ? r : -ENOENT;
}

int pairings_change(
    struct store *store, const struct pairing *pairing, const char *by, int64_t now_s)
{
    sqlite3_stmt *statement;
    int r = store_begin(store);

    if (r < 0)
        return r;
    statement = store_prepare(store,
        "UPDATE pairings SET frozen = ?, consent = ?, consent_by = ?, version = version + 1"
        " WHERE id = ? AND version = ?");
    store_bind_int(statement, 1, pairing->frozen);
    store_bind_int(statement, 2, pairing->consent_s);
    store_bind_text(statement, 3, pairing->consent_by);
    store_bind_int(statement, 4, pairing->id);
    store_bind_int(statement, 5, pairing->version);
    r = changed(store, store_run(store, statement), pairing->id);
    return commit(
        store, r, pairing->id, pairing->frozen ? "pairing.freeze" : "pairing.change", by, now_s);
}

int pairings_remove(struct store *store, int64_t id, int64_t version, const char *by, int64_t now_s)
{
    sqlite3_stmt *statement;
    int r = store_begin(store);

    if (r < 0)
        return r;
    statement = store_prepare(store, "DELETE FROM pairings WHERE id = ? AND version = ?");
    store_bind_int(statement, 1, id);
    store_bind_int(statement, 2, version);
    r = changed(store, store_run(store, statement), id);
    return commit(store, r, id, "pairing.remove", by, now_s);
}
