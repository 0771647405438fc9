#include "tests/bench/timetable_store.h"

#include "common/clock.h"
#include "signaling/lessons/clashes.h"
#include "signaling/lessons/lesson_day.h"
#include "signaling/lessons/occurrences.h"
#include "signaling/lessons/placement.h"
#include "signaling/lessons/reports.h"
#include "signaling/lessons/term_changes.h"
#include "signaling/lessons/week.h"
#include "signaling/schools/bells_shelf.h"
#include "signaling/timetable/local_date.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MASTERS          250
#define RECEIVING        3
#define LESSONS_PER_WEEK 20
#define ENTRIES          (MASTERS * LESSONS_PER_WEEK)
#define FIRST_RECEIVING  1000
#define FIRST_LOCAL      2000
#define NOW_S            1788000000 /* before the term begins */
#define CHECKS           20
#define WEEKS            5
#define REPORTS          3

static const char *const county[] = {
    "INSERT INTO organisations (id, parent, kind, name, zone, created) VALUES (1, NULL, 'county', "
    "'x', 'Asia/Shanghai', 0)",
    "WITH RECURSIVE n (i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 249)"
    " INSERT INTO organisations (id, parent, kind, name, zone, created) SELECT i + 2, 1, 'school', "
    "'s' || i, 'Asia/Shanghai', 0 FROM n",
    "INSERT INTO bell_sets (id, school, name, first_day, last_day) SELECT id, id, 'x', 20696, "
    "20900 FROM organisations WHERE kind = "
    "'school'",
    "WITH RECURSIVE n (i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 7)"
    " INSERT INTO bell_periods SELECT id, i + 1, 480 + 50 * i, 520 + 50 * i FROM bell_sets, n",
    "INSERT INTO rooms (id, school, name, use, created) SELECT id - 1, id, 'm', 'master', 0 FROM "
    "organisations WHERE kind = "
    "'school'",
    "WITH RECURSIVE n (i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 749)"
    " INSERT INTO rooms (id, school, name, use, created) SELECT 1000 + i, i % 250 + 2, 'r' || i, "
    "'receiving', 0 FROM n",
    "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 2749)"
    " INSERT INTO people (id, name, login, login_key, role, password, created)"
    " SELECT i, 'p' || i, 'p' || i, 'p' || i, 'master_teacher', 'x', 0 FROM n",
    "INSERT INTO terms (id, organisation, name, first_day, last_day) VALUES (1, 1, 'x', 20697, "
    "20835)",
    "INSERT INTO pairings (term, master_room, receiving_room, subject, consent, consent_by, "
    "created)"
    " SELECT 1, m.id, r.id, '', 0, '', 0 FROM rooms m, rooms r WHERE m.use = 'master' AND r.use = "
    "'receiving' AND (r.id - 1000) / 3 = m.id - 1",
};

static double ms_since(uint64_t start_us)
{
    return (double)(clock_now_us() - start_us) / 1000;
}

static struct timetable_entry entry_of(unsigned master, unsigned lesson)
{
    struct timetable_entry entry = {
        .term = 1,
        .room = master + 1,
        .teacher = master + 1,
        .subject = "音乐",
        .grade = 3,
        .recurrence = {lesson % 5 + 1, RECURRENCE_ALL, 1, ENTRIES_MAX_WEEK},
        .period = lesson / 5 * 2 + 1,
        .receiving_count = RECEIVING,
    };

    for (unsigned i = 0; i < RECEIVING; i++)
        entry.receiving[i] = (struct plan_room){.room = FIRST_RECEIVING + master * RECEIVING + i,
            .teacher = FIRST_LOCAL + master * RECEIVING + i,
            .delay_s = 60 * i};
    return entry;
}

static int fill(struct store *store, struct timetable_entry *entries)
{
    int r = store_begin(store);

    for (size_t i = 0; r == 0 && i < sizeof(county) / sizeof(county[0]); i++)
        r = store_run(store, store_prepare(store, county[i]));
    for (unsigned i = 0; r == 0 && i < ENTRIES; i++) {
        entries[i] = entry_of(i / LESSONS_PER_WEEK, i % LESSONS_PER_WEEK);
        r = entries_insert(store, &entries[i], 0, &entries[i].id);
    }
    return store_end(store, r);
}

/* ---- a term ---- */

static int plan_all(struct bells_shelf *shelf, const struct term *term,
    struct timetable_entry *entries, struct plan_entry *plan_entries)
{
    int r = 0;

    for (unsigned i = 0; r == 0 && i < ENTRIES; i++) {
        struct timetable_entry *entry = &entries[i];
        const struct bells *bells = NULL;

        r = bells_shelf_of_room(shelf, entry->room, &bells);
        for (size_t n = 0; r == 0 && n < entry->receiving_count; n++)
            r = bells_shelf_of_room(shelf, entry->receiving[n].room, &entry->receiving[n].bells);
        plan_entries[i] = (struct plan_entry){.id = i,
            .term = term,
            .recurrence = entry->recurrence,
            .bells = bells,
            .period = entry->period,
            .teacher = entry->teacher,
            .room = entry->room,
            .receiving = entry->receiving,
            .receiving_count = entry->receiving_count};
    }
    return r;
}

