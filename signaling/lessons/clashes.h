/*
 * Lessons that are there and clash as they are really held: somebody, or a room, is needed in two of them at once, or the
 * bells of a receiving room leave too little of one (bell_misfits.h). Saving refuses that (placement.h), but bells that
 * change, a day swap, a substitution undone or an import can bring it about later. A standing clash is told to coordinators
 * until one of its lessons is moved, taught by somebody else, booked live, or cancelled.
 * For the length of one operation; one thread.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_LESSONS_CLASHES_H
#define DUET_SIGNALING_LESSONS_CLASHES_H

#include "signaling/accounts/token.h"
#include "signaling/lessons/entries.h"
#include "signaling/schools/organisations.h"

#define CLASHES_MAX              1000
#define CLASHES_MAX_REASON_BYTES 120
#define CLASHES_MAX_NAME_BYTES                                                                     \
    (2 * ORGANISATIONS_MAX_NAME_BYTES + 1) /* of a room: with its school's */

enum clash_kind {
    CLASH_TEACHER = BOOKED_TEACHER,
    CLASH_ROOM = BOOKED_ROOM,
    CLASH_BELLS, /* of one lesson with its receiving room */
};

struct clash_lesson {
    int64_t number; /* as lesson_need.number */
    char id[TOKEN_MAX_NAME_CHARS + 1];
    char subject[ENTRIES_MAX_SUBJECT_BYTES + 1];
    int64_t entry;
    int32_t day;
    unsigned period;
    unsigned grade;
    int64_t room; /* the master room, and its teacher, as they are held */
    int64_t school;
    char school_name[ORGANISATIONS_MAX_NAME_BYTES + 1];
    int64_t teacher;
    bool in_scope; /* held in a room of the organisation that was asked for, or meant to be */
    struct bell_span span; /* in the master room */
};

struct clash {
    enum clash_kind kind;
    int64_t id; /* of the person or room */
    char name[CLASHES_MAX_NAME_BYTES + 1];
    /* the one that needs it first is first; of bells the second is NULL */
    const struct clash_lesson *lessons[2];
    struct bell_span span; /* when both need it; of bells: when the room plays the lesson */
    /* of bells alone: the room's own period that holds most of the lesson, 0 when none holds any, and how much */
    unsigned period, overlap_s;
    /* who left it as it is, why and when (clash_ignoring.h); 0: nobody */
    char ignored_by[65];
    char ignored_reason[CLASHES_MAX_REASON_BYTES + 1];
    int64_t ignored_s;
};

struct clashes {
    /* owned */
    struct clash *list;           /* by time; at most the first CLASHES_MAX that are met */
    struct clash_lesson *lessons; /* those of the list, each once */
    size_t count, lesson_count;
};

/* The clashes of lessons from first_day to last_day in rooms of the organisation and below it (0: all), with whatever
 * lesson. Those that are cancelled need nobody. clashes_finish() is due in any case. */
int clashes_find(struct store *store, int64_t organisation, int32_t first_day, int32_t last_day,
    struct clashes *ret_clashes);
void clashes_finish(struct clashes *clashes);

/* Takes those out of the list that are ignored. */
void clashes_drop_ignored(struct clashes *clashes);

/* "teacher", "room", "bells"; the other way round false for another name. */
const char *clashes_kind_name(enum clash_kind kind);
bool clashes_kind_of(const char *name, enum clash_kind *ret_kind);

#endif
