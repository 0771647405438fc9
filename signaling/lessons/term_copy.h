/*
 * The weekly lessons of a term once more in another one, with the pairings that they need: all of them, or none and what
 * is in the way. Consent (children may be filmed) was given for the old term, and is not copied.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_LESSONS_TERM_COPY_H
#define DUET_SIGNALING_LESSONS_TERM_COPY_H

#include "signaling/lessons/entries.h"

#define TERM_COPY_MAX_ENTRIES  1000 /* at once: they are written while everything else waits */
#define TERM_COPY_MAX_PROBLEMS 200  /* those that are told */

struct term_copy {
    int64_t from, into;   /* terms */
    int64_t organisation; /* lessons whose master room is there, or below it */
    int64_t root; /* whoever copies plans for the people and rooms there, and for no others */
    /* borrowed: entries that are not copied */
    const int64_t *without;
    size_t without_count;
};

enum term_copy_fault {
    TERM_COPY_TEACHER,   /* needed twice */
    TERM_COPY_ROOM,      /* needed twice */
    TERM_COPY_PAIRING,   /* a receiving room that no active pairing covers */
    TERM_COPY_NO_LESSON, /* none in the rest of the term: no such period, or no such day */
    TERM_COPY_NOT_YOURS, /* somebody else's people or rooms */
    TERM_COPY_BELLS,     /* a receiving room whose own bells leave too little of it */
    TERM_COPY_CAPACITY,  /* more than the relays carry */
    TERM_COPY_RETIRED,   /* a subject or grade that nothing new may name */
    TERM_COPY_DISABLED,  /* a teacher whose account is disabled */
};

struct term_copy_problem {
    enum term_copy_fault fault;
    struct timetable_entry entry; /* as it is in the old term */
    int64_t id;                   /* of the person or room; 0: of none */
    int64_t other; /* the entry that needs them too: of the old term, when it is to be copied */
    int32_t day;   /* the first one of those on which it is in the way; 0: of none */
    unsigned overlap_s; /* on that day */
};

struct term_copy_report {
    size_t entries, pairings, lessons; /* that were made */
    size_t problem_count;              /* those told, and others */
    struct term_copy_problem problems[TERM_COPY_MAX_PROBLEMS];
};

/* "teacher", "room", "pairing", "no_lesson", "not_yours", "bells", "capacity", "retired", "disabled". */
const char *term_copy_fault_name(enum term_copy_fault fault);

/* With an entry in the audit log for the whole and for each weekly lesson. Lessons before now_s are not made. Returns 0,
 * -ENOENT for a term that is not there, -EINVAL for a term into itself, -E2BIG for more than TERM_COPY_MAX_ENTRIES,
 * -EADDRINUSE with problems (then nothing was changed), or an error of the store. */
int term_copy_make(struct store *store, const struct term_copy *copy, const char *by, int64_t now_s,
    struct term_copy_report *ret_report);

#endif
