/*
 * Lessons of the timetable with the moments that the bells make of their periods: a week of all rooms of an organisation,
 * a day of one person.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_LESSONS_WEEK_H
#define DUET_SIGNALING_LESSONS_WEEK_H

#include "signaling/lessons/entries.h"

struct week_lesson {
    /* borrowed until the call returns */
    const char *id;
    const char *state;
    const char *subject;
    const char *zone; /* of the school that teaches it */
    int64_t entry;
    int32_t day;
    unsigned period;
    unsigned grade;
    int64_t
        room; /* as it is really held: with what stands in (substitutions.h), as teacher and receiving */
    int64_t teacher;
    bool substituted;
    const char *reason; /* why it is cancelled or something stands in, "" */
    /* both 0 when the bells have no such period (any more); once begun it keeps its time: bell_changes.h */
    struct bell_span span;
    bool holiday; /* that is why it has no time */
    size_t receiving_count;
    int64_t receiving[ENTRIES_MAX_ROOMS];
    unsigned delays_s[ENTRIES_MAX_ROOMS]; /* each of them plays it so much later */
    unsigned
        delay_s; /* of the room that was asked for, or the person's: it plays it so much later */
};

/* Calls on_lesson for each lesson from that Monday to its Sunday that is taught or received in a room of the
 * organisation, by day, period and room. */
int week_list(struct store *store, int64_t organisation, int32_t monday,
    void (*on_lesson)(void *user, const struct week_lesson *lesson), void *user);

/* Which school of the organisation a week is best opened at: of those that teach or receive lessons from that Monday to its
 * Sunday the first by name, else of those that have bells then; ret_school is 0 when there is none. */
int week_first_school(
    struct store *store, int64_t organisation, int32_t monday, int64_t *ret_school);

/* Calls on_lesson for each lesson that is taught or received in one room, from first_day to last_day, cancelled ones left
 * out. */
int week_list_room(struct store *store, int64_t room, int32_t first_day, int32_t last_day,
    void (*on_lesson)(void *user, const struct week_lesson *lesson), void *user);

/* Calls on_lesson for each lesson of a person from that Monday to its Sunday; delay_s: of the room in which they are. */
int week_list_person(struct store *store, int64_t person, int32_t monday,
    void (*on_lesson)(void *user, const struct week_lesson *lesson), void *user);

/* Calls on_lesson for each lesson of a person on the date that the lesson's school has at now_s, and for one that goes on
 * since before its midnight. */
int week_list_today(struct store *store, int64_t person, int64_t now_s,
    void (*on_lesson)(void *user, const struct week_lesson *lesson), void *user);

#endif
