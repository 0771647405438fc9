#include "signaling/local_ca.h"

#include "common/random.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY_S        (24L * 3600)
#define CA_DAYS      3650
#define CERT_DAYS    820 /* browsers refuse more than 825 */
#define SERIAL_BYTES 16
#define MAX_PATH     4200
#define MAX_SANS     4096

struct authority {
    X509 *certificate;
    EVP_PKEY *key;
};

static int fail(struct config_error *ret_error, const char *what, const char *path)
{
    snprintf(ret_error->text, sizeof(ret_error->text), "cert: %s %.300s: %s", what, path,
        errno ? strerror(errno) : "not what it should hold");
    return -EIO;
}

static FILE *open_file(const char *folder, const char *name, mode_t mode, char *ret_path)
{
    int fd;

    errno = 0;
    if (snprintf(ret_path, MAX_PATH, "%s/%s", folder, name) >= MAX_PATH) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    if (mode == 0)
        return fopen(ret_path, "re");
    fd = open(ret_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (fd < 0)
        return NULL;
    if (fchmod(fd, mode) < 0) {
        close(fd);
        return NULL;
    }
    return fdopen(fd, "w");
}

static bool set_serial(X509 *certificate)
{
    unsigned char bytes[SERIAL_BYTES];
    BIGNUM *number;
    bool set;

    random_bytes(bytes, sizeof(bytes));
    bytes[0] &= 0x7f;
    number = BN_bin2bn(bytes, sizeof(bytes), NULL);
    set = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
    BN_free(number);
    return set;
}

static bool add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509_EXTENSION *extension;
    X509V3_CTX context;
    bool added;

    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    added = extension && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

/* Subject, validity and key; the backdated hour is for devices whose clock is slow. */
static X509 *new_certificate(EVP_PKEY *key, const char *name, int days)
{
    X509 *certificate = X509_new();
    X509_NAME *subject;

    if (!certificate || X509_set_version(certificate, X509_VERSION_3) != 1 ||
        !set_serial(certificate) || !X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) ||
        !X509_gmtime_adj(X509_getm_notAfter(certificate), days * DAY_S) ||
        X509_set_pubkey(certificate, key) != 1)
        goto fail;
    subject = X509_get_subject_name(certificate);
    if (X509_NAME_add_entry_by_txt(
            subject, "O", MBSTRING_UTF8, (const unsigned char *)"Duet", -1, -1, 0) != 1 ||
        X509_NAME_add_entry_by_txt(
            subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0) != 1)
        goto fail;
    return certificate;
fail:
    X509_free(certificate);
    return NULL;
}

