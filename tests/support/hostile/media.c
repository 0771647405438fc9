/* What a hostile participant sends as media: RTP packets and simple pictures. */
#include "common/bytes.h"
#include "relay/wire/rtp.h"
#include "tests/support/hostile/arena.h"

#include <string.h>

#define SLICE_BYTES 900
#define TICKS       3000

void participant_send(struct participant *participant, uint8_t payload_type, uint32_t ssrc,
    uint16_t sequence_number, uint32_t timestamp_rtp, bool marker, const void *payload,
    size_t payload_len)
{
    uint8_t packet[1500 + PEER_TRAILER_BYTES];
    struct rtp_header header = {
        .payload_type = payload_type,
        .marker = marker,
        .sequence_number = sequence_number,
        .timestamp = timestamp_rtp,
        .ssrc = ssrc,
    };

    if (RTP_HEADER_BYTES + payload_len + PEER_TRAILER_BYTES > sizeof(packet))
        return;
    rtp_write_header(packet, &header);
    memcpy(packet + RTP_HEADER_BYTES, payload, payload_len);
    peer_client_send_rtp(participant->client, packet, RTP_HEADER_BYTES + payload_len);
}

static void send_nal(struct participant *participant, const uint8_t *nal, size_t len, bool marker)
{
    participant_send(participant, PT_H264, participant->video_ssrc, participant->video_sequence++,
        participant->video_rtp, marker, nal, len);
}

void participant_send_picture(struct participant *participant, bool keyframe)
{
    /* 320 × 180, constrained baseline. */
    static const uint8_t sps[] = {0x67, 0x42, 0xc0, 0x15, 0xda, 0x05, 0x06, 0x7e, 0x7c, 0x05, 0xa8,
        0x30, 0x30, 0x35, 0x28, 0x00, 0x00, 0x03, 0x00, 0x08, 0x00, 0x00, 0x03, 0x00, 0xf4, 0x78,
        0xb1, 0x75};
    static const uint8_t pps[] = {0x68, 0xce, 0x3c, 0x80};
    uint8_t slice[SLICE_BYTES];

    memset(slice, 0x5a, sizeof(slice));
    slice[0] = keyframe ? 0x65 : 0x41;
    slice[1] = 0x88;
    participant->video_rtp += TICKS;
    if (keyframe) {
        send_nal(participant, sps, sizeof(sps), false);
        send_nal(participant, pps, sizeof(pps), false);
    }
    send_nal(participant, slice, sizeof(slice), false);
    slice[1] = 0x18;
    send_nal(participant, slice, sizeof(slice), false);
    send_nal(participant, slice, sizeof(slice), true);
}
