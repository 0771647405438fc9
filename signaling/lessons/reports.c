#include "signaling/lessons/reports.h"

#include "signaling/lessons/lesson_walk.h"
#include "signaling/lessons/received_time.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Twice as many as will be told, so that they are sorted seldom. */
#define PROBLEMS_ROOM (2 * (size_t)REPORTS_MAX_PROBLEMS)

static void count_in(struct report_row *row, size_t lesson, const struct outcome *outcome)
{
    row->counts[outcome->status]++;
    if (outcome->status > OUTCOME_UNHELD)
        return;
    if (row->last_lesson != lesson)
        row->lessons++;
    row->last_lesson = lesson;
    row->planned++;
    row->causes[outcome->cause]++;
    row->planned_s += outcome->planned_s;
    row->held_s += outcome->held_s;
}

/* The latest first. */
static int compare_problems(const void *a, const void *b)
{
    const struct report_problem *one = a, *other = b;

    if (one->span.start_s != other->span.start_s)
        return one->span.start_s < other->span.start_s ? 1 : -1;
    if (one->entry != other->entry)
        return one->entry > other->entry ? 1 : -1;
    return one->unit > other->unit ? 1 : -1;
}

/* Keeps those that will be told. */
static void keep_latest(struct report *report)
{
    qsort(report->told, report->told_count, sizeof(*report->told), compare_problems);
    if (report->told_count > REPORTS_MAX_PROBLEMS)
        report->told_count = REPORTS_MAX_PROBLEMS;
}

/* When it is for the school that is reported on: what it receives is by its own bells. */
static int find_time(struct report_problem *problem, const struct report *report,
    const struct walked_lesson *lesson, const struct report_unit *unit)
{
    struct received_time here = {lesson->period, lesson->span};
    unsigned delay_s = lesson_walk_delay(lesson, unit);
    const struct bells *bells;
    bool received = report->school != 0 && unit->room->school == report->school &&
                    lesson->entry->room->school != report->school;
    int r = received ? bells_shelf_of_school(lesson->shelf, report->school, &bells) : 0;

    if (r < 0)
        return r;
    if (received)
        here = received_time_of(bells, lesson->day, &lesson->span, delay_s);
    problem->period = here.period;
    problem->span = here.span;
    problem->delay_s = received ? delay_s : 0;
    return 0;
}

static int note_problem(struct report *report, const struct walked_lesson *lesson,
    const struct report_unit *unit, const struct outcome *outcome)
{
    struct report_problem *problem;

    if (report->told_count == PROBLEMS_ROOM)
        keep_latest(report);
    problem = &report->told[report->told_count++];
    report->problem_count++;
    *problem = (struct report_problem){
        .day = lesson->day,
        .entry = lesson->entry,
        .unit = unit,
        .teacher = lesson->teacher,
        .outcome = *outcome,
    };
    snprintf(problem->lesson, sizeof(problem->lesson), "%s", lesson->id);
    snprintf(problem->reason, sizeof(problem->reason), "%s", lesson->cancel_reason);
    return find_time(problem, report, lesson, unit);
}

/* Who stands in is the one who teaches. */
static size_t row_of(
    const struct report *report, const struct walked_lesson *lesson, const struct report_unit *unit)
{
    if (report->by != REPORT_BY_TEACHER || lesson->teacher == lesson->entry->teacher)
        return unit->row;
    return report_plan_teacher_row(&report->plan, lesson->teacher);
}

static int on_lesson(void *user, struct walked_lesson *lesson)
{
    struct report *report = user;
    bool planned = lesson->span.start_s != 0 || lesson->cancelled;
    int r = 0;

    if (lesson->holiday)
        return 0; /* nobody meant it to be held */
    for (size_t u = 0; r == 0 && u < lesson->entry->unit_count; u++) {
        const struct report_unit *unit = &report->plan.units[lesson->entry->first_unit + u];
        struct outcome outcome;

        if (!unit->in_scope)
            continue;
        if (!planned) {
            report->without_bell++;
            break;
        }
        outcome = lesson_walk_outcome(lesson, unit);
        count_in(&report->total, lesson->number, &outcome);
        count_in(&report->rows[row_of(report, lesson, unit)], lesson->number, &outcome);
        if (outcome.status == OUTCOME_SHORT || outcome.status == OUTCOME_UNHELD)
            r = note_problem(report, lesson, unit, &outcome);
    }
    return r;
}

static int make(struct store *store, const struct report_query *query, struct report *report)
{
    struct organisation organisation;
    int r = organisations_get(store, query->organisation, &organisation);

    if (r <= 0)
        return r < 0 ? r : -ENOENT;
    report->by = query->by;
    report->school = organisation.kind == ORGANISATION_SCHOOL ? organisation.id : 0;
    r = report_plan_init(&report->plan, store, query->organisation, query->by);
    if (r < 0)
        return r;
    report->rows = calloc(report->plan.key_count + 1, sizeof(*report->rows));
    report->told = calloc(PROBLEMS_ROOM, sizeof(*report->told));
    if (!report->rows || !report->told)
        return -ENOMEM;
    r = lesson_walk(
        store, &report->plan, query->first_day, query->last_day, query->now_s, on_lesson, report);
    keep_latest(report);
    return r;
}

int reports_make(struct store *store, const struct report_query *query, struct report **ret_report)
{
    struct report *report = calloc(1, sizeof(*report));
    int r = report ? make(store, query, report) : -ENOMEM;

    if (r < 0)
        reports_destroy(report);
    else
        *ret_report = report;
    return r;
}

void reports_destroy(struct report *report)
{
    if (!report)
        return;
    report_plan_finish(&report->plan);
    free(report->rows);
    free(report->told);
    free(report);
}
