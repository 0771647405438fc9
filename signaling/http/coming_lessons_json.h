/* How /api/v1 tells how many lessons are to come: {count, soon, first_day, last_day}, the days null where there are none. A new
 * reference, NULL without memory. */
#ifndef DUET_SIGNALING_HTTP_COMING_LESSONS_JSON_H
#define DUET_SIGNALING_HTTP_COMING_LESSONS_JSON_H

#include "signaling/lessons/coming_lessons.h"

#include <jansson.h>

json_t *coming_lessons_json(const struct coming_lessons *lessons);

#endif
