#include "tests/bench/load/trace.h"

#include "common/bytes.h"

#include <string.h>

#define STAMP_MAGIC     0xd0e75a3cu
#define STAP_A          0x78 /* NRI 3, type 24 */
#define FU_A            0x7c /* NRI 3, type 28 */
#define FU_HEADER_BYTES 2
#define FU_START        0x80
#define FU_END          0x40
#define NAL_SLICE       1
#define NAL_IDR         5
#define OPUS_TOC        0xfc /* one 20 ms CELT frame, full band, stereo */
#define SLICE_HEADER    0x88 /* first macroblock 0 */

/* What x264 writes for 1280×720 at 30 pictures a second, constrained baseline. */
static const uint8_t sps[] = {0x67, 0x42, 0xc0, 0x1f, 0xda, 0x01, 0x40, 0x16, 0xec, 0x05, 0xa8,
    0x08, 0x08, 0x0a, 0x00, 0x00, 0x03, 0x00, 0x02, 0x00, 0x00, 0x03, 0x00, 0x79, 0x1e, 0x30, 0x65,
    0x40};
static const uint8_t pps[] = {0x68, 0xce, 0x3c, 0x80};

#define STAP_BYTES (1 + 2 + sizeof(sps) + 2 + sizeof(pps))

void trace_init(struct trace *trace, uint32_t kbps)
{
    uint64_t period_bytes = (uint64_t)kbps * 1000 / 8 * TRACE_KEYFRAME_FRAMES / TRACE_FRAMES_PER_S;

    memset(trace, 0, sizeof(*trace));
    trace->picture_bytes =
        (uint32_t)(period_bytes / (TRACE_KEYFRAME_FRAMES - 1 + TRACE_KEYFRAME_WEIGHT));
    trace->random = 0x2545f491;
    trace->keyframe_wanted = true;
}

void trace_request_keyframe(struct trace *trace)
{
    trace->keyframe_wanted = true;
}

static uint32_t next_random(struct trace *trace)
{
    trace->random ^= trace->random << 13;
    trace->random ^= trace->random >> 17;
    trace->random ^= trace->random << 5;
    return trace->random;
}

static size_t fragment_count(size_t payload_bytes)
{
    size_t room = TRACE_MAX_PAYLOAD_BYTES - FU_HEADER_BYTES;

    return (payload_bytes + room - 1) / room;
}

static void next_picture(struct trace *trace, struct trace_unit *unit)
{
    /* 75–125% of the mean, each as likely. */
    size_t bytes = trace->picture_bytes * (75 + (size_t)(next_random(trace) % 51)) / 100;

    unit->video = true;
    unit->keyframe = trace->keyframe_wanted;
    unit->payload_bytes = unit->keyframe ? bytes * TRACE_KEYFRAME_WEIGHT : bytes;
    unit->packet_count = fragment_count(unit->payload_bytes) + (unit->keyframe ? 1 : 0);
    unit->index = trace->next_frame++;
    trace->frames_since_keyframe = unit->keyframe ? 1 : trace->frames_since_keyframe + 1;
    trace->keyframe_wanted = trace->frames_since_keyframe == TRACE_KEYFRAME_FRAMES;
}

void trace_next(struct trace *trace, struct trace_unit *ret_unit)
{
    uint64_t frame_us = trace->next_frame * 1000000 / TRACE_FRAMES_PER_S;
    /* Half a period off, so that sound never comes with a picture by mere agreement of clocks. */
    uint64_t audio_us = trace->next_audio * TRACE_AUDIO_US + TRACE_AUDIO_US / 4;
    struct trace_unit unit = {0};

    if (frame_us <= audio_us) {
        unit.at_us = frame_us;
        next_picture(trace, &unit);
    } else {
        unit.at_us = audio_us;
        unit.payload_bytes = TRACE_AUDIO_BYTES;
        unit.packet_count = 1;
        unit.index = trace->next_audio++;
    }
    *ret_unit = unit;
}

uint32_t trace_timestamp_rtp(const struct trace_unit *unit)
{
    return unit->video ? (uint32_t)(unit->index * (90000 / TRACE_FRAMES_PER_S))
                       : (uint32_t)(unit->index * (48000 / 1000 * TRACE_AUDIO_US / 1000));
}

/* Fragments are numbered from 0 behind the STAP-A. */
static size_t fragment_of(const struct trace_unit *unit, size_t packet)
{
    return unit->keyframe ? packet - 1 : packet;
}

static bool is_stap(const struct trace_unit *unit, size_t packet)
{
    return unit->keyframe && packet == 0;
}

size_t trace_packet_bytes(const struct trace_unit *unit, size_t packet)
{
    size_t room = TRACE_MAX_PAYLOAD_BYTES - FU_HEADER_BYTES;
    size_t before;
    size_t part;

    if (!unit->video)
        return unit->payload_bytes;
    if (is_stap(unit, packet))
        return STAP_BYTES;
    before = fragment_of(unit, packet) * room;
    part = unit->payload_bytes - before < room ? unit->payload_bytes - before : room;
    /* A last fragment too short for its stamp is filled up. */
    if (part < TRACE_STAMP_OFFSET + TRACE_STAMP_BYTES)
        part = TRACE_STAMP_OFFSET + TRACE_STAMP_BYTES;
    return FU_HEADER_BYTES + part;
}

static void write_stap(uint8_t *payload)
{
    uint8_t *at = payload;

    *at++ = STAP_A;
    bytes_put_u16(at, sizeof(sps));
    memcpy(at + 2, sps, sizeof(sps));
    at += 2 + sizeof(sps);
    bytes_put_u16(at, sizeof(pps));
    memcpy(at + 2, pps, sizeof(pps));
}

static void write_stamp(uint8_t *payload, uint64_t now_ns)
{
    bytes_put_u32(payload + TRACE_STAMP_OFFSET, STAMP_MAGIC);
    bytes_put_u32(payload + TRACE_STAMP_OFFSET + 4, (uint32_t)(now_ns >> 32));
    bytes_put_u32(payload + TRACE_STAMP_OFFSET + 8, (uint32_t)now_ns);
}

void trace_write_payload(
    const struct trace_unit *unit, size_t packet, uint64_t now_ns, uint8_t *ret_payload)
{
    size_t len = trace_packet_bytes(unit, packet);

    if (is_stap(unit, packet)) {
        write_stap(ret_payload);
        return;
    }
    /* Never two zero bytes in a row: no start code can appear. */
    memset(ret_payload, 0x5a, len);
    if (unit->video) {
        ret_payload[0] = FU_A;
        ret_payload[1] = unit->keyframe ? NAL_IDR : NAL_SLICE;
        if (fragment_of(unit, packet) == 0)
            ret_payload[1] |= FU_START;
        if (packet + 1 == unit->packet_count)
            ret_payload[1] |= FU_END;
        ret_payload[2] = SLICE_HEADER;
    } else {
        ret_payload[0] = OPUS_TOC;
    }
    write_stamp(ret_payload, now_ns);
}

bool trace_read_stamp(const uint8_t *payload, size_t len, uint64_t *ret_sent_ns)
{
    if (len < TRACE_STAMP_OFFSET + TRACE_STAMP_BYTES ||
        bytes_get_u32(payload + TRACE_STAMP_OFFSET) != STAMP_MAGIC)
        return false;
    *ret_sent_ns = (uint64_t)bytes_get_u32(payload + TRACE_STAMP_OFFSET + 4) << 32 |
                   bytes_get_u32(payload + TRACE_STAMP_OFFSET + 8);
    return true;
}
