/*
 * The session descriptions of the load generator (RFC 8866, RFC 8829): offers of a WHEP viewer and a
 * WHIP publisher with the payload types below, and of an answer what a peer needs to connect. Pure.
 */
#ifndef DUET_TESTS_BENCH_LOAD_DESCRIPTIONS_H
#define DUET_TESTS_BENCH_LOAD_DESCRIPTIONS_H

#include "relay/transport/transport.h"

#include <stdbool.h>
#include <stddef.h>

#define DESCRIPTIONS_VIDEO_TYPE 96
#define DESCRIPTIONS_RTX_TYPE   97
#define DESCRIPTIONS_AUDIO_TYPE 111

/* Header extension ids. */
#define DESCRIPTIONS_MID           1
#define DESCRIPTIONS_TRANSPORT_CC  2
#define DESCRIPTIONS_ABS_SEND_TIME 3

#define DESCRIPTIONS_OFFER_BYTES 4096
#define DESCRIPTIONS_ICE_CHARS   256

struct offer_params {
    const char *ufrag;
    const char *pwd;
    const char *fingerprint;
    bool publish;        /* else recvonly with RTX */
    uint32_t video_ssrc; /* publish only */
    uint32_t audio_ssrc;
};

struct remote_end {
    char ufrag[DESCRIPTIONS_ICE_CHARS + 1];
    char pwd[DESCRIPTIONS_ICE_CHARS + 1];
    char fingerprint[TRANSPORT_FINGERPRINT_CHARS + 1];
    struct net_address address; /* of the best UDP candidate */
    bool dtls_client;           /* a=setup:active */
};

/* Returns 0 or -ENOSPC. */
int descriptions_write_offer(
    const struct offer_params *params, char ret_offer[DESCRIPTIONS_OFFER_BYTES]);

/* Returns 0, -EBADMSG for no description, -EADDRNOTAVAIL without a UDP candidate, -ENOMEM. */
int descriptions_read_answer(const char *answer, struct remote_end *ret_remote);

#endif
