#include "signaling/accounts/browser_sessions.h"

#include "common/clock.h"
#include "common/random.h"
#include "signaling/accounts/logins.h"
#include "signaling/accounts/secret_hash.h"
#include "signaling/service.h"
#include "signaling/store/store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TOUCH_EVERY_S 60

_Static_assert(sizeof(((struct http_person *)0)->login) == BROWSER_SESSIONS_ID_CHARS + 1, "an id");

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

/* The limits of a login's life: what was begun or used before is over. */
struct limits {
    int64_t begun_s, used_s;
};

static struct limits limits_now(const struct signaling *app, int64_t now_s)
{
    return (struct limits){now_s - app->settings->session_hours * 3600,
        now_s - app->settings->session_idle_minutes * 60};
}

static int remove_expired(struct store *store, const struct limits *limits)
{
    sqlite3_stmt *statement =
        store_prepare(store, "DELETE FROM browser_sessions WHERE created < ? OR used < ?");

    store_bind_int(statement, 1, limits->begun_s);
    store_bind_int(statement, 2, limits->used_s);
    return store_run(store, statement);
}

/* Room for one more. */
static int remove_surplus(struct store *store, int64_t person, int64_t most)
{
    sqlite3_stmt *statement = store_prepare(store,
        "DELETE FROM browser_sessions WHERE secret_hash IN (SELECT secret_hash FROM"
        " browser_sessions WHERE person = ? ORDER BY used DESC, created DESC LIMIT -1 OFFSET ?)");

    store_bind_int(statement, 1, person);
    store_bind_int(statement, 2, most - 1);
    return store_run(store, statement);
}

static bool find_hash(const struct http_request *request, char ret_hash[SECRET_HASH_CHARS + 1])
{
    char secret[RANDOM_ID_CHARS + 1];

    if (!find_cookie(request, secret))
        return false;
    secret_hash(secret, ret_hash);
    explicit_bzero(secret, sizeof(secret));
    return true;
}

static int remove_own(const struct http_request *request)
{
    char hash[SECRET_HASH_CHARS + 1];
    sqlite3_stmt *statement;

    if (!find_hash(request, hash))
        return 0;
    statement =
        store_prepare(request->app->store, "DELETE FROM browser_sessions WHERE secret_hash = ?");
    store_bind_text(statement, 1, hash);
    return store_run(request->app->store, statement);
}

/* What browsers call themselves, cut, and without what is no plain ASCII: it is shown, and only shown. */
static void read_browser(
    const struct http_request *request, char ret_browser[BROWSER_SESSIONS_BROWSER_CHARS + 1])
{
    const char *text = http_request_header(request, HTTP_HEADER_USER_AGENT);
    size_t len = 0;

    for (; *text && len < BROWSER_SESSIONS_BROWSER_CHARS; text++)
        ret_browser[len++] = *text >= 0x20 && *text < 0x7f ? *text : '?';
    ret_browser[len] = '\0';
}

/* The login of this person that the request's cookie stands for, "" for none: the new cookie goes on with it. */
static int find_login(const struct http_request *request, int64_t person,
    char ret_login[BROWSER_SESSIONS_ID_CHARS + 1])
{
    struct store *store = request->app->store;
    char hash[SECRET_HASH_CHARS + 1] = "";
    sqlite3_stmt *statement;
    int r;

    *ret_login = '\0';
    /* whoever chose another password has no cookie any more, but is known by the one that they asked with */
    if (request->person.id == person) {
        memcpy(ret_login, request->person.login, sizeof(request->person.login));
        return 0;
    }
    find_hash(request, hash);
    statement = store_prepare(
        store, "SELECT login FROM browser_sessions WHERE secret_hash = ? AND person = ?");
    store_bind_text(statement, 1, hash);
    store_bind_int(statement, 2, person);
    r = store_step(store, statement);
    if (r == 1)
        store_column_text(statement, 0, ret_login, BROWSER_SESSIONS_ID_CHARS + 1);
    store_finish(statement);
    return r < 0 ? r : 0;
}

static int insert(const struct http_request *request, int64_t person, const char *secret,
    const char *goes_on_with)
{
    struct store *store = request->app->store;
    sqlite3_stmt *statement = store_prepare(store,
        "INSERT INTO browser_sessions (secret_hash, person, created, used, address, browser, login)"
        " VALUES (?, ?, ?3, ?3, ?, ?, ?)");
    char browser[BROWSER_SESSIONS_BROWSER_CHARS + 1];
    char login[BROWSER_SESSIONS_ID_CHARS + 1];
    char hash[SECRET_HASH_CHARS + 1];
    int r;

    read_browser(request, browser);
    secret_hash(secret, hash);
    snprintf(login, sizeof(login), "%.*s", BROWSER_SESSIONS_ID_CHARS,
        *goes_on_with ? goes_on_with : hash);
    store_bind_text(statement, 1, hash);
    store_bind_int(statement, 2, person);
    store_bind_int(statement, 3, clock_wall_s());
    store_bind_text(statement, 4, request->address);
    store_bind_text(statement, 5, browser);
    store_bind_text(statement, 6, login);
    r = store_run(store, statement);
    return r < 0 ? r : logins_add(store, login, person, clock_wall_s());
}

