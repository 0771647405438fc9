#include "tests/support/peer_context.h"

#include <errno.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_MTU_BYTES 1200
#define UDP_OVERHEAD      48
/* A number in the range for private use (RFC 8447 section 17) that no server knows. */
#define PADDING_EXTENSION 65300

static int bio_read(BIO *bio, char *data, int len)
{
    struct peer_datagrams *datagrams = BIO_get_data(bio);
    size_t taken = datagrams->input_len;

    BIO_clear_retry_flags(bio);
    if (datagrams->input == NULL || len <= 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    if (taken > (size_t)len)
        taken = (size_t)len;
    memcpy(data, datagrams->input, taken);
    datagrams->input = NULL;
    return (int)taken;
}

static int bio_write(BIO *bio, const char *data, int len)
{
    struct peer_datagrams *datagrams = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    datagrams->send(datagrams->user, (const uint8_t *)data, (size_t)len);
    return len;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
    switch (command) {
    case BIO_CTRL_FLUSH:
        return 1;
    case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD:
        return UDP_OVERHEAD;
    default:
        return 0;
    }
}

static int add_padding(SSL *ssl, unsigned type, unsigned context, const unsigned char **ret_data,
    size_t *ret_len, X509 *certificate, size_t chain, int *ret_alert, void *user)
{
    const struct peer_context *peer = user;

    *ret_data = peer->hello_padding;
    *ret_len = peer->hello_padding_bytes;
    return 1;
}

int peer_fingerprint(const X509 *certificate, char ret_text[static PEER_FINGERPRINT_CHARS + 1])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (X509_digest(certificate, EVP_sha256(), digest, &len) != 1 || len != 32)
        return -EIO;
    for (size_t i = 0; i < len; i++)
        snprintf(ret_text + i * 3, 4, "%02X%s", digest[i], i + 1 < len ? ":" : "");
    return 0;
}

static X509 *make_certificate(EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    X509_NAME *name;

    if (certificate == NULL)
        return NULL;
    name = X509_get_subject_name(certificate);
    if (X509_set_version(certificate, X509_VERSION_3) == 1 &&
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1 &&
        X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) != NULL &&
        X509_gmtime_adj(X509_getm_notAfter(certificate), 30L * 86400) != NULL &&
        X509_NAME_add_entry_by_txt(
            name, "CN", MBSTRING_ASC, (const unsigned char *)"peer", -1, -1, 0) == 1 &&
        X509_set_issuer_name(certificate, name) == 1 && X509_set_pubkey(certificate, key) == 1 &&
        X509_sign(certificate, key, EVP_sha256()) > 0)
        return certificate;
    X509_free(certificate);
    return NULL;
}

static int set_certificate(struct peer_context *context, bool rsa)
{
    EVP_PKEY *key = rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
    X509 *certificate = key != NULL ? make_certificate(key) : NULL;
    int err = -EIO;

    if (certificate != NULL && SSL_CTX_use_certificate(context->ssl, certificate) == 1 &&
        SSL_CTX_use_PrivateKey(context->ssl, key) == 1)
        err = peer_fingerprint(certificate, context->fingerprint);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return err;
}

static int configure(struct peer_context *context, const struct peer_context_params *params)
{
    const char *profiles = params->srtp_profiles != NULL
                               ? params->srtp_profiles
                               : "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80";

    SSL_CTX_set_options(context->ssl, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET);
    /* The test compares the fingerprint; there is no chain to check. */
    SSL_CTX_set_verify(context->ssl, SSL_VERIFY_NONE, NULL);
    if (SSL_CTX_set_tlsext_use_srtp(context->ssl, profiles) != 0)
        return -EIO;
    if (context->hello_padding_bytes > 0 &&
        SSL_CTX_add_custom_ext(context->ssl, PADDING_EXTENSION, SSL_EXT_CLIENT_HELLO, add_padding,
            NULL, context, NULL, NULL) != 1)
        return -EIO;
    return set_certificate(context, params->rsa);
}

int peer_context_create(const struct peer_context_params *params, struct peer_context **ret_context)
{
    struct peer_context *context = calloc(1, sizeof(*context));
    int err = -ENOMEM;

    if (context == NULL)
        return -ENOMEM;
    context->link_mtu_bytes =
        params->link_mtu_bytes > 0 ? params->link_mtu_bytes : DEFAULT_MTU_BYTES;
    context->hello_padding_bytes = params->hello_padding_bytes;
    context->hello_padding = calloc(1, params->hello_padding_bytes + 1);
    context->ssl = SSL_CTX_new(DTLS_method());
    context->method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "peer");
    if (context->hello_padding == NULL || context->ssl == NULL || context->method == NULL)
        goto out;
    BIO_meth_set_read(context->method, bio_read);
    BIO_meth_set_write(context->method, bio_write);
    BIO_meth_set_ctrl(context->method, bio_ctrl);
    err = configure(context, params);
    if (err < 0)
        goto out;
    *ret_context = context;
    return 0;

out:
    ERR_clear_error();
    peer_context_destroy(context);
    return err;
}

void peer_context_destroy(struct peer_context *context)
{
    if (context == NULL)
        return;
    SSL_CTX_free(context->ssl);
    BIO_meth_free(context->method);
    free(context->hello_padding);
    free(context);
}

const char *peer_context_fingerprint(const struct peer_context *context)
{
    return context->fingerprint;
}
