/*
 * The single sessions of one lesson for `stats.get` with detail: publishers, and the viewers that fare
 * worst. Worker's thread.
 */
#ifndef DUET_RELAY_STATS_SESSIONS_H
#define DUET_RELAY_STATS_SESSIONS_H

#include "relay/session_table.h"

/* {"publishers": […], "viewers": […], "left_out": n}; new reference or NULL. Sessions are named by the
 * first eight characters of their id, as the log has them: the whole id is a secret. */
json_t *stats_sessions(
    const struct session_table *sessions, const char *lesson, size_t max_sessions, uint64_t now_us);

#endif
