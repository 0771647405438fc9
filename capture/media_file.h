/*
 * A media file as an input: its pictures or its sound. Main thread.
 */
#ifndef DUET_CAPTURE_MEDIA_FILE_H
#define DUET_CAPTURE_MEDIA_FILE_H

#include <gst/gst.h>

/* An element, floating, whose pad of those caps ("video/x-raw(ANY)") comes later; NULL with a sentence when
 * the file is not there. */
GstElement *media_file_open(const char *path, const char *caps, GError **error);

/* "file lesson.mkv". Free with g_free(). */
char *media_file_label(const char *path);

#endif
