#include "signaling/accounts/browser_sessions.h"

#include "common/clock.h"
#include "common/random.h"
#include "signaling/accounts/secret_hash.h"
#include "signaling/service.h"
#include "signaling/store/store.h"

#include <errno.h>
#include <string.h>

#define TOUCH_EVERY_S 60

/* The prefix makes browsers insist on Secure and no Domain; plain HTTP is loopback only. */
static const char *cookie_name(const struct http_request *request)
{
    return request->tls ? "__Host-duet" : "duet";
}

static bool find_cookie(const struct http_request *request, char ret_secret[RANDOM_ID_CHARS + 1])
{
    const char *cookies = http_request_header(request, HTTP_HEADER_COOKIE);
    const char *name = cookie_name(request);
    size_t len = strlen(name);

    while (*cookies) {
        size_t part = strcspn(cookies, ";");

        if (part == len + 1 + RANDOM_ID_CHARS && strncmp(cookies, name, len) == 0 &&
            cookies[len] == '=') {
            memcpy(ret_secret, cookies + len + 1, RANDOM_ID_CHARS);
            ret_secret[RANDOM_ID_CHARS] = '\0';
            return true;
        }
        cookies += part;
        while (*cookies == ';' || *cookies == ' ')
            cookies++;
    }
    return false;
}

static void set_cookie(const struct http_request *request, const char *value, int max_age_s,
    struct http_response *response)
{
    http_response_header(response, "Set-Cookie",
        "%s=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Strict%s", cookie_name(request), value,
        max_age_s, request->tls ? "; Secure" : "");
}

static int remove_expired(struct store *store, int64_t now_s)
{
    sqlite3_stmt *statement =
        store_prepare(store, "DELETE FROM browser_sessions WHERE created < ? OR used < ?");

    store_bind_int(statement, 1, now_s - BROWSER_SESSIONS_ABSOLUTE_S);
    store_bind_int(statement, 2, now_s - BROWSER_SESSIONS_IDLE_S);
    return store_run(store, statement);
}

int browser_sessions_begin(
    const struct http_request *request, int64_t person, struct http_response *response)
{
    struct store *store = request->app->store;
    int64_t now_s = clock_wall_s();
    char secret[RANDOM_ID_CHARS + 1];
    char hash[SECRET_HASH_CHARS + 1];
    sqlite3_stmt *statement;
    int r = remove_expired(store, now_s);

    if (r < 0)
        return r;
    statement = store_prepare(store,
        "INSERT INTO browser_sessions (secret_hash, person, created, used) VALUES (?, ?, ?3, ?3)");
    random_id(secret);
    secret_hash(secret, hash);
    store_bind_text(statement, 1, hash);
    store_bind_int(statement, 2, person);
    store_bind_int(statement, 3, now_s);
    r = store_run(store, statement);
    if (r == 0)
        set_cookie(request, secret, BROWSER_SESSIONS_ABSOLUTE_S, response);
    explicit_bzero(secret, sizeof(secret));
    return r;
}

static int touch(struct store *store, const char *hash, int64_t now_s)
{
    sqlite3_stmt *statement =
        store_prepare(store, "UPDATE browser_sessions SET used = ? WHERE secret_hash = ?");

    store_bind_int(statement, 1, now_s);
    store_bind_text(statement, 2, hash);
    return store_run(store, statement);
}

int browser_sessions_find(const struct http_request *request, struct http_person *ret_person)
{
    struct store *store = request->app->store;
    int64_t now_s = clock_wall_s();
    struct http_person person = {0};
    char secret[RANDOM_ID_CHARS + 1];
    char hash[SECRET_HASH_CHARS + 1];
    sqlite3_stmt *statement;
    int64_t used = 0;
    int r;

    if (!find_cookie(request, secret))
        return -ENOENT;
    secret_hash(secret, hash);
    statement = store_prepare(store,
        "SELECT p.id, p.name, p.role, s.used, ifnull(p.organisation, 0), p.must_change FROM "
        "browser_sessions s "
        "JOIN people p ON p.id = "
        "s.person"
        " WHERE s.secret_hash = ? AND s.created > ? AND s.used > ? AND NOT p.disabled");
    store_bind_text(statement, 1, hash);
    store_bind_int(statement, 2, now_s - BROWSER_SESSIONS_ABSOLUTE_S);
    store_bind_int(statement, 3, now_s - BROWSER_SESSIONS_IDLE_S);
    r = store_step(store, statement);
    if (r == 1) {
        person.id = sqlite3_column_int64(statement, 0);
        store_column_text(statement, 1, person.name, sizeof(person.name));
        store_column_text(statement, 2, person.role, sizeof(person.role));
        used = sqlite3_column_int64(statement, 3);
        person.organisation = sqlite3_column_int64(statement, 4);
        person.must_change = sqlite3_column_int(statement, 5) != 0;
    }
    store_finish(statement);
    if (r <= 0)
        return r < 0 ? r : -ENOENT;
    /* Seldom, so that reading costs no write; a failure only ends the login earlier. */
    if (now_s - used > TOUCH_EVERY_S)
        touch(store, hash, now_s);
    *ret_person = person;
    return 0;
}

int browser_sessions_end(const struct http_request *request, struct http_response *response)
{
    struct store *store = request->app->store;
    char secret[RANDOM_ID_CHARS + 1];
    char hash[SECRET_HASH_CHARS + 1];
    sqlite3_stmt *statement;

    set_cookie(request, "", 0, response);
    if (!find_cookie(request, secret))
        return 0;
    secret_hash(secret, hash);
    statement = store_prepare(store, "DELETE FROM browser_sessions WHERE secret_hash = ?");
    store_bind_text(statement, 1, hash);
    return store_run(store, statement);
}
