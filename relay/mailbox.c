#include "relay/mailbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct mailbox {
    /* borrowed */
    void (*on_wake)(void *user);
    void *user;
    /* state */
    pthread_mutex_t lock;
    struct mail *first;
    struct mail **last;
};

int mailbox_create(void (*on_wake)(void *user), void *user, struct mailbox **ret_mailbox)
{
    struct mailbox *mailbox = calloc(1, sizeof(*mailbox));

    if (mailbox == NULL)
        return -ENOMEM;
    mailbox->on_wake = on_wake;
    mailbox->user = user;
    mailbox->last = &mailbox->first;
    pthread_mutex_init(&mailbox->lock, NULL);
    *ret_mailbox = mailbox;
    return 0;
}

void mailbox_post(struct mailbox *mailbox, struct mail *mail)
{
    struct mail *was_first;

    mail->next = NULL;
    pthread_mutex_lock(&mailbox->lock);
    was_first = mailbox->first;
    *mailbox->last = mail;
    mailbox->last = &mail->next;
    pthread_mutex_unlock(&mailbox->lock);
    if (was_first == NULL)
        mailbox->on_wake(mailbox->user);
}

void mailbox_run(struct mailbox *mailbox, void *context)
{
    struct mail *at;

    pthread_mutex_lock(&mailbox->lock);
    at = mailbox->first;
    mailbox->first = NULL;
    mailbox->last = &mailbox->first;
    pthread_mutex_unlock(&mailbox->lock);
    while (at != NULL) {
        struct mail *next = at->next;

        at->run(at, context);
        at = next;
    }
}

void mailbox_destroy(struct mailbox *mailbox)
{
    if (mailbox == NULL)
        return;
    mailbox_run(mailbox, NULL);
    pthread_mutex_destroy(&mailbox->lock);
    free(mailbox);
}
