/*
 * What state a session was in a while ago: a lesson that is played later shows what was then, not what the line does now.
 * Pure; main thread; time is a parameter.
 */
#ifndef DUET_PLAYER_STATE_HISTORY_H
#define DUET_PLAYER_STATE_HISTORY_H

#include <stdint.h>

#include "media/whep_session.h"

/* A line that comes and goes more often than this in ten minutes is remembered from then on. */
#define STATE_HISTORY_MAX 256

struct state_history {
    struct {
        uint64_t since_us;
        enum whep_session_state state;
    } changes[STATE_HISTORY_MAX]; /* oldest first */
    unsigned count;
};

void state_history_init(struct state_history *history);

void state_history_add(
    struct state_history *history, uint64_t now_us, enum whep_session_state state);

/* CONNECTING before the first one. Forgets what was before then_us. */
enum whep_session_state state_history_at(struct state_history *history, uint64_t then_us);

#endif
