/* An RTP payload, read as redundant audio, renumbered and written again. */
#include "common/red.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(const struct red_block *block, size_t from, size_t size)
{
    if (block->offset < from || (size_t)block->offset + block->bytes > size)
        abort();
}

static void write_again(const uint8_t *data, const struct red_view *view)
{
    struct red_source redundant[RED_MAX_REDUNDANT];
    struct red_view again;
    uint8_t out[4096];

    for (size_t i = 0; i < view->redundant_count; i++)
        redundant[i] = (struct red_source){data + view->redundant[i].offset,
            view->redundant[i].bytes, view->redundant[i].timestamp_offset};
    struct red_source primary = {data + view->primary.offset, view->primary.bytes, 0};
    int len = red_write(
        view->primary.payload_type, redundant, view->redundant_count, &primary, out, sizeof(out));
    if (len < 0)
        return;
    if (red_parse(out, (size_t)len, &again) < 0 || again.primary.bytes != view->primary.bytes ||
        memcmp(out + again.primary.offset, primary.data, primary.bytes) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct red_view view;
    struct red_view renumbered;

    if (red_parse(data, size, &view) < 0)
        return 0;
    size_t from = view.redundant_count * RED_BLOCK_HEADER_BYTES + RED_PRIMARY_HEADER_BYTES;
    for (size_t i = 0; i < view.redundant_count; i++)
        check_inside(&view.redundant[i], from, size);
    check_inside(&view.primary, from, size);
    if ((size_t)view.primary.offset + view.primary.bytes != size)
        abort();
    write_again(data, &view);

    uint8_t *copy = malloc(size);
    if (!copy)
        return 0;
    memcpy(copy, data, size);
    red_set_payload_type(copy, size, 100);
    if (red_parse(copy, size, &renumbered) < 0 || renumbered.primary.payload_type != 100 ||
        memcmp(copy + from, data + from, size - from) != 0)
        abort();
    free(copy);
    return 0;
}
