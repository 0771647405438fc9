#include "relay/wire/h264_sps.h"

#include <errno.h>
#include <stdbool.h>

#define MACROBLOCK_PIXELS 256
#define MAX_MACROBLOCKS   1024 /* in a row or column: 16384 pixels */
#define MAX_CYCLE         255

struct bit_reader {
    const uint8_t *data;
    size_t len;
    size_t pos;     /* of the next byte */
    unsigned zeros; /* bytes before it that were 0 */
    uint8_t byte;
    unsigned bits; /* left in byte */
    bool failed;
};

/* Over the 3 that keeps a payload free of start codes (section 7.4.1). */
static void next_byte(struct bit_reader *reader)
{
    if (reader->zeros >= 2 && reader->pos < reader->len && reader->data[reader->pos] == 3) {
        reader->pos++;
        reader->zeros = 0;
    }
    if (reader->pos >= reader->len) {
        reader->failed = true;
        return;
    }
    reader->byte = reader->data[reader->pos++];
    reader->bits = 8;
    reader->zeros = reader->byte == 0 ? reader->zeros + 1 : 0;
}

static uint32_t read_bit(struct bit_reader *reader)
{
    if (reader->bits == 0)
        next_byte(reader);
    if (reader->failed)
        return 0;
    reader->bits--;
    return reader->byte >> reader->bits & 1;
}

static uint32_t read_bits(struct bit_reader *reader, unsigned count)
{
    uint32_t value = 0;

    while (count-- > 0)
        value = value << 1 | read_bit(reader);
    return value;
}

/* ue(v); se(v) is as long, and nobody here needs its value. Section 9.1. */
static uint32_t read_ue(struct bit_reader *reader)
{
    unsigned zeros = 0;

    while (!reader->failed && read_bit(reader) == 0)
        zeros++;
    if (zeros > 31)
        reader->failed = true;
    return reader->failed ? 0 : (UINT32_C(1) << zeros) - 1 + read_bits(reader, zeros);
}

static bool has_chroma_format(uint32_t profile)
{
    static const uint8_t profiles[] = {
        100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135};

    for (size_t i = 0; i < sizeof(profiles); i++) {
        if (profiles[i] == profile)
            return true;
    }
    return false;
}

static int skip_chroma_format(struct bit_reader *reader)
{
    if (read_ue(reader) == 3)
        read_bit(reader); /* separate_colour_plane_flag */
    read_ue(reader);      /* bit depths */
    read_ue(reader);
    read_bit(reader); /* qpprime_y_zero_transform_bypass_flag */
    return read_bit(reader) != 0 ? -ENOTSUP : 0;
}

static void skip_picture_order(struct bit_reader *reader)
{
    uint32_t type = read_ue(reader);

    if (type == 0) {
        read_ue(reader);
    } else if (type == 1) {
        read_bit(reader);
        read_ue(reader);
        read_ue(reader);
        uint32_t cycle = read_ue(reader);
        if (cycle > MAX_CYCLE)
            reader->failed = true;
        for (uint32_t i = 0; i < cycle && !reader->failed; i++)
            read_ue(reader);
    }
}

int h264_sps_pixels(const uint8_t *data, size_t len, uint32_t *ret_pixels)
{
    struct bit_reader reader = {.data = data, .len = len};
    uint32_t profile = read_bits(&reader, 8);
    int err = 0;

    read_bits(&reader, 16); /* constraints and level */
    read_ue(&reader);       /* seq_parameter_set_id */
    if (has_chroma_format(profile))
        err = skip_chroma_format(&reader);
    if (err < 0 && !reader.failed)
        return err;
    read_ue(&reader); /* log2_max_frame_num_minus4 */
    skip_picture_order(&reader);
    read_ue(&reader);  /* max_num_ref_frames */
    read_bit(&reader); /* gaps_in_frame_num_value_allowed_flag */
    uint32_t width = read_ue(&reader);
    uint32_t height = read_ue(&reader);
    if (reader.failed || width >= MAX_MACROBLOCKS || height >= MAX_MACROBLOCKS)
        return -EBADMSG;
    /* fields instead of frames: map units of two macroblocks */
    uint32_t fields = read_bit(&reader) != 0 ? 1 : 2;
    if (reader.failed)
        return -EBADMSG;
    *ret_pixels = (width + 1) * (height + 1) * fields * MACROBLOCK_PIXELS;
    return 0;
}
