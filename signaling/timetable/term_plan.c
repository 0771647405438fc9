#include "signaling/timetable/term_plan.h"

#include <errno.h>
#include <stdlib.h>

unsigned plan_room_delay(const struct plan_room *room, int32_t day)
{
    size_t low = 0, high = room->delay_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (room->delays[middle].day < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low < room->delay_count && room->delays[low].day == day ? room->delays[low].delay_s
                                                                   : room->delay_s;
}

/* ---- lessons ---- */

struct builder {
    struct term_plan *plan;
    const struct plan_entry *entry;
    size_t capacity;
    bool failed;
};

static int grow(struct builder *builder)
{
    size_t capacity = builder->capacity == 0 ? 64 : builder->capacity * 2;
    struct planned_lesson *lessons =
        reallocarray(builder->plan->lessons, capacity, sizeof(*lessons));

    if (!lessons)
        return -ENOMEM;
    builder->plan->lessons = lessons;
    builder->capacity = capacity;
    return 0;
}

static void on_day(void *user, int32_t day)
{
    struct builder *builder = user;
    struct term_plan *plan = builder->plan;
    struct planned_lesson lesson = {.entry = builder->entry, .day = day};

    if (builder->failed)
        return;
    if (bells_span(builder->entry->bells, day, builder->entry->period, &lesson.span) < 0) {
        plan->without_bell_count++;
        return;
    }
    if (plan->lesson_count == builder->capacity && grow(builder) < 0) {
        builder->failed = true;
        return;
    }
    plan->lessons[plan->lesson_count++] = lesson;
}

int term_plan_init(struct term_plan *plan, const struct plan_entry *entries, size_t count)
{
    struct builder builder = {.plan = plan};

    *plan = (struct term_plan){0};
    for (size_t i = 0; i < count; i++) {
        builder.entry = &entries[i];
        recurrence_each(
            &entries[i].recurrence, entries[i].term, entries[i].bells, on_day, &builder);
    }
    if (builder.failed) {
        term_plan_finish(plan);
        return -ENOMEM;
    }
    return 0;
}

void term_plan_finish(struct term_plan *plan)
{
    free(plan->lessons);
    *plan = (struct term_plan){0};
}

/* ---- conflicts ---- */

static size_t count_bookings(const struct term_plan *plan)
{
    size_t count = 0;

    for (size_t i = 0; i < plan->lesson_count; i++)
        count += 2 + 2 * plan->lessons[i].entry->receiving_count;
    return count;
}

/* Nobody (0) is not booked. */
static struct booking *book(
    struct booking *to, enum booked_kind kind, int64_t id, size_t lesson, struct bell_span span)
{
    if (id == 0)
        return to;
    *to = (struct booking){.kind = kind,
        .id = id,
        .lesson = (int64_t)lesson,
        .start_s = span.start_s,
        .end_s = span.end_s};
    return to + 1;
}

static struct booking *book_lesson(
    struct booking *to, const struct planned_lesson *lesson, size_t index)
{
    const struct plan_entry *entry = lesson->entry;

    to = book(to, BOOKED_TEACHER, entry->teacher, index, lesson->span);
    to = book(to, BOOKED_ROOM, entry->room, index, lesson->span);
    for (size_t i = 0; i < entry->receiving_count; i++) {
        const struct plan_room *receiving = &entry->receiving[i];
        unsigned delay_s = plan_room_delay(receiving, lesson->day);
        struct bell_span span = {
            .start_s = lesson->span.start_s + delay_s,
            .end_s = lesson->span.end_s + delay_s,
        };
        int32_t held;

        if (!bells_held_day(receiving->bells, lesson->day, &held))
            continue;
        to = book(to, BOOKED_ROOM, receiving->room, index, span);
        to = book(to, BOOKED_TEACHER, receiving->teacher, index, span);
    }
    return to;
}

struct search {
    const struct term_plan *plan;
    bool (*on_conflict)(void *user, const struct plan_conflict *conflict);
    void *user;
};

static bool on_pair(void *user, const struct booking *a, const struct booking *b)
{
    const struct search *search = user;
    struct plan_conflict conflict = {
        .kind = a->kind,
        .id = a->id,
        .first = &search->plan->lessons[a->lesson],
        .second = &search->plan->lessons[b->lesson],
        .first_span = {a->start_s, a->end_s},
        .second_span = {b->start_s, b->end_s},
    };

    return search->on_conflict(search->user, &conflict);
}

int term_plan_find_conflicts(const struct term_plan *plan,
    bool (*on_conflict)(void *user, const struct plan_conflict *conflict), void *user)
{
    struct search search = {plan, on_conflict, user};
    struct booking *bookings = calloc(count_bookings(plan) + 1, sizeof(*bookings));
    struct booking *end = bookings;

    if (!bookings)
        return -ENOMEM;
    for (size_t i = 0; i < plan->lesson_count; i++)
        end = book_lesson(end, &plan->lessons[i], i);
    bookings_find_conflicts(bookings, (size_t)(end - bookings), on_pair, &search);
    free(bookings);
    return 0;
}
