/*
 * What is out of the ordinary today (今日异常): lessons that run without somebody who should be there, lessons that were
 * short or not held, rooms whose devices are silent before their lesson, lessons of today and tomorrow that clash, lessons of
 * today and the coming days that go on without what they need (lesson_doubts.h). For the length of one operation; one
 * thread.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_LESSONS_EXCEPTIONS_H
#define DUET_SIGNALING_LESSONS_EXCEPTIONS_H

#include "signaling/accounts/people.h"
#include "signaling/lessons/clashes.h"
#include "signaling/lessons/lesson_doubts.h"
#include "signaling/lessons/lesson_places.h"
#include "signaling/lessons/occurrences.h"
#include "signaling/lessons/outcome.h"
#include "signaling/lessons/report_plan.h"

#define EXCEPTIONS_MAX       200
#define EXCEPTIONS_SILENT_S  90 /* after which a device counts as offline: docs/devices.md */
#define EXCEPTIONS_DAYS_NEXT 14 /* how far ahead the next lesson is looked for */
#define EXCEPTIONS_DAYS_SOON 7  /* how far ahead lessons are looked at that lack something */

enum exception_kind {
    EXCEPTION_LATE,     /* runs, and somebody is not there: cause */
    EXCEPTION_UNHELD,   /* is over: cause */
    EXCEPTION_SHORT,    /* the same */
    EXCEPTION_OFFLINE,  /* the room has a lesson that is not over, and all its devices are silent */
    EXCEPTION_DISABLED, /* the account of person, who teaches it, in room */
    EXCEPTION_FROZEN,   /* the pairing of room */
    EXCEPTION_UNPAIRED, /* room has no pairing any more */
};

struct day_exception {
    char lesson[OCCURRENCES_ID_CHARS];
    enum exception_kind kind;
    enum outcome_cause cause; /* of an offline room: none */
    int32_t day;
    unsigned period;
    struct bell_span span; /* in the master room */
    const struct report_entry *entry;
    const struct report_room *room; /* the receiving one, or the one that is offline */
    const struct report_person *teacher;
    int64_t seen_s; /* of an offline room: when one of its devices was last heard of */
    char person[PEOPLE_MAX_NAME_BYTES + 1]; /* whose account is disabled, or "" */
};

struct day_exceptions {
    struct report_plan plan;
    int32_t today; /* of the organisation */
    unsigned
        counts[OUTCOME_STATUS_COUNT]; /* today's lessons in each room; cancelled ones left out */
    unsigned cancelled;
    unsigned running; /* of those that are not over: have begun */
    int64_t next_s;   /* when the next lesson begins; 0: none in EXCEPTIONS_DAYS_NEXT days */
    struct clashes
        clashes;  /* of today's and tomorrow's lessons, those that are not over; not in list */
    size_t count; /* those that are more than EXCEPTIONS_MAX are counted only */
    struct day_exception list[EXCEPTIONS_MAX]; /* in no order */
};

/* Of what is taught or received in the organisation's rooms. Returns 0, -ENOENT for an unknown organisation, or an error of
 * the store. */
int exceptions_find(
    struct store *store, int64_t organisation, int64_t now_s, struct day_exceptions **ret_found);
void exceptions_destroy(struct day_exceptions *found);

/* "late", "unheld", "short", "offline", "disabled", "frozen", "unpaired". */
const char *exceptions_kind_name(enum exception_kind kind);

/* Which exception it is that a lesson goes on without what it needs. */
enum exception_kind exceptions_kind_of(enum doubt_kind doubt);

#endif
