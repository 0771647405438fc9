#include "signaling/http/certificate.h"

#include "common/log.h"

#include <openssl/err.h>
#include <string.h>
#include <sys/stat.h>

#define DAY_S INT64_C(86400)

int certificate_urgency(int64_t left_s)
{
    static const int64_t days[] = {30, 14, 3, 0};
    int urgency = 0;

    while (urgency < 4 && left_s <= days[urgency] * DAY_S)
        urgency++;
    return urgency;
}

/* False when a file is not there now, as in the middle of a renewal. */
static bool read_stamps(const struct certificate *certificate, struct certificate_stamp *ret_stamps)
{
    const char *const paths[] = {certificate->path, certificate->key_path};

    for (int i = 0; i < 2; i++) {
        struct stat info;

        if (stat(paths[i], &info) < 0)
            return false;
        ret_stamps[i] = (struct certificate_stamp){
            .inode = (int64_t)info.st_ino,
            .size = info.st_size,
            .changed_s = info.st_mtim.tv_sec,
            .changed_ns = info.st_mtim.tv_nsec,
        };
    }
    return true;
}

/* Nobody sits at a terminal while the server runs. */
static int no_passphrase(char *passphrase, int size, int writing, void *user)
{
    (void)passphrase;
    (void)size;
    (void)writing;
    (void)user;
    return -1;
}

/* For each new connection. The server's own context could keep an old certificate of another key type
 * beside the new one. */
static int choose(SSL *ssl, void *user)
{
    const struct certificate *certificate = user;
    STACK_OF(X509) *chain = NULL;

    if (!certificate->renewed)
        return 1;
    SSL_certs_clear(ssl);
    return SSL_CTX_get0_chain_certs(certificate->renewed, &chain) == 1 &&
           SSL_use_cert_and_key(ssl, SSL_CTX_get0_certificate(certificate->renewed),
               SSL_CTX_get0_privatekey(certificate->renewed), chain, 1) == 1;
}

static void load(struct certificate *certificate)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    if (context)
        SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    if (!context || SSL_CTX_use_certificate_chain_file(context, certificate->path) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, certificate->key_path, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context) != 1) {
        log_warn(LOG_HTTP,
            "certificate=%s key=%s have changed but are not a certificate and its key; the old "
            "certificate stays in use",
            certificate->path, certificate->key_path);
        ERR_clear_error();
        SSL_CTX_free(context);
        return;
    }
    SSL_CTX_free(certificate->renewed);
    certificate->renewed = context;
    certificate->warned = 0;
    log_info(LOG_HTTP, "certificate=%s has changed and is in use", certificate->path);
}

static void warn_of_end(struct certificate *certificate)
{
    const X509 *x509 =
        SSL_CTX_get0_certificate(certificate->renewed ? certificate->renewed : certificate->served);
    int days = 0;
    int seconds = 0;
    int urgency;

    if (!x509 || ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(x509)) != 1)
        return;
    urgency = certificate_urgency(days * DAY_S + seconds);
    if (urgency <= certificate->warned)
        return;
    certificate->warned = urgency;
    if (urgency == 4)
        log_error(LOG_HTTP, "certificate=%s has expired; browsers refuse it", certificate->path);
    else
        log_warn(LOG_HTTP, "certificate=%s days_left=%d renew it", certificate->path, days);
}

void certificate_init(
    struct certificate *certificate, SSL_CTX *served, const char *path, const char *key_path)
{
    *certificate = (struct certificate){.served = served, .path = path, .key_path = key_path};
    if (read_stamps(certificate, certificate->seen))
        memcpy(certificate->loaded, certificate->seen, sizeof(certificate->loaded));
    SSL_CTX_set_cert_cb(served, choose, certificate);
}

void certificate_finish(struct certificate *certificate)
{
    SSL_CTX_free(certificate->renewed);
    certificate->renewed = NULL;
    certificate->served = NULL;
}

void certificate_tick(struct certificate *certificate, uint64_t now_us)
{
    struct certificate_stamp now[2];

    if (!certificate->served || now_us < certificate->next_check_us)
        return;
    certificate->next_check_us = now_us + CERTIFICATE_CHECK_US;
    if (read_stamps(certificate, now)) {
        /* The two files are written one after the other: wait until they are still. */
        if (memcmp(now, certificate->seen, sizeof(now)) != 0) {
            memcpy(certificate->seen, now, sizeof(now));
        } else if (memcmp(now, certificate->loaded, sizeof(now)) != 0) {
            memcpy(certificate->loaded, now, sizeof(now));
            load(certificate);
        }
    }
    warn_of_end(certificate);
}
