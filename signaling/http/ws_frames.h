/*
 * WebSocket frames (RFC 6455) as a server reads and writes them: what a client sends is put together into whole text
 * messages, within limits. No extensions, no binary messages. Pure; fuzzed.
 */
#ifndef DUET_SIGNALING_HTTP_WS_FRAMES_H
#define DUET_SIGNALING_HTTP_WS_FRAMES_H

#include "signaling/http/text.h"

#include <stddef.h>
#include <stdint.h>

#define WS_MAX_MESSAGE_BYTES (8 * 1024)
#define WS_MAX_CONTROL_BYTES 125
#define WS_MAX_HEAD_BYTES    10 /* of a frame that we write */
#define WS_KEY_CHARS         24 /* base64 of 16 bytes */
#define WS_ACCEPT_CHARS      28 /* base64 of a SHA-1 */

/* Section 7.4.1. */
enum ws_close {
    WS_CLOSE_NORMAL = 1000,
    WS_CLOSE_GOING_AWAY = 1001,
    WS_CLOSE_PROTOCOL = 1002,
    WS_CLOSE_NOT_TEXT = 1003,
    WS_CLOSE_TOO_BIG = 1009,
    WS_CLOSE_BROKEN = 1011,
};

enum ws_opcode {
    WS_OPCODE_CONTINUATION = 0,
    WS_OPCODE_TEXT = 1,
    WS_OPCODE_BINARY = 2,
    WS_OPCODE_CLOSE = 8,
    WS_OPCODE_PING = 9,
    WS_OPCODE_PONG = 10,
};

enum ws_event {
    WS_NOTHING, /* more bytes are needed */
    WS_TEXT,    /* message */
    WS_PING,    /* control */
    WS_PONG,    /* control */
    WS_CLOSE,   /* control: a code in two bytes and a reason, or nothing */
};

struct ws_reader {
    /* owned */
    struct text message; /* kept until the next call */

    /* state */
    uint8_t head[14];
    uint8_t head_len;
    uint8_t mask_at;
    uint8_t control_len;
    bool in_payload;
    bool in_message; /* its last fragment has not come */
    bool done;       /* message was handed out */
    uint8_t control[WS_MAX_CONTROL_BYTES];
    uint64_t left; /* of the payload */
    enum ws_close fault;
};

/* All zero is a reader that has read nothing. */
void ws_reader_finish(struct ws_reader *reader);

/* Reads up to the next event; ret_used says how far. Call it until all is used. Returns 0, or -EBADMSG with the close
 * code in reader->fault, or -ENOMEM. */
int ws_reader_next(struct ws_reader *reader, const uint8_t *data, size_t len, size_t *ret_used,
    enum ws_event *ret_event);

/* The head of an unmasked whole frame. Returns its length. */
size_t ws_frame_head(uint8_t ret_head[WS_MAX_HEAD_BYTES], enum ws_opcode opcode, size_t len);

/* Whether that is a Sec-WebSocket-Key, and its Sec-WebSocket-Accept (section 4.2.2). */
bool ws_is_key(const char *key);
void ws_accept(const char *key, char ret_accept[WS_ACCEPT_CHARS + 1]);

#endif
