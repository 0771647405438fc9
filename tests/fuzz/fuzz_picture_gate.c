/* The picture gate over any packets: byte 0 chooses the codec, then per packet a step of the sequence
 * number, a flag byte, a length and the payload. What it says must be what a holder can do. */
#include <stdint.h>
#include <stdlib.h>

#include "common/bytes.h"
#include "media/picture_gate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct byte_reader reader;
    struct picture_gate gate;
    struct picture_packet packet = {.sequence = 65530};
    unsigned held = 0;

    byte_reader_init(&reader, data, size);
    picture_gate_init(&gate, (enum picture_codec)(byte_reader_u8(&reader) % 3));
    while (byte_reader_left(&reader) >= 3) {
        uint8_t step = byte_reader_u8(&reader);
        /* now and then a sender that counts anew */
        packet.sequence = (uint16_t)(packet.sequence + (step == 255 ? 40000 : step % 4));
        uint8_t flags = byte_reader_u8(&reader);
        size_t len = byte_reader_u8(&reader) % 16;

        if (len > byte_reader_left(&reader))
            len = byte_reader_left(&reader);
        packet.marker = flags & 1;
        packet.timestamp_rtp += flags >> 1 & 3;
        packet.payload_len = len;
        packet.payload = byte_reader_bytes(&reader, len);
        unsigned actions = picture_gate_push(&gate, &packet);

        if (actions & PICTURE_RELEASE_HELD && actions & PICTURE_DISCARD_HELD)
            abort();
        if (actions & PICTURE_RELEASE_ALL && !(actions & PICTURE_HOLD))
            abort();
        if (actions & (PICTURE_RELEASE_HELD | PICTURE_DISCARD_HELD))
            held = 0;
        if (actions & PICTURE_HOLD)
            held++;
        if (actions & PICTURE_RELEASE_ALL) {
            if (gate.awaits_keyframe)
                abort();
            held = 0;
        }
        if (held > 0 && !gate.in_frame)
            abort();
    }
    return 0;
}
