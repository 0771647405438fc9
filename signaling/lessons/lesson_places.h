/*
 * One lesson of the timetable as it is really held: its places are the master room and the receiving rooms of its weekly
 * entry, and in each of them another teacher may stand in, or another room be used, for this lesson alone
 * (substitutions.h). For the length of one operation; one thread.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_LESSONS_LESSON_PLACES_H
#define DUET_SIGNALING_LESSONS_LESSON_PLACES_H

#include "signaling/accounts/token.h"
#include "signaling/lessons/entries.h"

#define LESSON_PLACES_MAX              (ENTRIES_MAX_ROOMS + 1)
#define LESSON_PLACES_MAX_REASON_BYTES 120

struct held_place {
    int64_t place; /* the room that the entry names: what the place is known by */
    int64_t room;  /* the one that is used */
    int64_t entry_teacher;
    int64_t teacher; /* the one who is there; both 0 while nobody is named */
    bool is_master;
    bool substituted;
    unsigned delay_s;
    char reason[LESSON_PLACES_MAX_REASON_BYTES + 1]; /* of the substitution */
};

struct placed_lesson {
    char id[TOKEN_MAX_NAME_CHARS + 1];
    char subject[ENTRIES_MAX_SUBJECT_BYTES + 1];
    char state[16];
    char cancel_reason[LESSON_PLACES_MAX_REASON_BYTES + 1];
    int64_t entry;
    int32_t day;
    unsigned period;
    struct bell_span span; /* in the master room; 0 when the bells have no such period */
    size_t place_count;
    struct held_place places[LESSON_PLACES_MAX]; /* the master room first */
};

/* A lesson of the timetable: 1, 0, or an error of the store. */
int lesson_places_get(struct store *store, const char *id, struct placed_lesson *ret_lesson);

/* NULL when the lesson has no such place. */
const struct held_place *lesson_places_find(const struct placed_lesson *lesson, int64_t place);

/* A person or room that is needed in a lesson. */
struct lesson_need {
    enum booked_kind kind;
    int64_t id;
    const char *lesson; /* borrowed until the call returns */
    int64_t number;     /* of the lesson: the same in each of its needs, and no other's */
    int64_t entry;
    int32_t day;
    struct bell_span span; /* there: with the place's delay */
};

/* Calls on_need for each person and room that is needed in lessons of first_day to last_day that are not cancelled. */
int lesson_places_needs(struct store *store, int32_t first_day, int32_t last_day,
    void (*on_need)(void *user, const struct lesson_need *need), void *user);

/* The same of lessons in rooms of the organisation, and of those that need somebody or a room that such a lesson needs. */
int lesson_places_needs_near(struct store *store, int64_t organisation, int32_t first_day,
    int32_t last_day, void (*on_need)(void *user, const struct lesson_need *need), void *user);

/* The same as lesson_places_needs() for the people and rooms that stand in, and no others. */
int lesson_places_stand_ins(struct store *store, int32_t first_day, int32_t last_day,
    void (*on_need)(void *user, const struct lesson_need *need), void *user);

#endif
