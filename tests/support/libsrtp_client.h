/*
 * libsrtp with the keys of a DTLS client, for tests of what the relay does with its own code: one session
 * that sends what the relay is to read, another that reads the same and says what is right.
 */
#ifndef DUET_TESTS_SUPPORT_LIBSRTP_CLIENT_H
#define DUET_TESTS_SUPPORT_LIBSRTP_CLIENT_H

#include "relay/transport/srtp.h"

#include <srtp2/srtp.h>

/* direction is ssrc_any_outbound or ssrc_any_inbound; RTCP gets the services. Returns NULL without memory;
 * srtp_dealloc() ends it. */
srtp_t libsrtp_client_create(
    const struct srtp_material *material, srtp_ssrc_type_t direction, srtp_sec_serv_t services);

/* The keys of client and server exchanged: for a receiver of what the server sends. */
struct srtp_material libsrtp_exchange_sides(const struct srtp_material *material);

#endif
