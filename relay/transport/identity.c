#include "relay/transport/identity.h"

#include "common/log.h"
#include "common/random.h"
#include "relay/transport/fingerprint.h"

#include <errno.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <stdlib.h>

#define DAY_S 86400L

/* The fingerprint in the SDP is what peers trust; the dates only have to cover the relay's uptime and
 * peers whose clock is a day off. */
#define VALID_BEFORE_S (-DAY_S)
#define VALID_AFTER_S  (10 * 365 * DAY_S)

struct transport_identity {
    EVP_PKEY *key;     /* owned */
    X509 *certificate; /* owned */
    char fingerprint[TRANSPORT_FINGERPRINT_CHARS + 1];
};

static bool set_name(X509 *certificate)
{
    X509_NAME *name = X509_get_subject_name(certificate);

    return X509_NAME_add_entry_by_txt(
               name, "CN", MBSTRING_ASC, (const unsigned char *)"duet", -1, -1, 0) == 1 &&
           X509_set_issuer_name(certificate, name) == 1;
}

static bool set_serial(X509 *certificate)
{
    uint64_t serial;

    random_bytes(&serial, sizeof(serial));
    /* Serials are positive and not zero (RFC 5280 section 4.1.2.2). */
    serial = serial >> 2 | 1;
    return ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial) == 1;
}

static X509 *make_certificate(EVP_PKEY *key)
{
    X509 *certificate = X509_new();

    if (certificate == NULL)
        return NULL;
    if (X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
        X509_gmtime_adj(X509_getm_notBefore(certificate), VALID_BEFORE_S) != NULL &&
        X509_gmtime_adj(X509_getm_notAfter(certificate), VALID_AFTER_S) != NULL &&
        set_name(certificate) && X509_set_pubkey(certificate, key) == 1 &&
        X509_sign(certificate, key, EVP_sha256()) > 0)
        return certificate;
    X509_free(certificate);
    return NULL;
}

int transport_identity_create(struct transport_identity **ret_identity)
{
    struct transport_identity *identity = calloc(1, sizeof(*identity));
    uint8_t digest[FINGERPRINT_BYTES];
    const char *reason;

    if (identity == NULL)
        return -EIO;
    identity->key = EVP_EC_gen("P-256");
    if (identity->key == NULL)
        goto out;
    identity->certificate = make_certificate(identity->key);
    if (identity->certificate == NULL ||
        fingerprint_of_certificate(identity->certificate, digest) < 0)
        goto out;
    fingerprint_format(digest, identity->fingerprint);
    *ret_identity = identity;
    return 0;

out:
    reason = ERR_reason_error_string(ERR_peek_error());
    log_error(LOG_DTLS, "identity failed reason=\"%s\"", reason != NULL ? reason : "unknown");
    ERR_clear_error();
    transport_identity_destroy(identity);
    return -EIO;
}

void transport_identity_destroy(struct transport_identity *identity)
{
    if (identity == NULL)
        return;
    X509_free(identity->certificate);
    EVP_PKEY_free(identity->key);
    free(identity);
}

const char *transport_identity_fingerprint(const struct transport_identity *identity)
{
    return identity->fingerprint;
}

EVP_PKEY *transport_identity_key(const struct transport_identity *identity)
{
    return identity->key;
}

X509 *transport_identity_certificate(const struct transport_identity *identity)
{
    return identity->certificate;
}
