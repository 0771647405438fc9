#include "relay/transport/dtls.h"

#include "relay/transport/dtls_record.h"
#include "relay/transport/identity.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_RETRANSMIT_US 100000
#define MAX_RETRANSMIT_US   2000000

/* What the kernel and a UDP header take of the link MTU, with IPv6. */
#define UDP_OVERHEAD_BYTES 48

/* Our key is ECDSA, so these are the ones that can be agreed on; RFC 8827 section 6.5 asks for the
 * first of everybody, GStreamer 1.22 and OpenSSL clients offer all. */
#define CIPHERS                                                                                    \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305"
#define GROUPS          "X25519:P-256:P-384"
#define SRTP_PROFILES   "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80"
#define GCM_NONCE_BYTES 8 /* the explicit part, in the record (RFC 5288 section 3) */
#define TAG_BYTES       16
#define SRTP_LABEL      "EXTRACTOR-dtls_srtp"

/* A Finished message with any of our ciphers is 53 or 61 bytes. */
#define MAX_HELD_BYTES 64

struct dtls_context {
    SSL_CTX *ssl;       /* owned */
    BIO_METHOD *method; /* owned */
};

struct dtls_session {
    void (*send)(void *user, const uint8_t *data, size_t len);
    void *user;

    SSL *ssl; /* owned */

    const uint8_t *input; /* the datagram being read; borrowed during dtls_session_receive() */
    size_t input_len;
    uint64_t plain_records;       /* of epoch 0, read so far */
    uint8_t held[MAX_HELD_BYTES]; /* an encrypted record that came before its keys */
    size_t held_len;
    enum dtls_status status;
    bool closing;        /* by us, with close_notify */
    unsigned long error; /* OpenSSL's, of the failure */
};

/* ---- one datagram per read, one per write ---- */

static int bio_read(BIO *bio, char *data, int len)
{
    struct dtls_session *session = BIO_get_data(bio);
    size_t taken = session->input_len;

    BIO_clear_retry_flags(bio);
    if (session->input == NULL || len <= 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    if (taken > (size_t)len)
        taken = (size_t)len;
    memcpy(data, session->input, taken);
    session->input = NULL;
    return (int)taken;
}

static int bio_write(BIO *bio, const char *data, int len)
{
    struct dtls_session *session = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    if (len <= 0)
        return 0;
    /* Nothing authenticated what we would complain about, and an alert would end the handshake or the
     * session of a client that did nothing wrong. */
    if (session->closing || !dtls_record_is_alert((const uint8_t *)data, (size_t)len))
        session->send(session->user, (const uint8_t *)data, (size_t)len);
    return len;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
    switch (command) {
    case BIO_CTRL_FLUSH:
        return 1;
    case BIO_CTRL_DGRAM_QUERY_MTU:
    case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
        return DTLS_LINK_MTU_BYTES - UDP_OVERHEAD_BYTES;
    case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD:
        return UDP_OVERHEAD_BYTES;
    default:
        return 0;
    }
}

static BIO_METHOD *make_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagram");

    if (method == NULL)
        return NULL;
    BIO_meth_set_read(method, bio_read);
    BIO_meth_set_write(method, bio_write);
    BIO_meth_set_ctrl(method, bio_ctrl);
    return method;
}

/* ---- settings shared by all ---- */

/* The SDP's fingerprint is compared after the handshake; there is no chain to check. */
static int accept_certificate(X509_STORE_CTX *store, void *user)
{
    return 1;
}