static int create_authority(struct authority *ret_authority)
{
    char host[128] = "";
    char name[160];
    X509 *certificate = NULL;
    EVP_PKEY *key = EVP_EC_gen("P-256");

    gethostname(host, sizeof(host) - 1);
    host[40] = '\0';
    snprintf(name, sizeof(name), "Duet local CA %s", host);
    certificate = key ? new_certificate(key, name, CA_DAYS) : NULL;
    if (!certificate ||
        X509_set_issuer_name(certificate, X509_get_subject_name(certificate)) != 1 ||
        !add_extension(
            certificate, certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
        !add_extension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign") ||
        !add_extension(certificate, certificate, NID_subject_key_identifier, "hash") ||
        X509_sign(certificate, key, EVP_sha256()) == 0) {
        X509_free(certificate);
        EVP_PKEY_free(key);
        return -EIO;
    }
    *ret_authority = (struct authority){.certificate = certificate, .key = key};
    return 0;
}

static void finish_authority(struct authority *authority)
{
    X509_free(authority->certificate);
    EVP_PKEY_free(authority->key);
    *authority = (struct authority){NULL, NULL};
}

static int save_key(
    const char *folder, const char *name, EVP_PKEY *key, struct config_error *ret_error)
{
    char path[MAX_PATH];
    FILE *file = open_file(folder, name, 0600, path);
    bool written;

    if (!file)
        return fail(ret_error, "cannot write", path);
    written = PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1;
    if (fclose(file) != 0 || !written)
        return fail(ret_error, "cannot write", path);
    return 0;
}

static int save_certificates(
    const char *folder, const char *name, X509 *first, X509 *second, struct config_error *ret_error)
{
    char path[MAX_PATH];
    FILE *file = open_file(folder, name, 0644, path);
    bool written;

    if (!file)
        return fail(ret_error, "cannot write", path);
    written = PEM_write_X509(file, first) == 1 && (!second || PEM_write_X509(file, second) == 1);
    if (fclose(file) != 0 || !written)
        return fail(ret_error, "cannot write", path);
    return 0;
}

/* 0 with the CA, -ENOENT when the folder has none, -EIO when it cannot be used. */
static int load_authority(
    const char *folder, struct authority *ret_authority, struct config_error *ret_error)
{
    struct authority authority = {NULL, NULL};
    char path[MAX_PATH];
    FILE *file = open_file(folder, LOCAL_CA_FILE, 0, path);

    if (!file)
        return errno == ENOENT ? -ENOENT : fail(ret_error, "cannot read", path);
    authority.certificate = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    if (!authority.certificate)
        return fail(ret_error, "cannot read", path);
    file = open_file(folder, LOCAL_CA_KEY_FILE, 0, path);
    if (file) {
        authority.key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
        fclose(file);
    }
    if (!authority.key || X509_check_private_key(authority.certificate, authority.key) != 1) {
        finish_authority(&authority);
        return fail(ret_error, "cannot read", path);
    }
    *ret_authority = authority;
    return 0;
}

static int ensure_authority(
    const char *folder, struct authority *ret_authority, struct config_error *ret_error)
{
    int r = load_authority(folder, ret_authority, ret_error);

    if (r != -ENOENT)
        return r;
    errno = 0;
    if (create_authority(ret_authority) < 0)
        return fail(ret_error, "cannot make", "the CA");
    r = save_key(folder, LOCAL_CA_KEY_FILE, ret_authority->key, ret_error);
    if (r == 0)
        r = save_certificates(folder, LOCAL_CA_FILE, ret_authority->certificate, NULL, ret_error);
    if (r < 0)
        finish_authority(ret_authority);
    return r;
}

static bool is_address(const char *host)
{
    unsigned char bytes[16];

    return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

/* Subject alternative names in OpenSSL's notation. */
static bool join_hosts(const char *const *hosts, size_t count, char *ret_names, size_t size)
{
    size_t len = 0;

    for (size_t i = 0; i < count; i++) {
        bool plain = is_address(hosts[i]) ||
                     strspn(hosts[i], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                      "0123456789.-*") == strlen(hosts[i]);
        int more;

        if (!plain || !*hosts[i])
            return false;
        more = snprintf(ret_names + len, size - len, "%s%s:%s", i ? "," : "",
            is_address(hosts[i]) ? "IP" : "DNS", hosts[i]);
        if (more < 0 || (size_t)more >= size - len)
            return false;
        len += (size_t)more;
    }
    return len > 0;
}

static X509 *issue(
    const struct authority *authority, EVP_PKEY *key, const char *name, const char *alternatives)
{
    char common[65];
    X509 *certificate;

    snprintf(common, sizeof(common), "%s", name); /* RFC 5280: at most 64 characters */
    certificate = new_certificate(key, common, CERT_DAYS);
    if (certificate &&
        X509_set_issuer_name(certificate, X509_get_subject_name(authority->certificate)) == 1 &&
        add_extension(
            certificate, authority->certificate, NID_basic_constraints, "critical,CA:FALSE") &&
        add_extension(
            certificate, authority->certificate, NID_key_usage, "critical,digitalSignature") &&
        add_extension(certificate, authority->certificate, NID_ext_key_usage, "serverAuth") &&
        add_extension(certificate, authority->certificate, NID_authority_key_identifier, "keyid") &&
        add_extension(certificate, authority->certificate, NID_subject_alt_name, alternatives) &&
        X509_sign(certificate, authority->key, EVP_sha256()) != 0)
        return certificate;
    X509_free(certificate);
    return NULL;
}

int local_ca_issue(
    const char *folder, const char *const *hosts, size_t count, struct config_error *ret_error)
{
    struct authority authority = {NULL, NULL};
    char alternatives[MAX_SANS];
    X509 *certificate = NULL;
    EVP_PKEY *key = NULL;
    int r;

    if (!join_hosts(hosts, count, alternatives, sizeof(alternatives))) {
        snprintf(ret_error->text, sizeof(ret_error->text),
            "--host: give host names and IP addresses, not too many");
        return -EINVAL;
    }
    if (mkdir(folder, 0755) < 0 && errno != EEXIST)
        return fail(ret_error, "cannot make", folder);
    r = ensure_authority(folder, &authority, ret_error);
    if (r < 0)
        return r;
    errno = 0;
    key = EVP_EC_gen("P-256");
    certificate = key ? issue(&authority, key, hosts[0], alternatives) : NULL;
    if (!certificate)
        r = fail(ret_error, "cannot make", "the certificate");
    if (r == 0)
        r = save_key(folder, LOCAL_KEY_FILE, key, ret_error);
    if (r == 0)
        r = save_certificates(
            folder, LOCAL_CERT_FILE, certificate, authority.certificate, ret_error);
    X509_free(certificate);
    EVP_PKEY_free(key);
    finish_authority(&authority);
    return r;
}
