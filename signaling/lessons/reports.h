/*
 * Reports (通报): what was planned, held, short and unheld from one day to another, and why, by school, room, teacher or
 * subject. What is counted is a lesson in one receiving room (outcome.h); one without receiving rooms counts once. For the
 * length of one operation; one thread.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_LESSONS_REPORTS_H
#define DUET_SIGNALING_LESSONS_REPORTS_H

#include "signaling/lessons/lesson_places.h"
#include "signaling/lessons/occurrences.h"
#include "signaling/lessons/outcome.h"
#include "signaling/lessons/report_plan.h"

#define REPORTS_MAX_DAYS     400
#define REPORTS_MAX_PROBLEMS 500

struct report_query {
    int64_t organisation; /* what is taught or received in its rooms */
    int32_t first_day, last_day;
    enum report_by by;
    int64_t now_s;
};

struct report_row {
    unsigned lessons; /* distinct ones of those that are planned */
    unsigned planned; /* held, short and unheld together */
    unsigned counts[OUTCOME_STATUS_COUNT];
    unsigned causes[OUTCOME_CAUSE_COUNT];
    int64_t planned_s, held_s;
    size_t last_lesson; /* the number of the last one that was counted in lessons */
};

/* One lesson in one room that was short or unheld. */
struct report_problem {
    char lesson[OCCURRENCES_ID_CHARS];
    int32_t day;
    /* Planned: of a report on the school that receives it by its own bells, else as the master room has it. */
    unsigned period; /* 0: none of its own */
    struct bell_span span;
    unsigned delay_s; /* that is in the span */
    const struct report_entry *entry;
    const struct report_unit *unit;
    const struct report_person *teacher; /* who taught, or should have */
    struct outcome outcome;
    char reason[LESSON_PLACES_MAX_REASON_BYTES + 1]; /* why it was cancelled */
};

struct report {
    struct report_plan plan;
    enum report_by by;
    int64_t school; /* that is reported on; 0: a county */
    struct report_row total;
    struct report_row *rows; /* by the plan's keys */
    /* Lessons whose bells have no such period: they cannot be planned. Those of a holiday are not meant to be. */
    unsigned without_bell;
    size_t problem_count; /* all there are */
    size_t told_count;
    struct report_problem
        *told; /* of the problems the last REPORTS_MAX_PROBLEMS, the latest first */
};

/* Returns 0, -ENOENT for an unknown organisation, or an error of the store. */
int reports_make(struct store *store, const struct report_query *query, struct report **ret_report);
void reports_destroy(struct report *report);

#endif
