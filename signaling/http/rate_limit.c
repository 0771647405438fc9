#include "signaling/http/rate_limit.h"

#include "common/clock.h"
#include "common/random.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAYS 8 /* buckets that one key may sit in */

struct bucket {
    uint64_t key; /* 0 = free; hashes of 64 bits, seeded, so that nobody aims for a collision */
    uint64_t filled_us;
    int64_t milli; /* thousandths of a request */
};

struct rate_limit {
    struct bucket *buckets;
    size_t sets;
    uint64_t seed;
};

struct rate_limit *rate_limit_create(size_t buckets)
{
    struct rate_limit *limit = calloc(1, sizeof(*limit));

    if (!limit)
        return NULL;
    limit->sets = buckets / WAYS ? buckets / WAYS : 1;
    limit->buckets = calloc(limit->sets * WAYS, sizeof(*limit->buckets));
    if (!limit->buckets) {
        free(limit);
        return NULL;
    }
    random_bytes(&limit->seed, sizeof(limit->seed));
    return limit;
}

void rate_limit_destroy(struct rate_limit *limit)
{
    if (!limit)
        return;
    free(limit->buckets);
    free(limit);
}

static uint64_t hash_key(const struct rate_limit *limit, const char *key)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ limit->seed;

    for (; *key; key++)
        hash = (hash ^ (uint8_t)*key) * UINT64_C(0x100000001b3);
    hash ^= hash >> 29;
    return hash ? hash : 1;
}

static struct bucket *find_bucket(
    struct rate_limit *limit, uint64_t key, const struct rate *rate, uint64_t now_us)
{
    struct bucket *set = &limit->buckets[(key % limit->sets) * WAYS];
    struct bucket *oldest = set;

    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].key == key)
            return &set[i];
        if (set[i].filled_us < oldest->filled_us)
            oldest = &set[i];
    }
    *oldest = (struct bucket){.key = key, .filled_us = now_us, .milli = rate->burst * 1000};
    return oldest;
}

bool rate_limit_take(struct rate_limit *limit, const char *key, const struct rate *rate,
    uint64_t now_us, uint64_t *ret_wait_us)
{
    struct bucket *bucket = find_bucket(limit, hash_key(limit, key), rate, now_us);
    uint64_t elapsed_us = now_us - bucket->filled_us;
    uint64_t full_us = (uint64_t)(rate->burst / rate->per_second + 1) * US_PER_S;

    /* Whole thousandths only, and the clock moves by just those: no fraction is lost. */
    if (elapsed_us > full_us) {
        bucket->milli = rate->burst * 1000;
        bucket->filled_us = now_us;
    } else {
        int64_t milli = (int64_t)(elapsed_us * (uint64_t)rate->per_second / US_PER_MS);

        bucket->milli += milli;
        bucket->filled_us += (uint64_t)milli * US_PER_MS / (uint64_t)rate->per_second;
        if (bucket->milli > rate->burst * 1000)
            bucket->milli = rate->burst * 1000;
    }
    if (bucket->milli >= 1000) {
        bucket->milli -= 1000;
        return true;
    }
    *ret_wait_us = (uint64_t)(1000 - bucket->milli) * US_PER_MS / (uint64_t)rate->per_second;
    return false;
}

void rate_limit_address_key(const char *address, char *ret_key, size_t size)
{
    struct in6_addr v6;
    char text[INET6_ADDRSTRLEN];

    if (inet_pton(AF_INET6, address, &v6) == 1) {
        memset(v6.s6_addr + 8, 0, 8);
        inet_ntop(AF_INET6, &v6, text, sizeof(text));
        snprintf(ret_key, size, "a:%s", text);
    } else {
        snprintf(ret_key, size, "a:%s", address);
    }
}
