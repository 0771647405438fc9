/*
 * Entries of a term's timetable as the database has them: a lesson of every week, every odd or every even week. Whether
 * one may stand where it stands is placement.h's question.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_LESSONS_ENTRIES_H
#define DUET_SIGNALING_LESSONS_ENTRIES_H

#include "signaling/store/store.h"
#include "signaling/timetable/term_plan.h"

#define ENTRIES_MAX_SUBJECT_BYTES 64
#define ENTRIES_MAX_ROOMS         32
#define ENTRIES_MAX_GRADE         12
#define ENTRIES_MAX_WEEK          60

enum lesson_mode {
    LESSON_CO_TEACHING,
    LESSON_DELIVERY,
    LESSON_RECORDED,
    LESSON_RESEARCH,
};

struct timetable_entry {
    int64_t id;
    int64_t version; /* grows with each change */
    int64_t term;
    int64_t room;    /* the master room */
    int64_t teacher; /* the master teacher */
    char subject[ENTRIES_MAX_SUBJECT_BYTES + 1];
    unsigned grade;
    enum lesson_mode mode;
    struct recurrence recurrence;
    unsigned period; /* by the bells of the master room's school */
    size_t receiving_count;
    struct plan_room receiving[ENTRIES_MAX_ROOMS];
    bool past; /* of lessons that have begun alone (past_entries.h) */
};

/* "co_teaching", …, and "all", "odd", "even"; the other way round false for another name. */
const char *entries_mode_name(enum lesson_mode mode);
bool entries_mode_of(const char *name, enum lesson_mode *ret_mode);
const char *entries_weeks_name(enum recurrence_weeks weeks);
bool entries_weeks_of(const char *name, enum recurrence_weeks *ret_weeks);

/* What the entry has for that receiving room; NULL when it does not receive it. */
struct plan_room *entries_receiving(struct timetable_entry *entry, int64_t room);

/* 1, 0, or an error of the store. */
int entries_get(struct store *store, int64_t id, struct timetable_entry *ret_entry);

/* Within store_begin() and store_end(). entries_insert tells the new id; entries_replace returns -ENOENT unless the
 * entry is there with entry's version, and makes it one higher. Both: -EEXIST for a room or person that is not there,
 * or a room twice. */
int entries_insert(
    struct store *store, const struct timetable_entry *entry, int64_t now_s, int64_t *ret_id);
int entries_replace(struct store *store, const struct timetable_entry *entry);

/* Calls on_id for each entry but `except` that needs one of the rooms or people of `likes`, in a term that has days in
 * common with this one. */
int entries_rivals(struct store *store, const struct timetable_entry *likes, size_t count,
    int64_t except, const struct term *term, void (*on_id)(void *user, int64_t id), void *user);

#endif