int browser_sessions_begin(
    const struct http_request *request, int64_t person, struct http_response *response)
{
    struct signaling *app = request->app;
    struct limits limits = limits_now(app, clock_wall_s());
    char login[BROWSER_SESSIONS_ID_CHARS + 1];
    char secret[RANDOM_ID_CHARS + 1];
    int r = find_login(request, person, login);

    if (r == 0)
        r = remove_expired(app->store, &limits);
    if (r == 0)
        r = remove_own(request);
    if (r == 0)
        r = remove_surplus(app->store, person, app->settings->sessions_per_person);
    if (r < 0)
        return r;
    random_id(secret);
    r = insert(request, person, secret, login);
    if (r == 0)
        set_cookie(request, secret, (int)app->settings->session_hours * 3600, response);
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

/* 1, 0 or an error of the store. */
static int find(struct signaling *app, const char *hash, int64_t now_s,
    struct http_person *ret_person, int64_t *ret_used_s)
{
    struct limits limits = limits_now(app, now_s);
    struct http_person person = {0};
    sqlite3_stmt *statement = store_prepare(app->store,
        "SELECT p.id, p.name, p.role, ifnull(p.organisation, 0), p.must_change, s.used, p.language,"
        " s.login, p.login FROM browser_sessions s JOIN people p ON p.id = s.person"
        " WHERE s.secret_hash = ? AND s.created > ? AND s.used > ? AND NOT p.disabled");
    int r;

    store_bind_text(statement, 1, hash);
    store_bind_int(statement, 2, limits.begun_s);
    store_bind_int(statement, 3, limits.used_s);
    r = store_step(app->store, statement);
    if (r == 1) {
        person.id = sqlite3_column_int64(statement, 0);
        store_column_text(statement, 1, person.name, sizeof(person.name));
        store_column_text(statement, 2, person.role, sizeof(person.role));
        person.organisation = sqlite3_column_int64(statement, 3);
        person.must_change = sqlite3_column_int(statement, 4) != 0;
        store_column_text(statement, 6, person.language, sizeof(person.language));
        store_column_text(statement, 7, person.login, sizeof(person.login));
        store_column_text(statement, 8, person.login_name, sizeof(person.login_name));
        *ret_used_s = sqlite3_column_int64(statement, 5);
        *ret_person = person;
    }
    store_finish(statement);
    return r;
}

int browser_sessions_find(const struct http_request *request, struct http_person *ret_person)
{
    int64_t now_s = clock_wall_s();
    char hash[SECRET_HASH_CHARS + 1];
    int64_t used_s = 0;
    int r;

    if (!find_hash(request, hash))
        return -ENOENT;
    r = find(request->app, hash, now_s, ret_person, &used_s);
    if (r <= 0)
        return r < 0 ? r : -ENOENT;
    /* Seldom, so that reading costs no write; a failure only ends the login earlier. */
    if (now_s - used_s > TOUCH_EVERY_S)
        touch(request->app->store, hash, now_s);
    return 0;
}

int browser_sessions_end(const struct http_request *request, struct http_response *response)
{
    struct store *store = request->app->store;
    int r = store_begin(store);

    set_cookie(request, "", 0, response);
    if (r < 0)
        return r;
    r = logins_end(store, request->person.id, request->person.login, "", clock_wall_s());
    return store_end(store, r < 0 ? r : remove_own(request));
}

int browser_sessions_end_other(const struct http_request *request, int64_t person, const char *id)
{
    struct store *store = request->app->store;
    char hash[SECRET_HASH_CHARS + 1] = "";
    sqlite3_stmt *statement;
    int r = logins_end(store, person, id, id ? "" : request->person.login, clock_wall_s());

    if (r < 0)
        return r;
    find_hash(request, hash);
    statement = store_prepare(store,
        "DELETE FROM browser_sessions WHERE person = ?1 AND CASE ?2 WHEN '' THEN secret_hash != ?3"
        " ELSE login = ?2 END");
    store_bind_int(statement, 1, person);
    store_bind_text(statement, 2, id ? id : "");
    store_bind_text(statement, 3, hash);
    r = store_run(store, statement);
    return r == 0 ? store_changes(store) : r;
}

int browser_sessions_list(const struct http_request *request, int64_t person,
    void (*on_session)(void *user, const struct browser_session *session), void *user)
{
    struct store *store = request->app->store;
    struct limits limits = limits_now(request->app, clock_wall_s());
    char hash[SECRET_HASH_CHARS + 1] = "";
    struct browser_session session = {0};
    sqlite3_stmt *statement =
        store_prepare(store, "SELECT login, created, used, address, browser, secret_hash = ?"
                             " FROM browser_sessions WHERE person = ? AND created > ? AND used > ?"
                             " ORDER BY used DESC, created DESC");
    int r;

    find_hash(request, hash);
    store_bind_text(statement, 1, hash);
    store_bind_int(statement, 2, person);
    store_bind_int(statement, 3, limits.begun_s);
    store_bind_int(statement, 4, limits.used_s);
    while ((r = store_step(store, statement)) == 1) {
        store_column_text(statement, 0, session.id, sizeof(session.id));
        session.begun_s = sqlite3_column_int64(statement, 1);
        session.used_s = sqlite3_column_int64(statement, 2);
        store_column_text(statement, 3, session.address, sizeof(session.address));
        store_column_text(statement, 4, session.browser, sizeof(session.browser));
        session.current = sqlite3_column_int(statement, 5) != 0;
        on_session(user, &session);
    }
    store_finish(statement);
    return r;
}
