#include "signaling/accounts/device_codes.h"

#include "common/random.h"
#include "signaling/audit/audit_log.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define CODE_TRIES 8
#define HASH_CHARS (2 * crypto_auth_hmacsha256_BYTES)
#define SELECT                                                                                     \
    "SELECT c.id, c.room, c.kind, c.expires, ifnull(c.device, 0), r.school FROM device_codes c"    \
    " JOIN rooms r ON r.id = c.room"

static void hash_code(
    const uint8_t key[TOKEN_KEY_BYTES], const char *code, char ret_hash[HASH_CHARS + 1])
{
    static const char purpose[] = "duet-device-code";
    uint8_t mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;

    crypto_auth_hmacsha256_init(&state, key, TOKEN_KEY_BYTES);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)purpose, sizeof(purpose));
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)code, strlen(code));
    crypto_auth_hmacsha256_final(&state, mac);
    sodium_bin2hex(ret_hash, HASH_CHARS + 1, mac, sizeof(mac));
    sodium_memzero(&state, sizeof(state));
}

static int remove_expired(struct store *store, int64_t now_s)
{
    sqlite3_stmt *statement = store_prepare(store, "DELETE FROM device_codes WHERE expires <= ?");

    store_bind_int(statement, 1, now_s);
    return store_run(store, statement);
}

static int room_exists(struct store *store, int64_t room)
{
    sqlite3_stmt *statement = store_prepare(store, "SELECT 1 FROM rooms WHERE id = ?");

    store_bind_int(statement, 1, room);
    return store_run(store, statement);
}

static int insert(
    struct store *store, int64_t room, enum device_kind kind, const char *hash, int64_t expires_s)
{
    sqlite3_stmt *statement = store_prepare(
        store, "INSERT INTO device_codes (code_hash, room, kind, expires) VALUES (?, ?, ?, ?)");

    store_bind_text(statement, 1, hash);
    store_bind_int(statement, 2, room);
    store_bind_text(statement, 3, devices_kind_name(kind));
    store_bind_int(statement, 4, expires_s);
    return store_run(store, statement);
}

/* One that nobody else has just now. */
static int insert_new(struct store *store, const uint8_t key[TOKEN_KEY_BYTES], int64_t room,
    enum device_kind kind, int64_t expires_s, char code[DEVICES_CODE_DIGITS + 1])
{
    char hash[HASH_CHARS + 1];
    int r = -EEXIST;

    for (int i = 0; r == -EEXIST && i < CODE_TRIES; i++) {
        snprintf(code, DEVICES_CODE_DIGITS + 1, "%06u", (unsigned)random_below(1000000));
        hash_code(key, code, hash);
        r = insert(store, room, kind, hash, expires_s);
    }
    return r == -EEXIST ? -EBUSY : r;
}

int device_codes_add(struct store *store, const uint8_t key[TOKEN_KEY_BYTES], int64_t room,
    enum device_kind kind, const char *by, int64_t now_s, int64_t *ret_id,
    char ret_code[DEVICES_CODE_DIGITS + 1])
{
    char code[DEVICES_CODE_DIGITS + 1] = "", object[32];
    struct audit_entry entry = {now_s, by, "device.code", object, "done", ""};
    int64_t id = 0;
    int r = store_begin(store);

    if (r < 0)
        return r;
    snprintf(object, sizeof(object), "room %lld", (long long)room);
    r = room_exists(store, room);
    r = r == 0 ? -ENOENT : r == 1 ? 0 : r;
    if (r == 0)
        r = remove_expired(store, now_s);
    if (r == 0)
        r = insert_new(store, key, room, kind, now_s + DEVICES_CODE_LIFE_S, code);
    id = store_last_id(store);
    r = audit_log_end(store, r, &entry);
    if (r == 0) {
        memcpy(ret_code, code, sizeof(code));
        *ret_id = id;
    }
    explicit_bzero(code, sizeof(code));
    return r;
}

/* Runs the statement, which selects one, and finishes it: 1, 0, or an error of the store. */
static int read_one(struct store *store, sqlite3_stmt *statement, struct device_code *ret_code)
{
    char kind[16];
    int r = store_step(store, statement);

    if (r == 1) {
        *ret_code = (struct device_code){
            .id = sqlite3_column_int64(statement, 0),
            .room = sqlite3_column_int64(statement, 1),
            .expires_s = sqlite3_column_int64(statement, 3),
            .device = sqlite3_column_int64(statement, 4),
            .school = sqlite3_column_int64(statement, 5),
        };
        store_column_text(statement, 2, kind, sizeof(kind));
        devices_kind_of(kind, &ret_code->kind); /* the table takes no other name */
    }
    store_finish(statement);
    return r;
}

int device_codes_get(struct store *store, int64_t id, int64_t now_s, struct device_code *ret_code)
{
    sqlite3_stmt *statement = store_prepare(store, SELECT " WHERE c.id = ? AND c.expires > ?");

    store_bind_int(statement, 1, id);
    store_bind_int(statement, 2, now_s);
    return read_one(store, statement, ret_code);
}

int device_codes_withdraw(struct store *store, int64_t id, const char *by, int64_t now_s)
{
    char object[32];
    struct audit_entry entry = {now_s, by, "device.code_withdraw", object, "done", ""};
    struct device_code code;
    sqlite3_stmt *statement;
    int r = store_begin(store);

    if (r < 0)
        return r;
    r = device_codes_get(store, id, now_s, &code);
    if (r == 0 || (r == 1 && code.device != 0)) {
        r = -ENOENT;
    } else if (r == 1) {
        snprintf(object, sizeof(object), "room %lld", (long long)code.room);
        statement = store_prepare(store, "DELETE FROM device_codes WHERE id = ?");
        store_bind_int(statement, 1, id);
        r = store_run(store, statement);
    }
    return audit_log_end(store, r, &entry);
}

int device_codes_find(struct store *store, const uint8_t key[TOKEN_KEY_BYTES], const char *code,
    int64_t now_s, struct device_code *ret_code)
{
    sqlite3_stmt *statement =
        store_prepare(store, SELECT " WHERE c.code_hash = ? AND c.expires > ?");
    char hash[HASH_CHARS + 1];
    int r;

    hash_code(key, code, hash);
    store_bind_text(statement, 1, hash);
    store_bind_int(statement, 2, now_s);
    r = read_one(store, statement, ret_code);
    return r == 1 ? 0 : r == 0 ? -ENOENT : r;
}

int device_codes_use(struct store *store, int64_t id, int64_t device)
{
    sqlite3_stmt *statement =
        store_prepare(store, "UPDATE device_codes SET code_hash = NULL, device = ? WHERE id = ?");

    store_bind_int(statement, 1, device);
    store_bind_int(statement, 2, id);
    return store_run(store, statement);
}
