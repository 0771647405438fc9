/*
 * Answers the connectivity checks of servers that speak full ICE (RFC 8445 section 7.3); the relay is
 * ICE-lite and sends none. The client's own checks are peer_client's. Pure.
 */
#ifndef DUET_TESTS_BENCH_LOAD_CHECK_REPLY_H
#define DUET_TESTS_BENCH_LOAD_CHECK_REPLY_H

#include "relay/transport/transport.h"
#include "relay/wire/stun.h"

/* The reply to a check that was made with pwd, our password, and came from remote. Returns its length,
 * or 0 when data is no such check. */
size_t check_reply_write(const uint8_t *data, size_t len, const char *pwd,
    const struct net_address *remote, uint8_t ret_reply[STUN_REPLY_BYTES]);

#endif
