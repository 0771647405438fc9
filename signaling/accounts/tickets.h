/*
 * Single-use tickets for links ("/watch.html#ticket=…"): whoever redeems one within its time gets the
 * login or the media token of the one who asked for it. The database keeps only the SHA-256. Loop
 * thread; errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_ACCOUNTS_TICKETS_H
#define DUET_SIGNALING_ACCOUNTS_TICKETS_H

#include "common/random.h"
#include "signaling/store/store.h"

#include <stddef.h>

#define TICKETS_LIFE_S          300
#define TICKETS_MAX_CLAIM_BYTES 4096

struct ticket {
    int64_t person;                           /* 0 = none */
    char claims[TICKETS_MAX_CLAIM_BYTES + 1]; /* JSON of a media token's claims, "" = none */
};

/* Returns 0 with ret_secret, or an error of the store. */
int tickets_add(struct store *store, const struct ticket *ticket, int64_t now_s,
    char ret_secret[RANDOM_ID_CHARS + 1]);

/* Takes it out: 1, 0 when there is none (any more), or an error of the store. */
int tickets_redeem(
    struct store *store, const char *secret, int64_t now_s, struct ticket *ret_ticket);

#endif
