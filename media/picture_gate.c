#include "media/picture_gate.h"

#include "common/bytes.h"

#define NAL_IDR    5
#define NAL_SPS    7
#define NAL_STAP_A 24
#define NAL_FU_A   28

/* A packet farther back than this is no latecomer: the sender began to count anew. */
#define LATE_MAX 1000

/* What one packet tells about the frame it belongs to. */
struct payload_view {
    bool starts_keyframe; /* a keyframe can begin with this packet, whatever came before */
    bool first_slice;     /* first slice of a keyframe; its parameter sets stand before it */
    bool is_key;          /* part of a picture that refers to no other */
    bool is_open;         /* the next packet goes on in the middle of its NAL unit */
};

/* first_mb_in_slice is ue(v): zero is a single 1 bit, so the first slice begins with a set bit. */
static void view_h264_nal(uint8_t type, bool has_first, uint8_t first, struct payload_view *view)
{
    if (type == NAL_SPS)
        view->starts_keyframe = true;
    if (type == NAL_IDR) {
        view->is_key = true;
        if (has_first && first & 0x80)
            view->first_slice = true;
    }
}

static struct payload_view view_h264(const uint8_t *payload, size_t len)
{
    struct payload_view view = {.is_key = false};
    struct byte_reader reader;

    byte_reader_init(&reader, payload, len);
    uint8_t type = byte_reader_u8(&reader) & 0x1f;

    if (type == NAL_STAP_A) {
        while (byte_reader_left(&reader) > 2) {
            struct byte_reader nal = byte_reader_sub(&reader, byte_reader_u16(&reader));
            uint8_t nal_type = byte_reader_u8(&nal) & 0x1f;
            uint8_t first = byte_reader_u8(&nal);
            view_h264_nal(nal_type, !nal.failed, first, &view);
        }
    } else if (type == NAL_FU_A) {
        uint8_t header = byte_reader_u8(&reader);
        uint8_t first = byte_reader_u8(&reader);
        view_h264_nal(header & 0x1f, header & 0x80 && !reader.failed, first, &view);
        view.is_open = !(header & 0x40);
    } else {
        uint8_t first = byte_reader_u8(&reader);
        view_h264_nal(type, !reader.failed, first, &view);
    }
    return view;
}

/*
 * RFC 7741 section 4.2 and 4.3: X|R|N|S|R|PID, then I|L|T|K|RSV if X; a frame begins with S set and
 * PID 0, and its first bit (after the descriptor) is 0 for a keyframe.
 */
static struct payload_view view_vp8(const uint8_t *payload, size_t len)
{
    struct payload_view view = {.is_key = false};
    struct byte_reader reader;

    byte_reader_init(&reader, payload, len);
    uint8_t first = byte_reader_u8(&reader);
    if (first & 0x80) {
        uint8_t extension = byte_reader_u8(&reader);
        if (extension & 0x80 && byte_reader_u8(&reader) & 0x80)
            byte_reader_skip(&reader, 1);
        if (extension & 0x40)
            byte_reader_skip(&reader, 1);
        if (extension & 0x30)
            byte_reader_skip(&reader, 1);
    }
    uint8_t frame = byte_reader_u8(&reader);
    if (!reader.failed && first & 0x10 && (first & 0x0f) == 0 && !(frame & 0x01)) {
        view.starts_keyframe = true;
        view.is_key = true;
    }
    return view;
}

static struct payload_view view_payload(
    enum picture_codec codec, const struct picture_packet *packet)
{
    struct payload_view none = {.is_key = false};

    if (packet->payload_len == 0)
        return none;
    return codec == PICTURE_CODEC_H264 ? view_h264(packet->payload, packet->payload_len)
                                       : view_vp8(packet->payload, packet->payload_len);
}

void picture_gate_init(struct picture_gate *gate, enum picture_codec codec)
{
    *gate = (struct picture_gate){
        .codec = codec,
        .awaits_keyframe = codec != PICTURE_CODEC_OTHER,
        .whole_so_far = true,
    };
}