static bool configure(SSL_CTX *ssl, const struct transport_identity *identity)
{
    SSL_CTX_set_options(ssl, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                                 SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    /* A resumed session would come without a certificate to compare. */
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_cert_verify_callback(ssl, accept_certificate, NULL);
    SSL_CTX_set_read_ahead(ssl, 1);
    return SSL_CTX_set_min_proto_version(ssl, DTLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(ssl, CIPHERS) == 1 &&
           SSL_CTX_set1_groups_list(ssl, GROUPS) == 1 &&
           SSL_CTX_use_certificate(ssl, transport_identity_certificate(identity)) == 1 &&
           SSL_CTX_use_PrivateKey(ssl, transport_identity_key(identity)) == 1 &&
           SSL_CTX_set_tlsext_use_srtp(ssl, SRTP_PROFILES) == 0;
}

int dtls_context_create(
    const struct transport_identity *identity, struct dtls_context **ret_context)
{
    struct dtls_context *context = calloc(1, sizeof(*context));
    int err = -ENOMEM;

    if (context == NULL)
        return -ENOMEM;
    context->ssl = SSL_CTX_new(DTLS_server_method());
    context->method = make_method();
    if (context->ssl == NULL || context->method == NULL)
        goto out;
    if (!configure(context->ssl, identity)) {
        err = -EIO;
        goto out;
    }
    *ret_context = context;
    return 0;

out:
    ERR_clear_error();
    dtls_context_destroy(context);
    return err;
}

void dtls_context_destroy(struct dtls_context *context)
{
    if (context == NULL)
        return;
    SSL_CTX_free(context->ssl);
    BIO_meth_free(context->method);
    free(context);
}

/* ---- one connection ---- */

static unsigned next_timeout_us(SSL *ssl, unsigned previous_us)
{
    if (previous_us == 0)
        return FIRST_RETRANSMIT_US;
    return previous_us * 2 < MAX_RETRANSMIT_US ? previous_us * 2 : MAX_RETRANSMIT_US;
}

int dtls_session_create(struct dtls_context *context,
    void (*send)(void *user, const uint8_t *data, size_t len), void *user,
    struct dtls_session **ret_session)
{
    struct dtls_session *session = calloc(1, sizeof(*session));
    BIO *bio;

    if (session == NULL)
        return -ENOMEM;
    session->send = send;
    session->user = user;
    session->ssl = SSL_new(context->ssl);
    bio = BIO_new(context->method);
    if (session->ssl == NULL || bio == NULL) {
        BIO_free(bio);
        ERR_clear_error();
        dtls_session_destroy(session);
        return -ENOMEM;
    }
    BIO_set_data(bio, session);
    BIO_set_init(bio, 1);
    SSL_set_bio(session->ssl, bio, bio);
    SSL_set_accept_state(session->ssl);
    DTLS_set_link_mtu(session->ssl, DTLS_LINK_MTU_BYTES);
    DTLS_set_timer_cb(session->ssl, next_timeout_us);
    *ret_session = session;
    return 0;
}

void dtls_session_destroy(struct dtls_session *session)
{
    if (session == NULL)
        return;
    SSL_free(session->ssl);
    free(session);
}

static void shake_hands(struct dtls_session *session)
{
    int result = SSL_do_handshake(session->ssl);

    if (result == 1) {
        session->status = DTLS_ESTABLISHED;
        return;
    }
    if (SSL_get_error(session->ssl, result) != SSL_ERROR_WANT_READ) {
        session->error = ERR_peek_error();
        session->status = DTLS_FAILED;
    }
}

/* Data channels are not spoken: what is read is thrown away, only the end matters. */
static void read_on(struct dtls_session *session)
{
    uint8_t scratch[2048];
    int result;

    do {
        result = SSL_read(session->ssl, scratch, sizeof(scratch));
    } while (result > 0);
    /* Set by close_notify and fatal alerts, which were authenticated; the error of SSL_read() may have
     * been caused by anybody. */
    if ((SSL_get_shutdown(session->ssl) & SSL_RECEIVED_SHUTDOWN) != 0)
        session->status = DTLS_CLOSED;
}

static void feed(struct dtls_session *session, const uint8_t *record, size_t len)
{
    session->input = record;
    session->input_len = len;
    if (session->status == DTLS_HANDSHAKING)
        shake_hands(session);
    if (session->status == DTLS_ESTABLISHED)
        read_on(session);
    session->input = NULL;
}

static bool reads_encrypted(const struct dtls_session *session)
{
    return session->status != DTLS_HANDSHAKING || SSL_get_state(session->ssl) == TLS_ST_SR_CHANGE;
}

/* Too short for nonce, tag and anything in it. OpenSSL 3.0.19 takes such a record for an error of its own
 * that ends the connection, though nobody authenticated it. */
static bool is_too_short(const struct dtls_session *session, size_t record_len)
{
    const SSL_CIPHER *cipher = SSL_get_current_cipher(session->ssl);
    size_t nonce_bytes =
        cipher != NULL && SSL_CIPHER_get_cipher_nid(cipher) == NID_chacha20_poly1305
            ? 0
            : GCM_NONCE_BYTES;

    return record_len <= DTLS_RECORD_HEADER_BYTES + nonce_bytes + TAG_BYTES;
}

/* OpenSSL would keep up to 100 encrypted records of 17 kB each until it has the keys to look at them.
 * One is enough: the client's last message, when it overtook those before it. */
static void feed_in_order(struct dtls_session *session, uint8_t *record, size_t len)
{
    /* OpenSSL lets a record's number say which others are old. That of a plain one is anybody's word: a
     * forged high one would end the handshake. Messages have numbers of their own to be ordered by. */
    if (dtls_record_epoch(record) == 0)
        dtls_record_set_number(record, session->plain_records++);
    if (dtls_record_epoch(record) > 0 && !reads_encrypted(session)) {
        if (len <= sizeof(session->held)) {
            memcpy(session->held, record, len);
            session->held_len = len;
        }
        return;
    }
    if (dtls_record_epoch(record) == 0 || !is_too_short(session, len))
        feed(session, record, len);
    if (session->held_len > 0 && reads_encrypted(session)) {
        len = session->held_len;
        session->held_len = 0;
        if (!is_too_short(session, len))
            feed(session, session->held, len);
    }
}

enum dtls_status dtls_session_receive(struct dtls_session *session, uint8_t *data, size_t len)
{
    ERR_clear_error();
    while (len > 0 && session->status < DTLS_CLOSED) {
        size_t record_len = dtls_record_bytes(data);

        feed_in_order(session, data, record_len);
        data += record_len;
        len -= record_len;
    }
    ERR_clear_error();
    return session->status;
}

enum dtls_status dtls_session_tick(struct dtls_session *session)
{
    if (session->status != DTLS_HANDSHAKING)
        return session->status;
    ERR_clear_error();
    if (DTLSv1_handle_timeout(session->ssl) < 0) {
        session->error = ERR_peek_error();
        session->status = DTLS_FAILED;
    }
    ERR_clear_error();
    return session->status;
}

enum dtls_status dtls_session_status(const struct dtls_session *session)
{
    return session->status;
}

const char *dtls_session_error(const struct dtls_session *session)
{
    const char *text = ERR_reason_error_string(session->error);

    return text != NULL ? text : "unknown";
}

int dtls_session_fingerprint(
    const struct dtls_session *session, uint8_t ret_digest[static FINGERPRINT_BYTES])
{
    const X509 *certificate = SSL_get0_peer_certificate(session->ssl);

    return certificate != NULL ? fingerprint_of_certificate(certificate, ret_digest) : -EIO;
}

static enum srtp_profile agreed_profile(SSL *ssl)
{
    const SRTP_PROTECTION_PROFILE *profile = SSL_get_selected_srtp_profile(ssl);

    if (profile == NULL)
        return SRTP_PROFILE_NONE;
    switch (profile->id) {
    case SRTP_AEAD_AES_128_GCM:
        return SRTP_PROFILE_AEAD_AES_128_GCM;
    case SRTP_AES128_CM_SHA1_80:
        return SRTP_PROFILE_AES128_CM_SHA1_80;
    default:
        return SRTP_PROFILE_NONE;
    }
}

int dtls_session_export_srtp(const struct dtls_session *session, struct srtp_material *ret_material)
{
    enum srtp_profile profile = agreed_profile(session->ssl);

    if (profile == SRTP_PROFILE_NONE)
        return -EPROTO;
    if (SSL_export_keying_material(session->ssl, ret_material->keys,
            srtp_profile_material_bytes(profile), SRTP_LABEL, sizeof(SRTP_LABEL) - 1, NULL, 0,
            0) != 1)
        return -EPROTO;
    ret_material->profile = profile;
    return 0;
}

void dtls_session_close(struct dtls_session *session)
{
    if (session->status != DTLS_ESTABLISHED)
        return;
    session->closing = true;
    ERR_clear_error();
    SSL_shutdown(session->ssl);
    ERR_clear_error();
    session->status = DTLS_CLOSED;
}
