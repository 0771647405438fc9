#include "signaling/lessons/reports.h"

#include "signaling/lessons/lesson_walk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

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

static void note_problem(struct report *report, const struct walked_lesson *lesson,
    const struct report_unit *unit, const struct outcome *outcome)
{
    struct report_problem *problem =
        &report->problems[report->problem_count++ % REPORTS_MAX_PROBLEMS];

    *problem = (struct report_problem){
        .day = lesson->day,
        .period = lesson->period,
        .span = lesson->span,
        .entry = lesson->entry,
        .unit = unit,
        .outcome = *outcome,
    };
    snprintf(problem->lesson, sizeof(problem->lesson), "%s", lesson->id);
}

static int on_lesson(void *user, struct walked_lesson *lesson)
{
    struct report *report = user;
    bool planned = lesson->span.start_s != 0 || lesson->cancelled;

    for (size_t u = 0; u < lesson->entry->unit_count; u++) {
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
        count_in(&report->rows[unit->row], lesson->number, &outcome);
        if (outcome.status == OUTCOME_SHORT || outcome.status == OUTCOME_UNHELD)
            note_problem(report, lesson, unit, &outcome);
    }
    return 0;
}

static int make(struct store *store, const struct report_query *query, struct report *report)
{
    struct organisation organisation;
    int r = organisations_get(store, query->organisation, &organisation);

    if (r <= 0)
        return r < 0 ? r : -ENOENT;
    r = report_plan_init(&report->plan, store, query->organisation, query->by);
    if (r < 0)
        return r;
    report->rows = calloc(report->plan.key_count + 1, sizeof(*report->rows));
    if (!report->rows)
        return -ENOMEM;
    return lesson_walk(
        store, &report->plan, query->first_day, query->last_day, query->now_s, on_lesson, report);
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
    free(report);
}

const struct report_problem *reports_problem(const struct report *report, size_t index)
{
    return &report->problems[(report->problem_count - 1 - index) % REPORTS_MAX_PROBLEMS];
}
