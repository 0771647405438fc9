#include "signaling/http/idempotency.h"

#include "common/bytes.h"
#include "common/clock.h"
#include "common/log.h"
#include "signaling/accounts/secret_hash.h"
#include "signaling/http/routes.h"
#include "signaling/service.h"
#include "signaling/store/store.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define MAX_KEY_CHARS     128
#define KEPT_S            (24 * 3600)
#define KEPT_OF_PERSON    500
#define RETRY_S           1
#define HEADERS_LEN_BYTES 4

/* A request with a key whose answer has not left yet. */
struct idempotency {
    struct idempotency *next; /* of the service's list */
    int64_t person;
    char key_hash[SECRET_HASH_CHARS + 1];
    char request_hash[SECRET_HASH_CHARS + 1];
    unsigned char secret[crypto_secretbox_KEYBYTES];
    bool in_transaction;
};

/* Who the answer is for must be known, and must be heard by nobody else. No default: a new kind has to be judged. */
static bool is_heeded(const struct http_route *route)
{
    if (route->method != HTTP_POST)
        return false;
    switch (route->access) {
    case HTTP_ACCESS_PERSON:
    case HTTP_ACCESS_OVERVIEW:
    case HTTP_ACCESS_SETUP:
    case HTTP_ACCESS_SCHEDULE:
    case HTTP_ACCESS_ACCOUNTS:
    case HTTP_ACCESS_AUDIT:
    case HTTP_ACCESS_SYSTEM:
        return true;
    case HTTP_ACCESS_OPEN:
    case HTTP_ACCESS_TOKEN:
    case HTTP_ACCESS_DEPARTED:
    case HTTP_ACCESS_SELF: /* answers with cookies */
    case HTTP_ACCESS_DEVICE:
    case HTTP_ACCESS_EITHER:
    case HTTP_ACCESS_SOCKET:
    case HTTP_ACCESS_METRICS:
        break;
    }
    return false;
}

/* ---- the key ---- */

/* A quoted string of structured fields, or the same without its quotes. */
static bool read_key(const char *header, char ret_key[MAX_KEY_CHARS + 1])
{
    size_t len = strlen(header);

    if (len >= 2 && header[0] == '"' && header[len - 1] == '"') {
        header++;
        len -= 2;
    }
    if (len == 0 || len > MAX_KEY_CHARS)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (header[i] <= ' ' || header[i] > '~' || header[i] == '"' || header[i] == '\\')
            return false;
    }
    memcpy(ret_key, header, len);
    ret_key[len] = '\0';
    return true;
}

static void hash_part(crypto_hash_sha256_state *state, const char *data, size_t len)
{
    uint8_t bytes[4];

    bytes_put_u32(bytes, (uint32_t)len);
    crypto_hash_sha256_update(state, bytes, sizeof(bytes));
    crypto_hash_sha256_update(state, (const unsigned char *)data, len);
}

static void hash_request(const struct http_request *request, char ret_hash[SECRET_HASH_CHARS + 1])
{
    const char *method = http_method_name(request->method);
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state state;

    crypto_hash_sha256_init(&state);
    hash_part(&state, method, strlen(method));
    hash_part(&state, request->path, strlen(request->path));
    hash_part(&state, request->query, strlen(request->query));
    hash_part(&state, request->body.data ? request->body.data : "", request->body.len);
    crypto_hash_sha256_final(&state, digest);
    sodium_bin2hex(ret_hash, SECRET_HASH_CHARS + 1, digest, sizeof(digest));
}

static struct idempotency *create(const struct http_request *request, const char *key)
{
    struct idempotency *made = calloc(1, sizeof(*made));

    if (!made)
        return NULL;
    made->person = request->person.id;
    secret_hash(key, made->key_hash);
    hash_request(request, made->request_hash);
    /* another function than that of key_hash: who has the hash has nothing to read the answer with */
    crypto_generichash(made->secret, sizeof(made->secret), (const unsigned char *)key, strlen(key),
        (const unsigned char *)"duet-idempotent-answer", 22);
    return made;
}

static void destroy(struct idempotency *idempotency)
{
    sodium_memzero(idempotency, sizeof(*idempotency));
    free(idempotency);
}

static bool is_under_way(const struct http_request *request, const struct idempotency *wanted)
{
    for (const struct idempotency *i = request->app->idempotent; i; i = i->next) {
        if (i->person == wanted->person && strcmp(i->key_hash, wanted->key_hash) == 0)
            return true;
    }
    return false;
}

