/*
 * The header extension block of one slot's packets: the viewer's ids, always the same length (the
 * sender batches packets of equal length), values filled in per packet.
 *
 *   mid | transport-wide sequence | abs-send-time | audio level      (RFC 8285 one-byte form)
 *
 * By value in struct slot; pure.
 */
#ifndef DUET_RELAY_ROUTING_EXTENSION_BLOCK_H
#define DUET_RELAY_ROUTING_EXTENSION_BLOCK_H

#include "relay/routing/media_params.h"

#define EXTENSION_BLOCK_BYTES 40

struct extension_block {
    uint8_t data[EXTENSION_BLOCK_BYTES];
    uint8_t bytes; /* 0 without any extension */
    /* where the values stand; 0 = not negotiated */
    uint8_t transport_offset;
    uint8_t abs_send_time_offset;
    uint8_t audio_level_offset;
    uint8_t audio_level_id;
};

struct extension_values {
    uint16_t transport_sequence;
    uint32_t abs_send_time; /* 24 bits as sent */
    bool has_audio_level;
    uint8_t audio_level;
};

/* mid longer than 16 bytes does not fit the one-byte form and is left out. */
void extension_block_init(
    struct extension_block *block, const struct media_extensions *ids, const char *mid);

/* Writes EXTENSION_BLOCK_BYTES bytes, of which the first block->bytes count. */
void extension_block_write(
    const struct extension_block *block, const struct extension_values *values, uint8_t *data);

#endif
