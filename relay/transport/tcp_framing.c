#include "relay/transport/tcp_framing.h"

#include "common/bytes.h"

#include <errno.h>
#include <string.h>

/* Moves up to wanted - deframer->len bytes over; true when the frame has wanted bytes. */
static bool fill(struct tcp_deframer *deframer, size_t wanted, const uint8_t **data, size_t *len)
{
    size_t missing = wanted - deframer->len;
    size_t taken = missing < *len ? missing : *len;

    memcpy(deframer->data + deframer->len, *data, taken);
    deframer->len += taken;
    *data += taken;
    *len -= taken;
    return deframer->len == wanted;
}

int tcp_deframer_feed(struct tcp_deframer *deframer, const uint8_t *data, size_t len,
    bool (*on_message)(void *user, uint8_t *message, size_t len), void *user)
{
    while (len > 0 && !deframer->failed) {
        size_t message_len;

        if (deframer->len < TCP_FRAME_HEADER_BYTES &&
            !fill(deframer, TCP_FRAME_HEADER_BYTES, &data, &len))
            break;
        message_len = bytes_get_u16(deframer->data);
        if (message_len > TCP_FRAME_MAX_BYTES) {
            deframer->failed = true;
            break;
        }
        if (!fill(deframer, TCP_FRAME_HEADER_BYTES + message_len, &data, &len))
            break;
        deframer->len = 0;
        if (message_len > 0 &&
            !on_message(user, deframer->data + TCP_FRAME_HEADER_BYTES, message_len))
            return -ECANCELED;
    }
    return deframer->failed ? -EMSGSIZE : 0;
}

int tcp_frame_header(size_t message_len, uint8_t ret_header[static TCP_FRAME_HEADER_BYTES])
{
    if (message_len > TCP_FRAME_MAX_BYTES)
        return -EMSGSIZE;
    bytes_put_u16(ret_header, (uint16_t)message_len);
    return 0;
}
