/*
 * The two proofs of the relay key (docs/protocol-relay-link.md section 1): HMAC-SHA256 over a label,
 * the relay's id and both nonces, as hex. Pure.
 */
#ifndef DUET_SIGNALING_RELAYS_LINK_PROOF_H
#define DUET_SIGNALING_RELAYS_LINK_PROOF_H

#include <stdbool.h>

#define LINK_PROOF_CHARS 64

/* What the relay must send in register. */
void link_proof_of_relay(const char *key, const char *relay, const char *hello_nonce,
    const char *register_nonce, char ret_mac[LINK_PROOF_CHARS + 1]);

/* What signaling sends in welcome. */
void link_proof_of_signaling(const char *key, const char *relay, const char *register_nonce,
    const char *hello_nonce, char ret_mac[LINK_PROOF_CHARS + 1]);

/* In constant time. Both are hex of LINK_PROOF_CHARS. */
bool link_proof_equals(const char *a, const char *b);

#endif
