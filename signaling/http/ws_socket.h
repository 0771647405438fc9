/*
 * A client's connection that has become a WebSocket. Our own HTTP has read the request and knows who it is
 * (http/access.h) before this begins; from then on the connection's bytes come here and nowhere else, so who speaks on
 * a socket needs no proof of its own. Loop thread.
 *
 * What goes out is queued as shared frames. A reader that is too slow for WS_MAX_QUEUED_… loses its queue but for what
 * is kept; when it reads again, on_room asks the owner to tell it anew where things stand.
 */
#ifndef DUET_SIGNALING_HTTP_WS_SOCKET_H
#define DUET_SIGNALING_HTTP_WS_SOCKET_H

#include "signaling/http/request.h"
#include "signaling/http/ws_frames.h"

#define WS_MAX_QUEUED_FRAMES 200
#define WS_MAX_QUEUED_BYTES  (256 * 1024)       /* beside what is kept */
#define WS_SILENCE_LIMIT_US  UINT64_C(12000000) /* then it is gone */

struct ws_socket;

/* A text message as it goes out, made once however many get it. Counted. */
struct ws_frame;

/* With one reference, NULL without memory. */
struct ws_frame *ws_frame_create(const char *text, size_t len);
struct ws_frame *ws_frame_ref(struct ws_frame *frame);
void ws_frame_unref(struct ws_frame *frame); /* NULL-safe */
size_t ws_frame_bytes(const struct ws_frame *frame);

/* A text that many long messages end with, made once for all of them: no message of its own. Then those messages, each with a
 * reference to it. NULL without memory. */
struct ws_frame *ws_frame_create_end(const char *text, size_t len);
struct ws_frame *ws_frame_create_with_end(const char *text, size_t len, struct ws_frame *end);

/* It waits its turn however long it is and whatever is thrown away around it: for where things stand, which only its like
 * can take the place of. Seldom and one at a time, or a slow reader costs what they are long. */
void ws_frame_keep(struct ws_frame *frame);

struct ws_socket_ops {
    void (*on_text)(void *user, const char *text, size_t len);
    void (*on_room)(void *user);   /* it was behind, or held, and there is room again */
    void (*on_closed)(void *user); /* the socket is gone; the last call */
};

/* The request asks for a WebSocket of that subprotocol, in a form that can be accepted. */
bool ws_socket_is_asked_for(const struct http_request *request, const char *protocol);

/* Accepts it: the request's connection takes the socket over when the handler returns. ops and user are borrowed until
 * on_closed. NULL without memory: then the request has still to be answered. */
struct ws_socket *ws_socket_accept(struct http_request *request, const char *protocol,
    const struct ws_socket_ops *ops, void *user);

/* Takes a reference of its own. Nothing happens once the socket is closing; while it is behind only what is kept goes. */
void ws_socket_send(struct ws_socket *socket, struct ws_frame *frame);

/* From now on it is behind, with nothing thrown away: on_room follows when what is queued is out, which is not before the
 * others that have sent something have been read. ws_socket_go_on() ends that without on_room. */
void ws_socket_hold(struct ws_socket *socket);
void ws_socket_go_on(struct ws_socket *socket);

/* What is queued goes out first, then the code with a reason of at most 123 bytes; once is enough. */
void ws_socket_close(struct ws_socket *socket, int code, const char *reason);

/* At once, without a word. */
void ws_socket_kill(struct ws_socket *socket);

/* Pings, and ends a peer that is silent, does not read or does not close. Every second or so. */
void ws_socket_tick(struct ws_socket *socket, uint64_t now_us);

/* For the connection. receive and write return -1 when it shall end; destroy calls on_closed. */
void ws_socket_start(struct ws_socket *socket);
int ws_socket_receive(struct ws_socket *socket, const void *data, size_t len);
int ws_socket_write(struct ws_socket *socket);
void ws_socket_destroy(struct ws_socket *socket); /* NULL-safe */

#endif
