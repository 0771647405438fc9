/*
 * Makes the guessing of enrolment codes hopeless without closing the door to everybody: wrong codes are counted per
 * address, with growing waits, and over all addresses together. Who stands in the network in which a code was made of late is
 * let through even while all others use up what is left for everybody.
 *
 *   one address          5 wrong codes at once, later one a minute: some 20 in the life of a code, of a million
 *   all together         100 at once, then 1 a second: at most 700 in the life of a code
 *
 * Pure but for its table; times are passed in. Addresses are those of rate_limit_address_key(), so that a host with an
 * IPv6 network counts once. Loop thread.
 */
#ifndef DUET_SIGNALING_ACCOUNTS_CODE_GUARD_H
#define DUET_SIGNALING_ACCOUNTS_CODE_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#define CODE_GUARD_BURST      100
#define CODE_GUARD_PER_SECOND 1

struct code_guard;

struct code_guard *code_guard_create(void);
void code_guard_destroy(struct code_guard *guard);

/* A code was made by somebody at this address. */
void code_guard_expect(struct code_guard *guard, const char *address, uint64_t now_us);

/* Whether a code may be tried now; else how long to wait. */
bool code_guard_allows(
    struct code_guard *guard, const char *address, uint64_t now_us, uint64_t *ret_wait_us);

/* It was wrong. */
void code_guard_failed(struct code_guard *guard, const char *address, uint64_t now_us);

#endif
