/*
 * Entries of the audit log that tell of no change: logins, and what was refused. A stranger can cause refusals as fast
 * as they like, so only so many are written in a minute; the next entry tells how many were not. Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_AUDIT_NOTE_H
#define DUET_SIGNALING_HTTP_AUDIT_NOTE_H

#include "signaling/audit/audit_log.h"

#include <stdbool.h>

#define AUDIT_NOTE_PER_MINUTE 60

struct http_request;

struct audit_notes {
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

/* Something was refused ("denied") or could not be done ("failed"), in a transaction of its own. person is "" when it is not known
 * who asks. A database that refuses the entry is logged, and changes nothing for the request: it was refused anyway. */
void audit_note_refusal(struct http_request *request, const char *person, const char *event,
    const char *object, const char *outcome, const char *reason);

#endif