/* ---- what was answered before ---- */

static void answer_under_way(struct http_request *request)
{
    struct http_response response;

    http_response_init(&response, 409);
    http_response_problem(&response, 409,
        "The request with this Idempotency-Key is still under way; try again in a moment.");
    http_response_header(&response, "Retry-After", "%d", RETRY_S);
    http_request_respond(request, &response);
}

/* The same request came before, and this is its answer: length of the headers, headers, body. */
static void replay(struct http_request *request, const struct idempotency *idempotency, int status,
    const unsigned char *box, size_t box_len)
{
    struct http_response response;
    size_t len = box_len - crypto_secretbox_NONCEBYTES - crypto_secretbox_MACBYTES;
    unsigned char *plain = NULL;
    size_t headers_len;

    if (box_len >= crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + HEADERS_LEN_BYTES)
        plain = malloc(len);
    if (!plain ||
        crypto_secretbox_open_easy(plain, box + crypto_secretbox_NONCEBYTES,
            box_len - crypto_secretbox_NONCEBYTES, box, idempotency->secret) != 0 ||
        (headers_len = bytes_get_u32(plain)) > len - HEADERS_LEN_BYTES) {
        free(plain);
        service_answer_store_error(request, -EIO);
        return;
    }
    http_response_init(&response, status);
    text_append(&response.headers, plain + HEADERS_LEN_BYTES, headers_len);
    text_append(&response.body, plain + HEADERS_LEN_BYTES + headers_len,
        len - HEADERS_LEN_BYTES - headers_len);
    http_response_header(&response, "Idempotent-Replayed", "true");
    sodium_memzero(plain, len);
    free(plain);
    http_request_respond(request, &response);
}

/* 1 when the key was used, and the request has been answered; 0 when it is new; negative errno. */
static int answer_from_store(struct http_request *request, const struct idempotency *idempotency)
{
    sqlite3_stmt *statement = store_prepare(request->app->store,
        "SELECT request_hash, status, answer FROM idempotent_answers"
        " WHERE person = ? AND key_hash = ? AND made > ?");
    char request_hash[SECRET_HASH_CHARS + 1];
    int r;

    store_bind_int(statement, 1, idempotency->person);
    store_bind_text(statement, 2, idempotency->key_hash);
    store_bind_int(statement, 3, clock_wall_s() - KEPT_S);
    r = store_step(request->app->store, statement);
    if (r == 1) {
        store_column_text(statement, 0, request_hash, sizeof(request_hash));
        if (strcmp(request_hash, idempotency->request_hash) == 0)
            replay(request, idempotency, sqlite3_column_int(statement, 1),
                sqlite3_column_blob(statement, 2), (size_t)sqlite3_column_bytes(statement, 2));
        else
            http_request_fail(request, 422,
                "This Idempotency-Key belongs to another request; take a new one for each.");
    }
    store_finish(statement);
    return r;
}

/* ---- keeping an answer ---- */

/* nonce, then what replay() reads; NULL without memory. */
static unsigned char *seal(
    const struct idempotency *idempotency, const struct http_response *response, size_t *ret_len)
{
    size_t len = HEADERS_LEN_BYTES + response->headers.len + response->body.len;
    size_t before = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
    unsigned char *box = malloc(before + len);
    unsigned char *plain;

    if (!box)
        return NULL;
    plain = box + before;
    bytes_put_u32(plain, (uint32_t)response->headers.len);
    if (response->headers.len > 0)
        memcpy(plain + HEADERS_LEN_BYTES, response->headers.data, response->headers.len);
    if (response->body.len > 0)
        memcpy(plain + HEADERS_LEN_BYTES + response->headers.len, response->body.data,
            response->body.len);
    randombytes_buf(box, crypto_secretbox_NONCEBYTES);
    crypto_secretbox_easy(box + crypto_secretbox_NONCEBYTES, plain, len, box, idempotency->secret);
    *ret_len = before + len;
    return box;
}

