#include "media/health.h"

#include <gio/gio.h>
#include <gst/gst.h>
#include <stdint.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* The timetable takes a thousandth of it; below that a log or an update has filled the disk. */
#define MIN_FREE_BYTES (UINT64_C(64) * 1024 * 1024)

const char *health_of_error(const GError *error)
{
    if (g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY) ||
        g_error_matches(error, G_IO_ERROR, G_IO_ERROR_BUSY))
        return HEALTH_BUSY;
    if (g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND) ||
        g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND) ||
        g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        return HEALTH_MISSING;
    return HEALTH_FAILED;
}

const char *health_of_disk(const char *folder)
{
    struct statvfs disk;

    if (statvfs(folder, &disk) != 0)
        return HEALTH_MISSING;
    if (access(folder, W_OK | X_OK) != 0 || disk.f_flag & ST_RDONLY)
        return HEALTH_FAILED;
    return (uint64_t)disk.f_bavail * disk.f_frsize < MIN_FREE_BYTES ? HEALTH_FULL : HEALTH_OK;
}
