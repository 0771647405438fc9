#include "relay/routing/sequence_window.h"

#include <string.h>

void sequence_window_reset(struct sequence_window *window)
{
    memset(window, 0, sizeof(*window));
}

static uint64_t *word_of(struct sequence_window *window, int64_t sequence)
{
    return &window->received[((uint64_t)sequence / 64) % (SEQUENCE_WINDOW_PACKETS / 64)];
}

static uint64_t bit_of(int64_t sequence)
{
    return UINT64_C(1) << ((uint64_t)sequence % 64);
}

static enum sequence_verdict jump(struct sequence_window *window, uint16_t seq)
{
    bool again = window->has_jump && seq == window->expected_after_jump;
    window->has_jump = true;
    window->expected_after_jump = (uint16_t)(seq + 1);
    return again ? SEQUENCE_RESTART : SEQUENCE_JUMP;
}

enum sequence_verdict sequence_window_add(
    struct sequence_window *window, uint16_t seq, int64_t *ret_sequence)
{
    if (!window->unwrapper.started) {
        /* one circle up, so that packets before the first one keep positive numbers */
        seq_unwrap(&window->unwrapper, seq);
        window->unwrapper.newest += 65536;
        *word_of(window, window->unwrapper.newest) |= bit_of(window->unwrapper.newest);
        *ret_sequence = window->unwrapper.newest;
        return SEQUENCE_NEW;
    }

    int64_t newest = window->unwrapper.newest;
    int32_t ahead = seq_distance(seq, (uint16_t)newest);
    if (ahead > SEQUENCE_WINDOW_DROPOUT || ahead <= -SEQUENCE_WINDOW_PACKETS)
        return jump(window, seq);
    window->has_jump = false;

    int64_t sequence = newest + ahead;
    if (ahead <= 0) {
        if ((*word_of(window, sequence) & bit_of(sequence)) != 0)
            return SEQUENCE_DUPLICATE;
    } else {
        /* bits of the circle before must not stand for the ones now entering */
        int64_t clear =
            ahead < SEQUENCE_WINDOW_PACKETS ? newest + 1 : sequence - SEQUENCE_WINDOW_PACKETS + 1;
        for (; clear <= sequence; clear++)
            *word_of(window, clear) &= ~bit_of(clear);
        window->unwrapper.newest = sequence;
    }

    *word_of(window, sequence) |= bit_of(sequence);
    *ret_sequence = sequence;
    return ahead > 0 ? SEQUENCE_NEW : SEQUENCE_LATE;
}

bool sequence_window_remove(struct sequence_window *window, int64_t sequence)
{
    if (sequence != window->unwrapper.newest)
        return false;
    window->removed[window->removed_count % SEQUENCE_WINDOW_REMOVED] = sequence;
    window->removed_count++;
    return true;
}

bool sequence_window_number(
    const struct sequence_window *window, int64_t sequence, int64_t *ret_number)
{
    uint64_t before = window->removed_count;

    /* removals are recorded in ascending order: walk back over those behind this sequence */
    for (uint64_t i = 0; i < window->removed_count; i++) {
        if (i == SEQUENCE_WINDOW_REMOVED)
            return false;
        uint64_t slot = (window->removed_count - 1 - i) % SEQUENCE_WINDOW_REMOVED;
        if (window->removed[slot] < sequence)
            break;
        before--;
    }
    *ret_number = sequence - (int64_t)before;
    return true;
}
