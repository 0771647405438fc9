#include "signaling/http/ws_socket.h"

#include "common/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define PING_EVERY_US    UINT64_C(4000000)
#define BEHIND_LIMIT_US  UINT64_C(15000000)
#define CLOSING_LIMIT_US UINT64_C(3000000)
/* The kernel's own share of what a slow reader makes us keep. */
#define SEND_BUFFER_BYTES (32 * 1024)
/* libwebsockets copies what the kernel does not take at once. */
#define WRITE_CHUNK_BYTES (16 * 1024)
#define FIRST_CAPACITY    4
#define MAX_REASON_BYTES  (WS_MAX_CONTROL_BYTES - 2)

struct ws_frame {
    struct ws_frame *end; /* owned: goes out behind data; NULL for none */
    size_t references;
    size_t len; /* with the end's */
    bool kept;
    unsigned char data[]; /* LWS_PRE bytes of room, then the frame */
};

struct ws_socket {
    /* borrowed */
    struct lws *wsi;
    const struct ws_socket_ops *ops;
    void *user;

    /* owned */
    struct ws_reader reader;
    struct ws_frame **queue; /* a ring */
    struct ws_frame *going;  /* out, as far as sent; NULL between frames */
    struct ws_frame *pong;
    struct ws_frame *goodbye;

    /* state */
    size_t capacity, first, count; /* of queue */
    size_t queued_bytes;           /* but for what is kept */
    size_t sent;
    uint64_t heard_us, pinged_us;
    uint64_t behind_us;  /* since when; 0: it is not */
    uint64_t closing_us; /* the same */
    bool answered;       /* the 101 is out */
    bool ping_due;
    bool said_goodbye; /* our close frame is out */
    bool heard_goodbye;
};

/* ---- frames ---- */

static struct ws_frame *create_bytes(
    const void *head, size_t head_len, const void *payload, size_t len)
{
    struct ws_frame *frame = malloc(sizeof(*frame) + LWS_PRE + head_len + len);

    if (!frame)
        return NULL;
    *frame = (struct ws_frame){.references = 1, .len = head_len + len};
    memcpy(frame->data + LWS_PRE, head, head_len);
    if (len > 0)
        memcpy(frame->data + LWS_PRE + head_len, payload, len);
    return frame;
}

static struct ws_frame *create_frame(enum ws_opcode opcode, const void *payload, size_t len)
{
    uint8_t head[WS_MAX_HEAD_BYTES];

    return create_bytes(head, ws_frame_head(head, opcode, len), payload, len);
}

struct ws_frame *ws_frame_create(const char *text, size_t len)
{
    return create_frame(WS_OPCODE_TEXT, text, len);
}

struct ws_frame *ws_frame_create_end(const char *text, size_t len)
{
    return create_bytes("", 0, text, len);
}

struct ws_frame *ws_frame_create_with_end(const char *text, size_t len, struct ws_frame *end)
{
    uint8_t head[WS_MAX_HEAD_BYTES];
    size_t head_len = ws_frame_head(head, WS_OPCODE_TEXT, len + end->len);
    struct ws_frame *frame = create_bytes(head, head_len, text, len);

    if (!frame)
        return NULL;
    frame->end = ws_frame_ref(end);
    frame->len += end->len;
    return frame;
}

struct ws_frame *ws_frame_ref(struct ws_frame *frame)
{
    frame->references++;
    return frame;
}

void ws_frame_unref(struct ws_frame *frame)
{
    if (!frame || --frame->references > 0)
        return;
    ws_frame_unref(frame->end);
    free(frame);
}

size_t ws_frame_bytes(const struct ws_frame *frame)
{
    return frame->len;
}

void ws_frame_keep(struct ws_frame *frame)
{
    frame->kept = true;
}

/* ---- the queue ---- */

static bool make_room(struct ws_socket *socket)
{
    size_t capacity = socket->capacity == 0 ? FIRST_CAPACITY : 2 * socket->capacity;
    struct ws_frame **queue;

    if (socket->count < socket->capacity)
        return true;
    queue = calloc(capacity, sizeof(struct ws_frame *));
    if (!queue)
        return false;
    for (size_t i = 0; i < socket->count; i++)
        queue[i] = socket->queue[(socket->first + i) % socket->capacity];
    free(socket->queue);
    socket->queue = queue;
    socket->capacity = capacity;
    socket->first = 0;
    return true;
}

/* The reference is taken, whatever happens. */
static bool push(struct ws_socket *socket, struct ws_frame *frame)
{
    if (!make_room(socket)) {
        ws_frame_unref(frame);
        return false;
    }
    socket->queue[(socket->first + socket->count++) % socket->capacity] = frame;
    if (!frame->kept)
        socket->queued_bytes += frame->len;
    return true;
}

/* Two thousand readers that keep up keep nothing. */
static void let_go_of_empty(struct ws_socket *socket)
{
    if (socket->count > 0)
        return;
    free(socket->queue);
    socket->queue = NULL;
    socket->capacity = socket->first = 0;
}

