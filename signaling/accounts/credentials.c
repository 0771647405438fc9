#include "signaling/accounts/credentials.h"

#include "common/random.h"
#include "signaling/accounts/login_names.h"
#include "signaling/accounts/logins.h"
#include "signaling/accounts/secret_hash.h"
#include "signaling/audit/audit_log.h"
#include "signaling/schools/organisations.h"
#include "signaling/store/row_version.h"

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
    static const char letters[] = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

    for (size_t k = 0; k < CREDENTIALS_ONE_TIME_CHARS; k++)
        ret_password[k] = letters[random_below(sizeof(letters) - 1)];
    ret_password[CREDENTIALS_ONE_TIME_CHARS] = '\0';
    secret_hash(ret_password, ret_hash);
}

bool credentials_is_one_time(const struct person *person, const char *password)
{
    char hash[SECRET_HASH_CHARS + 1];

    secret_hash(password, hash);
    return *person->one_time_hash != '\0' &&
           sodium_memcmp(hash, person->one_time_hash, SECRET_HASH_CHARS) == 0;
}

static int run_for(struct store *store, const char *sql, int64_t person)
{
    sqlite3_stmt *statement = store_prepare(store, sql);

    store_bind_int(statement, 1, person);
    return store_run(store, statement);
}

/* Cookies, and links that would give one. */
static int end_logins(struct store *store, int64_t person, const char *keep, int64_t now_s)
{
    int r = logins_end(store, person, NULL, keep, now_s);

    if (r == 0)
        r = run_for(store, "DELETE FROM browser_sessions WHERE person = ?", person);

    return r < 0 ? r : run_for(store, "DELETE FROM tickets WHERE person = ?", person);
}

/* The same, and media tokens: what was issued in this very second is refused too, since rather one login too many than a
 * token too long. */
static int end_all(struct store *store, int64_t person, int64_t now_s)
{
    sqlite3_stmt *statement;
    int r = end_logins(store, person, "", now_s);

    if (r < 0)
        return r;
    statement = store_prepare(store, "UPDATE people SET tokens_from = ? WHERE id = ?");
    store_bind_int(statement, 1, now_s);
    store_bind_int(statement, 2, person);
    return store_run(store, statement);
}

static int run_change(struct store *store, sqlite3_stmt *statement, int none_changed)
{
    int r = store_run(store, statement);

    return r == 0 && store_changes(store) == 0 ? none_changed : r;
}

/* The entry's object is the number, which stays; detail tells the name of that day. Takes the detail's reference. */
static int commit(struct store *store, int r, int64_t person, const char *event, json_t *detail,
    const char *by, int64_t now_s)
{
    char *text = detail ? json_dumps(detail, JSON_COMPACT) : NULL;
    char object[32];

    snprintf(object, sizeof(object), "person %lld", (long long)person);
    r = audit_log_end(
        store, r, &(struct audit_entry){now_s, by, event, object, "done", text ? text : ""});
    free(text);
    json_decref(detail);
    return r;
}

static json_t *name_of(const struct person *person)
{
    return json_pack("{s:s}", "name", person->name);
}

int credentials_reset(struct store *store, const struct person *person, const char *by,
    int64_t now_s, char ret_password[CREDENTIALS_ONE_TIME_CHARS + 1])
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
    store_bind_int(statement, 2, person->id);
    r = run_change(store, statement, -ENOENT);
    if (r == 0)
        r = end_all(store, person->id, now_s);
    r = commit(store, r, person->id, "person.reset", name_of(person), by, now_s);
    if (r == 0)
        memcpy(ret_password, password, sizeof(password));
    explicit_bzero(password, sizeof(password));
    return r;
}

int credentials_set(struct store *store, const struct person *person, const char *hash,
    const char *keep, int64_t now_s)
{
    sqlite3_stmt *statement;
    int r = store_begin(store);

    if (r < 0)
        return r;
    statement = store_prepare(store,
        "UPDATE people SET password = ?, password_set = ?, one_time_hash = '', must_change = 0"
        " WHERE id = ? AND password = ? AND one_time_hash = ? AND NOT disabled");
    store_bind_text(statement, 1, hash);
    store_bind_int(statement, 2, now_s);
    store_bind_int(statement, 3, person->id);
    store_bind_text(statement, 4, person->password_hash);
    store_bind_text(statement, 5, person->one_time_hash);
    r = run_change(store, statement, -ESTALE);
    if (r == 0)
        r = end_logins(store, person->id, keep, now_s);
    return commit(store, r, person->id, "person.password", name_of(person), person->login, now_s);
}

int credentials_end_logins(
    struct store *store, const struct person *person, const char *by, int64_t now_s)
{
    int r = store_begin(store);

