#include "media/device_identity.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "common/json.h"
#include "media/day_plan.h"
#include "media/http_client.h"

#define FILE_NAME      "device.json"
#define FILE_MAX_BYTES 16384
#define VARIANT        sodium_base64_VARIANT_URLSAFE_NO_PADDING
#define KEY_CHARS      86 /* of the secret key */

char *device_identity_default_folder(const char *program)
{
    return g_build_filename(g_get_user_state_dir(), "duet", program, NULL);
}

void device_identity_init(struct device_identity *identity, const char *server, const char *ca_file)
{
    size_t len = strlen(server);

    while (len > 0 && server[len - 1] == '/')
        len--;
    *identity = (struct device_identity){
        .server = g_strndup(server, len),
        .ca_file = ca_file && *ca_file ? g_canonicalize_filename(ca_file, NULL) : g_strdup(""),
    };
    crypto_sign_keypair(identity->public_key, identity->secret_key);
}

static bool refuse(GError **error, const char *path, const char *why)
{
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
        "%s: %s; move it away and enrol this device with a new code", path, why);
    return false;
}

/* A signature of a key whose halves do not belong together proves nothing: the server would call it revoked. */
static bool is_whole_key(const uint8_t secret_key[crypto_sign_SECRETKEYBYTES])
{
    uint8_t seed[crypto_sign_SEEDBYTES], again[crypto_sign_SECRETKEYBYTES];
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
    bool whole;

    crypto_sign_ed25519_sk_to_seed(seed, secret_key);
    crypto_sign_seed_keypair(public_key, again, seed);
    whole = sodium_memcmp(again, secret_key, sizeof(again)) == 0;
    explicit_bzero(seed, sizeof(seed));
    explicit_bzero(again, sizeof(again));
    return whole;
}

static bool take(const json_t *json, struct device_identity *identity)
{
    struct json_error error;
    const char *server = json_get_string(json, "server", 2000, &error);
    const char *ca_file = json_get_string(json, "ca_file", 4096, &error);
    const char *key = json_get_string(json, "key", KEY_CHARS, &error);
    size_t len;

    if (!server || !ca_file || !key ||
        json_get_int(json, "device", 1, INT64_MAX, &identity->id, &error) < 0 ||
        sodium_base642bin(identity->secret_key, sizeof(identity->secret_key), key, strlen(key),
            NULL, &len, NULL, VARIANT) < 0 ||
        len != sizeof(identity->secret_key) || !is_whole_key(identity->secret_key) ||
        !http_client_is_address(server))
        return false;
    crypto_sign_ed25519_sk_to_pk(identity->public_key, identity->secret_key);
    identity->server = g_strdup(server);
    identity->ca_file = g_strdup(ca_file);
    return true;
}

bool device_identity_load(const char *folder, struct device_identity *ret_identity, GError **error)
{
    g_autofree char *path = g_build_filename(folder, FILE_NAME, NULL);
    g_autofree char *text = NULL;
    struct json_error wrong;
    GStatBuf info;
    json_t *json;
    gsize len;
    bool taken;

    *ret_identity = (struct device_identity){0};
    if (!g_file_get_contents(path, &text, &len, error))
        return false;
    if (g_stat(path, &info) == 0 && (info.st_mode & 077) != 0)
        return refuse(error, path, "others can read its key (chmod 600)");
    json = json_parse(text, len, FILE_MAX_BYTES, &wrong);
    explicit_bzero(text, len);
    taken = json && take(json, ret_identity);
    json_decref(json);
    return taken || refuse(error, path, "this is no device's identity, or it is damaged");
}

bool device_identity_is_there(const char *folder)
{
    g_autofree char *path = g_build_filename(folder, FILE_NAME, NULL);

    return g_file_test(path, G_FILE_TEST_EXISTS);
}

bool device_identity_can_save(const char *folder, GError **error)
{
    if (g_mkdir_with_parents(folder, 0700) == 0 && g_access(folder, W_OK | X_OK) == 0)
        return true;
    g_set_error(
        error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s: %s", folder, g_strerror(errno));
    return false;
}

bool device_identity_save(
    const char *folder, const struct device_identity *identity, GError **error)
{
    g_autofree char *path = g_build_filename(folder, FILE_NAME, NULL);
    g_autofree char *cached = g_build_filename(folder, DAY_PLAN_CACHE_NAME, NULL);
    char key[KEY_CHARS + 1];
    json_t *json;
    char *text;
    bool saved;

    if (!device_identity_can_save(folder, error))
        return false;
    g_unlink(cached);
    sodium_bin2base64(
        key, sizeof(key), identity->secret_key, sizeof(identity->secret_key), VARIANT);
    json = json_pack("{s:s, s:s, s:I, s:s}", "server", identity->server, "ca_file",
        identity->ca_file, "device", (json_int_t)identity->id, "key", key);
    text = json_dumps(json, JSON_INDENT(2));
    saved = g_file_set_contents_full(
        path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, error);
    explicit_bzero(key, sizeof(key));
    explicit_bzero(text, strlen(text));
    free(text);
    json_decref(json);
    return saved;
}

void device_identity_finish(struct device_identity *identity)
{
    g_free(identity->server);
    g_free(identity->ca_file);
    explicit_bzero(identity, sizeof(*identity));
}

char *device_identity_public_key(const struct device_identity *identity)
{
    char key[64];

    sodium_bin2base64(
        key, sizeof(key), identity->public_key, sizeof(identity->public_key), VARIANT);
    return g_strdup(key);
}

void device_identity_sign(const struct device_identity *identity, const char *challenge,
    char ret_signature[DEVICE_IDENTITY_SIGNATURE_CHARS + 1])
{
    g_autofree char *message =
        g_strdup_printf("duet-device-session:%" G_GINT64_FORMAT ":%s", identity->id, challenge);
    uint8_t signature[crypto_sign_BYTES];

    crypto_sign_detached(
        signature, NULL, (const uint8_t *)message, strlen(message), identity->secret_key);
    sodium_bin2base64(
        ret_signature, DEVICE_IDENTITY_SIGNATURE_CHARS + 1, signature, sizeof(signature), VARIANT);
}
