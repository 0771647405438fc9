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

/* A device by path (/dev/video0) or display name; NULL name: the first there is. Outputs of the
 * machine that can be listened to (monitors) are only found by name. Returns NULL when there is none;
 * unref it. */
GstDevice *devices_find(enum device_kind kind, const char *name);

/* Path of a device where it has one, else its display name. Free with g_free(). */
char *devices_label(GstDevice *device);

/* A source element of the device, floating, or NULL. */
GstElement *devices_create_source(GstDevice *device);

/* What --list-devices prints. */
void devices_print(FILE *out);

#endif