/* What is too old, and what a person has too many of. */
static int sweep(struct store *store, int64_t person, int64_t now_s)
{
    sqlite3_stmt *statement =
        store_prepare(store, "DELETE FROM idempotent_answers WHERE made <= ?");
    int r;

    store_bind_int(statement, 1, now_s - KEPT_S);
    r = store_run(store, statement);
    if (r < 0)
        return r;
    statement = store_prepare(store,
        "DELETE FROM idempotent_answers WHERE person = ?1 AND made < (SELECT made FROM"
        " idempotent_answers WHERE person = ?1 ORDER BY made DESC LIMIT 1 OFFSET ?2)");
    store_bind_int(statement, 1, person);
    store_bind_int(statement, 2, KEPT_OF_PERSON - 1);
    return store_run(store, statement);
}

static int keep(struct store *store, const struct idempotency *idempotency,
    const struct http_response *response)
{
    int64_t now_s = clock_wall_s();
    size_t len = 0;
    unsigned char *box = seal(idempotency, response, &len);
    sqlite3_stmt *statement;
    int r;

    if (!box)
        return -ENOMEM;
    statement = store_prepare(store,
        "INSERT OR REPLACE INTO idempotent_answers (person, key_hash, request_hash, made, status,"
        " answer) VALUES (?, ?, ?, ?, ?, ?)");
    store_bind_int(statement, 1, idempotency->person);
    store_bind_text(statement, 2, idempotency->key_hash);
    store_bind_text(statement, 3, idempotency->request_hash);
    store_bind_int(statement, 4, now_s);
    store_bind_int(statement, 5, response->status);
    if (statement)
        sqlite3_bind_blob64(statement, 6, box, len, SQLITE_STATIC);
    r = store_run(store, statement);
    free(box);
    return r < 0 ? r : sweep(store, idempotency->person, now_s);
}

/* ---- around the handler ---- */

bool idempotency_begin(struct http_request *request)
{
    const char *header = http_request_header(request, HTTP_HEADER_IDEMPOTENCY_KEY);
    struct idempotency *made;
    char key[MAX_KEY_CHARS + 1];
    int r;

    if (!*header || !is_heeded(request->route))
        return true;
    if (!read_key(header, key)) {
        http_request_fail(request, 400,
            "Idempotency-Key: send 1 to %d letters, digits and signs, such as a random UUID.",
            MAX_KEY_CHARS);
        return false;
    }
    made = create(request, key);
    sodium_memzero(key, sizeof(key));
    if (made && is_under_way(request, made)) {
        destroy(made);
        answer_under_way(request);
        return false;
    }
    r = made ? answer_from_store(request, made) : -ENOMEM;
    if (r == 0)
        r = store_begin(request->app->store);
    if (r != 0) {
        if (r < 0)
            service_answer_store_error(request, r);
        if (made)
            destroy(made);
        return false;
    }
    made->in_transaction = true;
    made->next = request->app->idempotent;
    request->app->idempotent = made;
    request->idempotency = made;
    return true;
}

/* Ends the transaction around the handler, if it is still open. */
static int leave(struct http_request *request, int r)
{
    if (!request->idempotency->in_transaction)
        return r;
    request->idempotency->in_transaction = false;
    return store_end(request->app->store, r);
}

void idempotency_handled(struct http_request *request)
{
    if (request->idempotency && leave(request, 0) < 0)
        log_error(LOG_STORE, "event=idempotency what=leave");
}

static int keep_later(struct store *store, const struct idempotency *idempotency,
    const struct http_response *response)
{
    int r = store_begin(store);

    return r < 0 ? r : store_end(store, keep(store, idempotency, response));
}

void idempotency_settle(struct http_request *request, struct http_response *response)
{
    struct store *store = request->app->store;
    bool made = response->status >= 200 && response->status < 300;
    bool together = request->idempotency && request->idempotency->in_transaction;
    int r = 0;

    if (!request->idempotency)
        return;
    if (made && (response->headers.failed || response->body.failed))
        r = -ENOMEM;
    else if (made)
        r = together ? keep(store, request->idempotency, response)
                     : keep_later(store, request->idempotency, response);
    r = leave(request, r);
    idempotency_end(request);
    if (r < 0 && made && together) {
        http_response_finish(response);
        service_fill_store_error(response, r);
    } else if (r < 0) {
        log_error(LOG_STORE, "event=idempotency error=\"%s\"", strerror(-r));
    }
}

void idempotency_end(struct http_request *request)
{
    struct idempotency **at = &request->app->idempotent;

    if (!request->idempotency)
        return;
    while (*at != request->idempotency)
        at = &(*at)->next;
    *at = request->idempotency->next;
    destroy(request->idempotency);
    request->idempotency = NULL;
}
