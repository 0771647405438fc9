/*
 * What is special in the seeded county: days without lessons and days that make up for them, and single lessons that
 * are cancelled or taken over by somebody. Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_COMMAND_SEED_DAYS_H
#define DUET_SIGNALING_COMMAND_SEED_DAYS_H

#include "signaling/store/store.h"

/* Before any lesson is planned. In the weeks before this one alone: what is to come has lessons on every weekday. */
int seed_days(
    struct store *store, int64_t county, int32_t first_day, int32_t this_monday, int64_t now_s);

/* Of the lessons before today, the last one had a substitute and the one before it was cancelled; cancelled are also those
 * that would be on just now, as nobody is there to hold them. substitute: who is needed in no other lesson. */
int seed_changes(
    struct store *store, int64_t county, int64_t substitute, int32_t today, int64_t now_s);

#endif
