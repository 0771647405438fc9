/*
 * Whether a weekly lesson may stand where somebody puts it, and putting it there: who or what is needed twice, how
 * rooms whose bells differ can take part, where it could stand instead. The check is made when a coordinator asks, and
 * again in the transaction that saves it.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_LESSONS_PLACEMENT_H
#define DUET_SIGNALING_LESSONS_PLACEMENT_H

#include "signaling/lessons/entries.h"
#include "signaling/lessons/relay_load.h"
#include "signaling/schools/textbooks.h"
#include "signaling/timetable/bells.h"

#define PLACEMENT_MAX_CONFLICTS 16
/* So much of a lesson must fit between a receiving room's own bells. */
#define PLACEMENT_MIN_OVERLAP_PERCENT 50

/* With one other entry about one person or room. */
struct placement_conflict {
    enum booked_kind kind;
    int64_t id;            /* of the person or room */
    int64_t entry;         /* the other one */
    int32_t first_day;     /* of those days on which they clash */
    unsigned days;         /* how many */
    unsigned overlap_s;    /* on the first of them */
    struct bell_span span; /* when the other lesson needs it, then */
};

/* A receiving room whose own bells leave too little of the lesson, and that is not booked live. */
struct placement_mismatch {
    int64_t room;
    int32_t first_day; /* of those days */
    unsigned days;
    unsigned period;    /* on the first of them: its own that holds most, 0 when none holds any */
    unsigned overlap_s; /* then */
};

/* A warning, no conflict: that room's school uses another edition of the textbook than the master room's. */
struct placement_edition {
    int64_t room;
    char edition[TEXTBOOKS_MAX_EDITION_BYTES + 1];
};

struct placement_report {
    unsigned lessons;      /* how many it makes in its term */
    unsigned without_bell; /* days on which it should be held, but its school has no such period */
    unsigned
        substitutions; /* of its lessons to come: a change drops them (placement_check() alone tells) */
    int32_t first_day; /* of its first lesson */
    struct bell_span first_span;
    size_t
        conflict_count; /* with different entries, people or rooms: the first PLACEMENT_MAX_CONFLICTS of them */
    struct placement_conflict conflicts[PLACEMENT_MAX_CONFLICTS];
    size_t unpaired_count;
    int64_t unpaired[ENTRIES_MAX_ROOMS]; /* receiving rooms that no active pairing covers */
    size_t mismatch_count;
    struct placement_mismatch mismatches[ENTRIES_MAX_ROOMS];
    struct relay_overload overload; /* of the relays; days is 0 when they carry it */
    bool without_capture;        /* a warning: no capture device is enrolled for the master room */
    size_t without_player_count; /* and no player for these receiving rooms: browsers do it */
    int64_t without_player[ENTRIES_MAX_ROOMS];
    char edition[TEXTBOOKS_MAX_EDITION_BYTES +
                 1]; /* of the master room's school, "" when nobody has said */
    size_t edition_count;
    struct placement_edition editions[ENTRIES_MAX_ROOMS];
    bool has_offer
        [ENTRIES_MAX_ROOMS]; /* false when none of the receiving room's periods overlaps with the lesson then */
    struct bell_offer offers
        [ENTRIES_MAX_ROOMS]; /* on the first day that is none of its holidays, by index of entry's receiving */
};

/* Whether the time is free for all that it needs; whether rooms are paired does not depend on it. */
bool placement_is_free(const struct placement_report *report);

/* Looks at the lessons from now on. An entry that is there already (entry->id) does not clash with itself. Returns 0, -ENOENT for an unknown term or room,
 * -EINVAL for what cannot be (placement_fault() says what) or a subject or grade that is not in the catalogue, unless it
 * stood there before, or an error of the store. */
int placement_check(struct store *store, const struct timetable_entry *entry, int64_t now_s,
    struct placement_report *ret_report);

/* What of an entry cannot be, whatever else is in the timetable: a name of docs/openapi.yaml's properties, NULL for
 * nothing. Pure. */
const char *placement_fault(const struct timetable_entry *entry);

/* Saves a new entry (id 0) or changes one (id and version), with its lessons from now on (those that are over, or have
 * begun, stay what they were: past_entries.h) and an entry in the audit log. Returns as
 * placement_check(), and -EADDRINUSE with anything in the way or unpaired rooms, -EDOM when it makes no lesson at all, -ESTALE when the entry
 * was changed by somebody else meanwhile; the report is filled then. */
int placement_save(struct store *store, const struct timetable_entry *entry, const char *by,
    int64_t now_s, struct placement_report *ret_report, int64_t *ret_id);

/* Takes an entry away, with those of its lessons that have not begun (past_entries.h). Returns 0, -ENOENT, -ESTALE, or an error of the
 * store. */
int placement_remove(
    struct store *store, int64_t entry, int64_t version, const char *by, int64_t now_s);

struct placement_slot {
    unsigned weekday;
    unsigned period;
};

/* Where in the week the entry would have no conflict, the nearest to where it stands first: Monday to Friday, the
 * periods of its school. Returns how many were found, or as placement_check(). */
int placement_suggest(struct store *store, const struct timetable_entry *entry, int64_t now_s,
    struct placement_slot *ret_slots, size_t max);

#endif
