/*
 * DTLS 1.2 records before OpenSSL sees them (RFC 6347 section 4.1, handshake header section 4.2.2).
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   | content type  |            version            |     epoch     |
 *   |    (epoch)    |              sequence number (48 bits)        |
 *   |                               |             length            |
 *   | body: length bytes …
 *
 *   handshake body in epoch 0, once or several times:
 *   | message type  |          message length (24)                  |
 *   |       message sequence        |     fragment offset (24)      |
 *   |               |             fragment length (24)              |
 *
 * Records of epoch 0 are not authenticated: anyone who can write the peer's address may send them.
 * They may carry a handshake forward but must never end one, so alerts and everything else that a
 * client has no reason to send are taken out here. Pure; worker's thread.
 */
#ifndef DUET_RELAY_TRANSPORT_DTLS_RECORD_H
#define DUET_RELAY_TRANSPORT_DTLS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DTLS_RECORD_HEADER_BYTES    13
#define DTLS_HANDSHAKE_HEADER_BYTES 12

/* Longest handshake message that a client has reason to send (its certificate chain). */
#define DTLS_MAX_HANDSHAKE_BYTES 16384

enum dtls_content_type {
    DTLS_CHANGE_CIPHER_SPEC = 20,
    DTLS_ALERT = 21,
    DTLS_HANDSHAKE = 22,
    DTLS_APPLICATION_DATA = 23,
};

/*
 * Leaves in data only the records that a DTLS 1.2 server may look at; connected says whether the
 * handshake is over, after which epoch 0 has nothing to say. Returns the bytes that are left (0 =
 * nothing), or -EBADMSG when a record is longer than the datagram, then nothing of it counts.
 * ret_dropped counts records taken out.
 */
int dtls_record_filter(uint8_t *data, size_t len, bool connected, size_t *ret_dropped);

/* Of the first record in data, which dtls_record_filter() let pass. */
size_t dtls_record_bytes(const uint8_t *data);
uint16_t dtls_record_epoch(const uint8_t *data);

/* Writes the sequence number, modulo 2^48. Only plain records survive that. */
void dtls_record_set_number(uint8_t *data, uint64_t number);

/* True for a datagram of ours that begins with an alert, in the clear or encrypted. */
bool dtls_record_is_alert(const uint8_t *data, size_t len);

#endif
