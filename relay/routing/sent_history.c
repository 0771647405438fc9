#include "relay/routing/sent_history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int sent_history_init(struct sent_history *history, size_t capacity)
{
    history->ring = calloc(capacity, sizeof(history->ring[0]));
    if (history->ring == NULL)
        return -ENOMEM;
    history->capacity = capacity;
    return 0;
}

void sent_history_finish(struct sent_history *history)
{
    free(history->ring);
    history->ring = NULL;
}

void sent_history_forget(struct sent_history *history)
{
    memset(history->ring, 0, history->capacity * sizeof(history->ring[0]));
}

struct sent_packet *sent_history_add(struct sent_history *history, uint16_t sequence_number)
{
    struct sent_packet *entry = sent_history_place(history, sequence_number);
    *entry = (struct sent_packet){
        .used = true,
        .numbers.sequence_number = sequence_number,
    };
    return entry;
}

struct sent_packet *sent_history_find(struct sent_history *history, uint16_t sequence_number)
{
    struct sent_packet *entry = sent_history_place(history, sequence_number);
    if (!entry->used || entry->numbers.sequence_number != sequence_number)
        return NULL;
    return entry;
}
