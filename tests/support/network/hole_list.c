#include "tests/support/network/hole_list.h"

#include "common/clock.h"

#include <stdlib.h>
#include <string.h>

#define REPEAT_US (30 * US_PER_MS)

static size_t index_of(const struct hole_list *list, int64_t sequence)
{
    size_t low = 0, high = list->count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (list->holes[middle].sequence < sequence)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct hole *hole_list_find(struct hole_list *list, int64_t sequence)
{
    size_t index = index_of(list, sequence);

    return index < list->count && list->holes[index].sequence == sequence ? &list->holes[index]
                                                                          : NULL;
}

static void note_gone(struct hole_list *list, const struct hole *hole)
{
    list->gone[list->gone_count++ % HOLE_LIST_GONE] = *hole;
}

void hole_list_remove(struct hole_list *list, int64_t sequence)
{
    size_t index = index_of(list, sequence);

    if (index == list->count || list->holes[index].sequence != sequence)
        return;
    note_gone(list, &list->holes[index]);
    list->count--;
    memmove(&list->holes[index], &list->holes[index + 1],
        (list->count - index) * sizeof(list->holes[0]));
}

void hole_list_forget_before(struct hole_list *list, int64_t sequence)
{
    size_t index = index_of(list, sequence);

    for (size_t i = 0; i < index; i++)
        note_gone(list, &list->holes[i]);
    list->count -= index;
    memmove(&list->holes[0], &list->holes[index], list->count * sizeof(list->holes[0]));
}

/* Answers to a second request are longer under way: the quickest count. */
static void learn(struct hole_list *list, const struct hole *hole, uint64_t now_us)
{
    if (hole->tries == 0)
        return;
    uint64_t sample_us = now_us - hole->first_asked_us;
    if (list->rtt_us == 0 || sample_us < list->rtt_us)
        list->rtt_us = sample_us;
    else
        list->rtt_us += (sample_us - list->rtt_us) / 32;
}

static void learn_late(struct hole_list *list, int64_t sequence, uint64_t now_us)
{
    for (size_t i = 0; i < HOLE_LIST_GONE; i++) {
        if (list->gone[i].tries > 0 && list->gone[i].sequence == sequence) {
            learn(list, &list->gone[i], now_us);
            list->gone[i].tries = 0;
        }
    }
}

enum hole_result hole_list_add(
    struct hole_list *list, uint16_t sequence_number, uint64_t now_us, int64_t *ret_sequence)
{
    bool first = !list->unwrapper.started;
    int64_t before = list->unwrapper.newest;
    int64_t sequence = seq_unwrap(&list->unwrapper, sequence_number);

    *ret_sequence = sequence;
    if (first)
        return HOLE_NEW;
    if (sequence <= before) {
        struct hole *hole = hole_list_find(list, sequence);
        if (hole == NULL) {
            learn_late(list, sequence, now_us);
            return HOLE_NO_USE;
        }
        learn(list, hole, now_us);
        hole->tries = 0;
        hole_list_remove(list, sequence);
        return HOLE_FILLED;
    }
    for (int64_t missing = before + 1; missing < sequence; missing++) {
        if (list->count == HOLE_LIST_MAX)
            abort();
        list->holes[list->count++] = (struct hole){.sequence = missing, .since_us = now_us};
    }
    return HOLE_NEW;
}

size_t hole_list_due(struct hole_list *list, uint64_t now_us, uint16_t *ret_numbers, size_t max)
{
    size_t count = 0;

    for (size_t i = 0; i < list->count && count < max; i++) {
        struct hole *hole = &list->holes[i];

        if (hole->tries > 0 && now_us - hole->asked_us < REPEAT_US)
            continue;
        if (hole->tries++ == 0)
            hole->first_asked_us = now_us;
        hole->asked_us = now_us;
        ret_numbers[count++] = (uint16_t)hole->sequence;
    }
    list->asked += count;
    return count;
}
