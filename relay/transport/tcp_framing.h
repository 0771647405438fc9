/*
 * Messages over a TCP connection to a peer: two bytes of length, then the message (RFC 4571 section 2,
 * as ICE-TCP uses it, RFC 6544 section 3).
 *
 *   TCP socket → tcp_deframer_feed → one message at a time → transport_mux_receive
 *
 * A message longer than TCP_FRAME_MAX_BYTES ends the connection: nobody who speaks ICE sends one.
 * Worker's thread.
 */
#ifndef DUET_RELAY_TRANSPORT_TCP_FRAMING_H
#define DUET_RELAY_TRANSPORT_TCP_FRAMING_H

#include "relay/transport/transport.h"

#define TCP_FRAME_HEADER_BYTES 2
#define TCP_FRAME_MAX_BYTES    2048

/* Held by the connection; zeros are a fresh one. */
struct tcp_deframer {
    uint8_t data[TCP_FRAME_HEADER_BYTES + TCP_FRAME_MAX_BYTES];
    size_t len; /* bytes of the current frame, header included */
    bool failed;
};

/* Gives each complete message to on_message, which may modify it; empty ones are skipped. When it
 * returns false (the connection is gone) the rest is left alone. Returns 0, -EMSGSIZE for a frame
 * that is too long (for ever, then), or -ECANCELED when on_message stopped. */
int tcp_deframer_feed(struct tcp_deframer *deframer, const uint8_t *data, size_t len,
    bool (*on_message)(void *user, uint8_t *message, size_t len), void *user);

/* Writes the header of a message. Returns 0 or -EMSGSIZE. */
int tcp_frame_header(size_t message_len, uint8_t ret_header[static TCP_FRAME_HEADER_BYTES]);

#endif
