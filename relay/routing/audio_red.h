/*
 * Redundant audio (RFC 2198) on its way through: a publisher's packet is Opus alone or Opus with
 * earlier frames before it, and each viewer gets the form that it negotiated. Taking the earlier
 * frames out is sending the end of the same payload, so a viewer without them costs no copy more.
 *
 *   stream: audio_red_read() once per packet → packet → slot: audio_red_choose() per viewer
 *
 * Hot path. Pure; any thread.
 */
#ifndef DUET_RELAY_ROUTING_AUDIO_RED_H
#define DUET_RELAY_ROUTING_AUDIO_RED_H

#include "common/red.h"
#include "relay/routing/media_params.h"

#define AUDIO_RED_HEADER_BYTES                                                                     \
    (RED_MAX_REDUNDANT * RED_BLOCK_HEADER_BYTES + RED_PRIMARY_HEADER_BYTES)

/*
 * Where the packet's own Opus frame begins in a payload that came with the codec's red_payload_type;
 * never 0, which stands for a payload without redundancy. Returns 0, or -EBADMSG for one that is
 * malformed or wraps another codec: it is dropped, like an unknown payload type.
 */
int audio_red_read(const struct media_codec *source, const uint8_t *payload, size_t len,
    uint16_t *ret_primary_offset);

struct audio_red_choice {
    uint8_t payload_type;
    uint16_t offset; /* of the source's payload; the rest of it is what is sent */
    bool red;        /* the headers are the viewer's own: audio_red_write_headers() */
};

/* What a viewer gets of a payload whose own frame begins at primary_offset (0: no redundancy). A
 * retransmission by RTX is of Opus, which its apt names, so it carries the frame alone. Also right for
 * codecs other than Opus, which have no redundancy. */
static inline struct audio_red_choice audio_red_choose(
    uint16_t primary_offset, const struct media_payload_types *viewer, bool rtx)
{
    if (primary_offset > 0 && viewer->red != 0 && !rtx)
        return (struct audio_red_choice){.payload_type = viewer->red, .red = true};
    return (struct audio_red_choice){
        .payload_type = rtx ? viewer->rtx : viewer->media,
        .offset = primary_offset,
    };
}

/* Bytes of the block headers, which carry the publisher's numbers for Opus; at most AUDIO_RED_HEADER_BYTES
 * in a payload that audio_red_read() took. */
size_t audio_red_header_bytes(const uint8_t *payload);
/* Copies the headers of a payload with the viewer's number for Opus, when choice.red; returns their
 * length. The rest of the payload is sent as it is. */
size_t audio_red_write_headers(
    const uint8_t *payload, const struct media_payload_types *viewer, uint8_t *out);

#endif
