/* The day of a device's room, and what the bell makes of it at any moment. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "media/bell_clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct day_plan *plan;
    struct bell_view view;

    if (day_plan_parse((const char *)data, size, &plan) < 0)
        return 0;
    if (plan->count > DAY_PLAN_MAX_LESSONS)
        abort();
    for (size_t i = 0; i < plan->count; i++) {
        const struct day_lesson *lesson = &plan->lessons[i];

        if (lesson->end_s < lesson->start_s || lesson->path[0] != '/' ||
            strpbrk(lesson->path, "@?#%"))
            abort();
        if (i > 0 && lesson->start_s < plan->lessons[i - 1].start_s)
            abort();
        bell_clock_look(plan, lesson->start_s * 1000, &view);
        if (!lesson->is_over && lesson->end_s > lesson->start_s && view.phase != BELL_JOIN)
            abort();
    }
    free(plan);
    return 0;
}
