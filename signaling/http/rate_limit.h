/*
 * Token buckets by key (an address, a token's owner). A fixed number of buckets: the least recently
 * used gives way, so a flood of keys costs no memory. Pure but for its table; one thread.
 */
#ifndef DUET_SIGNALING_HTTP_RATE_LIMIT_H
#define DUET_SIGNALING_HTTP_RATE_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rate {
    int64_t burst;      /* requests at once */
    int64_t per_second; /* and then */
};

struct rate_limit;

struct rate_limit *rate_limit_create(size_t buckets);
void rate_limit_destroy(struct rate_limit *limit);

/* Takes one from the key's bucket. When it is empty: false, and how long until there is one. */
bool rate_limit_take(struct rate_limit *limit, const char *key, const struct rate *rate,
    uint64_t now_us, uint64_t *ret_wait_us);

/* IPv4 by address, IPv6 by /64: one host has the whole of that. */
void rate_limit_address_key(const char *address, char *ret_key, size_t size);

#endif
