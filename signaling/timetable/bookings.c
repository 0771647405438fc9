#include "signaling/timetable/bookings.h"

#include <errno.h>
#include <stdlib.h>

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* ---- what only one can have ---- */

static bool is_same_thing(const struct booking *a, const struct booking *b)
{
    return a->kind == b->kind && a->id == b->id;
}

/* By what is booked, then by time. The rest makes the order, and so the report, the same every time. */
static int compare_bookings(const void *left, const void *right)
{
    const struct booking *a = left, *b = right;
    int order = compare_numbers((int64_t)a->kind, (int64_t)b->kind);

    if (order == 0)
        order = compare_numbers(a->id, b->id);
    if (order == 0)
        order = compare_numbers(a->start_s, b->start_s);
    if (order == 0)
        order = compare_numbers(a->lesson, b->lesson);
    return order != 0 ? order : compare_numbers(a->end_s, b->end_s);
}

void bookings_find_conflicts(struct booking *bookings, size_t count,
    bool (*on_conflict)(void *user, const struct booking *a, const struct booking *b), void *user)
{
    if (count == 0)
        return;
    qsort(bookings, count, sizeof(*bookings), compare_bookings);
    for (size_t i = 0; i < count; i++) {
        const struct booking *first = &bookings[i];

        for (size_t j = i + 1; j < count; j++) {
            const struct booking *next = &bookings[j];

            if (!is_same_thing(first, next) || next->start_s >= first->end_s)
                break;
            /* a lesson may name the same room twice: that is no conflict with another one */
            if (next->lesson == first->lesson || next->end_s <= next->start_s)
                continue;
            if (!on_conflict(user, first, next))
                return;
        }
    }
}

/* ---- what many share ---- */

/* A load that comes or goes. */
struct change {
    int64_t at_s;
    int64_t amount;
};

/* At the same moment what goes goes first. */
static int compare_changes(const void *left, const void *right)
{
    const struct change *a = left, *b = right;
    int order = compare_numbers(a->at_s, b->at_s);

    return order != 0 ? order : compare_numbers(a->amount, b->amount);
}

static size_t list_changes(const struct load *loads, size_t count, struct change *ret_changes)
{
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        if (loads[i].end_s <= loads[i].start_s || loads[i].amount == 0)
            continue;
        ret_changes[used++] = (struct change){loads[i].start_s, loads[i].amount};
        ret_changes[used++] = (struct change){loads[i].end_s, -(int64_t)loads[i].amount};
    }
    return used;
}

int loads_each_step(const struct load *loads, size_t count,
    void (*on_step)(void *user, const struct load_step *step), void *user)
{
    struct change *changes = calloc(count + 1, 2 * sizeof(*changes));
    int64_t sum = 0;
    struct load_step step = {0};
    size_t used;

    if (!changes)
        return -ENOMEM;
    used = list_changes(loads, count, changes);
    if (used > 0)
        qsort(changes, used, sizeof(*changes), compare_changes);
    for (size_t i = 0; i < used; i++) {
        sum += changes[i].amount;
        /* what comes and goes at the same moment is one change, and may be none */
        if ((i + 1 < used && changes[i + 1].at_s == changes[i].at_s) || sum == (int64_t)step.amount)
            continue;
        step.end_s = changes[i].at_s;
        if (step.amount > 0)
            on_step(user, &step);
        step = (struct load_step){.amount = (uint64_t)sum, .start_s = changes[i].at_s};
    }
    free(changes);
    return 0;
}
