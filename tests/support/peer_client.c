#include "tests/support/peer_client.h"

#include "common/random.h"
#include "relay/transport/srtp.h"
#include "relay/wire/demux.h"
#include "relay/wire/stun.h"
#include "tests/support/peer_context.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <srtp2/srtp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FIRST_CHECK_INTERVAL_US UINT64_C(50000)
#define CHECK_INTERVAL_US       UINT64_C(2500000)
#define RETRANSMIT_US           50000
#define MAX_RETRANSMIT_US       400000
#define REMOTE_CHARS            256
#define PEER_REFLEXIVE_PRIORITY ((UINT32_C(110) << 24) | (UINT32_C(65535) << 8) | 255)
#define MAX_KEY_BYTES           32

struct peer_client {
    struct peer_client_params params; /* context and user borrowed */

    SSL *ssl;       /* owned */
    srtp_t inbound; /* owned */
    srtp_t outbound;

    struct peer_datagrams datagrams;
    struct peer_counters counters;
    enum peer_state state;
    char ufrag[PEER_UFRAG_CHARS + 1];
    char pwd[PEER_PWD_CHARS + 1];
    char remote_ufrag[REMOTE_CHARS + 1];
    char remote_pwd[REMOTE_CHARS + 1];
    char remote_fingerprint[PEER_FINGERPRINT_CHARS + 1];
    char error[160];
    uint8_t transaction_id[STUN_TRANSACTION_ID_BYTES]; /* ours for good, but for the last byte */
    uint64_t tie_breaker;
    uint64_t next_check_us;
    bool has_remote;
    bool dtls_started;
    bool dtls_server;
};

static void set_state(struct peer_client *client, enum peer_state state)
{
    client->state = state;
    if (client->params.on_state != NULL)
        client->params.on_state(client->params.user, state);
}

static void fail(struct peer_client *client, const char *what)
{
    const char *reason = ERR_reason_error_string(ERR_peek_error());

    snprintf(client->error, sizeof(client->error), "%s%s%s", what, reason != NULL ? ": " : "",
        reason != NULL ? reason : "");
    ERR_clear_error();
    set_state(client, PEER_CLOSED);
}

/* ---- life ---- */

static unsigned next_timeout_us(SSL *ssl, unsigned previous_us)
{
    if (previous_us == 0)
        return RETRANSMIT_US;
    return previous_us * 2 < MAX_RETRANSMIT_US ? previous_us * 2 : MAX_RETRANSMIT_US;
}

static int create_ssl(struct peer_client *client)
{
    struct peer_context *context = client->params.context;
    BIO *bio = BIO_new(context->method);

    client->ssl = SSL_new(context->ssl);
    if (client->ssl == NULL || bio == NULL) {
        BIO_free(bio);
        return -ENOMEM;
    }
    client->datagrams.send = client->params.send;
    client->datagrams.user = client->params.user;
    BIO_set_data(bio, &client->datagrams);
    BIO_set_init(bio, 1);
    SSL_set_bio(client->ssl, bio, bio);
    SSL_set_connect_state(client->ssl);
    DTLS_set_link_mtu(client->ssl, (long)context->link_mtu_bytes);
    DTLS_set_timer_cb(client->ssl, next_timeout_us);
    return 0;
}

int peer_client_create(const struct peer_client_params *params, struct peer_client **ret_client)
{
    struct peer_client *client;
    int err = srtp_library_start();

    if (err < 0)
        return err;
    client = calloc(1, sizeof(*client));
    if (client == NULL)
        return -ENOMEM;
    client->params = *params;
    if (client->params.check_interval_us == 0)
        client->params.check_interval_us = CHECK_INTERVAL_US;
    peer_client_renew(client);
    random_bytes(&client->tie_breaker, sizeof(client->tie_breaker));
    random_bytes(client->transaction_id, sizeof(client->transaction_id));
    err = create_ssl(client);
    if (err < 0) {
        peer_client_destroy(client);
        return err;
    }
    *ret_client = client;
    return 0;
}

void peer_client_destroy(struct peer_client *client)
{
    if (client == NULL)
        return;
    SSL_free(client->ssl);
    if (client->inbound != NULL)
        srtp_dealloc(client->inbound);
    if (client->outbound != NULL)
        srtp_dealloc(client->outbound);
    free(client);
}

