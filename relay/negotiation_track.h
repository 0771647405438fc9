/*
 * One m-line of an offer as routing's media_track: codecs that the relay can forward, with their
 * retransmission and redundancy folded in, header extensions, simulcast layers, announced SSRCs. Part of
 * negotiation. Pure.
 */
#ifndef DUET_RELAY_NEGOTIATION_TRACK_H
#define DUET_RELAY_NEGOTIATION_TRACK_H

#include "relay/session_request.h"
#include "relay/wire/sdp.h"

/* The URI of each header extension that the relay uses, for the answer; NULL for other indices. */
struct negotiation_extension {
    const char *uri;
    size_t offset; /* of its id in struct media_extensions */
};

extern const struct negotiation_extension negotiation_extensions[];
extern const size_t negotiation_extension_count;

uint8_t negotiation_extension_id(const struct media_extensions *extensions, size_t index);

/* One transport carries all m-lines, so an id means one thing in all of them (RFC 9143 section 7).
 * Takes from later what earlier uses otherwise: some offers give an id twice. */
void negotiation_drop_conflicts(
    const struct media_extensions *earlier, struct media_extensions *later);

/* Fills everything but send_ssrc and send_rtx_ssrc. A track with codec_count 0 has nothing that the
 * relay can forward. */
void negotiation_track_init(
    const struct sdp_media *media, enum session_kind kind, struct media_track *ret_track);

#endif
