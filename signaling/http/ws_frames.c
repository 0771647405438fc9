#include "signaling/http/ws_frames.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

/*
 *  0               1               2               3
 * |F|RSV|opcode   |M| length (7)  | length (16 or 64 bits, when the 7 are 126 or 127)  | mask (32) | payload
 *
 * RFC 6455 section 5.2. A client masks every frame (5.1), control frames are short and whole (5.5).
 */
#define BIT_FINAL   0x80
#define BITS_RSV    0x70
#define BITS_OPCODE 0x0f
#define BIT_MASK    0x80
#define BITS_LENGTH 0x7f
#define LENGTH_16   126
#define LENGTH_64   127
#define MASK_BYTES  4

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

void ws_reader_finish(struct ws_reader *reader)
{
    text_finish(&reader->message);
}

static int fail(struct ws_reader *reader, enum ws_close fault)
{
    reader->fault = fault;
    return -EBADMSG;
}

static enum ws_opcode opcode_of(const struct ws_reader *reader)
{
    return (enum ws_opcode)(reader->head[0] & BITS_OPCODE);
}

static bool is_control(const struct ws_reader *reader)
{
    return opcode_of(reader) >= WS_OPCODE_CLOSE;
}

static size_t head_size(const struct ws_reader *reader)
{
    unsigned length = reader->head[1] & BITS_LENGTH;

    if (reader->head_len < 2)
        return 2;
    return 2 + (length == LENGTH_16 ? 2u : length == LENGTH_64 ? 8u : 0u) + MASK_BYTES;
}

/* The first two bytes are there: what can be refused now is. */
static int check_head(struct ws_reader *reader)
{
    enum ws_opcode opcode = opcode_of(reader);
    bool final = (reader->head[0] & BIT_FINAL) != 0;

    if ((reader->head[0] & BITS_RSV) || !(reader->head[1] & BIT_MASK))
        return fail(reader, WS_CLOSE_PROTOCOL);
    if (is_control(reader))
        return opcode <= WS_OPCODE_PONG && final &&
                       (reader->head[1] & BITS_LENGTH) <= WS_MAX_CONTROL_BYTES
                   ? 0
                   : fail(reader, WS_CLOSE_PROTOCOL);
    if (opcode == WS_OPCODE_BINARY)
        return fail(reader, WS_CLOSE_NOT_TEXT);
    if (opcode > WS_OPCODE_TEXT || (opcode == WS_OPCODE_CONTINUATION) != reader->in_message)
        return fail(reader, WS_CLOSE_PROTOCOL);
    return 0;
}

static uint64_t payload_length(const struct ws_reader *reader)
{
    unsigned length = reader->head[1] & BITS_LENGTH;
    size_t bytes = length == LENGTH_16 ? 2 : length == LENGTH_64 ? 8 : 0;
    uint64_t value = bytes == 0 ? length : 0;

    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | reader->head[2 + i];
    return value;
}

static int begin_payload(struct ws_reader *reader)
{
    reader->left = payload_length(reader);
    reader->mask_at = 0;
    reader->in_payload = true;
    if (is_control(reader)) {
        reader->control_len = 0;
        return 0;
    }
    if (reader->left > WS_MAX_MESSAGE_BYTES - reader->message.len)
        return fail(reader, WS_CLOSE_TOO_BIG);
    return 0;
}

static int read_head(struct ws_reader *reader, const uint8_t *data, size_t len, size_t *used)
{
    while (*used < len && reader->head_len < head_size(reader)) {
        reader->head[reader->head_len++] = data[(*used)++];
        if (reader->head_len == 2) {
            int r = check_head(reader);

            if (r < 0)
                return r;
        }
    }
    return reader->head_len >= 2 && reader->head_len == head_size(reader) ? begin_payload(reader)
                                                                          : 0;
}

static int read_payload(struct ws_reader *reader, const uint8_t *data, size_t len, size_t *used)
{
    const uint8_t *mask = reader->head + reader->head_len - MASK_BYTES;
    char plain[256];

    while (*used < len && reader->left > 0) {
        size_t count = len - *used;

        if (count > reader->left)
            count = (size_t)reader->left;
        if (count > sizeof(plain))
            count = sizeof(plain);
        for (size_t i = 0; i < count; i++)
            plain[i] = (char)(data[*used + i] ^ mask[reader->mask_at++ % MASK_BYTES]);
        if (is_control(reader)) {
            memcpy(reader->control + reader->control_len, plain, count);
            reader->control_len = (uint8_t)(reader->control_len + count);
        } else {
            text_append(&reader->message, plain, count);
            if (reader->message.failed)
                return -ENOMEM;
        }
        *used += count;
        reader->left -= count;
    }
    return 0;
}

/* The frame is whole. */
static enum ws_event end_frame(struct ws_reader *reader)
{
    bool final = (reader->head[0] & BIT_FINAL) != 0;

    reader->in_payload = false;
    reader->head_len = 0;
    switch (opcode_of(reader)) {
    case WS_OPCODE_CLOSE:
        return WS_CLOSE;
    case WS_OPCODE_PING:
        return WS_PING;
    case WS_OPCODE_PONG:
        return WS_PONG;
    default:
        reader->in_message = !final;
        reader->done = final;
        return final ? WS_TEXT : WS_NOTHING;
    }
}

int ws_reader_next(struct ws_reader *reader, const uint8_t *data, size_t len, size_t *ret_used,
    enum ws_event *ret_event)
{
    size_t used = 0;
    enum ws_event event = WS_NOTHING;

    if (reader->done) {
        text_finish(&reader->message);
        reader->done = false;
    }
    while (event == WS_NOTHING && used < len) {
        int r = reader->in_payload ? 0 : read_head(reader, data, len, &used);

        if (r == 0 && reader->in_payload)
            r = read_payload(reader, data, len, &used);
        if (r < 0)
            return r;
        if (reader->in_payload && reader->left == 0)
            event = end_frame(reader);
    }
    *ret_used = used;
    *ret_event = event;
    return 0;
}

size_t ws_frame_head(uint8_t ret_head[WS_MAX_HEAD_BYTES], enum ws_opcode opcode, size_t len)
{
    size_t bytes = len < LENGTH_16 ? 0 : len <= UINT16_MAX ? 2 : 8;

    ret_head[0] = (uint8_t)(BIT_FINAL | opcode);
    ret_head[1] = (uint8_t)(bytes == 0 ? len : bytes == 2 ? LENGTH_16 : LENGTH_64);
    for (size_t i = 0; i < bytes; i++)
        ret_head[2 + i] = (uint8_t)((uint64_t)len >> (8 * (bytes - 1 - i)));
    return 2 + bytes;
}

bool ws_is_key(const char *key)
{
    return strlen(key) == WS_KEY_CHARS &&
           strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") ==
               WS_KEY_CHARS;
}

void ws_accept(const char *key, char ret_accept[WS_ACCEPT_CHARS + 1])
{
    char text[WS_KEY_CHARS + sizeof(GUID)];
    uint8_t hash[EVP_MAX_MD_SIZE] = {0};
    size_t len = strnlen(key, WS_KEY_CHARS);
    unsigned hash_len = 0;

    memcpy(text, key, len);
    memcpy(text + len, GUID, sizeof(GUID));
    EVP_Digest(text, len + sizeof(GUID) - 1, hash, &hash_len, EVP_sha1(), NULL);
    EVP_EncodeBlock((unsigned char *)ret_accept, hash, 20);
}
