/* RTP packets as a jitter buffer gets them, each behind a byte with its length: what replaces them is
 * RTP again, and never more than one packet can hold. */
#include "media/red_unpacker.h"

#include <gst/rtp/rtp.h>
#include <stdlib.h>

#define RED_TYPE 63

/* What GLib and GStreamer keep for the whole program is no leak of an input; telling them apart takes whole
 * stacks. AddressSanitizer asks for these. */
const char *__asan_default_options(void);
const char *__lsan_default_suppressions(void);

const char *__asan_default_options(void)
{
    return "fast_unwind_on_malloc=0:malloc_context_size=12";
}

const char *__lsan_default_suppressions(void)
{
    return "leak:call_init\nleak:ld-linux\nleak:gst_init\n";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void push(struct red_unpacker *unpacker, const uint8_t *data, size_t size)
{
    GstBuffer *packets[RED_UNPACKER_MAX_OUT];
    GstBuffer *packet = gst_buffer_new_memdup(data, size);
    bool drop;

    GST_BUFFER_DTS(packet) = GST_SECOND;
    unsigned count = red_unpacker_push(unpacker, packet, RED_TYPE, packets, &drop);
    if (count > RED_UNPACKER_MAX_OUT || (drop && count > 0))
        abort();
    for (unsigned i = 0; i < count; i++) {
        GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
        if (!gst_rtp_buffer_map(packets[i], GST_MAP_READ, &rtp) ||
            gst_buffer_get_size(packets[i]) > size)
            abort();
        gst_rtp_buffer_unmap(&rtp);
        gst_buffer_unref(packets[i]);
    }
    gst_buffer_unref(packet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct red_unpacker unpacker = {.started = false};

    if (!gst_is_initialized())
        gst_init(NULL, NULL);
    while (size > 1) {
        size_t bytes = data[0] < size - 1 ? data[0] : size - 1;
        if (bytes > 0)
            push(&unpacker, data + 1, bytes);
        data += 1 + bytes;
        size -= 1 + bytes;
    }
    return 0;
}
