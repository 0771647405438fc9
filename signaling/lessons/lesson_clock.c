#include "signaling/lessons/lesson_clock.h"

#include "common/name_table.h"

static const char *const names[] = {
    [LESSON_SCHEDULED] = "scheduled",
    [LESSON_OPEN] = "open",
    [LESSON_LIVE] = "live",
    [LESSON_ENDED] = "ended",
    [LESSON_ARCHIVED] = "archived",
    [LESSON_CANCELLED] = "cancelled",
};

NAME_TABLE_FUNCTIONS(names, enum lesson_state, lesson_state_name, lesson_state_of)

int64_t lesson_clock_close_s(const struct lesson_bell *bell)
{
    int64_t close_s = bell->ends_s + LESSON_CLOCK_CLOSE_S;

    if (bell->next_s != 0 && bell->next_s - LESSON_CLOCK_BETWEEN_S < close_s)
        close_s = bell->next_s - LESSON_CLOCK_BETWEEN_S;
    /* lessons may follow each other without a break: none ends before its bell */
    return close_s < bell->ends_s ? bell->ends_s : close_s;
}

static bool someone(const struct lesson_there *there)
{
    return there->master || there->room;
}

/* It is before the time to open. */
static enum lesson_state before(const struct lesson_clock *clock, const struct lesson_there *there)
{
    return clock->state == LESSON_LIVE && someone(there) ? LESSON_LIVE : LESSON_SCHEDULED;
}

static enum lesson_state during(const struct lesson_clock *clock, const struct lesson_bell *bell,
    const struct lesson_there *there, int64_t now_s)
{
    if (clock->state == LESSON_LIVE)
        return LESSON_LIVE;
    if (now_s >= bell->starts_s && there->master && (there->room || bell->alone))
        return LESSON_LIVE;
    return LESSON_OPEN;
}

/* Where the lesson is at that moment by what the clock shows. */
static enum lesson_state state_at(const struct lesson_clock *clock, const struct lesson_bell *bell,
    const struct lesson_there *there, int64_t now_s)
{
    if (bell->starts_s == 0 && bell->ends_s == 0) {
        if (clock->state == LESSON_LIVE)
            return someone(there) ? LESSON_LIVE : LESSON_ENDED;
        return clock->state >= LESSON_ENDED ? clock->state : LESSON_SCHEDULED;
    }
    if (now_s < bell->starts_s - LESSON_CLOCK_OPEN_S)
        return before(clock, there);
    if (now_s < lesson_clock_close_s(bell))
        return during(clock, bell, there, now_s);
    return now_s < bell->archive_s ? LESSON_ENDED : LESSON_ARCHIVED;
}

static bool is_back(enum lesson_state from, enum lesson_state to)
{
    return to < from;
}

static unsigned alert(struct lesson_clock *clock, const struct lesson_bell *bell,
    const struct lesson_there *there, int64_t now_s)
{
    unsigned did = 0;

    if (clock->state != LESSON_OPEN || now_s < bell->starts_s) {
        /* a bell or a clock that was moved: it may come to that again */
        if (clock->state <= LESSON_OPEN)
            clock->late = clock->takeover = false;
        return 0;
    }
    if (there->master)
        return 0;
    if (!clock->late && now_s >= bell->starts_s + LESSON_CLOCK_LATE_S) {
        clock->late = true;
        did |= LESSON_DID_LATE;
    }
    if (!clock->takeover && now_s >= bell->starts_s + LESSON_CLOCK_TAKEOVER_S) {
        clock->takeover = true;
        did |= LESSON_DID_TAKEOVER;
    }
    return did;
}

unsigned lesson_clock_step(struct lesson_clock *clock, const struct lesson_bell *bell,
    const struct lesson_there *there, int64_t now_s)
{
    enum lesson_state from = clock->state, to;
    unsigned did = 0;

    if (from == LESSON_CANCELLED)
        return 0;
    now_s -= clock->shift_s;
    to = state_at(clock, bell, there, now_s);
    /* seconds to and fro at a bell are no change */
    if (is_back(from, to) && bell->starts_s != 0 &&
        state_at(clock, bell, there, now_s + LESSON_CLOCK_BACK_S) >= from)
        to = from;
    if (to != from) {
        clock->state = to;
        did |= LESSON_DID_STATE;
        if (to == LESSON_LIVE)
            did |= LESSON_DID_RECORD;
        if (from == LESSON_LIVE) {
            clock->shift_s = 0;
            did |= LESSON_DID_STOP_RECORD;
        }
    }
    return did | alert(clock, bell, there, now_s);
}

void lesson_clock_jump(struct lesson_clock *clock, int64_t jump_s)
{
    if (clock->state == LESSON_LIVE)
        clock->shift_s += jump_s;
}
