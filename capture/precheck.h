/*
 * Opens the camera and the microphone of the settings for a moment, as a lesson would, and says what came of it. For the time
 * between lessons only: in one, capture_health() knows. Main thread.
 */
#ifndef DUET_CAPTURE_PRECHECK_H
#define DUET_CAPTURE_PRECHECK_H

#include <gst/gst.h>
#include <stdbool.h>

#include "capture/settings.h"

/* The longest that it takes. */
#define PRECHECK_LIMIT_MS 5000
/* How long it listens at least: as long as it takes to say a word. */
#define PRECHECK_LISTEN_MS 1000

struct precheck;

struct precheck_result {
    const char *camera, *microphone; /* words of media/health.h; NULL: not used */
    bool heard;                      /* something came of the microphone */
    int level_dbfs;                  /* and was that loud at most */
    GstBuffer *picture; /* borrowed; of the camera, I420 in the layer's size; NULL: none came */
};

struct precheck_params {
    const struct capture_settings *settings; /* borrowed for the lifetime */
    const struct layer_plan *layer;          /* the picture's size; borrowed; NULL: no picture */
    /* Once, from the main loop; may free the precheck. */
    void (*on_end)(void *user, const struct precheck_result *result);
    void *user;
};

struct precheck *precheck_begin(const struct precheck_params *params);

/* Lets go of both; on_end does not come any more. NULL-safe. */
void precheck_free(struct precheck *precheck);

/* Whether the devices that the settings name are there, without opening them: "missing" becomes of them when not. Words, or
 * NULL for what is there or not used. */
void precheck_look(
    const struct capture_settings *settings, const char **ret_camera, const char **ret_microphone);

#endif