static struct ws_frame *shift(struct ws_socket *socket)
{
    struct ws_frame *frame = socket->queue[socket->first];

    socket->first = (socket->first + 1) % socket->capacity;
    if (!frame->kept)
        socket->queued_bytes -= frame->len;
    socket->count--;
    let_go_of_empty(socket);
    return frame;
}

/* All of it, or all but what is kept, which stays in its order. */
static void drop_queue(struct ws_socket *socket, bool with_kept)
{
    size_t kept = 0;

    for (size_t i = 0; i < socket->count; i++) {
        struct ws_frame *frame = socket->queue[(socket->first + i) % socket->capacity];

        if (frame->kept && !with_kept)
            socket->queue[(socket->first + kept++) % socket->capacity] = frame;
        else
            ws_frame_unref(frame);
    }
    socket->count = kept;
    socket->queued_bytes = 0;
    let_go_of_empty(socket);
}

static bool has_room(const struct ws_socket *socket, const struct ws_frame *frame)
{
    return frame->kept || (socket->count < WS_MAX_QUEUED_FRAMES &&
                              socket->queued_bytes + frame->len <= WS_MAX_QUEUED_BYTES);
}

void ws_socket_send(struct ws_socket *socket, struct ws_frame *frame)
{
    if (!frame || socket->closing_us || (socket->behind_us && !frame->kept))
        return;
    if (frame->kept && socket->count >= WS_MAX_QUEUED_FRAMES) {
        ws_socket_kill(socket); /* it asks and asks and does not read */
        return;
    }
    if (!has_room(socket, frame) || !push(socket, ws_frame_ref(frame))) {
        drop_queue(socket, false);
        socket->behind_us = clock_now_us();
    }
    lws_callback_on_writable(socket->wsi);
}

void ws_socket_hold(struct ws_socket *socket)
{
    socket->behind_us = clock_now_us();
    lws_callback_on_writable(socket->wsi);
}

void ws_socket_go_on(struct ws_socket *socket)
{
    socket->behind_us = 0;
}

void ws_socket_close(struct ws_socket *socket, int code, const char *reason)
{
    uint8_t payload[WS_MAX_CONTROL_BYTES] = {(uint8_t)(code >> 8), (uint8_t)code};
    size_t len = strnlen(reason, MAX_REASON_BYTES);

    if (socket->closing_us)
        return;
    memcpy(payload + 2, reason, len);
    socket->closing_us = clock_now_us();
    socket->goodbye = create_frame(WS_OPCODE_CLOSE, payload, len + 2);
    lws_callback_on_writable(socket->wsi);
}

