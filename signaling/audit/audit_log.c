#include "signaling/audit/audit_log.h"

#include "common/bytes.h"
#include "signaling/store/compared_text.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

_Static_assert(AUDIT_HASH_CHARS == 2 * crypto_hash_sha256_BYTES, "hex of SHA-256");

/* ---- hashing ---- */

static void add_number(crypto_hash_sha256_state *state, uint64_t number)
{
    uint8_t bytes[8];

    bytes_put_u32(bytes, (uint32_t)(number >> 32));
    bytes_put_u32(bytes + 4, (uint32_t)number);
    crypto_hash_sha256_update(state, bytes, sizeof(bytes));
}

static void add_text(crypto_hash_sha256_state *state, const char *text)
{
    size_t len = strlen(text);

    add_number(state, len);
    crypto_hash_sha256_update(state, (const unsigned char *)text, len);
}

static void hash_entry(const char *before, int64_t number, const struct audit_entry *entry,
    char ret_hash[AUDIT_HASH_CHARS + 1])
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state state;

    crypto_hash_sha256_init(&state);
    add_text(&state, before);
    add_number(&state, (uint64_t)number);
    add_number(&state, (uint64_t)entry->time_s);
    add_text(&state, entry->person);
    add_text(&state, entry->event);
    add_text(&state, entry->object);
    add_text(&state, entry->outcome);
    add_text(&state, entry->detail);
    if (entry->person_id != 0)
        add_number(&state, (uint64_t)entry->person_id);
    crypto_hash_sha256_final(&state, digest);
    sodium_bin2hex(ret_hash, AUDIT_HASH_CHARS + 1, digest, sizeof(digest));
}

/* ---- adding ---- */

#define AUDIT_NAME_CHARS 64

/* number 0 and "" for an empty log. */
static int read_head(struct store *store, int64_t *ret_number, char ret_hash[AUDIT_HASH_CHARS + 1])
{
    sqlite3_stmt *statement =
        store_prepare(store, "SELECT number, hash FROM audit_log ORDER BY number DESC LIMIT 1");
    int r = store_step(store, statement);

    *ret_number = 0;
    ret_hash[0] = '\0';
    if (r == 1) {
        *ret_number = sqlite3_column_int64(statement, 0);
        store_column_text(statement, 1, ret_hash, AUDIT_HASH_CHARS + 1);
    }
    store_finish(statement);
    return r < 0 ? r : 0;
}

static int insert(
    struct store *store, int64_t number, const struct audit_entry *entry, const char *hash)
{
    sqlite3_stmt *statement =
        store_prepare(store, "INSERT INTO audit_log (number, time, person, event, object, outcome, "
                             "detail, hash, person_id)"
                             " VALUES (?, ?, ?, ?, ?, ?, ?, ?, nullif(?, 0))");

    store_bind_int(statement, 1, number);
    store_bind_int(statement, 2, entry->time_s);
    store_bind_text(statement, 3, entry->person);
    store_bind_text(statement, 4, entry->event);
    store_bind_text(statement, 5, entry->object);
    store_bind_text(statement, 6, entry->outcome);
    store_bind_text(statement, 7, entry->detail);
    store_bind_text(statement, 8, hash);
    store_bind_int(statement, 9, entry->person_id);
    return store_run(store, statement);
}

/* Whose login it is: name and id. 1, 0 for nobody's, or an error of the store. */
static int find_person(
    struct store *store, const char *login, char ret_name[AUDIT_NAME_CHARS + 1], int64_t *ret_id)
{
    sqlite3_stmt *statement = store_prepare(store,
        "SELECT id, name FROM people WHERE " COMPARED_TEXT_IS("login_key", "?1") " AND login = ?1");
    int r;

    store_bind_text(statement, 1, login);
    r = store_step(store, statement);
    if (r == 1) {
        *ret_id = sqlite3_column_int64(statement, 0);
        store_column_text(statement, 1, ret_name, AUDIT_NAME_CHARS + 1);
    }
    store_finish(statement);
    return r;
}

