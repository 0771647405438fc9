/*
 * A county's term: 250 master rooms with 20 weekly lessons each and three receiving rooms to each lesson, 1,000 rooms
 * and about 100,000 lessons in all. How long it takes to generate them and to find who is booked twice, in memory and in
 * the database. In memory some entries are put on top of others on purpose. JSON; passes no judgement.
 */
#include "common/clock.h"
#include "signaling/timetable/local_date.h"
#include "signaling/timetable/term_plan.h"
#include "tests/bench/timetable_store.h"

#include <stdio.h>
#include <stdlib.h>

#define MASTERS          250
#define RECEIVING        3
#define PERIODS          8
#define LESSONS_PER_WEEK 20
#define ENTRIES          (MASTERS * LESSONS_PER_WEEK)
#define CLASHES          50 /* entries moved onto the one before them */
#define RECEIVING_ROOMS  1000000
#define LOCAL_TEACHERS   2000000
#define ROUNDS           5

struct county {
    struct school_clock *clock;
    struct bell_set sets[2];
    struct bells bells;
    struct term term;
    struct plan_room receiving[MASTERS][RECEIVING];
    struct plan_entry entries[ENTRIES];
};

static int32_t day_of(const char *text)
{
    int32_t day;

    if (local_date_parse(text, &day) < 0)
        abort();
    return day;
}

static void fill_bells(struct county *county)
{
    county->term = (struct term){day_of("2026-09-01"), day_of("2027-01-17")};
    for (unsigned i = 0; i < 2; i++) {
        struct bell_set *set = &county->sets[i];

        *set = (struct bell_set){.last_day = county->term.last_day, .period_count = PERIODS};
        set->first_day = i == 0 ? county->term.first_day : day_of("2026-11-01");
        for (unsigned p = 0; p < PERIODS; p++)
            set->periods[p] = (struct bell_period){.number = (uint16_t)(p + 1),
                .start_minute = (uint16_t)(480 + 30 * i + 50 * p),
                .end_minute = (uint16_t)(520 + 30 * i + 50 * p)};
    }
    county->bells = (struct bells){.clock = county->clock, .sets = county->sets, .set_count = 2};
}

static void fill_entries(struct county *county)
{
    for (unsigned m = 0; m < MASTERS; m++) {
        for (unsigned r = 0; r < RECEIVING; r++)
            county->receiving[m][r] =
                (struct plan_room){.room = RECEIVING_ROOMS + m * RECEIVING + r,
                    .teacher = LOCAL_TEACHERS + m * RECEIVING + r,
                    .delay_s = 60 * r,
                    .bells = &county->bells};
        for (unsigned l = 0; l < LESSONS_PER_WEEK; l++)
            county->entries[m * LESSONS_PER_WEEK + l] =
                (struct plan_entry){.id = m * LESSONS_PER_WEEK + l,
                    .term = &county->term,
                    .recurrence = {l % 5 + 1, RECURRENCE_ALL, 1, 99},
                    .bells = &county->bells,
                    .period = l / 5 * 2 + 1,
                    .teacher = m + 1,
                    .room = m + 1,
                    .receiving = county->receiving[m],
                    .receiving_count = RECEIVING};
    }
    for (unsigned c = 0; c < CLASHES; c++)
        county->entries[c * LESSONS_PER_WEEK + 1].recurrence.weekday = 1;
}

static bool count_conflict(void *user, const struct plan_conflict *conflict)
{
    size_t *count = user;

    (void)conflict;
    ++*count;
    return true;
}

static double ms_since(uint64_t start_us)
{
    return (double)(clock_now_us() - start_us) / 1000;
}

int main(void)
{
    static struct county county;
    struct timetable_store_figures stored;
    double generate_ms = 1e9, check_ms = 1e9;
    size_t lessons = 0, conflicts = 0;

    if (school_clock_create("Asia/Shanghai", &county.clock) < 0)
        return 1;
    fill_bells(&county);
    fill_entries(&county);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct term_plan plan;
        uint64_t start_us = clock_now_us();
        double took_ms;

        if (term_plan_init(&plan, county.entries, ENTRIES) < 0)
            return 1;
        took_ms = ms_since(start_us);
        generate_ms = took_ms < generate_ms ? took_ms : generate_ms;
        conflicts = 0;
        start_us = clock_now_us();
        if (term_plan_find_conflicts(&plan, count_conflict, &conflicts) < 0)
            return 1;
        took_ms = ms_since(start_us);
        check_ms = took_ms < check_ms ? took_ms : check_ms;
        lessons = plan.lesson_count;
        term_plan_finish(&plan);
    }
    if (timetable_store_measure(&stored) < 0)
        return 1;
    printf(
        "{\"bench\": \"timetable\", \"rooms\": %d, \"entries\": %d, \"lessons\": %zu,"
        " \"generate_ms\": %.1f, \"check_ms\": %.1f, \"conflicts\": %zu,"
        " \"database\": {\"lessons\": %zu, \"generate_ms\": %.0f, \"check_one_ms\": %.1f,"
        " \"check_full_ms\": %.1f, \"save_one_ms\": %.1f, \"week_lessons\": %zu, \"week_ms\": %.1f,"
        " \"clashes\": %zu, \"clashes_ms\": %.1f,"
        " \"bell_lessons\": %zu, \"bell_ms\": %.1f,"
        " \"start_ms\": %.0f, \"backup_ms\": %.0f,"
        " \"report_room_lessons\": %zu, \"report_ms\": %.0f,"
        " \"longer_lessons\": %zu, \"longer_ms\": %.0f}}\n",
        MASTERS * (1 + RECEIVING), ENTRIES, lessons, generate_ms, check_ms, conflicts,
        stored.lessons, stored.generate_ms, stored.check_ms, stored.check_full_ms, stored.save_ms,
        stored.week_lessons, stored.week_ms, stored.clashes, stored.clashes_ms, stored.bell_lessons,
        stored.bell_ms, stored.start_ms, stored.backup_ms, stored.report_units, stored.report_ms,
        stored.longer_lessons, stored.longer_ms);
    school_clock_destroy(county.clock);
    return 0;
}
