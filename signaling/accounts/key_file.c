#define _GNU_SOURCE
#include "signaling/accounts/key_file.h"

#include "common/random.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEX_CHARS (2 * TOKEN_KEY_BYTES)

static int write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);

        if (n < 0)
            return -errno;
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

/* Complete before it has its name: two programs that start at once end with one key. */
static int create_key(const char *path)
{
    char temporary[4200];
    char hex[HEX_CHARS + 1];
    uint8_t key[TOKEN_KEY_BYTES];
    int fd;
    int r;

    if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= (int)sizeof(temporary))
        return -ENAMETOOLONG;
    fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    random_bytes(key, sizeof(key));
    sodium_bin2hex(hex, sizeof(hex), key, sizeof(key));
    hex[HEX_CHARS] = '\n';
    r = fchmod(fd, 0600) < 0 ? -errno : write_all(fd, hex, sizeof(hex));
    if (r == 0 && fsync(fd) < 0)
        r = -errno;
    close(fd);
    if (r == 0 && link(temporary, path) < 0 && errno != EEXIST)
        r = -errno;
    unlink(temporary);
    explicit_bzero(key, sizeof(key));
    explicit_bzero(hex, sizeof(hex));
    return r;
}

static int read_key(const char *path, uint8_t *ret_key, struct config_error *ret_error)
{
    char hex[HEX_CHARS + 2] = "";
    struct stat info;
    size_t len = 0;
    FILE *file = fopen(path, "re");
    int r = 0;

    if (!file)
        return -errno;
    if (fstat(fileno(file), &info) == 0 && (info.st_mode & 077) != 0) {
        snprintf(ret_error->text, sizeof(ret_error->text),
            "token.key_file: %s can be read by others; chmod 600 it", path);
        r = -EPERM;
    } else {
        len = fread(hex, 1, sizeof(hex) - 1, file);
        hex[strcspn(hex, "\r\n")] = '\0';
        if (sodium_hex2bin(ret_key, TOKEN_KEY_BYTES, hex, strlen(hex), NULL, &len, NULL) != 0 ||
            len != TOKEN_KEY_BYTES) {
            snprintf(ret_error->text, sizeof(ret_error->text),
                "token.key_file: %s does not hold a key (64 hex digits)", path);
            r = -EINVAL;
        }
    }
    fclose(file);
    explicit_bzero(hex, sizeof(hex));
    return r;
}

int key_file_load(
    const char *path, uint8_t ret_key[TOKEN_KEY_BYTES], struct config_error *ret_error)
{
    int r;

    ret_error->text[0] = '\0';
    r = read_key(path, ret_key, ret_error);
    if (r == -ENOENT) {
        r = create_key(path);
        if (r == 0)
            r = read_key(path, ret_key, ret_error);
    }
    if (r < 0 && !*ret_error->text)
        snprintf(
            ret_error->text, sizeof(ret_error->text), "token.key_file: %s: %s", path, strerror(-r));
    return r;
}
