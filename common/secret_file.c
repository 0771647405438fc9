#include "common/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Fills data from the file's start. Returns the bytes read or a negative errno. */
static ssize_t read_start(const char *path, char *data, size_t size)
{
    size_t len = 0;
    ssize_t got = 1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    while (got > 0 && len < size) {
        got = read(fd, data + len, size - len);
        if (got < 0 && errno == EINTR)
            got = 1;
        else if (got > 0)
            len += (size_t)got;
    }
    ssize_t result = got < 0 ? -errno : (ssize_t)len;
    close(fd);
    return result;
}

int secret_file_read(const char *path, char **ret_secret)
{
    char data[SECRET_FILE_MAX_BYTES + 2];
    ssize_t len = read_start(path, data, sizeof(data) - 1);
    int err = 0;

    if (len < 0)
        return (int)len;
    data[len] = '\0';
    size_t line = strcspn(data, "\r\n");
    char *copy = NULL;
    if (line == 0)
        err = -ENODATA;
    else if (line > SECRET_FILE_MAX_BYTES)
        err = -EFBIG;
    else if ((copy = strndup(data, line)) == NULL)
        err = -ENOMEM;
    explicit_bzero(data, sizeof(data));
    if (err == 0)
        *ret_secret = copy;
    return err;
}
