#include "relay/routing/extension_block.h"

#include "common/bytes.h"
#include "relay/wire/rtp.h"

#include <string.h>

static uint8_t add(struct rtp_extension_builder *builder, uint8_t id, size_t len)
{
    if (id == 0)
        return 0;
    uint8_t *value = rtp_extension_add(builder, id, len);
    return value != NULL ? (uint8_t)(value - builder->data) : 0;
}

void extension_block_init(
    struct extension_block *block, const struct media_extensions *ids, const char *mid)
{
    struct rtp_extension_builder builder;
    size_t mid_len = strlen(mid);

    memset(block, 0, sizeof(*block));
    rtp_extension_begin(&builder, block->data, sizeof(block->data));
    if (mid_len >= 1 && mid_len <= 16) {
        uint8_t offset = add(&builder, ids->mid, mid_len);
        if (offset != 0)
            memcpy(block->data + offset, mid, mid_len);
    }
    block->transport_offset = add(&builder, ids->transport_cc, RTP_TRANSPORT_SEQUENCE_BYTES);
    block->abs_send_time_offset = add(&builder, ids->abs_send_time, RTP_ABS_SEND_TIME_BYTES);
    block->audio_level_offset = add(&builder, ids->audio_level, RTP_AUDIO_LEVEL_BYTES);
    block->audio_level_id = ids->audio_level;
    block->bytes = (uint8_t)rtp_extension_end(&builder);
}

void extension_block_write(
    const struct extension_block *block, const struct extension_values *values, uint8_t *data)
{
    memcpy(data, block->data, sizeof(block->data)); /* of a known length: no call */
    if (block->transport_offset != 0)
        bytes_put_u16(data + block->transport_offset, values->transport_sequence);
    if (block->abs_send_time_offset != 0) {
        uint8_t *value = data + block->abs_send_time_offset;
        value[0] = (uint8_t)(values->abs_send_time >> 16);
        bytes_put_u16(value + 1, (uint16_t)values->abs_send_time);
    }
    if (block->audio_level_offset != 0) {
        uint8_t *value = data + block->audio_level_offset;
        /* without a level the element becomes padding, so that the length stays */
        value[-1] = values->has_audio_level ? (uint8_t)(block->audio_level_id << 4) : 0;
        value[0] = values->has_audio_level ? values->audio_level : 0;
    }
}
