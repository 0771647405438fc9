#include "signaling/accounts/people.h"

#include "common/plain_text.h"
#include "signaling/accounts/login_names.h"
#include "signaling/audit/audit_log.h"
#include "signaling/schools/organisations.h"

#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(PEOPLE_PASSWORD_HASH_CHARS == crypto_pwhash_STRBYTES, "libsodium's length");

#define COLUMNS                                                                                    \
    "id, name, role, ifnull(organisation, 0), disabled, must_change, password_set, language, "     \
    "version, login"

static const char *const roles[] = {"system_admin", "security_admin", "audit_admin", "coordinator",
    "master_teacher", "local_teacher", "inspector"};

bool people_is_role(const char *role)
{
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
        if (strcmp(roles[i], role) == 0)
            return true;
    }
    return false;
}

bool people_is_name(const char *name)
{
    return plain_text_fits(name, PEOPLE_MAX_NAME_BYTES) && strcmp(name, "console") != 0 &&
           strncmp(name, "device ", strlen("device ")) != 0;
}

static int insert_person(struct store *store, const struct person *person, int64_t now_s)
{
    sqlite3_stmt *statement =
        store_prepare(store, "INSERT INTO people (name, role, password, created, organisation,"
                             " one_time_hash, must_change, login, login_key)"
                             " VALUES (?, ?, ?, ?, nullif(?, 0), ?6, ?6 != '', ?7, ?8)");
    char key[LOGIN_NAMES_KEY_BYTES + 1];

    login_names_key(person->login, key);
    store_bind_text(statement, 1, person->name);
    store_bind_text(statement, 2, person->role);
    store_bind_text(statement, 3, person->password_hash);
    store_bind_int(statement, 4, now_s);
    store_bind_int(statement, 5, person->organisation);
    store_bind_text(statement, 6, person->one_time_hash);
    store_bind_text(statement, 7, person->login);
    store_bind_text(statement, 8, key);
    return store_run(store, statement);
}

static int check_organisation(struct store *store, int64_t id)
{
    struct organisation organisation;
    int r = id == 0 ? 1 : organisations_get(store, id, &organisation);

    return r == 0 ? -ENOENT : r < 0 ? r : 0;
}

static int insert_membership(struct store *store, const char *lesson, int64_t person)
{
    sqlite3_stmt *statement =
        store_prepare(store, "INSERT OR IGNORE INTO lesson_people (lesson, person) VALUES (?, ?)");
    int r;

    store_bind_text(statement, 1, lesson);
    store_bind_int(statement, 2, person);
    r = store_run(store, statement);
    /* The only constraint left is the foreign key. */
    return r == -EEXIST ? -ENOENT : r;
}

/* The name alone does not tell who it is. */
static int note_added(
    struct store *store, const struct person *person, int64_t id, const char *by, int64_t now_s)
{
    json_t *json = json_pack(
        "{s:s, s:I, s:s}", "role", person->role, "id", (json_int_t)id, "login", person->login);
    char *detail = json_dumps(json, JSON_COMPACT);
    int r = audit_log_add(store,
        &(struct audit_entry){now_s, by, "person.add", person->name, "done", detail ? detail : ""});

    free(detail);
    json_decref(json);
    return r;
}

int people_insert(
    struct store *store, struct person *person, const char *by, int64_t now_s, int64_t *ret_id)
{
    int r;

    if (!people_is_name(person->name) || !people_is_role(person->role))
        return -EINVAL;
    r = check_organisation(store, person->organisation);
    if (r == 0)
        r = login_names_settle(store, person);
    if (r == 0)
        r = insert_person(store, person, now_s);
    if (r < 0)
        return r;
    *ret_id = store_last_id(store);
    return note_added(store, person, *ret_id, by, now_s);
}

int people_add(struct store *store, struct person *person, const char *const *lessons,
    size_t lesson_count, const char *by, int64_t now_s, int64_t *ret_id)
{
    int64_t id = 0;
    int r = store_begin(store);

    if (r < 0)
        return r;
    r = people_insert(store, person, by, now_s, &id);
    for (size_t i = 0; r == 0 && i < lesson_count; i++)
        r = insert_membership(store, lessons[i], id);
    r = store_end(store, r);
    if (r == 0)
        *ret_id = id;
    return r;
}

int people_add_first(struct store *store, struct person *person, int64_t now_s, int64_t *ret_id)
{
    int64_t id = 0;
    int r = store_begin(store);

    if (r < 0)
        return r;
    r = store_run(store, store_prepare(store, "SELECT 1 FROM people LIMIT 1"));
    r = store_end(store, r == 1  ? -EPERM
                         : r < 0 ? r
                                 : people_insert(store, person, "console", now_s, &id));
    if (r == 0)
        *ret_id = id;
    return r;
}

static void read_row(sqlite3_stmt *statement, struct person *ret_person)
{
    ret_person->id = sqlite3_column_int64(statement, 0);
    store_column_text(statement, 1, ret_person->name, sizeof(ret_person->name));
    store_column_text(statement, 2, ret_person->role, sizeof(ret_person->role));
    ret_person->organisation = sqlite3_column_int64(statement, 3);
    ret_person->disabled = sqlite3_column_int(statement, 4) != 0;
    ret_person->must_change = sqlite3_column_int(statement, 5) != 0;
    ret_person->password_set_s = sqlite3_column_int64(statement, 6);
    store_column_text(statement, 7, ret_person->language, sizeof(ret_person->language));
    ret_person->version = sqlite3_column_int64(statement, 8);
    store_column_text(statement, 9, ret_person->login, sizeof(ret_person->login));
}