    if (r < 0)
        return r;
    r = end_all(store, person->id, now_s);
    return commit(store, r, person->id, "person.end_logins", name_of(person), by, now_s);
}

int credentials_expire(struct store *store, int64_t person)
{
    return run_for(store, "UPDATE people SET must_change = 1 WHERE id = ?", person);
}

int credentials_count(struct store *store, const char *role)
{
    sqlite3_stmt *statement =
        store_prepare(store, "SELECT count(*) FROM people WHERE role = ? AND NOT disabled");
    int r;

    store_bind_text(statement, 1, role);
    r = store_step(store, statement);
    if (r == 1)
        r = sqlite3_column_int(statement, 0);
    store_finish(statement);
    return r;
}

/* Without a system administrator nobody sets schools up, without a security administrator (once there was one) nobody
 * gives the role to another: the last of each stays. */
static int keep_last(struct store *store, const struct person *before, const struct person *after)
{
    static const char *const kept[] = {"system_admin", "security_admin"};
    bool stays = !after->disabled && strcmp(before->role, after->role) == 0;
    bool one_of_them = strcmp(before->role, kept[0]) == 0 || strcmp(before->role, kept[1]) == 0;
    int count;

    if (before->disabled || stays || !one_of_them)
        return 0;
    count = credentials_count(store, before->role);
    return count < 0 ? count : count < 2 ? -EPERM : 0;
}

static int check_organisation(struct store *store, int64_t id)
{
    struct organisation organisation;
    int r = id == 0 ? 1 : organisations_get(store, id, &organisation);

    return r == 0 ? -ENOENT : r < 0 ? r : 0;
}

static int update(struct store *store, const struct person *person)
{
    sqlite3_stmt *statement = store_prepare(store,
        "UPDATE people SET name = ?1, role = ?2, organisation = nullif(?3, 0), disabled = ?4, "
        "login = ?6,"
        " login_key = iif(login = ?6, login_key, ?7), version = version + 1 WHERE id = ?5");
    char key[LOGIN_NAMES_KEY_BYTES + 1];

    login_names_key(person->login, key);
    store_bind_text(statement, 1, person->name);
    store_bind_text(statement, 2, person->role);
    store_bind_int(statement, 3, person->organisation);
    store_bind_int(statement, 4, person->disabled);
    store_bind_int(statement, 5, person->id);
    store_bind_text(statement, 6, person->login);
    store_bind_text(statement, 7, key);
    return run_change(store, statement, -ENOENT);
}

static const char *event_of(const struct person *before, const struct person *after)
{
    if (before->disabled != after->disabled)
        return after->disabled ? "person.disable" : "person.enable";
    return strcmp(before->role, after->role) != 0 ? "person.role" : "person.change";
}

static json_t *describe(const struct person *before, const struct person *after)
{
    json_t *json = json_pack("{s:s, s:s, s:I, s:b}", "name", after->name, "role", after->role,
        "organisation", (json_int_t)after->organisation, "disabled", after->disabled);

    if (strcmp(before->name, after->name) != 0)
        json_object_set_new(json, "old_name", json_string(before->name));
    if (strcmp(before->login, after->login) != 0) {
        json_object_set_new(json, "login", json_string(after->login));
        json_object_set_new(json, "old_login", json_string(before->login));
    }
    if (strcmp(before->role, after->role) != 0)
        json_object_set_new(json, "old_role", json_string(before->role));
    return json;
}

int credentials_change(struct store *store, const struct person *before, struct person *after,
    const char *by, int64_t now_s)
{
    int r;

    if (!people_is_name(after->name) || !people_is_role(after->role))
        return -EINVAL;
    r = store_begin(store);
    if (r < 0)
        return r;
    r = row_version_check(
        store, "SELECT version FROM people WHERE id = ?1", after->id, after->version);
    if (r == 0)
        r = check_organisation(store, after->organisation);
    if (r == 0 && strcmp(before->login, after->login) != 0)
        r = login_names_settle(store, after);
    if (r == 0)
        r = keep_last(store, before, after);
    if (r == 0)
        r = update(store, after);
    if (r == 0 && credentials_loses(before, after))
        r = end_all(store, after->id, now_s);
    return commit(store, r, after->id, event_of(before, after), describe(before, after), by, now_s);
}

bool credentials_loses(const struct person *before, const struct person *after)
{
    return (after->disabled && !before->disabled) || strcmp(before->role, after->role) != 0 ||
           before->organisation != after->organisation;
}

int credentials_has_people(struct store *store)
{
    return store_run(store, store_prepare(store, "SELECT 1 FROM people LIMIT 1"));
}
