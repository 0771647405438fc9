#include "signaling/accounts/login_guard.h"

#include "common/clock.h"
#include "common/random.h"

#include <stddef.h>
#include <stdlib.h>

#define ENTRIES 8192
#define WAYS    8

struct entry {
    uint64_t key; /* 0 = free */
    uint64_t last_us;
    unsigned failures;
};

struct login_guard {
    uint64_t seed;
    struct entry entries[ENTRIES];
};

struct login_guard *login_guard_create(void)
{
    struct login_guard *guard = calloc(1, sizeof(*guard));

    if (guard)
        random_bytes(&guard->seed, sizeof(guard->seed));
    return guard;
}

void login_guard_destroy(struct login_guard *guard)
{
    free(guard);
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
    return (hash ^ 0xff) * UINT64_C(0x100000001b3);
}

/* address "" counts the name over all addresses. */
static struct entry *find(struct login_guard *guard, const char *name, const char *address)
{
    uint64_t key = hash_text(hash_text(UINT64_C(0xcbf29ce484222325) ^ guard->seed, name), address);
    struct entry *set = &guard->entries[(key % (ENTRIES / WAYS)) * WAYS];
    struct entry *oldest = set;

    if (key == 0)
        key = 1;
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].key == key)
            return &set[i];
        if (set[i].last_us < oldest->last_us)
            oldest = &set[i];
    }
    *oldest = (struct entry){.key = key};
    return oldest;
}

static unsigned failures_now(struct entry *entry, uint64_t now_us)
{
    if (now_us - entry->last_us > LOGIN_GUARD_FORGET_S * US_PER_S)
        entry->failures = 0;
    return entry->failures;
}

static bool has_waited(
    const struct entry *entry, uint64_t wait_s, uint64_t now_us, uint64_t *ret_wait_us)
{
    uint64_t since_us = now_us - entry->last_us;

    if (since_us >= wait_s * US_PER_S)
        return true;
    *ret_wait_us = wait_s * US_PER_S - since_us;
    return false;
}

bool login_guard_allows(struct login_guard *guard, const char *name, const char *address,
    uint64_t now_us, uint64_t *ret_wait_us)
{
    struct entry *both = find(guard, name, address);
    unsigned failures = failures_now(both, now_us);
    struct entry *anywhere;
    uint64_t wait_s;

    if (failures >= LOGIN_GUARD_FREE_FAILURES) {
        unsigned doublings = failures - LOGIN_GUARD_FREE_FAILURES;

        wait_s = doublings < 6 ? UINT64_C(1) << doublings : LOGIN_GUARD_MAX_WAIT_S;
        if (!has_waited(both, wait_s, now_us, ret_wait_us))
            return false;
    }
    anywhere = find(guard, name, "");
    if (failures_now(anywhere, now_us) < LOGIN_GUARD_NAME_FAILURES)
        return true;
    /* Short, and not for an address without failures: the teacher must still get in. */
    return failures == 0 || has_waited(anywhere, LOGIN_GUARD_NAME_WAIT_S, now_us, ret_wait_us);
}

static void count(struct entry *entry, uint64_t now_us)
{
    failures_now(entry, now_us);
    entry->failures++;
    entry->last_us = now_us;
}

void login_guard_failed(
    struct login_guard *guard, const char *name, const char *address, uint64_t now_us)
{
    count(find(guard, name, address), now_us);
    count(find(guard, name, ""), now_us);
}

void login_guard_succeeded(struct login_guard *guard, const char *name, const char *address)
{
    struct entry *anywhere = find(guard, name, "");

    find(guard, name, address)->failures = 0;
    if (anywhere->failures > 0)
        anywhere->failures--;
}
