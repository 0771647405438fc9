/*
 * duet-capture as a classroom's box: enrolled once, it follows the bell (docs/following-the-bell.md), publishes each lesson of
 * its room and lets camera and microphone go in between. Main thread.
 */
#ifndef DUET_CAPTURE_FOLLOW_H
#define DUET_CAPTURE_FOLLOW_H

#include "capture/capture.h"

struct follow;

/* params as for capture_create(), without token; on_end comes only for what no next try mends. folder is that of the device's
 * identity. NULL with error, G_FILE_ERROR_NOENT when this machine is not enrolled. */
struct follow *follow_create(
    const struct capture_params *params, const char *folder, GError **error);
void follow_destroy(struct follow *follow);

#endif
