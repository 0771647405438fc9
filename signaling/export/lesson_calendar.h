/*
 * A calendar's lessons as iCalendar: each is an event with a name of its own for good, a SEQUENCE that grows whenever it
 * says something else than when it was last asked for, and times in UTC that the bells make now. A receiving room that
 * plays a lesson later has it later. Cancelled lessons stay, as such.
 *
 * On the thread of store_worker.h; errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_EXPORT_LESSON_CALENDAR_H
#define DUET_SIGNALING_EXPORT_LESSON_CALENDAR_H

#include "signaling/export/calendars.h"
#include "signaling/export/ical.h"

/* Writes all of it to the file. Returns 0, or an error of the store. */
int lesson_calendar_write(struct store *store, const struct calendar *calendar, int64_t now_s,
    FILE *file, char ret_digest[ICAL_DIGEST_CHARS + 1]);

#endif
