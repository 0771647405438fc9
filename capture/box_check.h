/*
 * What an enrolled capture box tells of its camera and microphone (docs/devices.md). In a lesson that is what the lesson sees of
 * them; between lessons they are opened for a moment at the start, at T-5 before each lesson and when somebody asks, and
 * looked for in the list of devices with each report. Main thread.
 */
#ifndef DUET_CAPTURE_BOX_CHECK_H
#define DUET_CAPTURE_BOX_CHECK_H

#include <jansson.h>

#include "capture/capture.h"
#include "media/bell_clock.h"
#include "media/device_commands.h"

struct box_check;

struct box_check_params {
    const struct capture_settings *settings; /* borrowed for the lifetime, as the layer */
    const struct layer_plan *layer;          /* NULL: no picture is sent */
    /* A check has found something else than is known: worth a report. */
    void (*on_news)(void *user);
    void *user;
};

/* Begins with a check. */
struct box_check *box_check_new(const struct box_check_params *params);
void box_check_free(struct box_check *check); /* NULL-safe */

/* A lesson is about to use the devices, or about to end: lets go of them, and of the lesson. */
void box_check_release(struct box_check *check);

/* Each second between lessons. */
void box_check_tick(struct box_check *check, const struct bell_view *bell);

/* Somebody looks at the box: checks now, in a lesson by what the lesson sees. on_done comes once, within some seconds, from the
 * main loop, with what was found (borrowed): a picture if one is wanted and there is one, and how loud it was. One at a time: a new one takes the place of one
 * under way. */
void box_check_now(struct box_check *check, struct capture *capture, bool wants_picture,
    void (*on_done)(void *user, const struct device_findings *found), void *user);

/* A new object. capture is NULL between lessons. */
json_t *box_check_health(struct box_check *check, const struct capture *capture);

#endif
