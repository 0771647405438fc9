/*
 * What each event of a calendar said when it was last asked for, so that SEQUENCE and LAST-MODIFIED tell of every change,
 * wherever it came from: an entry, bells, a holiday, a name. For one calendar at a time; the thread of store_worker.h.
 */
#ifndef DUET_SIGNALING_EXPORT_EVENT_HISTORY_H
#define DUET_SIGNALING_EXPORT_EVENT_HISTORY_H

#include "signaling/store/store.h"

#include <stddef.h>

#define EVENT_UID_CHARS    96
#define EVENT_DIGEST_CHARS 32

struct event_note {
    char uid[EVENT_UID_CHARS + 1];
    char digest[EVENT_DIGEST_CHARS + 1];
    int32_t day;
    int64_t sequence;
    int64_t modified_s;
};

struct event_history {
    struct store *store; /* borrowed */
    int64_t now_s;
    /* owned */
    sqlite3_stmt *find;
    struct event_note *changed; /* not yet written */
    size_t count, capacity;
};

void event_history_init(struct event_history *history, struct store *store, int64_t now_s);

/* Fills sequence and modified_s of an event that says what digest stands for. Returns 0 or an error of the store. */
int event_history_note(struct event_history *history, struct event_note *note);

/* Keeps what has changed, in a transaction of its own. Returns 0 or an error of the store. */
int event_history_write(struct event_history *history);
void event_history_finish(struct event_history *history);

#endif
