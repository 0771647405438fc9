#define _GNU_SOURCE
#include "signaling/http/static_files.h"

#include "signaling/accounts/secret_hash.h"
#include "signaling/service.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FILE_BYTES (8 * 1024 * 1024)
#define ETAG_CHARS     32
#define MISSING_PAGE   "404.html"

/* media-src and img-src: streams and still pictures are blobs. */
#define CONTENT_SECURITY_POLICY                                                                    \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "        \
    "font-src 'self'; media-src 'self' blob:; connect-src 'self'; manifest-src "                   \
    "'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

static const struct {
    const char *suffix;
    const char *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".webp", "image/webp"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
};

static const char *type_of(const char *path)
{
    const char *dot = strrchr(path, '.');

    for (size_t i = 0; dot && i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcasecmp(types[i].suffix, dot) == 0)
            return types[i].type;
    }
    return "application/octet-stream";
}

/* No "..", no hidden files, no backslash: what is left names a file below the root. */
static bool is_plain_path(const char *path)
{
    for (const char *at = path; *at; at++) {
        if (*at == '\\' || (*at == '/' && (at[1] == '.' || at[1] == '/')))
            return false;
    }
    return path[0] == '/';
}

/* A folder is its index.html, a name without suffix is its page. */
static void file_name(const char *path, char *ret_name, size_t size)
{
    const char *last = strrchr(path, '/');

    if (last[1] == '\0')
        snprintf(ret_name, size, "%sindex.html", path + 1);
    else if (!strchr(last, '.'))
        snprintf(ret_name, size, "%s.html", path + 1);
    else
        snprintf(ret_name, size, "%s", path + 1);
}

/* Opens below the root without ever following a link out of it. */
static int open_below(const char *root, const char *name)
{
    char *resolved = NULL;
    char *base = realpath(root, NULL);
    char joined[HTTP_MAX_PATH_CHARS + 4200];
    int fd = -ENOENT;
    size_t len;

    if (!base || snprintf(joined, sizeof(joined), "%s/%s", base, name) >= (int)sizeof(joined))
        goto out;
    resolved = realpath(joined, NULL);
    len = strlen(base);
    if (!resolved || strncmp(resolved, base, len) != 0 || resolved[len] != '/')
        goto out;
    fd = open(resolved, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        fd = -errno;
out:
    free(resolved);
    free(base);
    return fd;
}

static int read_file(int fd, char **ret_data, size_t *ret_len)
{
    struct stat info;
    size_t len = 0;
    char *data;

    if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode) || info.st_size > MAX_FILE_BYTES)
        return -ENOENT;
    data = malloc((size_t)info.st_size + 1);
    if (!data)
        return -ENOMEM;
    while (len < (size_t)info.st_size) {
        ssize_t n = read(fd, data + len, (size_t)info.st_size - len);

        if (n <= 0)
            break;
        len += (size_t)n;
    }
    *ret_data = data;
    *ret_len = len;
    return 0;
}

static void make_etag(const char *data, size_t len, char ret_etag[ETAG_CHARS + 3])
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    char hex[2 * crypto_hash_sha256_BYTES + 1];

    crypto_hash_sha256(digest, (const unsigned char *)data, len);
    sodium_bin2hex(hex, sizeof(hex), digest, sizeof(digest));
    snprintf(ret_etag, ETAG_CHARS + 3, "\"%.*s\"", ETAG_CHARS, hex);
}

static void respond(struct http_request *request, struct http_response *response)
{
    http_response_header(response, "Cache-Control", "no-cache");
    http_response_header(response, "Content-Security-Policy", CONTENT_SECURITY_POLICY);
    http_response_header(response, "Cross-Origin-Opener-Policy", "same-origin");
    http_request_respond(request, response);
}

static void answer_file(
    struct http_request *request, const char *name, const char *data, size_t len)
{
    struct http_response response;
    char etag[ETAG_CHARS + 3];
    bool same;

    make_etag(data, len, etag);
    same = strstr(http_request_header(request, HTTP_HEADER_IF_NONE_MATCH), etag) != NULL;
    http_response_init(&response, same ? 304 : 200);
    if (!same)
        http_response_body(&response, type_of(name), data, len);
    http_response_header(&response, "ETag", "%s", etag);
    respond(request, &response);
}

static int read_below(const char *root, const char *name, char **ret_data, size_t *ret_len)
{
    int fd = open_below(root, name);
    int r = fd < 0 ? fd : read_file(fd, ret_data, ret_len);

    if (fd >= 0)
        close(fd);
    return r;
}

/* Whoever typed an address gets a page with a way back, programs and scripts a problem. */
static void answer_missing(struct http_request *request, const char *root)
{
    struct http_response response;
    char *data = NULL;
    size_t len = 0;

    if (!*root || !strstr(http_request_header(request, HTTP_HEADER_ACCEPT), "text/html") ||
        read_below(root, MISSING_PAGE, &data, &len) < 0) {
        http_request_fail(request, 404, "There is no such page on this server.");
    } else {
        http_response_init(&response, 404);
        http_response_body(&response, type_of(MISSING_PAGE), data, len);
        respond(request, &response);
    }
    free(data);
}

void static_files_serve(struct http_request *request)
{
    const char *root = request->app->settings->web_root;
    char name[HTTP_MAX_PATH_CHARS + 16];
    char *data = NULL;
    size_t len = 0;
    int r = -ENOENT;

    if (request->method != HTTP_GET && request->method != HTTP_HEAD) {
        http_request_fail(request, *root ? 405 : 404, "There is nothing here to use %s on.",
            http_method_name(request->method));
        return;
    }
    if (*root && is_plain_path(request->path)) {
        file_name(request->path, name, sizeof(name));
        r = read_below(root, name, &data, &len);
    }
    if (r < 0)
        answer_missing(request, root);
    else
        answer_file(request, name, data, len);
    free(data);
}
