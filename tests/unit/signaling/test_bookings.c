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

            bookings[i] = (struct booking){.kind = next_random(&seed) % 3,
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

static void the_peak_is_where_most_comes_together(void **state)
{
    static const struct load loads[] = {
        {100, 200, 3},
        {150, 250, 4},
        {200, 300, 5}, /* begins when the first one ends */
        {240, 245, 1},
        {0, 1000, 0},
        {160, 160, 100},
    };
    struct load_peak peak = {0};

    assert_int_equal(loads_find_peak(loads, 6, &peak), 0);
    assert_int_equal(peak.amount, 10);
    assert_int_equal(peak.start_s, 240);
    assert_int_equal(peak.end_s, 245);
    assert_int_equal(loads_find_peak(loads, 2, &peak), 0);
    assert_int_equal(peak.amount, 7);
    assert_int_equal(peak.start_s, 150);
    assert_int_equal(peak.end_s, 200);
}

static void a_peak_lasts_until_less_is_needed(void **state)
{
    static const struct load loads[] = {
        {0, 10, 6}, {10, 20, 4}, {10, 15, 2}, {15, 20, 2}, {20, 30, 1}};
    struct load_peak peak = {0};

    assert_int_equal(loads_find_peak(loads, 5, &peak), 0);
    assert_int_equal(peak.amount, 6);
    assert_int_equal(peak.start_s, 0);
    assert_int_equal(peak.end_s, 20);
}

static void without_loads_there_is_no_peak(void **state)
{
    struct load_peak peak = {.amount = 1};

    assert_int_equal(loads_find_peak(NULL, 0, &peak), 0);
    assert_int_equal(peak.amount, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_is_in_two_lessons_at_once),
        cmocka_unit_test(what_does_not_meet_is_no_conflict),
        cmocka_unit_test(a_long_lesson_meets_all_that_are_within_it),
        cmocka_unit_test(who_has_seen_enough_stops_it),
        cmocka_unit_test(it_finds_what_comparing_all_with_all_finds),
        cmocka_unit_test(the_peak_is_where_most_comes_together),
        cmocka_unit_test(a_peak_lasts_until_less_is_needed),
        cmocka_unit_test(without_loads_there_is_no_peak),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
