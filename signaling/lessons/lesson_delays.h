/*
 * How much later than live a receiving room plays a lesson. An entry says it (entry_rooms.delay_s) as it is for the next of
 * its lessons; where one has another delay, because other bells are in force then, or because it had begun before they
 * changed, lesson_delays has a row for it.
 *
 * Bells that change have the delays of lessons to come worked out anew: those that the change concerns are noted before it
 * and settled after it. Rooms that are booked live stay live; where a room's own bells leave too little of the lesson, its
 * delay stays what it was, and clashes.h tells of it.
 *
 * Within store_begin() and store_end(); errors as in store/store.h. For the length of one operation; one thread.
 */
#ifndef DUET_SIGNALING_LESSONS_LESSON_DELAYS_H
#define DUET_SIGNALING_LESSONS_LESSON_DELAYS_H

#include "signaling/lessons/entries.h"
#include "signaling/lessons/placement_look.h"
#include "signaling/schools/bells_shelf.h"

/* The delay in SQL: of a lesson's id, and of a row of entry_rooms by its name. */
#define LESSON_DELAY(lesson, place)                                                                \
    "ifnull((SELECT ld.delay_s FROM lesson_delays ld WHERE ld.lesson = " lesson                    \
    " AND ld.room = " place ".room AND NOT " place ".live), " place ".delay_s)"

/* One receiving room of one lesson. */
struct lesson_delay {
    size_t lesson; /* as it was noted */
    int64_t entry, room, school;
    unsigned delay_s, new_delay_s;
    unsigned entry_delay_s;
    bool refit; /* the room's bells have something else of the lesson than before */
    enum room_fit fit;
    struct bell_offer offer;
};

struct lesson_delays {
    struct store *store; /* borrowed */
    /* owned */
    sqlite3_stmt *rooms;
    struct lesson_delay *list;
    size_t count, capacity;
};

/* A lesson of an entry, for the bells of the master room's school and of its receiving rooms'. */
struct delayed_lesson {
    size_t number; /* whatever tells it from others; greater for later days */
    const char *id;
    int64_t entry;
    int64_t school; /* of the master room */
    int32_t day;
    unsigned period;
};

void lesson_delays_init(struct lesson_delays *delays, struct store *store);
void lesson_delays_finish(struct lesson_delays *delays);

/* Before the change: adds the receiving rooms of the lesson that are not booked live. */
int lesson_delays_note(
    struct lesson_delays *delays, struct bells_shelf *shelf, const struct delayed_lesson *lesson);

/* After it: works delays[index], which was noted of that lesson, out anew; nothing is written. */
int lesson_delays_look(struct lesson_delays *delays, size_t index, struct bells_shelf *shelf,
    const struct delayed_lesson *lesson);

/* Writes what lesson_delays_look() has found. id_of tells a lesson's id by its number. Sorts the list. */
int lesson_delays_write(struct lesson_delays *delays,
    const char *(*id_of)(const void *user, size_t number), const void *user);

/* What the lessons of one entry have in one room, one after the other: the first one that the room's bells fit is played as
 * the entry says, and later ones whose bells ask for something else than its did as those ask. */
struct delay_rule {
    bool is_known;      /* there was such a first one */
    unsigned offered_s; /* what its bells asked for */
};

/* The delay of the next of them. */
unsigned lesson_delays_next(struct delay_rule *rule, const struct plan_room *room,
    enum room_fit fit, const struct bell_offer *offer);

/* How a room with these bells can take part in a lesson by its own bells, holidays aside: ROOM_IS_AWAY when the lesson has
 * no period. Pure. */
enum room_fit lesson_delays_fit_bells(const struct bells *master, const struct bells *own,
    int32_t day, unsigned period, struct bell_offer *ret_offer);

/* How the room can take part in the lesson by its own bells, holidays aside: ROOM_IS_AWAY when the lesson has no period. */
int lesson_delays_fit(struct bells_shelf *shelf, const struct delayed_lesson *lesson,
    int64_t room_school, enum room_fit *ret_fit, struct bell_offer *ret_offer);

#endif
