#include "signaling/accounts/code_guard.h"

#include "common/clock.h"
#include "signaling/accounts/devices.h"
#include "signaling/accounts/login_guard.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPECTED      64
#define ADDRESS_CHARS 64
#define COST_US       (US_PER_S / CODE_GUARD_PER_SECOND)
/* login_guard counts a name with an address: here the address is the name, and this the address. */
#define PLACE "enrolment"

struct expected {
    char address[ADDRESS_CHARS];
    uint64_t until_us;
};

struct code_guard {
    struct login_guard *addresses; /* owned */
    uint64_t full_us;              /* when all of the burst is there again */
    struct expected expected[EXPECTED];
    size_t next; /* the oldest of them */
};

struct code_guard *code_guard_create(void)
{
    struct code_guard *guard = calloc(1, sizeof(*guard));

    if (!guard)
        return NULL;
    guard->addresses = login_guard_create();
    if (guard->addresses)
        return guard;
    free(guard);
    return NULL;
}

void code_guard_destroy(struct code_guard *guard)
{
    if (!guard)
        return;
    login_guard_destroy(guard->addresses);
    free(guard);
}

static bool is_expected(const struct code_guard *guard, const char *address, uint64_t now_us)
{
    for (size_t i = 0; i < EXPECTED; i++) {
        if (now_us < guard->expected[i].until_us &&
            strcmp(guard->expected[i].address, address) == 0)
            return true;
    }
    return false;
}

void code_guard_expect(struct code_guard *guard, const char *address, uint64_t now_us)
{
    struct expected *expected = &guard->expected[guard->next];

    guard->next = (guard->next + 1) % EXPECTED;
    expected->until_us = now_us + DEVICES_CODE_LIFE_S * US_PER_S;
    snprintf(expected->address, sizeof(expected->address), "%s", address);
}

/* What is missing in the bucket, as the time that it takes to fill. */
static uint64_t missing_us(const struct code_guard *guard, uint64_t now_us)
{
    return guard->full_us > now_us ? guard->full_us - now_us : 0;
}

bool code_guard_allows(
    struct code_guard *guard, const char *address, uint64_t now_us, uint64_t *ret_wait_us)
{
    uint64_t room_us = (CODE_GUARD_BURST - 1) * COST_US, missing = missing_us(guard, now_us);

    if (!login_guard_allows(guard->addresses, address, PLACE, now_us, ret_wait_us))
        return false;
    if (missing <= room_us || is_expected(guard, address, now_us))
        return true;
    *ret_wait_us = missing - room_us;
    return false;
}

void code_guard_failed(struct code_guard *guard, const char *address, uint64_t now_us)
{
    uint64_t missing = missing_us(guard, now_us) + COST_US;

    login_guard_failed(guard->addresses, address, PLACE, now_us);
    if (missing > CODE_GUARD_BURST * COST_US)
        missing = CODE_GUARD_BURST * COST_US; /* those who are expected take nothing from others */
    guard->full_us = now_us + missing;
}