static int write_all(
    struct store *store, const struct term_plan *plan, const struct timetable_entry *entries)
{
    struct occurrence_writer writer;
    int r = store_begin(store);

    if (r < 0)
        return r;
    occurrence_writer_init(&writer, store);
    for (size_t i = 0; r == 0 && i < plan->lesson_count; i++)
        r = occurrence_writer_add(
            &writer, &entries[plan->lessons[i].entry->id], plan->lessons[i].day, 0);
    occurrence_writer_finish(&writer);
    return store_end(store, r);
}

static int generate(
    struct store *store, struct timetable_entry *entries, struct timetable_store_figures *figures)
{
    const struct term term = {20697, 20835};
    struct plan_entry *plan_entries = calloc(ENTRIES, sizeof(*plan_entries));
    uint64_t start_us = clock_now_us();
    struct bells_shelf *shelf = NULL;
    struct term_plan plan = {0};
    int r = plan_entries ? bells_shelf_create(store, &shelf) : -ENOMEM;

    if (r == 0)
        r = plan_all(shelf, &term, entries, plan_entries);
    if (r == 0)
        r = term_plan_init(&plan, plan_entries, ENTRIES);
    if (r == 0)
        r = write_all(store, &plan, entries);
    figures->generate_ms = ms_since(start_us);
    figures->lessons = plan.lesson_count;
    term_plan_finish(&plan);
    bells_shelf_destroy(shelf);
    free(plan_entries);
    return r;
}

/* ---- one entry, one week ---- */

/* Each is moved to a period that its teacher and rooms have free. */
static int place(struct store *store, struct timetable_store_figures *figures)
{
    struct placement_report report;
    int r = 0;

    for (unsigned i = 0; r == 0 && i < CHECKS; i++) {
        struct timetable_entry entry = entry_of(i, i);
        uint64_t start_us = clock_now_us();
        double took_ms;
        int64_t id;

        entry.period++;
        r = placement_check(store, &entry, NOW_S, &report);
        took_ms = ms_since(start_us);
        figures->check_ms = took_ms > figures->check_ms ? took_ms : figures->check_ms;
        start_us = clock_now_us();
        if (r == 0)
            r = placement_save(store, &entry, "bench", NOW_S, &report, &id);
        took_ms = ms_since(start_us);
        figures->save_ms = took_ms > figures->save_ms ? took_ms : figures->save_ms;
    }
    return r;
}

/* Where they stand, at the same time as all other masters': their sum is more than relays carry. */
static int check_full(struct store *store, const struct timetable_entry *entries,
    struct timetable_store_figures *figures)
{
    struct placement_report report;
    int r = 0;

    for (unsigned i = CHECKS; r == 0 && i < 2 * CHECKS; i++) {
        uint64_t start_us = clock_now_us();
        double took_ms;

        r = placement_check(
            store, &entries[i * LESSONS_PER_WEEK + i % LESSONS_PER_WEEK], NOW_S, &report);
        took_ms = ms_since(start_us);
        figures->check_full_ms =
            took_ms > figures->check_full_ms ? took_ms : figures->check_full_ms;
        if (r == 0 && report.overload.days == 0)
            r = -EDOM;
    }
    return r;
}

static void count_lesson(void *user, const struct week_lesson *lesson)
{
    struct timetable_store_figures *figures = user;

    figures->week_lessons += lesson->span.start_s > 0;
}

static int look_around(struct store *store, struct timetable_store_figures *figures)
{
    int r = 0;

    figures->bell_ms = 1e9;
    for (unsigned i = 0; r == 0 && i < WEEKS; i++) {
        uint64_t start_us = clock_now_us();
        struct lesson_day day;
        double took_ms;

        r = lesson_day_read(store, INT64_C(20740) * 86400, false, &day);
        took_ms = ms_since(start_us);
        figures->bell_ms = took_ms < figures->bell_ms ? took_ms : figures->bell_ms;
        if (r < 0)
            break;
        figures->bell_lessons = day.count;
        lesson_day_finish(&day);
    }
    return r;
}

static int look_at_weeks(struct store *store, struct timetable_store_figures *figures)
{
    int r = 0;

    figures->week_ms = 1e9;
    for (unsigned i = 0; r == 0 && i < WEEKS; i++) {
        uint64_t start_us = clock_now_us();
        double took_ms;

        figures->week_lessons = 0;
        r = week_list(store, 1, local_date_monday(20740), count_lesson, figures);
        took_ms = ms_since(start_us);
        figures->week_ms = took_ms < figures->week_ms ? took_ms : figures->week_ms;
    }
    return r;
}

