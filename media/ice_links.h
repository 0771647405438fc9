/*
 * ICE servers in the Link headers of a WHIP or WHEP answer (RFC 9725 section 4.6):
 *
 *   Link: <turn:turn.example.net?transport=udp>; rel="ice-server"; username="u"; credential="p"
 *
 * as the URIs that webrtcbin takes: stun://host:port, turn(s)://user:password@host:port?transport=….
 * Pure; any thread. Fuzzed.
 */
#ifndef DUET_MEDIA_ICE_LINKS_H
#define DUET_MEDIA_ICE_LINKS_H

#include <glib.h>

#define ICE_LINKS_MAX 16

/* Appends the servers of one header value to uris (owned strings); what is not an ICE server or
 * not well-formed is left out, so is what comes after ICE_LINKS_MAX servers. */
void ice_links_parse(const char *header, GPtrArray *uris);

#endif