void picture_gate_close(struct picture_gate *gate)
{
    if (gate->codec == PICTURE_CODEC_OTHER)
        return;
    gate->awaits_keyframe = true;
    if (gate->in_frame)
        gate->frames_dropped++;
    gate->in_frame = false;
}

/* While it waits for a keyframe only a keyframe is begun. */
bool picture_gate_lacks_keyframe(const struct picture_gate *gate)
{
    return gate->awaits_keyframe && !gate->in_frame;
}

/* A packet with payload came: is all of its frame there, from the first packet to this one? */
static void follow_frame(struct picture_gate *gate, uint32_t timestamp_rtp)
{
    bool is_first = timestamp_rtp != gate->newest_rtp;

    gate->whole_so_far = !gate->hole && (is_first || gate->whole_so_far);
    gate->hole = false;
    gate->newest_rtp = timestamp_rtp;
}

/* The held frame has all its packets. Returns whether the decoder can use it. */
static bool finish_frame(struct picture_gate *gate)
{
    gate->in_frame = false;
    if (gate->awaits_keyframe && !gate->frame_is_key) {
        gate->frames_dropped++;
        return false;
    }
    gate->awaits_keyframe = false;
    return true;
}

/* Another frame begins, and the held one had no marker: some senders set none. But a relay that goes to another layer may
 * leave a picture in the middle; where a keyframe follows it is not missed. */
static bool end_frame(struct picture_gate *gate, const struct payload_view *next)
{
    bool cut_off = gate->has_markers && (next->starts_keyframe || next->first_slice);

    if (!gate->in_fragment && !cut_off)
        return finish_frame(gate);
    picture_gate_close(gate);
    return false;
}

static bool begin_frame(
    struct picture_gate *gate, const struct picture_packet *packet, const struct payload_view *view)
{
    /* A slice whose lost parameter sets were new ones would decode to rubbish. */
    bool starts_keyframe = view->starts_keyframe || (view->first_slice && gate->whole_so_far);

    if (gate->awaits_keyframe && !starts_keyframe)
        return false;
    gate->in_frame = true;
    gate->frame_timestamp_rtp = packet->timestamp_rtp;
    gate->frame_is_key = false;
    return true;
}

unsigned picture_gate_push(struct picture_gate *gate, const struct picture_packet *packet)
{
    unsigned actions = 0;

    if (gate->codec == PICTURE_CODEC_OTHER)
        return PICTURE_HOLD | PICTURE_RELEASE_ALL;

    if (gate->has_sequence) {
        int16_t ahead = (int16_t)(uint16_t)(packet->sequence - gate->sequence);

        if (ahead <= 0 && ahead > -LATE_MAX)
            return 0;
        if (ahead != 1) {
            gate->gaps++;
            gate->hole = true;
            picture_gate_close(gate);
            actions |= PICTURE_DISCARD_HELD;
        }
    }
    gate->has_sequence = true;
    gate->sequence = packet->sequence;

    /* Padding belongs to no frame and may stand anywhere. */
    if (packet->payload_len == 0)
        return actions;
    follow_frame(gate, packet->timestamp_rtp);

    struct payload_view view = view_payload(gate->codec, packet);

    gate->held_is_key = gate->frame_is_key;
    if (gate->in_frame && packet->timestamp_rtp != gate->frame_timestamp_rtp)
        actions |= end_frame(gate, &view) ? PICTURE_RELEASE_HELD : PICTURE_DISCARD_HELD;
    gate->in_fragment = view.is_open;
    if (!gate->in_frame && !begin_frame(gate, packet, &view))
        return actions;
    gate->frame_is_key |= view.is_key;
    actions |= PICTURE_HOLD;

    if (packet->marker) {
        gate->has_markers = true;
        if (finish_frame(gate))
            actions |= PICTURE_RELEASE_ALL;
        else
            actions = (actions & ~(unsigned)PICTURE_HOLD) | PICTURE_DISCARD_HELD;
    }
    return actions;
}
