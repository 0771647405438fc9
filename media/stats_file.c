#include "media/stats_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int write_and_close(FILE *file, const json_t *object)
{
    int failed = json_dumpf(object, file, JSON_COMPACT) != 0;
    failed |= fputc('\n', file) == EOF;
    failed |= fflush(file) != 0;
    int result = failed ? -EIO : 0;
    if (file != stdout && fclose(file) != 0 && result == 0)
        result = errno ? -errno : -EIO;
    return result;
}

int stats_file_write(const char *path, const json_t *object)
{
    char part[4096];
    if (strcmp(path, "-") == 0)
        return write_and_close(stdout, object);
    if ((size_t)snprintf(part, sizeof part, "%s.part", path) >= sizeof part)
        return -ENAMETOOLONG;
    FILE *file = fopen(part, "w");
    if (!file)
        return -errno;
    int result = write_and_close(file, object);
    if (result == 0 && rename(part, path) != 0)
        result = -errno;
    if (result != 0)
        unlink(part);
    return result;
}
