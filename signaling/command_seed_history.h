/* Who was in the lessons of a seeded county up to now: nearly everybody, nearly always. */
#ifndef DUET_SIGNALING_COMMAND_SEED_HISTORY_H
#define DUET_SIGNALING_COMMAND_SEED_HISTORY_H

#include "signaling/store/store.h"

/* Writes attendance of all lessons from that day's week on that are over at now_s; today everybody was there. Returns 0 or an
 * error of the store. */
int seed_history(
    struct store *store, int64_t county, int32_t first_day, int32_t today, int64_t now_s);

#endif
