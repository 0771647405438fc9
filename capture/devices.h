/*
 * Cameras and microphones of this machine, through GstDeviceMonitor: V4L2 and PipeWire cameras,
 * PulseAudio, PipeWire and ALSA microphones. Main thread.
 */
#ifndef DUET_CAPTURE_DEVICES_H
#define DUET_CAPTURE_DEVICES_H

#include <gst/gst.h>
#include <stdbool.h>
#include <stdio.h>

enum device_kind {
    DEVICE_CAMERA,
    DEVICE_MICROPHONE,
};

/* Devices go by path (/dev/video0) or display name; NULL name: the first there is. Outputs of the machine that
 * can be listened to (monitors) are only found by name. */

bool devices_are_there(enum device_kind kind);

/* Whether devices_open() would find that one. */
bool devices_has(enum device_kind kind, const char *name);

/* A source element of the device, floating; NULL with a sentence when it is not there. */
GstElement *devices_open(enum device_kind kind, const char *name, GError **error);

/* What people call it: "camera /dev/video0"; path of the device where it has one, else its display name. Free
 * with g_free(). */
char *devices_label(enum device_kind kind, const char *name);

/* What --list-devices prints. */
void devices_print(FILE *out);

#endif