int audit_log_add(struct store *store, const struct audit_entry *entry)
{
    char before[AUDIT_HASH_CHARS + 1], hash[AUDIT_HASH_CHARS + 1], name[AUDIT_NAME_CHARS + 1];
    struct audit_entry row = *entry;
    int64_t number;
    int r = read_head(store, &number, before);

    row.person_id = 0;
    if (r == 0 && *entry->person)
        r = find_person(store, entry->person, name, &row.person_id);
    if (r < 0)
        return r;
    if (r == 1)
        row.person = name;
    hash_entry(before, number + 1, &row, hash);
    return insert(store, number + 1, &row, hash);
}

int audit_log_end(struct store *store, int r, const struct audit_entry *entry)
{
    if (r == 0)
        r = audit_log_add(store, entry);
    return store_end(store, r);
}

/* ---- verifying ---- */

/* Borrowed from the row. NULL for what audit_log_add() never writes: no text, or one with a zero in it. */
static const char *text_of(sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);

    if (sqlite3_column_type(statement, column) != SQLITE_TEXT ||
        strlen(text) != (size_t)sqlite3_column_bytes(statement, column))
        return NULL;
    return text;
}

/* audit_log_add() writes no other: what reads as 0 is hashed as none. */
static bool has_id_or_none(sqlite3_stmt *statement, int column)
{
    return sqlite3_column_type(statement, column) == SQLITE_NULL ||
           sqlite3_column_int64(statement, column) != 0;
}

/* Whether the row is the one that was written after the report's head. */
static bool follows(
    sqlite3_stmt *statement, const struct audit_report *report, char ret_hash[AUDIT_HASH_CHARS + 1])
{
    int64_t number = sqlite3_column_int64(statement, 0);
    struct audit_entry entry = {
        .time_s = sqlite3_column_int64(statement, 1),
        .person = text_of(statement, 2),
        .event = text_of(statement, 3),
        .object = text_of(statement, 4),
        .outcome = text_of(statement, 5),
        .detail = text_of(statement, 6),
        .person_id = sqlite3_column_int64(statement, 8),
    };
    const char *hash = text_of(statement, 7);

    if (!entry.person || !entry.event || !entry.object || !entry.outcome || !entry.detail ||
        !hash || !has_id_or_none(statement, 8))
        return false;
    hash_entry(report->head, number, &entry, ret_hash);
    return number == report->entries + 1 && strcmp(hash, ret_hash) == 0;
}

/* The hash that the entry of this number stands with; "" for 0 and for one that is not there. */
static int read_hash(struct store *store, int64_t number, char ret_hash[AUDIT_HASH_CHARS + 1])
{
    sqlite3_stmt *statement = store_prepare(store, "SELECT hash FROM audit_log WHERE number = ?");
    int r;

    store_bind_int(statement, 1, number);
    r = store_step(store, statement);
    ret_hash[0] = '\0';
    if (r == 1)
        store_column_text(statement, 0, ret_hash, AUDIT_HASH_CHARS + 1);
    store_finish(statement);
    return r < 0 ? r : 0;
}

/* A backup of a version without ids is read as well: its entries have none. */
static sqlite3_stmt *prepare_to_verify(struct store *store)
{
    bool has_ids =
        store_run(store, store_prepare(store, "SELECT 1 FROM pragma_table_info("
                                              "'audit_log') WHERE name = 'person_id'")) == 1;
    char sql[192];

    snprintf(sql, sizeof(sql),
        "SELECT number, time, person, event, object, outcome, detail, hash, %s FROM audit_log"
        " WHERE number > ? ORDER BY number LIMIT ?",
        has_ids ? "person_id" : "NULL");
    return store_prepare(store, sql);
}

/* Goes on from report, for at most max entries (-1: to the end). */
static int verify(
    struct store *store, int64_t max, const char *expected, struct audit_report *report)
{
    sqlite3_stmt *statement = prepare_to_verify(store);
    char hash[AUDIT_HASH_CHARS + 1];
    int r;