void peer_client_renew(struct peer_client *client)
{
    random_text(client->ufrag, PEER_UFRAG_CHARS);
    random_text(client->pwd, PEER_PWD_CHARS);
}

int peer_client_set_remote(
    struct peer_client *client, const char *ufrag, const char *pwd, const char *fingerprint)
{
    if (strlen(ufrag) > REMOTE_CHARS || strlen(pwd) > REMOTE_CHARS ||
        (fingerprint != NULL && strlen(fingerprint) != PEER_FINGERPRINT_CHARS))
        return -EINVAL;
    snprintf(client->remote_ufrag, sizeof(client->remote_ufrag), "%s", ufrag);
    snprintf(client->remote_pwd, sizeof(client->remote_pwd), "%s", pwd);
    if (fingerprint != NULL)
        snprintf(client->remote_fingerprint, sizeof(client->remote_fingerprint), "%s", fingerprint);
    client->has_remote = true;
    client->next_check_us = 0;
    return 0;
}

static int believe_certificate(int preverified, X509_STORE_CTX *store)
{
    return 1;
}

void peer_client_set_dtls_server(struct peer_client *client)
{
    client->dtls_server = true;
    SSL_set_accept_state(client->ssl);
    /* A certificate is asked for; fingerprint_matches() judges it. */
    SSL_set_verify(client->ssl, SSL_VERIFY_PEER, believe_certificate);
}

/* ---- ICE ---- */

void peer_client_send_check(
    struct peer_client *client, const char *pwd, bool use_candidate, bool controlling)
{
    char username[REMOTE_CHARS + PEER_UFRAG_CHARS + 2];
    uint8_t data[STUN_REPLY_BYTES + REMOTE_CHARS];
    size_t len;
    struct stun_check_params check = {
        .transaction_id = client->transaction_id,
        .username = username,
        .priority = PEER_REFLEXIVE_PRIORITY,
        .tie_breaker = client->tie_breaker,
        .controlling = controlling,
        .use_candidate = use_candidate,
    };

    if (pwd == NULL)
        pwd = client->remote_pwd;
    snprintf(username, sizeof(username), "%s:%s", client->remote_ufrag, client->ufrag);
    client->transaction_id[STUN_TRANSACTION_ID_BYTES - 1]++;
    if (stun_write_check(&check, pwd, strlen(pwd), data, sizeof(data), &len) < 0)
        return;
    client->counters.checks_sent++;
    client->params.send(client->params.user, data, len);
}

static void receive_stun(struct peer_client *client, const uint8_t *data, size_t len)
{
    struct stun_view view;

    if (stun_parse(data, len, &view) < 0 || !stun_check_fingerprint(&view) ||
        !stun_check_integrity(&view, client->remote_pwd, strlen(client->remote_pwd)) ||
        memcmp(view.transaction_id, client->transaction_id, STUN_TRANSACTION_ID_BYTES - 1) != 0)
        return;
    if (view.message_class == STUN_ERROR && view.error_code == STUN_ROLE_CONFLICT)
        client->counters.role_conflicts++;
    if (view.message_class != STUN_SUCCESS)
        return;
    client->counters.checks_answered++;
    if (client->state == PEER_NEW) {
        set_state(client, PEER_CHECKED);
        peer_client_start_dtls(client);
    }
}

/* ---- DTLS ---- */

static int create_direction(const uint8_t *keys, size_t key_bytes, size_t salt_bytes, bool server,
    bool inbound, srtp_t *ret_session)
{
    uint8_t key[MAX_KEY_BYTES];
    srtp_policy_t policy;

    memset(&policy, 0, sizeof(policy));
    memcpy(key, keys + (server ? key_bytes : 0), key_bytes);
    memcpy(key + key_bytes, keys + 2 * key_bytes + (server ? salt_bytes : 0), salt_bytes);
    if (salt_bytes == SRTP_AEAD_SALT_LEN) {
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
    } else {
        srtp_crypto_policy_set_rtp_default(&policy.rtp);
        srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
    }
    policy.ssrc.type = inbound ? ssrc_any_inbound : ssrc_any_outbound;
    policy.window_size = 1024;
    policy.allow_repeat_tx = 1;
    policy.key = key;
    return srtp_create(ret_session, &policy) == srtp_err_status_ok ? 0 : -EIO;
}

