#include "tests/bench/load/arrivals.h"

#include <string.h>

#define FIRST_ASK_US UINT64_C(10000)
#define NEXT_ASK_US  UINT64_C(50000)

int64_t arrivals_index(const struct arrivals *arrivals, uint16_t sequence_number)
{
    struct seq_unwrapper unwrapper = arrivals->unwrapper;

    return seq_unwrap(&unwrapper, sequence_number);
}

static void forget_missing(struct arrivals *arrivals, size_t at)
{
    arrivals->missing_count--;
    memmove(&arrivals->missing[at], &arrivals->missing[at + 1],
        (arrivals->missing_count - at) * sizeof(arrivals->missing[0]));
}

static bool take_missing(struct arrivals *arrivals, int64_t index)
{
    for (size_t i = 0; i < arrivals->missing_count; i++) {
        if (arrivals->missing[i].index == index) {
            forget_missing(arrivals, i);
            return true;
        }
    }
    return false;
}

static void note_gap(struct arrivals *arrivals, int64_t index, uint64_t now_us)
{
    for (int64_t i = arrivals->highest + 1;
         i < index && arrivals->missing_count < ARRIVALS_MAX_MISSING; i++) {
        arrivals->missing[arrivals->missing_count++] = (struct missing_packet){
            .index = i,
            .next_ask_us = now_us + FIRST_ASK_US,
        };
    }
}

bool arrivals_add(struct arrivals *arrivals, uint16_t sequence_number, uint64_t now_us)
{
    int64_t index = seq_unwrap(&arrivals->unwrapper, sequence_number);

    if (!arrivals->started) {
        arrivals->started = true;
        arrivals->first = index;
        arrivals->highest = index;
    } else if (index > arrivals->highest) {
        note_gap(arrivals, index, now_us);
        arrivals->highest = index;
    } else if (!take_missing(arrivals, index)) {
        arrivals->repeated++;
        return false;
    }
    arrivals->received++;
    return true;
}

uint64_t arrivals_lost(const struct arrivals *arrivals)
{
    if (!arrivals->started)
        return 0;
    return (uint64_t)(arrivals->highest - arrivals->first + 1) - arrivals->received;
}

size_t arrivals_take_nacks(
    struct arrivals *arrivals, uint64_t now_us, uint16_t *ret_numbers, size_t max)
{
    size_t count = 0;

    for (size_t i = 0; i < arrivals->missing_count && count < max;) {
        struct missing_packet *missing = &arrivals->missing[i];

        if (now_us < missing->next_ask_us) {
            i++;
        } else if (missing->asked == ARRIVALS_NACK_MAX) {
            forget_missing(arrivals, i);
        } else {
            missing->asked++;
            missing->next_ask_us = now_us + NEXT_ASK_US;
            ret_numbers[count++] = (uint16_t)missing->index;
            i++;
        }
    }
    return count;
}
