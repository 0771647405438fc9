/*
 * What the two halves of a connection share: connection.c has its life, its timer and what goes out, connection_reader.c makes
 * requests of what comes in. Not for others: connection.h is. Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_CONNECTION_PARTS_H
#define DUET_SIGNALING_HTTP_CONNECTION_PARTS_H

#include "signaling/http/connection.h"
#include "signaling/http/request.h"
#include "signaling/http/text.h"

#include <libwebsockets.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct signaling;
struct upgrade;
struct ws_socket;

enum connection_phase {
    PHASE_IDLE,
    PHASE_HEAD,
    PHASE_BODY,
    PHASE_ANSWER, /* a handler has it */
    PHASE_WRITE,
    PHASE_LINGER, /* answered; what the client still sends is thrown away */
};

struct connection {
    /* borrowed */
    struct lws *wsi;
    struct signaling *app;

    /* owned */
    struct text in;
    struct http_request *request; /* NULL between requests */
    struct upgrade *upgrade;      /* the connection now belongs to the relay link */
    struct ws_socket *socket;     /* the connection now is a WebSocket */

    /* state */
    enum connection_phase phase;
    bool heard;        /* something has come, so the TLS handshake is over */
    bool ended;        /* by http_connection_end() */
    uint64_t since_us; /* when the phase began */
    size_t sent;       /* of the answer */
    lws_sorted_usec_list_t timer;
};

/* Begins a phase with its time limit. */
void http_connection_enter(struct connection *connection, enum connection_phase phase);

/* The request is over, if there is one. */
void http_connection_end_request(struct connection *connection);

/* Forgets what has come and was not read: passwords and tokens were in it. */
void http_connection_discard_input(struct connection *connection);

/* Goes as far as the bytes that are there allow. Returns 0, or -1 to end the connection. */
int http_connection_advance(struct connection *connection);

#endif