    store_bind_int(statement, 1, report->entries);
    store_bind_int(statement, 2, max);
    while ((r = store_step(store, statement)) == 1) {
        if (!follows(statement, report, hash)) {
            report->broken = report->entries + 1;
            r = 0;
            break;
        }
        report->entries++;
        memcpy(report->head, hash, sizeof(report->head));
        report->has_expected =
            report->has_expected || (expected && strcasecmp(expected, hash) == 0);
    }
    store_finish(statement);
    return r;
}

int audit_log_verify(struct store *store, const char *expected, struct audit_report *ret_report)
{
    struct audit_report report = {0};
    int r = verify(store, -1, expected, &report);

    if (r == 0)
        *ret_report = report;
    return r;
}

int audit_log_verify_part(
    struct store *store, int64_t after, int64_t max, struct audit_report *ret_report)
{
    struct audit_report report = {.entries = after};
    int r = read_hash(store, after, report.head);

    if (r == 0)
        r = verify(store, max, NULL, &report);
    if (r == 0)
        *ret_report = report;
    return r;
}

/* ---- reading ---- */

/* Of whose login it is, and what was written under that name before there were logins; else by name. */
#define WHOSE                                                                                      \
    "(SELECT id FROM people WHERE " COMPARED_TEXT_IS(                                              \
        "login_key", "?3") " ORDER BY login_key != ?3 LIMIT 1)"
#define FOUND                                                                                      \
    "SELECT number, time, person, event, object, outcome, detail, person_id FROM audit_log"        \
    " WHERE number < ?1"
#define LATEST " ORDER BY number DESC LIMIT ?2"

/* Only the conditions that are asked for, so that each search has its index; a person's entries are of two. */
static sqlite3_stmt *prepare_search(struct store *store, const struct audit_filter *filter)
{
    char more[192], sql[1536];

    snprintf(more, sizeof(more), "%s%s%s" LATEST,
        *filter->event ? " AND (event = ?4 OR (event > ?4 || '.' AND event < ?4 || '/'))" : "",
        filter->from_s ? " AND time >= ?5" : "", filter->to_s ? " AND time < ?6" : "");
    if (*filter->person)
        snprintf(sql, sizeof(sql),
            "SELECT * FROM (" FOUND " AND person_id = " WHOSE "%s) UNION ALL"
            " SELECT * FROM (" FOUND " AND person = ?3 AND (person_id IS NULL OR " WHOSE
            " IS NULL)%s)" LATEST,
            more, more);
    else
        snprintf(sql, sizeof(sql), FOUND "%s", more);
    return store_prepare(store, sql);
}

int audit_log_search(struct store *store, const struct audit_filter *filter, int max,
    void (*on_entry)(void *user, int64_t number, const struct audit_entry *entry), void *user)
{
    sqlite3_stmt *statement = prepare_search(store, filter);
    int parameters = sqlite3_bind_parameter_count(statement);
    int r;

    store_bind_int(statement, 1, filter->before ? filter->before : INT64_MAX);
    store_bind_int(statement, 2, max);
    if (parameters >= 3)
        store_bind_text(statement, 3, filter->person);
    if (parameters >= 4)
        store_bind_text(statement, 4, filter->event);
    if (parameters >= 5)
        store_bind_int(statement, 5, filter->from_s);
    if (parameters >= 6)
        store_bind_int(statement, 6, filter->to_s);
    while ((r = store_step(store, statement)) == 1) {
        struct audit_entry entry = {
            .time_s = sqlite3_column_int64(statement, 1),
            .person = (const char *)sqlite3_column_text(statement, 2),
            .event = (const char *)sqlite3_column_text(statement, 3),
            .object = (const char *)sqlite3_column_text(statement, 4),
            .outcome = (const char *)sqlite3_column_text(statement, 5),
            .detail = (const char *)sqlite3_column_text(statement, 6),
            .person_id = sqlite3_column_int64(statement, 7),
        };

        on_entry(user, sqlite3_column_int64(statement, 0), &entry);
    }
    store_finish(statement);
    return r;
}
