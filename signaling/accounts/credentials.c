#include "signaling/accounts/credentials.h"

#include "common/random.h"
#include "signaling/accounts/secret_hash.h"
#include "signaling/audit/audit_log.h"
#include "signaling/schools/organisations.h"

#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(PEOPLE_ONE_TIME_HASH_CHARS == SECRET_HASH_CHARS, "both are SHA-256");

void credentials_make_one_time(char ret_password[CREDENTIALS_ONE_TIME_CHARS + 1],
    char ret_hash[PEOPLE_ONE_TIME_HASH_CHARS + 1])
{
    random_text(ret_password, CREDENTIALS_ONE_TIME_CHARS);
    secret_hash(ret_password, ret_hash);
}

bool credentials_is_one_time(const struct person *person, const char *password)
{
    char hash[SECRET_HASH_CHARS + 1];

    secret_hash(password, hash);
    return *person->one_time_hash != '\0' &&
           sodium_memcmp(hash, person->one_time_hash, SECRET_HASH_CHARS) == 0;
}

static int end_logins(struct store *store, int64_t person)
{
    sqlite3_stmt *statement = store_prepare(store, "DELETE FROM browser_sessions WHERE person = ?");

    store_bind_int(statement, 1, person);
    return store_run(store, statement);
}

/* Runs a change of one person: sql has the person's id as its last parameter, index. */
static int change_one(struct store *store, sqlite3_stmt *statement, int index, int64_t person)
{
    int r;

    store_bind_int(statement, index, person);
    r = store_run(store, statement);
    if (r == 0 && store_changes(store) == 0)
        r = -ENOENT;
    return r == 0 ? end_logins(store, person) : r;
}

static int commit(struct store *store, int r, int64_t person, const char *event, const char *detail,
    const char *by, int64_t now_s)
{
    char object[32];

    snprintf(object, sizeof(object), "person %lld", (long long)person);
    return audit_log_end(store, r, &(struct audit_entry){now_s, by, event, object, "done", detail});
}

int credentials_reset(struct store *store, int64_t person, const char *by, int64_t now_s,
    char ret_password[CREDENTIALS_ONE_TIME_CHARS + 1])
{
    char password[CREDENTIALS_ONE_TIME_CHARS + 1], hash[PEOPLE_ONE_TIME_HASH_CHARS + 1];
    sqlite3_stmt *statement;
    int r = store_begin(store);

    if (r < 0)
        return r;
    credentials_make_one_time(password, hash);
    statement = store_prepare(
        store, "UPDATE people SET password = '', one_time_hash = ?, must_change = 1 WHERE id = ?");
    store_bind_text(statement, 1, hash);
    r = change_one(store, statement, 2, person);
    r = commit(store, r, person, "person.reset", "", by, now_s);
    if (r == 0)
        memcpy(ret_password, password, sizeof(password));
    explicit_bzero(password, sizeof(password));
    return r;
}

int credentials_set(
    struct store *store, int64_t person, const char *hash, const char *by, int64_t now_s)
{
    sqlite3_stmt *statement;
    int r = store_begin(store);

    if (r < 0)
        return r;
    statement = store_prepare(store, "UPDATE people SET password = ?, password_set = ?,"
                                     " one_time_hash = '', must_change = 0 WHERE id = ?");
    store_bind_text(statement, 1, hash);
    store_bind_int(statement, 2, now_s);
    r = change_one(store, statement, 3, person);
    return commit(store, r, person, "person.password", "", by, now_s);
}

int credentials_expire(struct store *store, int64_t person)
{
    sqlite3_stmt *statement =
        store_prepare(store, "UPDATE people SET must_change = 1 WHERE id = ?");

    store_bind_int(statement, 1, person);
    return store_run(store, statement);
}

/* Somebody must stay who can add people and give them their rights. */
static int keeps_an_administrator(struct store *store)
{
    sqlite3_stmt *statement = store_prepare(store,
        "SELECT 1 FROM people WHERE NOT disabled AND role IN ('system_admin', 'security_admin')");
    int r = store_run(store, statement);

    return r == 0 ? -EPERM : r < 0 ? r : 0;
}

static int update(struct store *store, const struct person *person)
{
    sqlite3_stmt *statement = store_prepare(store,
        "UPDATE people SET role = ?, organisation = nullif(?, 0), disabled = ? WHERE id = ?");

    store_bind_text(statement, 1, person->role);
    store_bind_int(statement, 2, person->organisation);
    store_bind_int(statement, 3, person->disabled);
    return change_one(store, statement, 4, person->id);
}

int credentials_change(
    struct store *store, const struct person *person, const char *by, int64_t now_s)
{
    struct organisation organisation;
    char *detail;
    json_t *json;
    int r;

    if (!people_is_role(person->role))
        return -EINVAL;
    r = store_begin(store);
    if (r < 0)
        return r;
    r = person->organisation == 0 ? 1
                                  : organisations_get(store, person->organisation, &organisation);
    r = r == 0 ? -ENOENT : r < 0 ? r : update(store, person);
    if (r == 0)
        r = keeps_an_administrator(store);
    json = json_pack("{s:s, s:I, s:b}", "role", person->role, "organisation",
        (json_int_t)person->organisation, "disabled", person->disabled);
    detail = json ? json_dumps(json, JSON_COMPACT) : NULL;
    r = commit(store, r, person->id, person->disabled ? "person.disable" : "person.change",
        detail ? detail : "", by, now_s);
    free(detail);
    json_decref(json);
    return r;
}

int credentials_has_people(struct store *store)
{
    return store_run(store, store_prepare(store, "SELECT 1 FROM people LIMIT 1"));
}
