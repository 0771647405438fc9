/*
 * Reads a QR code that somebody holds in front of a camera, with GStreamer's zbar. Blocks the calling thread; touches no
 * main context.
 */
#ifndef DUET_MEDIA_QR_READER_H
#define DUET_MEDIA_QR_READER_H

#include <gst/gst.h>
#include <stdbool.h>

/* camera: a source of pictures, raw or encoded; its floating reference is taken. Codes that are not wanted are passed over.
 * Returns what the first one that is holds, free with g_free(); NULL with a sentence when the camera cannot be opened, a file
 * ends without one, or limit_s are over. What the code holds comes from whoever made it. */
char *qr_reader_wait(
    GstElement *camera, bool (*wanted)(const char *text), unsigned limit_s, GError **error);

#endif
