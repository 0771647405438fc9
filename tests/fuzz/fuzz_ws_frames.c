/* Frames of a WebSocket's client, whole and cut in two: the same events either way, and messages within their limit. */
#include "signaling/http/ws_frames.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A digest of the events, and how it ended. */
static uint64_t read_all(struct ws_reader *reader, const uint8_t *data, size_t len, uint64_t digest)
{
    while (len > 0 && reader->fault == 0) {
        enum ws_event event = WS_NOTHING;
        size_t used = 0;

        if (ws_reader_next(reader, data, len, &used, &event) < 0)
            return digest * 31 + (uint64_t)reader->fault;
        if (used == 0 || used > len || reader->message.len > WS_MAX_MESSAGE_BYTES ||
            reader->control_len > WS_MAX_CONTROL_BYTES)
            abort();
        if (event == WS_TEXT) {
            for (size_t i = 0; i < reader->message.len; i++)
                digest = digest * 31 + (unsigned char)reader->message.data[i];
        }
        if (event == WS_NOTHING && used != len)
            abort();
        /* which call said nothing is no matter of what was read */
        if (event != WS_NOTHING)
            digest = digest * 31 + (uint64_t)event;
        data += used;
        len -= used;
    }
    return digest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ws_reader whole = {.head_len = 0}, cut = {.head_len = 0};
    size_t half = size > 0 ? data[0] % size : 0;
    uint64_t digest = read_all(&cut, data, half, 7);

    if (read_all(&cut, data + half, size - half, digest) != read_all(&whole, data, size, 7))
        abort();
    ws_reader_finish(&whole);
    ws_reader_finish(&cut);
    return 0;
}
