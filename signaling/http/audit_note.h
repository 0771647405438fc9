/*
 * Entries of the audit log that tell of no change: logins, and what was refused. A stranger can cause refusals as fast
 * as they like, so only so many are written in a minute; the next entry tells how many were not. While another program
 * writes to the database they wait in memory (audit_queue.h). Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_AUDIT_NOTE_H
#define DUET_SIGNALING_HTTP_AUDIT_NOTE_H

#include "signaling/audit/audit_queue.h"

#include <stdbool.h>

#define AUDIT_NOTE_PER_MINUTE 60

struct http_request;
struct signaling;

struct audit_notes {
    struct audit_queue queue; /* owned */
    /* state */
    int failed;         /* why the database does not take them; 0 */
    uint64_t again_us;  /* before which it is not asked again */
    uint64_t minute_us; /* when the present one began */
    unsigned written;
    unsigned withheld; /* not told yet */
};

/* Whether one more may be written now; ret_withheld is how many were not since the last. Pure. */
bool audit_notes_admit(struct audit_notes *notes, uint64_t now_us, unsigned *ret_withheld);

/* {"address": …, "reason": …} of a request, and what was withheld; reason may be NULL. */
#define AUDIT_NOTE_DETAIL_CHARS 192
void audit_note_detail(const struct http_request *request, const char *reason, unsigned withheld,
    char ret_detail[AUDIT_NOTE_DETAIL_CHARS]);

/* Something was refused ("denied") or could not be done ("failed"), in a transaction of its own: now, or when the database
 * takes it. person is "" when it is not known who asks. */
void audit_note_refusal(struct http_request *request, const char *person, const char *event,
    const char *object, const char *outcome, const char *reason);

/* Writes what waits, when the database takes it now: before anything else is written, and now and then. */
void audit_notes_write(struct signaling *app);

/* At the end of the program: waits a moment for the database. What it does not take is gone, and logged. */
void audit_notes_finish(struct signaling *app);

#endif
