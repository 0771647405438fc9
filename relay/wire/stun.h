/*
 * STUN messages of ICE connectivity checks (RFC 8489, RFC 8445 section 7.1): parse, check, answer.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   |0 0|     message type          |      bytes after the header   |
 *   |                   magic cookie 0x2112A442                     |
 *   |                   transaction id (96 bits)                    |
 *   |     attribute type            |     bytes of value            |
 *   |     value, padded to a multiple of four …                     |
 *
 * Parsing authenticates nothing: the caller finds the password by the user name, then calls
 * stun_check_integrity() before it believes a single attribute. Attributes behind MESSAGE-INTEGRITY
 * are ignored, but for FINGERPRINT (RFC 8489 section 14.5). Pure; any thread. A view borrows the
 * message. MESSAGE-INTEGRITY-SHA256 is not spoken: ICE uses SHA-1 (RFC 8445 section 7.1).
 */
#ifndef DUET_RELAY_WIRE_STUN_H
#define DUET_RELAY_WIRE_STUN_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STUN_HEADER_BYTES         20
#define STUN_TRANSACTION_ID_BYTES 12
#define STUN_MAX_BYTES            1500 /* longer messages are refused */
#define STUN_MAX_UNKNOWN          8    /* attributes reported in a 420 */
#define STUN_METHOD_BINDING       0x001

/* Room that every writer here is content with. */
#define STUN_REPLY_BYTES 256

enum stun_class {
    STUN_REQUEST = 0,
    STUN_INDICATION = 1,
    STUN_SUCCESS = 2,
    STUN_ERROR = 3,
};

enum stun_error_code {
    STUN_BAD_REQUEST = 400,
    STUN_UNAUTHENTICATED = 401,
    STUN_UNKNOWN_ATTRIBUTE = 420,
    STUN_ROLE_CONFLICT = 487,
};

struct stun_view {
    const uint8_t *data; /* borrowed */
    size_t len;
    enum stun_class message_class;
    uint16_t method;
    const uint8_t *transaction_id; /* STUN_TRANSACTION_ID_BYTES */

    const char *username; /* not terminated; NULL when absent */
    size_t username_len;
    uint32_t priority;
    uint64_t tie_breaker; /* with controlling or controlled */
    uint16_t error_code;  /* STUN_ERROR only; 0 when absent */
    bool has_priority;
    bool use_candidate;
    bool controlling;
    bool controlled;

    size_t integrity_offset;   /* of the attribute's type field; 0 when absent */
    size_t fingerprint_offset; /* the same */

    /* Comprehension-required attributes (type < 0x8000) that are not understood. */
    uint16_t unknown[STUN_MAX_UNKNOWN];
    size_t unknown_count; /* stops at STUN_MAX_UNKNOWN */
};

/* Any length, class and method that RFC 8489 section 5 and 6 allow. The declared length must be
 * exactly len - 20. Returns 0 or -EBADMSG. */
int stun_parse(const uint8_t *data, size_t len, struct stun_view *ret_view);

/* The part of USERNAME before the first colon: in a check to us, our own user name fragment
 * (RFC 8445 section 7.2.2). False when there is no user name, no colon or the part is empty. */
bool stun_local_ufrag(const struct stun_view *view, const char **ret_ufrag, size_t *ret_len);

/* True when MESSAGE-INTEGRITY is present and is the HMAC-SHA1 of key (short-term: the password).
 * Compares in constant time. */
bool stun_check_integrity(const struct stun_view *view, const void *key, size_t key_len);

/* True when FINGERPRINT is present and right. ICE demands it in every check. */
bool stun_check_fingerprint(const struct stun_view *view);

/* Binding success with XOR-MAPPED-ADDRESS of remote (AF_INET or AF_INET6), MESSAGE-INTEGRITY and
 * FINGERPRINT. Returns 0, -EINVAL for another address family, -ENOSPC. */
int stun_write_binding_success(const struct stun_view *request, const struct sockaddr *remote,
    const void *key, size_t key_len, uint8_t *data, size_t capacity, size_t *ret_len);

/* Error response; a 420 lists request->unknown. Without a key (NULL, for 400 and 401: RFC 8489
 * section 9.1.3) it carries no MESSAGE-INTEGRITY. Returns 0 or -ENOSPC. */
int stun_write_error(const struct stun_view *request, enum stun_error_code code, const void *key,
    size_t key_len, uint8_t *data, size_t capacity, size_t *ret_len);

/* A connectivity check as a client sends it, for tests and tools. */
struct stun_check_params {
    const uint8_t *transaction_id; /* STUN_TRANSACTION_ID_BYTES */
    const char *username;          /* "remote:local" */
    uint32_t priority;
    uint64_t tie_breaker;
    bool controlling;
    bool use_candidate;
};

/* Returns 0, -EINVAL for a user name over 128 bytes, -ENOSPC. */
int stun_write_check(const struct stun_check_params *params, const void *key, size_t key_len,
    uint8_t *data, size_t capacity, size_t *ret_len);

#endif
