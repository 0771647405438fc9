#include "signaling/audit/audit_queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct audit_waiting {
    struct audit_waiting *next;
    struct audit_entry entry; /* its strings follow */
    char text[];
};

/* ---- what waits ---- */

/* Returns the copy, and goes behind it. */
static const char *copy(char **at, const char *text)
{
    char *start = *at;
    size_t size = strlen(text) + 1;

    memcpy(start, text, size);
    *at += size;
    return start;
}

static bool push(struct audit_queue *queue, const struct audit_entry *entry)
{
    size_t size = strlen(entry->person) + strlen(entry->event) + strlen(entry->object) +
                  strlen(entry->outcome) + strlen(entry->detail) + 5;
    struct audit_waiting *waiting =
        queue->count < AUDIT_QUEUE_MAX ? malloc(sizeof(*waiting) + size) : NULL;
    char *at;

    if (!waiting)
        return false;
    at = waiting->text;
    waiting->next = NULL;
    waiting->entry = (struct audit_entry){
        .time_s = entry->time_s,
        .person = copy(&at, entry->person),
        .event = copy(&at, entry->event),
        .object = copy(&at, entry->object),
        .outcome = copy(&at, entry->outcome),
        .detail = copy(&at, entry->detail),
    };
    if (queue->last)
        queue->last->next = waiting;
    else
        queue->first = waiting;
    queue->last = waiting;
    queue->count++;
    return true;
}

static void drop_first(struct audit_queue *queue)
{
    struct audit_waiting *first = queue->first;

    queue->first = first->next;
    if (!queue->first)
        queue->last = NULL;
    queue->count--;
    free(first);
}

void audit_queue_finish(struct audit_queue *queue)
{
    while (queue->first)
        drop_first(queue);
}

/* Once there is room for it. */
static void tell_of_lost(struct audit_queue *queue)
{
    char detail[48];

    snprintf(detail, sizeof(detail), "{\"lost\":%llu}", (unsigned long long)queue->lost);
    if (queue->lost > 0 &&
        push(queue, &(struct audit_entry){queue->lost_s, "", "audit.lost", "", "failed", detail}))
        queue->lost = 0;
}

void audit_queue_add(struct audit_queue *queue, const struct audit_entry *entry)
{
    tell_of_lost(queue);
    if (queue->lost == 0 && push(queue, entry))
        return;
    if (queue->lost++ == 0)
        queue->lost_s = entry->time_s;
}

bool audit_queue_is_empty(const struct audit_queue *queue)
{
    return queue->count == 0 && queue->lost == 0;
}

/* ---- writing ---- */

int audit_queue_write(struct audit_queue *queue, struct store *store)
{
    struct audit_waiting *next;
    size_t count = 0;
    int r;

    tell_of_lost(queue);
    if (!queue->first)
        return 0;
    r = store_begin_at_once(store);
    if (r < 0)
        return r;
    for (next = queue->first; r == 0 && next && count < AUDIT_QUEUE_BATCH; next = next->next) {
        r = audit_log_add(store, &next->entry);
        count++;
    }
    r = store_end(store, r);
    while (r == 0 && count-- > 0)
        drop_first(queue);
    return r;
}
