#include "media/bell_clock.h"

#include <stdlib.h>

#define MS INT64_C(1000)

/* The lesson that follows in the plan, leaving out those that are over. */
static const struct day_lesson *following(const struct day_plan *plan, size_t index)
{
    for (size_t i = index; i < plan->count; i++) {
        if (!plan->lessons[i].is_over)
            return &plan->lessons[i];
    }
    return NULL;
}

/* When it begins to be taught. */
static int64_t taught_ms(const struct day_lesson *lesson)
{
    return (lesson->start_s - lesson->delay_s) * MS;
}

/* When a device leaves it: never before its end. */
static int64_t leave_ms(const struct day_lesson *lesson, const struct day_lesson *next)
{
    int64_t end_ms = lesson->end_s * MS;
    int64_t leave = end_ms + BELL_LATE_MS;

    if (next && taught_ms(next) - BELL_JOIN_MS < leave)
        leave = taught_ms(next) - BELL_JOIN_MS;
    return leave < end_ms ? end_ms : leave;
}

static void look_at(
    const struct day_lesson *lesson, int64_t leave, int64_t now_ms, struct bell_view *view)
{
    const int64_t start_ms = taught_ms(lesson);
    const struct {
        enum bell_phase phase;
        int64_t from_ms;
    } phases[] = {
        {BELL_WAKE, start_ms - BELL_WAKE_MS},
        {BELL_CHECK, start_ms - BELL_CHECK_MS},
        {BELL_JOIN, start_ms - BELL_JOIN_MS},
    };

    view->lesson = lesson;
    view->change_ms = leave;
    for (size_t i = sizeof(phases) / sizeof(phases[0]); i-- > 0;) {
        if (now_ms >= phases[i].from_ms) {
            view->phase = phases[i].phase;
            return;
        }
        view->change_ms = phases[i].from_ms;
    }
}

void bell_clock_look(const struct day_plan *plan, int64_t now_ms, struct bell_view *ret_view)
{
    *ret_view = (struct bell_view){.phase = BELL_IDLE, .change_ms = INT64_MAX};
    for (size_t i = 0; plan && i < plan->count; i++) {
        const struct day_lesson *lesson = &plan->lessons[i];
        const struct day_lesson *next = following(plan, i + 1);
        int64_t leave;

        if (lesson->is_over)
            continue;
        leave = leave_ms(lesson, next);
        if (now_ms >= leave)
            continue;
        ret_view->after = next;
        look_at(lesson, leave, now_ms, ret_view);
        return;
    }
}

int64_t bell_clock_shift_s(const struct day_lesson *lesson, int64_t now_ms)
{
    int64_t missed_ms = now_ms - taught_ms(lesson);

    return 2 * missed_ms <= lesson->delay_s * MS ? lesson->delay_s : 0;
}
