/*
 * The texts between a hostile participant and signaling: an offer with one Opus and one H.264 track, a
 * fragment for an ICE restart, and what an answer says. Pure.
 */
#ifndef DUET_TESTS_SUPPORT_HOSTILE_OFFER_H
#define DUET_TESTS_SUPPORT_HOSTILE_OFFER_H

#include "tests/support/peer_client.h"

#define OFFER_BYTES 4096

#define PT_OPUS     111
#define PT_H264     96
#define PT_H264_RTX 97

struct offer_params {
    const struct peer_client *client;
    const char *fingerprint;
    bool publish;
    uint32_t audio_ssrc; /* of a publisher */
    uint32_t video_ssrc;
};

void offer_write(const struct offer_params *params, char ret_offer[OFFER_BYTES]);
void offer_write_restart(const struct peer_client *client, char ret_fragment[OFFER_BYTES]);

struct answer_view {
    char ufrag[64];
    char pwd[64];
    char fingerprint[96];
    uint32_t video_ssrc; /* what the relay sends with; 0 without */
    uint32_t rtx_ssrc;
    uint16_t port; /* of the relay's worker that carries the session */
};

/* Returns 0 or -EBADMSG. */
int offer_read_answer(const char *answer, struct answer_view *ret_view);
/* ufrag and pwd of a fragment. Returns 0 or -EBADMSG. */
int offer_read_restart(const char *fragment, struct answer_view *ret_view);

#endif
