/*
 * The words in which a box tells how its parts are (docs/devices.md), and two that every box has: what an error of a device
 * means, and the disk. Any thread.
 */
#ifndef DUET_MEDIA_HEALTH_H
#define DUET_MEDIA_HEALTH_H

#include <glib.h>

#define HEALTH_OK      "ok"
#define HEALTH_MISSING "missing" /* it is not there */
#define HEALTH_FAILED  "failed"  /* it is there and does not work */
#define HEALTH_BUSY    "busy"    /* another program has it */
#define HEALTH_SLOW    "slow"
#define HEALTH_FULL    "full"

/* Of GStreamer or GIO. */
const char *health_of_error(const GError *error);

/* Of the folder that the box keeps its key and its timetable in. */
const char *health_of_disk(const char *folder);

#endif
