/*
 * Codecs and m-lines as negotiation would have agreed on them, for tests and models that stand right before
 * routing. Plain values; who needs more than the usual sets it afterwards.
 */
#ifndef DUET_TESTS_SUPPORT_MEDIA_SHAPES_H
#define DUET_TESTS_SUPPORT_MEDIA_SHAPES_H

#include "relay/routing/media_params.h"

/* Video with NACK and PLI; rtx_payload_type 0 = without RTX. */
struct media_codec shape_h264(uint8_t payload_type, uint8_t rtx_payload_type, uint32_t profile);
struct media_codec shape_vp8(uint8_t payload_type, uint8_t rtx_payload_type);
/* Without feedback, RTX or RED. */
struct media_codec shape_opus(uint8_t payload_type);

/* A track of that one codec without layers; audio has mid "0", video "1". */
struct media_track shape_track(enum media_kind kind, const struct media_codec *codec,
    const struct media_extensions *extensions);

#endif
