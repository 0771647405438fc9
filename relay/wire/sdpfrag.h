/*
 * Fragments for trickled candidates and ICE restarts: application/trickle-ice-sdpfrag (RFC 8840
 * section 9), the body of PATCH in WHIP and WHEP (RFC 9725 section 4.3).
 *
 *   a=ice-ufrag:EsAw
 *   a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1
 *   m=audio 9 UDP/TLS/RTP/SAVPF 0
 *   a=mid:0
 *   a=candidate:… (checked for their place only: an ICE-lite relay never sends checks)
 *   a=end-of-candidates
 *
 * Credentials may stand at the top or under an m-line; the first of each is taken, differing ones
 * are an error, since everything is bundled. Control path. A parsed fragment owns its bytes by
 * value. Pure; any thread.
 */
#ifndef DUET_RELAY_WIRE_SDPFRAG_H
#define DUET_RELAY_WIRE_SDPFRAG_H

#include "relay/wire/sdp.h"

#define SDPFRAG_MAX_BYTES     16384
#define SDPFRAG_MAX_MEDIA     24
#define SDPFRAG_MAX_ICE_CHARS 256

struct sdpfrag {
    char ice_ufrag[SDPFRAG_MAX_ICE_CHARS + 1]; /* "" without */
    char ice_pwd[SDPFRAG_MAX_ICE_CHARS + 1];   /* "" without */
};

/* Returns 0, -EBADMSG or -E2BIG with ret_error. */
int sdpfrag_parse(
    const char *text, size_t len, struct sdpfrag *ret_fragment, struct sdp_error *ret_error);

/* The answer to an ICE restart of an ICE-lite peer, under the m-line that carries the bundle. */
struct sdpfrag_answer {
    const char *ice_ufrag;
    const char *ice_pwd;
    const char *kind; /* "audio" or "video": the m-line's */
    const char *mid;
    const char *const *candidates; /* each "candidate:…" or "1 1 udp …", without "a=" */
    size_t candidate_count;
};

/* Ends with end-of-candidates. Failure is the writer's. */
void sdpfrag_write_answer(struct sdp_writer *writer, const struct sdpfrag_answer *answer);

#endif
