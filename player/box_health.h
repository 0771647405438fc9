/*
 * What an enrolled player tells of its screen, loudspeaker and camera (docs/devices.md). The loudspeaker is opened for a moment,
 * silently, at the start, at T-5 before each lesson and when somebody asks; in a lesson it is only looked for in the list
 * of devices. All of that happens on a thread of its own. Main thread.
 */
#ifndef DUET_PLAYER_BOX_HEALTH_H
#define DUET_PLAYER_BOX_HEALTH_H

#include <jansson.h>

#include "media/bell_clock.h"
#include "player/local_source.h"
#include "player/options.h"

struct box_health;

/* Begins with a check. options are borrowed for the lifetime. on_news: something else was found than is known. */
struct box_health *box_health_new(
    const struct player_options *options, void (*on_news)(void *user), void *user);
void box_health_free(struct box_health *health); /* NULL-safe */

void box_health_local(struct box_health *health, enum local_source_state state);

/* Each second. */
void box_health_tick(struct box_health *health, const struct bell_view *bell, bool in_lesson);

/* Somebody looks at the box: checks now; in_lesson without opening anything. on_done comes once, from the main loop. */
void box_health_now(struct box_health *health, void (*on_done)(void *user), void *user);

/* A new object, and a look at the loudspeaker for the next one. */
json_t *box_health_tell(struct box_health *health);

#endif
