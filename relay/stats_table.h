/*
 * The state of a relay as a table for people: what `duet-relay --stats` prints. Pure.
 */
#ifndef DUET_RELAY_STATS_TABLE_H
#define DUET_RELAY_STATS_TABLE_H

#include <jansson.h>

/* From two answers to stats.get (their `stats`), so many seconds apart: rates and delays are those in
 * between, sums are those of now. The text is to be freed; NULL without memory. */
char *stats_table(const json_t *before, const json_t *now, double seconds);

#endif
