/*
 * DTLS records from a stranger: the filter in front of OpenSSL, and what it lets through into a real
 * server. The first byte says whether the handshake is over; then datagrams, two bytes of length each.
 */
#include "common/bytes.h"
#include "common/log.h"
#include "relay/transport/dtls.h"
#include "relay/transport/dtls_record.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct dtls_context *server(void)
{
    static struct transport_identity *identity;
    static struct dtls_context *context;

    if (context == NULL) {
        log_set_levels("error");
        if (transport_identity_create(&identity) < 0 || dtls_context_create(identity, &context) < 0)
            abort();
    }
    return context;
}

static void ignore_send(void *user, const uint8_t *data, size_t len)
{
    if (len > DTLS_LINK_MTU_BYTES)
        abort();
}

/* What was let through once is let through again, and adds up to whole records. */
static size_t filter(uint8_t *data, size_t len, bool connected)
{
    size_t dropped = 0, again = 0, at = 0;
    int kept = dtls_record_filter(data, len, connected, &dropped);

    if (kept < 0)
        return 0;
    if ((size_t)kept > len || dtls_record_filter(data, (size_t)kept, connected, &again) != kept ||
        again != 0)
        abort();
    while (at < (size_t)kept)
        at += dtls_record_bytes(data + at);
    if (at != (size_t)kept)
        abort();
    return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dtls_session *session = NULL;
    struct byte_reader reader;
    bool connected;

    byte_reader_init(&reader, data, size);
    connected = (byte_reader_u8(&reader) & 1) != 0;
    if (dtls_session_create(server(), ignore_send, NULL, &session) < 0)
        abort();
    while (byte_reader_left(&reader) > 2) {
        size_t len = byte_reader_u16(&reader);
        uint8_t *datagram;

        if (len > byte_reader_left(&reader))
            len = byte_reader_left(&reader);
        if (len == 0)
            continue;
        datagram = malloc(len); /* of exactly its size, so that a read beyond it is found */
        if (datagram == NULL)
            abort();
        memcpy(datagram, byte_reader_bytes(&reader, len), len);
        len = filter(datagram, len, connected);
        if (len > 0 && !connected && dtls_session_status(session) < DTLS_CLOSED)
            dtls_session_receive(session, datagram, len);
        free(datagram);
    }
    dtls_session_destroy(session);
    return 0;
}