void ws_socket_kill(struct ws_socket *socket)
{
    lws_set_timeout(socket->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
}

/* ---- beginning and end ---- */

bool ws_socket_is_asked_for(const struct http_request *request, const char *protocol)
{
    const char *protocols = http_request_header(request, HTTP_HEADER_WEBSOCKET_PROTOCOL);

    return request->method == HTTP_GET && request->content_length == 0 &&
           strcasecmp(http_request_header(request, HTTP_HEADER_UPGRADE), "websocket") == 0 &&
           strcmp(http_request_header(request, HTTP_HEADER_WEBSOCKET_VERSION), "13") == 0 &&
           ws_is_key(http_request_header(request, HTTP_HEADER_WEBSOCKET_KEY)) &&
           http1_list_has((struct http1_span){protocols, strlen(protocols)}, protocol);
}

static struct ws_frame *create_answer(const struct http_request *request, const char *protocol)
{
    struct text text = {0};
    struct ws_frame *frame = NULL;
    char accept[WS_ACCEPT_CHARS + 1];

    ws_accept(http_request_header(request, HTTP_HEADER_WEBSOCKET_KEY), accept);
    text_format(&text,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: %s\r\nSec-WebSocket-Protocol: %s\r\n\r\n",
        accept, protocol);
    if (!text.failed)
        frame = create_bytes("", 0, text.data, text.len);
    if (frame)
        frame->kept = true;
    text_finish(&text);
    return frame;
}

struct ws_socket *ws_socket_accept(
    struct http_request *request, const char *protocol, const struct ws_socket_ops *ops, void *user)
{
    struct ws_socket *socket = calloc(1, sizeof(*socket));
    struct ws_frame *answer = socket ? create_answer(request, protocol) : NULL;

    if (!answer || !push(socket, answer)) {
        free(socket);
        return NULL;
    }
    socket->wsi = request->wsi;
    socket->ops = ops;
    socket->user = user;
    socket->heard_us = socket->pinged_us = clock_now_us();
    request->socket = socket;
    return socket;
}

void ws_socket_start(struct ws_socket *socket)
{
    int bytes = SEND_BUFFER_BYTES;

    setsockopt(lws_get_socket_fd(socket->wsi), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
    lws_callback_on_writable(socket->wsi);
}

void ws_socket_destroy(struct ws_socket *socket)
{
    if (!socket)
        return;
    socket->ops->on_closed(socket->user);
    ws_reader_finish(&socket->reader);
    drop_queue(socket, true);
    ws_frame_unref(socket->going);
    ws_frame_unref(socket->pong);
    ws_frame_unref(socket->goodbye);
    free(socket);
}

void ws_socket_tick(struct ws_socket *socket, uint64_t now_us)
{
    if (clock_elapsed_us(now_us, socket->heard_us) > WS_SILENCE_LIMIT_US ||
        (socket->behind_us && clock_elapsed_us(now_us, socket->behind_us) > BEHIND_LIMIT_US) ||
        (socket->closing_us && clock_elapsed_us(now_us, socket->closing_us) > CLOSING_LIMIT_US)) {
        ws_socket_kill(socket);
    } else if (clock_elapsed_us(now_us, socket->pinged_us) >= PING_EVERY_US) {
        socket->pinged_us = now_us;
        socket->ping_due = true;
        lws_callback_on_writable(socket->wsi);
    }
}

/* ---- bytes in and out ---- */

static int receive_event(struct ws_socket *socket, enum ws_event event)
{
    const struct ws_reader *reader = &socket->reader;

    switch (event) {
    case WS_TEXT:
        if (!socket->closing_us)
            socket->ops->on_text(socket->user, reader->message.data ? reader->message.data : "",
                reader->message.len);
        return 0;
    case WS_PING:
        ws_frame_unref(socket->pong); /* the newest is enough (section 5.5.3) */
        socket->pong = create_frame(WS_OPCODE_PONG, reader->control, reader->control_len);
        lws_callback_on_writable(socket->wsi);
        return 0;
    case WS_CLOSE:
        socket->heard_goodbye = true;
        ws_socket_close(socket, WS_CLOSE_NORMAL, "");
        return socket->said_goodbye ? -1 : 0;
    default:
        return 0;
    }
}

int ws_socket_receive(struct ws_socket *socket, const void *data, size_t len)
{
    const uint8_t *at = data;

    socket->heard_us = clock_now_us();
    while (len > 0 && !socket->heard_goodbye) {
        enum ws_event event;
        size_t used = 0;
        int r = ws_reader_next(&socket->reader, at, len, &used, &event);

        if (r == -EBADMSG) {
            /* What follows cannot be read any more: its close frame neither. */
            socket->heard_goodbye = true;
            ws_socket_close(socket, socket->reader.fault, "");
            return 0;
        }
        if (r < 0 || receive_event(socket, event) < 0)
            return -1;
        at += used;
        len -= used;
    }
    return 0;
}

/* The next one to go out, with its reference; NULL for none. */
static struct ws_frame *next_frame(struct ws_socket *socket)
{
    struct ws_frame *frame = socket->pong;

    if (!socket->answered) {
        socket->answered = true;
        return shift(socket);
    }
    socket->pong = NULL;
    if (frame)
        return frame;
    if (socket->ping_due && !socket->closing_us) {
        socket->ping_due = false;
        return create_frame(WS_OPCODE_PING, "", 0);
    }
    if (socket->count > 0)
        return shift(socket);
    if (socket->closing_us && !socket->said_goodbye) {
        socket->said_goodbye = true;
        frame = socket->goodbye;
        socket->goodbye = NULL;
    }
    return frame;
}

/* What of the frame lies together from there on. */
static unsigned char *bytes_at(struct ws_frame *frame, size_t at, size_t *ret_len)
{
    size_t own = frame->end ? frame->len - frame->end->len : frame->len;

    if (at >= own && frame->end)
        return bytes_at(frame->end, at - own, ret_len);
    *ret_len = own - at;
    return frame->data + LWS_PRE + at;
}

/* A piece of the one that is going out. Returns as lws_write(). */
static int write_piece(struct ws_socket *socket)
{
    struct ws_frame *frame = socket->going;
    size_t len;
    unsigned char *bytes = bytes_at(frame, socket->sent, &len);
    int written;

    if (len > WRITE_CHUNK_BYTES)
        len = WRITE_CHUNK_BYTES;
    written = lws_write(socket->wsi, bytes, len, LWS_WRITE_RAW);
    socket->sent += len;
    if (socket->sent == frame->len) {
        ws_frame_unref(frame);
        socket->going = NULL;
    }
    return written;
}

int ws_socket_write(struct ws_socket *socket)
{
    int written = 0;

    if (socket->behind_us && socket->count == 0 && !socket->closing_us && !socket->going) {
        socket->behind_us = 0;
        socket->ops->on_room(socket->user);
    }
    if (!socket->going) {
        socket->going = next_frame(socket);
        socket->sent = 0;
    }
    if (socket->going)
        written = write_piece(socket);
    if (written < 0 || (socket->said_goodbye && socket->heard_goodbye))
        return -1;
    if (socket->going || socket->count > 0 || socket->pong ||
        (socket->behind_us && !socket->closing_us) || (socket->closing_us && !socket->said_goodbye))
        lws_callback_on_writable(socket->wsi);
    return 0;
}
