/*
 * What the player says on standard output once a second and in the --stats file at the end.
 * Main thread only.
 */
#ifndef DUET_PLAYER_REPORT_H
#define DUET_PLAYER_REPORT_H

#include <glib.h>
#include <stdbool.h>

#include "player/receiver.h"

struct report;

/* receiver is borrowed; stats_file is borrowed, or NULL. */
struct report *report_new(struct receiver *receiver, bool json_lines, const char *stats_file);
void report_free(struct report *report);

/* Once per second. */
void report_tick(struct report *report);

/* The sentence for people that goes with a change of state. */
void report_state(struct report *report, enum whep_session_state state, const GError *error);

/* Writes the final figures. Returns false, having said why, when the file cannot be written. */
bool report_finish(struct report *report);

#endif
