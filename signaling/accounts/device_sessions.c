#include "signaling/accounts/device_sessions.h"

#include "common/bytes.h"
#include "signaling/accounts/secret_hash.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define CHALLENGE_BYTES 32
#define NONCE_BYTES     16 /* time and random */
#define VARIANT         sodium_base64_VARIANT_URLSAFE_NO_PADDING
#define US_PER_MS       1000

static void put_u64(uint8_t *to, uint64_t value)
{
    for (int i = 7; i >= 0; i--, value >>= 8)
        to[i] = (uint8_t)value;
}

static uint64_t get_u64(const uint8_t *from)
{
    uint64_t value = 0;

    for (int i = 0; i < 8; i++)
        value = value << 8 | from[i];
    return value;
}

static void seal(const uint8_t key[TOKEN_KEY_BYTES], int64_t device,
    const uint8_t nonce[NONCE_BYTES], uint8_t ret_mac[CHALLENGE_BYTES - NONCE_BYTES])
{
    static const char purpose[] = "duet-device-challenge";
    crypto_auth_hmacsha256_state state;
    uint8_t mac[crypto_auth_hmacsha256_BYTES], id[8];

    put_u64(id, (uint64_t)device);
    crypto_auth_hmacsha256_init(&state, key, TOKEN_KEY_BYTES);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)purpose, sizeof(purpose));
    crypto_auth_hmacsha256_update(&state, id, sizeof(id));
    crypto_auth_hmacsha256_update(&state, nonce, NONCE_BYTES);
    crypto_auth_hmacsha256_final(&state, mac);
    memcpy(ret_mac, mac, CHALLENGE_BYTES - NONCE_BYTES);
    sodium_memzero(&state, sizeof(state));
}

void device_challenge_make(const uint8_t key[TOKEN_KEY_BYTES], int64_t device, uint64_t now_us,
    char ret_challenge[DEVICE_CHALLENGE_CHARS + 1])
{
    uint8_t bytes[CHALLENGE_BYTES];

    put_u64(bytes, now_us / US_PER_MS);
    random_bytes(bytes + 8, NONCE_BYTES - 8);
    seal(key, device, bytes, bytes + NONCE_BYTES);
    sodium_bin2base64(ret_challenge, DEVICE_CHALLENGE_CHARS + 1, bytes, sizeof(bytes), VARIANT);
}

/* Exactly so many bytes. */
static bool decode(const char *text, uint8_t *ret_bytes, size_t size)
{
    const char *end;
    size_t len;

    return sodium_base642bin(ret_bytes, size, text, strlen(text), NULL, &len, &end, VARIANT) == 0 &&
           len == size && *end == '\0';
}

bool device_challenge_check(const uint8_t key[TOKEN_KEY_BYTES], int64_t device,
    const char *challenge, uint64_t now_us, int64_t *ret_made_ms)
{
    uint8_t bytes[CHALLENGE_BYTES], mac[CHALLENGE_BYTES - NONCE_BYTES];
    uint64_t made_ms, now_ms = now_us / US_PER_MS;

    if (!decode(challenge, bytes, sizeof(bytes)))
        return false;
    seal(key, device, bytes, mac);
    if (sodium_memcmp(mac, bytes + NONCE_BYTES, sizeof(mac)) != 0)
        return false;
    made_ms = get_u64(bytes);
    if (made_ms > now_ms || now_ms - made_ms > DEVICE_CHALLENGE_LIFE_S * 1000)
        return false;
    *ret_made_ms = (int64_t)made_ms;
    return true;
}

bool device_signature_check(
    const struct device *device, const char *challenge, const char *signature)
{
    uint8_t bytes[crypto_sign_BYTES];
    char message[128];
    int len = snprintf(
        message, sizeof(message), "duet-device-session:%lld:%s", (long long)device->id, challenge);

    return len > 0 && (size_t)len < sizeof(message) && decode(signature, bytes, sizeof(bytes)) &&
           crypto_sign_verify_detached(
               bytes, (const uint8_t *)message, (unsigned long long)len, device->public_key) == 0;
}

/* One that stands in the time to come is from before the server's clock was put back. */
static int take_challenge(struct store *store, int64_t device, int64_t made_ms, int64_t now_s)
{
    sqlite3_stmt *statement = store_prepare(store,
        "UPDATE devices SET challenged = ?1 WHERE id = ?2 AND (challenged < ?1 OR challenged > ?3)"
        " AND revoked IS NULL");
    int r;

    store_bind_int(statement, 1, made_ms);
    store_bind_int(statement, 2, device);
    store_bind_int(statement, 3, (now_s + 1) * 1000);
    r = store_run(store, statement);
    return r == 0 && store_changes(store) == 0 ? -EACCES : r;
}

static int remove_expired(struct store *store, int64_t now_s)
{
    sqlite3_stmt *statement =
        store_prepare(store, "DELETE FROM device_sessions WHERE expires <= ?");

    store_bind_int(statement, 1, now_s);
    return store_run(store, statement);
}

static int insert(struct store *store, const char *hash, int64_t device, int64_t expires_s)
{
    sqlite3_stmt *statement = store_prepare(
        store, "INSERT INTO device_sessions (secret_hash, device, expires) VALUES (?, ?, ?)");

    store_bind_text(statement, 1, hash);
    store_bind_int(statement, 2, device);
    store_bind_int(statement, 3, expires_s);
    return store_run(store, statement);
}

int device_sessions_begin(struct store *store, int64_t device, int64_t made_ms, int64_t now_s,
    char ret_secret[RANDOM_ID_CHARS + 1], int64_t *ret_expires_s)
{
    char secret[RANDOM_ID_CHARS + 1], hash[SECRET_HASH_CHARS + 1];
    int r = store_begin(store);

    if (r < 0)
        return r;
    random_id(secret);
    secret_hash(secret, hash);
    r = take_challenge(store, device, made_ms, now_s);
    if (r == 0)
        r = remove_expired(store, now_s);
    if (r == 0)
        r = insert(store, hash, device, now_s + DEVICE_SESSION_LIFE_S);
    r = store_end(store, r);
    if (r == 0) {
        memcpy(ret_secret, secret, sizeof(secret));
        *ret_expires_s = now_s + DEVICE_SESSION_LIFE_S;
    }
    explicit_bzero(secret, sizeof(secret));
    return r;
}

int device_sessions_find(
    struct store *store, const char *secret, int64_t now_s, struct device *ret_device)
{
    sqlite3_stmt *statement = store_prepare(
        store, "SELECT device FROM device_sessions WHERE secret_hash = ? AND expires > ?");
    char hash[SECRET_HASH_CHARS + 1];
    int64_t device = 0;
    int r;

    secret_hash(secret, hash);
    store_bind_text(statement, 1, hash);
    store_bind_int(statement, 2, now_s);
    r = store_step(store, statement);
    if (r == 1)
        device = sqlite3_column_int64(statement, 0);
    store_finish(statement);
    if (r == 1)
        r = devices_get(store, device, ret_device);
    return r == 1 && ret_device->revoked_s != 0 ? 0 : r;
}
