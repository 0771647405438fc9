#include "signaling/lessons/outcome.h"

#include <stdlib.h>

static int by_joined(const void *a, const void *b)
{
    const struct presence *one = a, *other = b;

    return (one->joined_s > other->joined_s) - (one->joined_s < other->joined_s);
}

/* In order, without overlaps: somebody may be there by two machines. Ends before it began: not at all. */
static void tidy(struct presences *presences)
{
    size_t count = 0;

    if (presences->count > 1)
        qsort(presences->list, presences->count, sizeof(*presences->list), by_joined);
    for (size_t i = 0; i < presences->count; i++) {
        struct presence next = presences->list[i];

        if (next.left_s <= next.joined_s)
            continue;
        if (count > 0 && next.joined_s <= presences->list[count - 1].left_s) {
            if (next.left_s > presences->list[count - 1].left_s)
                presences->list[count - 1].left_s = next.left_s;
            continue;
        }
        presences->list[count++] = next;
    }
    presences->count = count;
}

/* How long both [from, to) have in common. */
static int64_t common(struct presence a, struct presence b)
{
    int64_t from = a.joined_s > b.joined_s ? a.joined_s : b.joined_s;
    int64_t to = a.left_s < b.left_s ? a.left_s : b.left_s;

    return to > from ? to - from : 0;
}

/* How much of the span somebody was there. */
static int64_t covered(const struct presences *presences, struct presence span)
{
    int64_t sum = 0;

    for (size_t i = 0; i < presences->count; i++)
        sum += common(presences->list[i], span);
    return sum;
}

static int64_t plus(int64_t moment_s, unsigned delay_s)
{
    return moment_s > INT64_MAX - delay_s ? INT64_MAX : moment_s + delay_s;
}

/* How much of the span, as the room has it, both were there: what the master did is seen a delay later. */
static int64_t covered_by_both(const struct lesson_facts *facts, struct presence span)
{
    int64_t sum = 0;

    for (size_t i = 0; i < facts->master.count; i++) {
        struct presence seen = {
            plus(facts->master.list[i].joined_s, facts->delay_s),
            plus(facts->master.list[i].left_s, facts->delay_s),
        };

        seen.joined_s = seen.joined_s > span.joined_s ? seen.joined_s : span.joined_s;
        seen.left_s = seen.left_s < span.left_s ? seen.left_s : span.left_s;
        if (seen.left_s > seen.joined_s)
            sum += covered(&facts->room, seen);
    }
    return sum;
}

static bool reaches(int64_t held_s, int64_t planned_s, int percent)
{
    return held_s * 100 >= planned_s * percent;
}

/* Who was there during the span, but only from later on. */
static bool is_late(const struct presences *presences, struct presence span)
{
    for (size_t i = 0; i < presences->count; i++) {
        if (common(presences->list[i], span) > 0)
            return presences->list[i].joined_s > span.joined_s + OUTCOME_LATE_S;
    }
    return false;
}

static enum outcome_cause cause_of(
    const struct lesson_facts *facts, struct presence master_span, struct presence room_span)
{
    int64_t planned_s = master_span.left_s - master_span.joined_s;
    bool master = reaches(covered(&facts->master, master_span), planned_s, OUTCOME_SHORT_PERCENT);
    bool room =
        facts->alone || reaches(covered(&facts->room, room_span), planned_s, OUTCOME_SHORT_PERCENT);

    if (!master && !room)
        return OUTCOME_NOBODY;
    if (!master)
        return OUTCOME_MASTER_ABSENT;
    if (!room)
        return OUTCOME_ROOM_ABSENT;
    if (is_late(&facts->master, master_span))
        return OUTCOME_MASTER_LATE;
    if (!facts->alone && is_late(&facts->room, room_span))
        return OUTCOME_ROOM_LATE;
    return OUTCOME_INTERRUPTED;
}

struct outcome outcome_of(struct lesson_facts *facts)
{
    struct presence master_span = {facts->span.start_s, facts->span.end_s};
    struct presence room_span = {
        plus(master_span.joined_s, facts->delay_s), plus(master_span.left_s, facts->delay_s)};
    int64_t planned_s = master_span.left_s - master_span.joined_s;
    struct outcome outcome = {.planned_s = (uint32_t)planned_s};

    if (facts->cancelled) {
        outcome.status = OUTCOME_UNHELD;
        outcome.cause = OUTCOME_CANCELLED;
        return outcome;
    }
    tidy(&facts->master);
    tidy(&facts->room);
    outcome.held_s = (uint32_t)(facts->alone ? covered(&facts->master, master_span)
                                             : covered_by_both(facts, room_span));
    if (room_span.left_s > facts->now_s)
        outcome.status = OUTCOME_RUNNING;
    else if (reaches(outcome.held_s, planned_s, OUTCOME_HELD_PERCENT))
        outcome.status = OUTCOME_HELD;
    else if (master_span.joined_s < facts->recorded_s)
        outcome.status = OUTCOME_UNRECORDED;
    else
        outcome.status = reaches(outcome.held_s, planned_s, OUTCOME_SHORT_PERCENT) ? OUTCOME_SHORT
                                                                                   : OUTCOME_UNHELD;
    if (outcome.status == OUTCOME_SHORT || outcome.status == OUTCOME_UNHELD)
        outcome.cause = cause_of(facts, master_span, room_span);
    return outcome;
}

const char *outcome_status_name(enum outcome_status status)
{
    static const char *const names[OUTCOME_STATUS_COUNT] = {
        "held", "short", "unheld", "running", "unrecorded"};

    return names[status];
}

const char *outcome_cause_name(enum outcome_cause cause)
{
    static const char *const names[OUTCOME_CAUSE_COUNT] = {"", "cancelled", "nobody",
        "master_absent", "room_absent", "master_late", "room_late", "interrupted"};

    return names[cause];
}
