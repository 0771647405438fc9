/*
 * What a report needs to know of the timetable before it looks at lessons: entries with their receiving rooms, names, and
 * which row of the report each of them counts in. Read at once; borrowed from by the report. One thread.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_LESSONS_REPORT_PLAN_H
#define DUET_SIGNALING_LESSONS_REPORT_PLAN_H

#include "signaling/lessons/entries.h"
#include "signaling/schools/organisations.h"

enum report_by {
    REPORT_BY_SCHOOL,  /* of the receiving room */
    REPORT_BY_ROOM,    /* the receiving one */
    REPORT_BY_TEACHER, /* the master teacher */
    REPORT_BY_SUBJECT,
};

struct report_room {
    int64_t id;
    int64_t school;
    bool in_scope; /* of the organisation that is reported on */
    char name[ORGANISATIONS_MAX_NAME_BYTES + 1];
    char school_name[ORGANISATIONS_MAX_NAME_BYTES + 1];
};

struct report_person {
    int64_t id;
    bool stands_in; /* somewhere */
    char name[65];
};

/* A lesson in one receiving room; of a lesson that has none, in the master room. */
struct report_unit {
    const struct report_room *room;
    unsigned delay_s;
    bool alone;
    bool in_scope; /* its room or its master room is */
    size_t row;    /* of the report */
};

struct report_entry {
    int64_t id;
    char subject[ENTRIES_MAX_SUBJECT_BYTES + 1];
    unsigned grade;
    const struct report_room *room; /* the master room */
    const struct report_person *teacher;
    size_t first_unit, unit_count;
};

/* What a row of the report is about: id 0 for subjects. */
struct report_key {
    int64_t id;
    const char *name;
    const char *school; /* of a room, else "" */
};

struct report_plan {
    /* owned */
    struct report_room *rooms;     /* by id, as the others */
    struct report_person *persons; /* people */
    struct report_entry *entries;
    struct report_unit *units;
    struct report_key *keys; /* by id, or by name */
    size_t room_count, person_count, entry_count, unit_count, key_count;
};

/* Fills it; report_plan_finish() is due in any case. */
int report_plan_init(
    struct report_plan *plan, struct store *store, int64_t organisation, enum report_by by);
void report_plan_finish(struct report_plan *plan);

/* NULL for an entry or a person who is not there. */
const struct report_entry *report_plan_entry(const struct report_plan *plan, int64_t id);
const struct report_person *report_plan_person(const struct report_plan *plan, int64_t id);

/* Which row of a report by teacher is of this one, who has an entry or stands in somewhere. */
size_t report_plan_teacher_row(const struct report_plan *plan, const struct report_person *teacher);

#endif
