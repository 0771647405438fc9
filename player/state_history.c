#include "player/state_history.h"

#include <string.h>

void state_history_init(struct state_history *history)
{
    history->count = 0;
}

static void forget_oldest(struct state_history *history)
{
    history->count--;
    memmove(history->changes, history->changes + 1, history->count * sizeof(history->changes[0]));
}

void state_history_add(
    struct state_history *history, uint64_t now_us, enum whep_session_state state)
{
    if (history->count > 0 && history->changes[history->count - 1].state == state)
        return;
    if (history->count == STATE_HISTORY_MAX)
        forget_oldest(history);
    history->changes[history->count].since_us = now_us;
    history->changes[history->count++].state = state;
}

enum whep_session_state state_history_at(struct state_history *history, uint64_t then_us)
{
    while (history->count > 1 && history->changes[1].since_us <= then_us)
        forget_oldest(history);
    if (history->count == 0 || history->changes[0].since_us > then_us)
        return WHEP_SESSION_CONNECTING;
    return history->changes[0].state;
}
