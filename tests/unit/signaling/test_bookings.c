/* Who is booked twice at once, and when most is needed. */
#include "signaling/timetable/bookings.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAX_FOUND 4096

struct found {
    struct {
        struct booking a, b;
    } pairs[MAX_FOUND];
    size_t count;
    size_t limit; /* 0: all */
};

static bool on_conflict(void *user, const struct booking *a, const struct booking *b)
{
    struct found *found = user;

    assert_true(found->count < MAX_FOUND);
    found->pairs[found->count].a = *a;
    found->pairs[found->count].b = *b;
    found->count++;
    return found->count != found->limit;
}

static void find(struct booking *bookings, size_t count, struct found *ret_found)
{
    memset(ret_found, 0, sizeof(*ret_found));
    bookings_find_conflicts(bookings, count, on_conflict, ret_found);
}

static void nobody_is_in_two_lessons_at_once(void **state)
{
    static struct found found;
    struct booking bookings[] = {
        {BOOKED_TEACHER, 7, 2, 130, 170},
        {BOOKED_TEACHER, 7, 1, 100, 140},
    };

    find(bookings, 2, &found);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.pairs[0].a.lesson, 1);
    assert_int_equal(found.pairs[0].b.lesson, 2);
    assert_int_equal(found.pairs[0].a.kind, BOOKED_TEACHER);
    assert_int_equal(found.pairs[0].a.id, 7);
}

static void what_does_not_meet_is_no_conflict(void **state)
{
    static struct found found;
    struct booking bookings[] = {
        {BOOKED_TEACHER, 7, 1, 100, 140}, {BOOKED_TEACHER, 7, 2, 140, 180}, /* at once after it */
        {BOOKED_ROOM, 7, 3, 100, 140},    /* a room of the same number */
        {BOOKED_TEACHER, 8, 4, 100, 140}, /* another teacher */
        {BOOKED_TEACHER, 7, 1, 100, 140}, /* named twice by one lesson */
        {BOOKED_TEACHER, 7, 5, 110, 110}, /* of no length */
        {BOOKED_TEACHER, 7, 6, 130, 120}, /* of less */
    };

    find(bookings, 7, &found);
    assert_int_equal(found.count, 0);
    find(bookings, 0, &found);
    assert_int_equal(found.count, 0);
    bookings_find_conflicts(NULL, 0, on_conflict, &found);
}

static void a_long_lesson_meets_all_that_are_within_it(void **state)
{
    static struct found found;
    struct booking bookings[] = {
        {BOOKED_ROOM, 1, 10, 100, 400}, {BOOKED_ROOM, 1, 11, 110, 120},
        {BOOKED_ROOM, 1, 12, 200, 210}, {BOOKED_ROOM, 1, 13, 399, 500},
        {BOOKED_ROOM, 1, 14, 400, 500}, /* only with the one before */
    };

    find(bookings, 5, &found);
    assert_int_equal(found.count, 4);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(found.pairs[i].a.lesson, 10);
    assert_int_equal(found.pairs[3].a.lesson, 13);
    assert_int_equal(found.pairs[3].b.lesson, 14);
}

static void who_has_seen_enough_stops_it(void **state)
{
    static struct found found;
    struct booking bookings[20];

    for (size_t i = 0; i < 20; i++)
        bookings[i] = (struct booking){BOOKED_ROOM, 1, (int64_t)i, 0, 10};
    find(bookings, 20, &found);
    assert_int_equal(found.count, 190);
    memset(&found, 0, sizeof(found));
    found.limit = 5;
    bookings_find_conflicts(bookings, 20, on_conflict, &found);
    assert_int_equal(found.count, 5);
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static size_t count_by_trying_all(const struct booking *bookings, size_t count)
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            const struct booking *a = &bookings[i], *b = &bookings[j];

            found += a->kind == b->kind && a->id == b->id && a->lesson != b->lesson &&
                     a->start_s < b->end_s && b->start_s < a->end_s;
        }
    }
    return found;
}

static void it_finds_what_comparing_all_with_all_finds(void **state)
{
    static struct found found;
    uint32_t seed = 1;
    size_t conflicts = 0;

    for (unsigned run = 0; run < 200; run++) {
        struct booking bookings[60];

        for (size_t i = 0; i < 60; i++) {
            int64_t start_s = next_random(&seed) % 200;

            bookings[i] = (struct booking){.kind = next_random(&seed) % 2,
                .id = next_random(&seed) % 4,
                .lesson = next_random(&seed) % 40,
                .start_s = start_s,
                .end_s = start_s + 1 + next_random(&seed) % 20};
        }
        size_t expected = count_by_trying_all(bookings, 60);
        find(bookings, 60, &found);
        assert_int_equal(found.count, expected);
        conflicts += expected;
    }
    assert_true(conflicts > 1000);
}

/* ---- loads ---- */

struct steps {
    size_t count;
    struct load_step list[16];
};

static void on_step(void *user, const struct load_step *step)
{
    struct steps *steps = user;

    assert_true(steps->count < 16);
    steps->list[steps->count++] = *step;
}

static struct steps steps_of(const struct load *loads, size_t count)
{
    struct steps steps = {0};

    assert_int_equal(loads_each_step(loads, count, on_step, &steps), 0);
    return steps;
}

static void assert_step(const struct load_step *step, int64_t start_s, int64_t end_s, uint64_t sum)
{
    assert_int_equal(step->start_s, start_s);
    assert_int_equal(step->end_s, end_s);
    assert_int_equal(step->amount, sum);
}

static void each_moment_has_the_sum_of_what_is_there(void **state)
{
    static const struct load loads[] = {
        {100, 200, 3},
        {150, 250, 4},
        {200, 300, 5}, /* begins when the first one ends */
        {240, 245, 1},
        {0, 1000, 0},
        {160, 160, 100},
        {400, 410, 2},
    };
    struct steps steps = steps_of(loads, 7);

    assert_int_equal(steps.count, 7);
    assert_step(&steps.list[0], 100, 150, 3);
    assert_step(&steps.list[1], 150, 200, 7);
    assert_step(&steps.list[2], 200, 240, 9);
    assert_step(&steps.list[3], 240, 245, 10);
    assert_step(&steps.list[4], 245, 250, 9);
    assert_step(&steps.list[5], 250, 300, 5);
    assert_step(&steps.list[6], 400, 410, 2);
}

static void a_step_lasts_until_the_sum_is_another(void **state)
{
    static const struct load loads[] = {
        {0, 10, 6}, {10, 20, 4}, {10, 15, 2}, {15, 20, 2}, {20, 30, 1}};
    struct steps steps = steps_of(loads, 5);

    assert_int_equal(steps.count, 2);
    assert_step(&steps.list[0], 0, 20, 6);
    assert_step(&steps.list[1], 20, 30, 1);
}

static void without_loads_there_is_no_step(void **state)
{
    assert_int_equal(steps_of(NULL, 0).count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_is_in_two_lessons_at_once),
        cmocka_unit_test(what_does_not_meet_is_no_conflict),
        cmocka_unit_test(a_long_lesson_meets_all_that_are_within_it),
        cmocka_unit_test(who_has_seen_enough_stops_it),
        cmocka_unit_test(it_finds_what_comparing_all_with_all_finds),
        cmocka_unit_test(each_moment_has_the_sum_of_what_is_there),
        cmocka_unit_test(a_step_lasts_until_the_sum_is_another),
        cmocka_unit_test(without_loads_there_is_no_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