/* One row of COLUMNS, password and one_time_hash. */
static int find(struct store *store, sqlite3_stmt *statement, struct person *ret_person)
{
    struct person person = {0};
    int r = store_step(store, statement);

    if (r == 1) {
        read_row(statement, &person);
        store_column_text(statement, 10, person.password_hash, sizeof(person.password_hash));
        store_column_text(statement, 11, person.one_time_hash, sizeof(person.one_time_hash));
        *ret_person = person;
    }
    store_finish(statement);
    return r;
}

/* Who is found only as their login is written comes first: migration 30. */
int people_find(struct store *store, const char *login, struct person *ret_person)
{
    sqlite3_stmt *statement = store_prepare(
        store, "SELECT " COLUMNS ", password, one_time_hash FROM people WHERE " COMPARED_TEXT_IS(
                   "login_key", "?1") " AND NOT disabled ORDER BY login_key != ?1 LIMIT 1");

    store_bind_text(statement, 1, login);
    return find(store, statement, ret_person);
}

int people_find_id(struct store *store, int64_t id, struct person *ret_person)
{
    sqlite3_stmt *statement = store_prepare(store,
        "SELECT " COLUMNS ", password, one_time_hash FROM people WHERE id = ? AND NOT disabled");

    store_bind_int(statement, 1, id);
    return find(store, statement, ret_person);
}

int people_look_up(struct store *store, const char *text, struct person *ret_person)
{
    sqlite3_stmt *statement;
    int64_t id = 0;
    int r = people_find(store, text, ret_person);

    if (r != 0)
        return r;
    statement = store_prepare(
        store, "SELECT id FROM people WHERE name = ? AND NOT disabled ORDER BY id LIMIT 2");
    store_bind_text(statement, 1, text);
    r = store_step(store, statement);
    if (r == 1) {
        id = sqlite3_column_int64(statement, 0);
        r = store_step(store, statement);
        r = r == 1 ? -ENOTUNIQ : r == 0 ? 1 : r;
    }
    store_finish(statement);
    return r == 1 ? people_find_id(store, id, ret_person) : r;
}

int people_get(struct store *store, int64_t id, struct person *ret_person)
{
    sqlite3_stmt *statement = store_prepare(store, "SELECT " COLUMNS " FROM people WHERE id = ?");
    int r;

    store_bind_int(statement, 1, id);
    r = store_step(store, statement);
    if (r == 1) {
        *ret_person = (struct person){0};
        read_row(statement, ret_person);
    }
    store_finish(statement);
    return r;
}

int people_list(struct store *store, int64_t organisation, bool with_disabled,
    const struct list_page *page, void (*on_person)(void *user, const struct person *person),
    void *user)
{
    sqlite3_stmt *statement = store_prepare(store,
        "SELECT " COLUMNS " FROM people WHERE (?2 OR NOT disabled)"
        " AND (?1 = 0 OR organisation IN (" ORGANISATIONS_BELOW "))"
        " AND (?3 = 0 OR (name, id) > (SELECT name, id FROM people WHERE id = ?3))"
        " ORDER BY name, id LIMIT ?4");
    struct person person = {0};
    int r;

    store_bind_int(statement, 1, organisation);
    store_bind_int(statement, 2, with_disabled);
    store_bind_int(statement, 3, page->after);
    store_bind_int(statement, 4, page->limit);
    while ((r = store_step(store, statement)) == 1) {
        read_row(statement, &person);
        on_person(user, &person);
    }
    store_finish(statement);
    return r;
}

int people_set_language(
    struct store *store, int64_t id, const char *login, const char *language, int64_t now_s)
{
    char object[32];
    struct audit_entry entry = {now_s, login, "person.language", object, "done", ""};
    sqlite3_stmt *statement;
    int r;

    if (strcmp(language, "zh-CN") != 0 && strcmp(language, "en") != 0)
        return -EINVAL;
    snprintf(object, sizeof(object), "person %lld", (long long)id);
    r = store_begin(store);
    if (r < 0)
        return r;
    statement = store_prepare(store, "UPDATE people SET language = ? WHERE id = ?");
    store_bind_text(statement, 1, language);
    store_bind_int(statement, 2, id);
    return audit_log_end(store, store_run(store, statement), &entry);
}

void people_media_rights(const char *role, int64_t person, struct token_sources *ret_publish,
    struct token_sources *ret_watch)
{
    struct token_sources publish = {.count = 0};
    struct token_sources watch = {.count = 0};
    char room[32];

    token_sources_parse("*", &watch);
    if (strcmp(role, "master_teacher") == 0) {
        token_sources_parse("teacher-camera,teacher-content", &publish);
    } else if (strcmp(role, "local_teacher") == 0) {
        snprintf(room, sizeof(room), "room-%lld", (long long)person);
        token_sources_parse(room, &publish);
    }
    *ret_publish = publish;
    *ret_watch = watch;
}

int people_hash_password(const char *password, char ret_hash[PEOPLE_PASSWORD_HASH_CHARS])
{
    return crypto_pwhash_str(ret_hash, password, strlen(password),
               crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE) == 0
               ? 0
               : -ENOMEM;
}

int people_hash_drawn(const char *secret, char ret_hash[PEOPLE_PASSWORD_HASH_CHARS])
{
    return crypto_pwhash_str(ret_hash, secret, strlen(secret), crypto_pwhash_OPSLIMIT_MIN,
               crypto_pwhash_MEMLIMIT_MIN) == 0
               ? 0
               : -ENOMEM;
}

bool people_check_password(const char *password, const char *hash)
{
    return crypto_pwhash_str_verify(hash, password, strlen(password)) == 0;
}
