/*
 * Whose the term, rooms and people of a weekly lesson are, and whether they may be planned with: nobody plans for those
 * of others, in a term of another school, or for somebody whose account is disabled. Functions that return false have
 * answered the request. Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_ENTRY_RIGHTS_H
#define DUET_SIGNALING_HTTP_ENTRY_RIGHTS_H

#include "signaling/lessons/entries.h"
#include "signaling/schools/rooms.h"

struct http_request;

/* Whether the person may plan for that room, and it is one for that use. Its name is told to nobody else. */
bool entry_rights_room(struct http_request *request, int64_t room, enum room_use use);

/* Whether an organisation's lessons may be in that term: it has its own terms and those of what is above it. */
bool entry_rights_term(struct http_request *request, int64_t term, int64_t organisation);

/* old: the entry as it is there already, NULL for a new one. What it has, stays good: its term, and its teachers though they
 * have been disabled since. */
bool entry_rights_plan(struct http_request *request, const struct timetable_entry *entry,
    const struct timetable_entry *old);

#endif
