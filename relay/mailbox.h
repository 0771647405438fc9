/*
 * Work handed from one thread to another: any thread posts, one thread runs. The worker and the main
 * thread each have one; a lock is held only for the moment of linking. Order is kept.
 */
#ifndef DUET_RELAY_MAILBOX_H
#define DUET_RELAY_MAILBOX_H

/* Work of the posting module; it embeds this as its first member and frees itself in run. */
struct mail {
    /* context is what mailbox_run() was given; NULL when the mailbox is destroyed with this in it. */
    void (*run)(struct mail *mail, void *context);
    struct mail *next; /* of the mailbox */
};

struct mailbox;

/* on_wake is called after a post to an empty mailbox, on the posting thread. Returns 0 or -ENOMEM. */
int mailbox_create(void (*on_wake)(void *user), void *user, struct mailbox **ret_mailbox);
/* Runs what is left with a NULL context, so that it can free itself. NULL is allowed. */
void mailbox_destroy(struct mailbox *mailbox);

void mailbox_post(struct mailbox *mailbox, struct mail *mail);
/* Runs everything posted so far; what is posted meanwhile waits for the next call. */
void mailbox_run(struct mailbox *mailbox, void *context);

#endif
