/*
 * Work that the relay link gives to the workers: it goes to a worker, or to one after the other, and comes back
 * as mail with what to send to signaling. Events of the workers come the same way.
 *
 *   main thread: link_work_start() → worker's thread: does it → main thread: home's on_back()
 *
 * A piece of work belongs to whoever has it; on_back() ends it with link_work_free().
 */
#ifndef DUET_RELAY_LINK_WORK_H
#define DUET_RELAY_LINK_WORK_H

#include "relay/link_messages.h"
#include "relay/workers.h"

struct link_work {
    struct mail mail; /* first: the mailbox hands it back */
    const struct link_work_home *home;
    size_t worker;               /* where it is or was */
    unsigned generation;         /* of the connection that asked; 0 = an event */
    struct link_message message; /* a copy; empty for work without one */
    json_t *result;              /* a reply, an array of records, an event, or NULL */
};

/* Where work comes back to. Borrowed by all work that is under way, as what it names is. */
struct link_work_home {
    const struct workers *workers; /* set before the first link_work_start() */
    struct mailbox *mailbox;
    /* As mail's run: context is NULL when the mailbox is destroyed. */
    void (*on_back)(struct link_work *work, void *context);
};

enum link_work_kind {
    LINK_WORK_REQUEST,  /* a worker's session; replies */
    LINK_WORK_STATS,    /* replies with the figures of all */
    LINK_WORK_RECORDS,  /* an array of all sessions' records */
    LINK_WORK_ANNOUNCE, /* the workers tell their state as events */
};

/* Main thread. The kinds without request begin at worker 0 and go to all. Takes a reference to the message,
 * NULL for work without one. Returns 0 or -ENOMEM. */
int link_work_start(const struct link_work_home *home, enum link_work_kind kind, size_t worker,
    const struct link_message *message, unsigned generation);

/* Any thread. Takes the reference, also when there is no memory to carry the event. */
void link_work_post_event(const struct link_work_home *home, json_t *event);

void link_work_free(struct link_work *work);

#endif