/* Client key, server key, client salt, server salt (RFC 5764 section 4.2). */
static int export_keys(SSL *ssl, uint8_t ret_keys[static 2 * MAX_KEY_BYTES], size_t *ret_salt_bytes)
{
    static const char label[] = "EXTRACTOR-dtls_srtp";
    const SRTP_PROTECTION_PROFILE *profile = SSL_get_selected_srtp_profile(ssl);
    size_t salt_bytes;

    if (profile == NULL)
        return -EPROTO;
    salt_bytes = profile->id == SRTP_AEAD_AES_128_GCM ? SRTP_AEAD_SALT_LEN : SRTP_SALT_LEN;
    if (SSL_export_keying_material(ssl, ret_keys, 2 * (SRTP_AES_128_KEY_LEN + salt_bytes), label,
            sizeof(label) - 1, NULL, 0, 0) != 1)
        return -EPROTO;
    *ret_salt_bytes = salt_bytes;
    return 0;
}

static int take_keys(struct peer_client *client)
{
    uint8_t keys[2 * MAX_KEY_BYTES];
    size_t salt_bytes;
    int err = export_keys(client->ssl, keys, &salt_bytes);

    if (err < 0)
        return err;
    if (create_direction(keys, SRTP_AES_128_KEY_LEN, salt_bytes, !client->dtls_server, true,
            &client->inbound) < 0)
        return -EIO;
    return create_direction(
        keys, SRTP_AES_128_KEY_LEN, salt_bytes, client->dtls_server, false, &client->outbound);
}

int peer_client_export_keys(const struct peer_client *client, struct peer_keys *ret_keys)
{
    uint8_t keys[2 * MAX_KEY_BYTES], *salts = keys + 2 * SRTP_AES_128_KEY_LEN;
    size_t local = client->dtls_server ? 1 : 0, remote = 1 - local, salt_bytes;
    struct peer_keys result = {0};

    if (client->state != PEER_CONNECTED || export_keys(client->ssl, keys, &salt_bytes) < 0)
        return -ENOTCONN;
    result.gcm = salt_bytes == SRTP_AEAD_SALT_LEN;
    memcpy(result.local_key, keys + local * SRTP_AES_128_KEY_LEN, SRTP_AES_128_KEY_LEN);
    memcpy(result.remote_key, keys + remote * SRTP_AES_128_KEY_LEN, SRTP_AES_128_KEY_LEN);
    memcpy(result.local_salt, salts + local * salt_bytes, salt_bytes);
    memcpy(result.remote_salt, salts + remote * salt_bytes, salt_bytes);
    *ret_keys = result;
    return 0;
}

static bool fingerprint_matches(struct peer_client *client)
{
    const X509 *certificate = SSL_get0_peer_certificate(client->ssl);
    char text[PEER_FINGERPRINT_CHARS + 1];

    if (client->remote_fingerprint[0] == '\0')
        return true;
    return certificate != NULL && peer_fingerprint(certificate, text) == 0 &&
           strcasecmp(text, client->remote_fingerprint) == 0;
}

static void shake_hands(struct peer_client *client)
{
    int result;

    ERR_clear_error();
    result = SSL_do_handshake(client->ssl);
    if (result == 1) {
        if (!fingerprint_matches(client))
            fail(client, "wrong fingerprint");
        else if (take_keys(client) < 0)
            fail(client, "no SRTP keys");
        else
            set_state(client, PEER_CONNECTED);
    } else if (SSL_get_error(client->ssl, result) != SSL_ERROR_WANT_READ) {
        fail(client, "handshake failed");
    }
}

void peer_client_start_dtls(struct peer_client *client)
{
    if (client->dtls_started)
        return;
    client->dtls_started = true;
    shake_hands(client);
}

static void receive_dtls(struct peer_client *client, const uint8_t *data, size_t len)
{
    uint8_t scratch[256];
    int result;

    if (!client->dtls_started)
        return;
    client->datagrams.input = data;
    client->datagrams.input_len = len;
    if (client->state == PEER_CHECKED || client->state == PEER_NEW)
        shake_hands(client);
    if (client->state == PEER_CONNECTED) {
        ERR_clear_error();
        do {
            result = SSL_read(client->ssl, scratch, sizeof(scratch));
        } while (result > 0);
        if (SSL_get_error(client->ssl, result) != SSL_ERROR_WANT_READ)
            set_state(client, PEER_CLOSED);
    }
    client->datagrams.input = NULL;
}

