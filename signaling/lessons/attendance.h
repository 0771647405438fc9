/*
 * Who was in a lesson from when to when, by their media sessions: what they published, or "" for watching. Written down
 * about once a second, not for each packet or session; several sessions of one subject and source are one stay. When a
 * relay comes back with thousands, so many are written in one turn of the loop as keep nobody waiting, the rest in the next.
 *
 * Media outlives signaling, and so does a stay: one that was open when signaling ended goes on when its relay tells of
 * the session again. Those that it does not tell of within ATTENDANCE_GRACE_US ended when signaling was last seen at work. Loop
 * thread; errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_LESSONS_ATTENDANCE_H
#define DUET_SIGNALING_LESSONS_ATTENDANCE_H

#include "signaling/relays/sessions.h"
#include "signaling/store/store.h"

#define ATTENDANCE_GRACE_US UINT64_C(15000000) /* relays are back in two or three */
#define ATTENDANCE_TURN     500                /* stays */

struct attendance;

/* Reads the stays that are open. store is borrowed. */
int attendance_create(struct store *store, struct attendance **ret_attendance);
/* Writes what is not written yet; who is there stays there. */
void attendance_destroy(struct attendance *attendance, int64_t now_s);

/* A session became live, or was and is no more. */
void attendance_note(
    struct attendance *attendance, const struct link_record *record, bool is_live, int64_t now_s);

/* Every 100 ms or so. */
void attendance_tick(struct attendance *attendance, uint64_t now_us, int64_t now_s);

#endif
