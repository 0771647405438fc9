/*
 * The relay's ICE candidates (RFC 8445 section 5.1.2, RFC 6544 section 4.5, RFC 8839 section 5.1):
 * one UDP host and one TCP passive candidate for each announced address. The same for every session;
 * made once at start, then read-only.
 */
#ifndef DUET_RELAY_CANDIDATES_H
#define DUET_RELAY_CANDIDATES_H

#include "relay/addresses.h"

#define CANDIDATE_CHARS 160

struct candidate_list {
    char text[ADDRESSES_MAX * 2][CANDIDATE_CHARS]; /* "candidate:…" */
    const char *items[ADDRESSES_MAX * 2];          /* into text */
    size_t count;
};

/* Addresses in order of preference. ret_list must not be moved afterwards. */
void candidate_list_init(const struct address_list *addresses, uint16_t port, bool with_tcp,
    struct candidate_list *ret_list);

#endif