/* ---- media ---- */

static void receive_media(struct peer_client *client, bool is_rtcp, uint8_t *data, size_t len)
{
    int plain_len = (int)len;
    srtp_err_status_t status;

    if (client->inbound == NULL)
        return;
    status = is_rtcp ? srtp_unprotect_rtcp(client->inbound, data, &plain_len)
                     : srtp_unprotect(client->inbound, data, &plain_len);
    if (status != srtp_err_status_ok) {
        client->counters.srtp_failures++;
        return;
    }
    if (is_rtcp) {
        client->counters.rtcp_received++;
        if (client->params.on_rtcp != NULL)
            client->params.on_rtcp(client->params.user, data, (size_t)plain_len);
    } else {
        client->counters.rtp_received++;
        if (client->params.on_rtp != NULL)
            client->params.on_rtp(client->params.user, data, (size_t)plain_len);
    }
}

static int send_media(struct peer_client *client, bool is_rtcp, uint8_t *packet, size_t len)
{
    int cipher_len = (int)len;
    srtp_err_status_t status;

    if (client->state != PEER_CONNECTED)
        return -ENOTCONN;
    status = is_rtcp ? srtp_protect_rtcp(client->outbound, packet, &cipher_len)
                     : srtp_protect(client->outbound, packet, &cipher_len);
    if (status != srtp_err_status_ok)
        return -EINVAL;
    client->params.send(client->params.user, packet, (size_t)cipher_len);
    return 0;
}

int peer_client_send_rtp(struct peer_client *client, uint8_t *packet, size_t len)
{
    return send_media(client, false, packet, len);
}

int peer_client_send_rtcp(struct peer_client *client, uint8_t *packet, size_t len)
{
    return send_media(client, true, packet, len);
}

void peer_client_forget_ssrc(struct peer_client *client, uint32_t ssrc)
{
    if (client->outbound != NULL)
        srtp_remove_stream(client->outbound, htonl(ssrc));
}

/* ---- all together ---- */

void peer_client_tick(struct peer_client *client, uint64_t now_us)
{
    if (!client->has_remote || client->state == PEER_CLOSED)
        return;
    if (now_us >= client->next_check_us) {
        client->next_check_us =
            now_us + (client->state == PEER_NEW ? FIRST_CHECK_INTERVAL_US
                                                : client->params.check_interval_us);
        peer_client_send_check(client, NULL, !client->params.no_nomination, true);
    }
    if (client->state == PEER_CHECKED && client->dtls_started) {
        ERR_clear_error();
        if (DTLSv1_handle_timeout(client->ssl) < 0)
            fail(client, "handshake timed out");
    }
}

void peer_client_receive(struct peer_client *client, uint8_t *data, size_t len, uint64_t now_us)
{
    if (client->state == PEER_CLOSED)
        return;
    switch (demux_classify(data, len)) {
    case DEMUX_STUN:
        receive_stun(client, data, len);
        break;
    case DEMUX_DTLS:
        receive_dtls(client, data, len);
        break;
    case DEMUX_RTP:
        receive_media(client, false, data, len);
        break;
    case DEMUX_RTCP:
        receive_media(client, true, data, len);
        break;
    case DEMUX_UNKNOWN:
        break;
    }
}

void peer_client_close(struct peer_client *client)
{
    if (client->state == PEER_CONNECTED) {
        ERR_clear_error();
        SSL_shutdown(client->ssl);
        ERR_clear_error();
    }
    if (client->state != PEER_CLOSED)
        set_state(client, PEER_CLOSED);
}

const char *peer_client_ufrag(const struct peer_client *client)
{
    return client->ufrag;
}

const char *peer_client_pwd(const struct peer_client *client)
{
    return client->pwd;
}

enum peer_state peer_client_state(const struct peer_client *client)
{
    return client->state;
}

const struct peer_counters *peer_client_counters(const struct peer_client *client)
{
    return &client->counters;
}

const char *peer_client_srtp_profile(const struct peer_client *client)
{
    const SRTP_PROTECTION_PROFILE *profile = SSL_get_selected_srtp_profile(client->ssl);

    return profile != NULL ? profile->name : "";
}

const char *peer_client_error(const struct peer_client *client)
{
    return client->error;
}
