#define _GNU_SOURCE
#include "signaling/export/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_PATH_CHARS 4096

/* Where the file system has no files without names, one that is taken away at once. */
static int open_unnamed(const char *folder)
{
    char name[MAX_PATH_CHARS + 32];
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
        return fd;
    snprintf(name, sizeof(name), "%s/.duet-spool-XXXXXX", folder);
    fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0)
        unlink(name);
    return fd;
}

int spool_open(const char *beside, FILE **ret_file)
{
    char folder[MAX_PATH_CHARS];
    const char *slash = strrchr(beside, '/');
    FILE *file;
    int fd;

    if ((size_t)snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - beside) + 1 : 1,
            slash ? beside : ".") >= sizeof(folder))
        return -ENAMETOOLONG;
    fd = open_unnamed(folder);
    if (fd < 0)
        return -errno;
    file = fdopen(fd, "w+");
    if (!file) {
        close(fd);
        return -ENOMEM;
    }
    *ret_file = file;
    return 0;
}

int spool_finish(FILE *file, int *ret_fd, uint64_t *ret_bytes)
{
    bool failed = fflush(file) != 0 || ferror(file);
    int r = failed ? (errno == ENOSPC ? -ENOSPC : -EIO) : 0;
    off_t bytes = ftello(file);
    int fd = r == 0 ? fcntl(fileno(file), F_DUPFD_CLOEXEC, 0) : -1;

    fclose(file);
    if (r == 0 && (fd < 0 || bytes < 0 || lseek(fd, 0, SEEK_SET) < 0))
        r = -EIO;
    if (r < 0) {
        if (fd >= 0)
            close(fd);
        return r;
    }
    *ret_fd = fd;
    *ret_bytes = (uint64_t)bytes;
    return 0;
}
