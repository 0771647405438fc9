/* An RTP packet: every view must lie inside it, every extension element too. */
#include "relay/wire/rtp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Where reads go, so that none is optimised away. */
static volatile unsigned sink;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rtp_extension_iterator iterator;
    struct rtp_extension_element element;
    struct rtp_view view;
    size_t len;

    if (rtp_parse(data, size, &view) < 0)
        return 0;
    if ((size_t)view.payload_offset + view.payload_bytes + view.padding_bytes != size)
        abort();
    rtp_extension_iterator_init(&iterator, data, &view);
    while (rtp_extension_iterator_next(&iterator, &element)) {
        for (size_t i = 0; i < element.len; i++)
            sink += element.value[i];
        if (!rtp_find_extension(data, &view, element.id, &len))
            abort();
    }
    return 0;
}
