/* The people of a seeded county, each with a random password. Errors as in store/store.h. */
#ifndef DUET_SIGNALING_COMMAND_SEED_PEOPLE_H
#define DUET_SIGNALING_COMMAND_SEED_PEOPLE_H

#include "signaling/store/store.h"

struct seed_person {
    const char *name, *role;
    int64_t organisation; /* 0: the whole server */
};

/* Adds them and prints login (their name), role and password of each: nobody can log in with what another run printed. */
int seed_people(struct store *store, const struct seed_person *list, size_t count, int64_t now_s,
    int64_t *ret_ids);

#endif