static int look_for_clashes(struct store *store, struct timetable_store_figures *figures)
{
    int32_t monday = local_date_monday(20740);
    int r = 0;

    figures->clashes_ms = 1e9;
    for (unsigned i = 0; r == 0 && i < WEEKS; i++) {
        uint64_t start_us = clock_now_us();
        struct clashes clashes;
        double took_ms;

        r = clashes_find(store, 1, monday, monday + 6, &clashes);
        took_ms = ms_since(start_us);
        figures->clashes_ms = took_ms < figures->clashes_ms ? took_ms : figures->clashes_ms;
        figures->clashes = clashes.count;
        clashes_finish(&clashes);
    }
    return r;
}

/* Everybody came to every lesson, the rooms a little late. */
static const char *const attendance[] = {
    "INSERT INTO attendance (lesson, source, subject, room, joined, left)"
    " SELECT id, 'teacher-camera', 'person-1', NULL, day * 86400 + period * 3000 - 3000,"
    " day * 86400 + period * 3000 FROM lessons WHERE entry IS NOT NULL",
    "INSERT INTO attendance (lesson, source, subject, room, joined, left)"
    " SELECT l.id, 'room-' || r.room, 'device-1', r.room, day * 86400 + period * 3000 - 2900,"
    " day * 86400 + period * 3000 FROM lessons l JOIN entry_rooms r ON r.entry = l.entry",
};

/* The whole county, the whole term, after its end. */
static int report(struct store *store, struct timetable_store_figures *figures)
{
    const struct report_query query = {.organisation = 1,
        .first_day = 20697,
        .last_day = 20835,
        .by = REPORT_BY_ROOM,
        .now_s = INT64_C(20900) * 86400};
    int r = store_begin(store);

    for (size_t i = 0; r == 0 && i < sizeof(attendance) / sizeof(attendance[0]); i++)
        r = store_run(store, store_prepare(store, attendance[i]));
    r = store_end(store, r);
    figures->report_ms = 1e9;
    for (unsigned i = 0; r == 0 && i < REPORTS; i++) {
        uint64_t start_us = clock_now_us();
        struct report *made;
        double took_ms;

        r = reports_make(store, &query, &made);
        took_ms = ms_since(start_us);
        if (r < 0)
            break;
        figures->report_ms = took_ms < figures->report_ms ? took_ms : figures->report_ms;
        figures->report_units = made->total.planned;
        reports_destroy(made);
    }
    return r;
}

/* By four weeks, in the transaction that holds the database against all others. */
static int make_longer(struct store *store, struct timetable_store_figures *figures)
{
    struct term_row term = {.id = 1, .version = 1, .name = "x", .term = {20697, 20835 + 28}};
    struct term_change_report report;
    uint64_t start_us = clock_now_us();
    int r = term_changes_make(store, &term, "bench", NOW_S, &report);

    figures->longer_ms = ms_since(start_us);
    figures->longer_lessons = (size_t)report.added;
    return r;
}

/* As after kill -9: what was written last stands in the write-ahead log. */
static int start_and_copy(const char *path, struct timetable_store_figures *figures)
{
    struct config_error error;
    struct store *store = NULL;
    uint64_t start_us = clock_now_us();
    char copy[80];
    int r = store_open(path, &store, &error);

    if (r == 0)
        r = store_check(store, path, &error);
    figures->start_ms = ms_since(start_us);
    start_us = clock_now_us();
    snprintf(copy, sizeof(copy), "%s-copy", path);
    if (r == 0)
        r = store_back_up(store, copy, &error);
    figures->backup_ms = ms_since(start_us);
    store_close(store);
    return r;
}

int timetable_store_measure(struct timetable_store_figures *ret_figures)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-copy"};
    struct timetable_entry *entries = calloc(ENTRIES, sizeof(*entries));
    char folder[] = "/tmp/duet-bench-XXXXXX", path[64], name[80];
    struct config_error error;
    struct store *store = NULL;
    int r = entries ? 0 : -ENOMEM;

    *ret_figures = (struct timetable_store_figures){0};
    if (r == 0 && !mkdtemp(folder))
        r = -errno;
    snprintf(path, sizeof(path), "%s/duet.db", folder);
    if (r == 0)
        r = store_open(path, &store, &error);
    if (r == 0)
        r = fill(store, entries);
    if (r == 0)
        r = generate(store, entries, ret_figures);
    if (r == 0)
        r = place(store, ret_figures);
    if (r == 0)
        r = check_full(store, entries, ret_figures);
    if (r == 0)
        r = look_at_weeks(store, ret_figures);
    if (r == 0)
        r = look_for_clashes(store, ret_figures);
    if (r == 0)
        r = look_around(store, ret_figures);
    if (r == 0)
        r = start_and_copy(path, ret_figures);
    if (r == 0)
        r = report(store, ret_figures);
    if (r == 0)
        r = make_longer(store, ret_figures);
    store_close(store);
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
        unlink(name);
    }
    rmdir(folder);
    free(entries);
    return r;
}
