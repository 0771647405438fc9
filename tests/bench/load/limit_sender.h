/*
 * The least that sending a lesson to many can cost here: every packet of a trace encrypted for every
 * viewer straight into a send buffer, runs of equal packets handed over as one message (UDP_SEGMENT),
 * many messages per system call. No routing, no reports, no retransmission, headers made once for all.
 * One socket for all viewers, as a relay has. One thread.
 */
#ifndef DUET_TESTS_BENCH_LOAD_LIMIT_SENDER_H
#define DUET_TESTS_BENCH_LOAD_LIMIT_SENDER_H

#include "tests/bench/load/srtp_evp.h"
#include "tests/bench/load/trace.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#define LIMIT_MAX_RUN   64 /* packets in one message: the kernel's bound */
#define LIMIT_MAX_BATCH 256

struct limit_sender_params {
    enum srtp_evp_profile profile;
    bool openssl;        /* and nothing faster */
    size_t header_bytes; /* RTP header with the extensions that the relay adds */
    size_t run;          /* packets per message at most, 1 = without UDP_SEGMENT */
    size_t batch;        /* messages per system call at most */
    size_t viewers;
    const struct sockaddr_in *addresses; /* one per viewer; borrowed */
    const uint8_t (*keys)[SRTP_EVP_KEY_BYTES + SRTP_EVP_MAX_SALT_BYTES]; /* the same */
};

struct limit_sender;

/* Returns 0 or a negative errno. */
int limit_sender_create(const struct limit_sender_params *params, struct limit_sender **ret_sender);
void limit_sender_destroy(struct limit_sender *sender);

/* Sends one unit to all; the number of packets sent, or a negative errno. */
int64_t limit_sender_send(struct limit_sender *sender, const struct trace_unit *unit);

/* How many of the packets from first on go in one message: equal ones, and a shorter one to end. */
size_t limit_run_length(const uint16_t *lens, size_t count, size_t first, size_t max_run);

#endif
