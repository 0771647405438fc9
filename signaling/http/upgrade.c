#include "signaling/http/upgrade.h"

#include "common/log.h"
#include "signaling/http/server.h"
#include "signaling/relays/link_server.h"
#include "signaling/service.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_QUEUED_BYTES  (8 * 1024 * 1024)
#define WRITE_CHUNK_BYTES (64 * 1024)
#define FLUSH_LIMIT_S     5
#define KEY_CHARS         24 /* base64 of 16 bytes */

/* Bytes on their way, with LWS_PRE bytes of room before the first. */
struct queue {
    struct text text;
    size_t sent;
};

struct upgrade {
    /* borrowed */
    struct lws *outer; /* NULL once the client is gone */
    struct lws *inner; /* our end of the pair; NULL once it is gone */

    /* owned */
    struct queue to_inner;
    struct queue to_outer;
};

bool upgrade_is_wanted(const struct http_request *request)
{
    const char *key = http_request_header(request, HTTP_HEADER_WEBSOCKET_KEY);
    const char *protocols = http_request_header(request, HTTP_HEADER_WEBSOCKET_PROTOCOL);

    if (request->method != HTTP_GET || strcmp(request->path, LINK_SERVER_PATH) != 0 ||
        strcasecmp(http_request_header(request, HTTP_HEADER_UPGRADE), "websocket") != 0)
        return false;
    if (request->content_length > 0 || strlen(key) != KEY_CHARS ||
        strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") !=
            KEY_CHARS)
        return false;
    return http1_list_has(
               (struct http1_span){protocols, strlen(protocols)}, LINK_SERVER_PROTOCOL) &&
           link_server_is_open(request->app);
}

static bool queue_bytes(struct queue *queue, const void *data, size_t len)
{
    static const char room[LWS_PRE];

    if (queue->text.len - queue->sent + len > MAX_QUEUED_BYTES)
        return false;
    if (queue->text.len == 0)
        text_append(&queue->text, room, sizeof(room));
    /* What was sent makes room: a queue that is never quite empty must not grow for ever. */
    if (queue->sent > queue->text.len / 2) {
        queue->text.len -= queue->sent;
        memmove(queue->text.data + LWS_PRE, queue->text.data + LWS_PRE + queue->sent,
            queue->text.len - LWS_PRE);
        queue->sent = 0;
    }
    text_append(&queue->text, data, len);
    return !queue->text.failed;
}

static bool queue_is_empty(const struct queue *queue)
{
    return queue->text.len <= LWS_PRE + queue->sent;
}

/* One write; 0 or -1. */
static int write_queue(struct queue *queue, struct lws *wsi)
{
    size_t start = LWS_PRE + queue->sent;
    size_t len;

    if (queue_is_empty(queue))
        return 0;
    len = queue->text.len - start;
    if (len > WRITE_CHUNK_BYTES)
        len = WRITE_CHUNK_BYTES;
    if (lws_write(wsi, (unsigned char *)queue->text.data + start, len, LWS_WRITE_RAW) < 0)
        return -1;
    queue->sent += len;
    if (queue_is_empty(queue)) {
        text_finish(&queue->text);
        queue->sent = 0;
    } else {
        lws_callback_on_writable(wsi);
    }
    return 0;
}

static void release(struct upgrade *upgrade)
{
    if (upgrade->outer || upgrade->inner)
        return;
    text_finish(&upgrade->to_inner.text);
    text_finish(&upgrade->to_outer.text);
    free(upgrade);
}

static bool queue_request(struct upgrade *upgrade, const struct http_request *request)
{
    struct text text = {0};
    bool queued;

    text_format(&text,
        "GET %s HTTP/1.1\r\nHost: duet\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: %s\r\n\r\n",
        LINK_SERVER_PATH, http_request_header(request, HTTP_HEADER_WEBSOCKET_KEY),
        LINK_SERVER_PROTOCOL);
    queued = !text.failed && queue_bytes(&upgrade->to_inner, text.data, text.len);
    text_finish(&text);
    return queued;
}

struct upgrade *upgrade_begin(const struct http_request *request)
{
    struct lws_vhost *vhost = http_server_inner_vhost(request->app->server);
    struct upgrade *upgrade = calloc(1, sizeof(*upgrade));
    lws_sock_file_fd_type end;
    int pair[2] = {-1, -1};

    if (!upgrade || !queue_request(upgrade, request) ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
        goto fail;
    end.sockfd = pair[0];
    upgrade->inner =
        lws_adopt_descriptor_vhost(vhost, LWS_ADOPT_SOCKET, end, UPGRADE_PROTOCOL, NULL);
    if (!upgrade->inner) {
        close(pair[1]);
        goto fail;
    }
    *(struct upgrade **)lws_wsi_user(upgrade->inner) = upgrade;
    if (!lws_adopt_socket_vhost(vhost, pair[1])) {
        /* Its end is closed with it, and ours sees that. */
        *(struct upgrade **)lws_wsi_user(upgrade->inner) = NULL;
        goto fail;
    }
    upgrade->outer = request->wsi;
    log_debug(LOG_LINK, "peer=%s opened a relay link", request->address);
    lws_callback_on_writable(upgrade->inner);
    return upgrade;
fail:
    if (upgrade) {
        text_finish(&upgrade->to_inner.text);
        free(upgrade);
    }
    return NULL;
}

int upgrade_to_inner(struct upgrade *upgrade, const void *data, size_t len)
{
    if (!upgrade->inner || !queue_bytes(&upgrade->to_inner, data, len))
        return -1;
    lws_callback_on_writable(upgrade->inner);
    return 0;
}

int upgrade_write_outer(struct upgrade *upgrade)
{
    if (write_queue(&upgrade->to_outer, upgrade->outer) < 0)
        return -1;
    /* The WebSocket side has ended: so does the client's, once it has everything. */
    return !upgrade->inner && queue_is_empty(&upgrade->to_outer) ? -1 : 0;
}

void upgrade_end_outer(struct upgrade *upgrade)
{
    if (!upgrade)
        return;
    upgrade->outer = NULL;
    if (upgrade->inner)
        lws_set_timeout(upgrade->inner, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
    release(upgrade);
}

static void end_inner(struct upgrade *upgrade)
{
    upgrade->inner = NULL;
    if (upgrade->outer) {
        /* A client that does not read never becomes writable. */
        lws_set_timeout(upgrade->outer, PENDING_TIMEOUT_USER_REASON_BASE, FLUSH_LIMIT_S);
        lws_callback_on_writable(upgrade->outer);
    }
    release(upgrade);
}

static int on_inner_event(
    struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    struct upgrade *upgrade = user ? *(struct upgrade **)user : NULL;

    if (!upgrade)
        return reason == LWS_CALLBACK_RAW_RX || reason == LWS_CALLBACK_RAW_WRITEABLE ? -1 : 0;
    switch (reason) {
    case LWS_CALLBACK_RAW_RX:
        if (!upgrade->outer || !queue_bytes(&upgrade->to_outer, in, len))
            return -1;
        lws_callback_on_writable(upgrade->outer);
        return 0;
    case LWS_CALLBACK_RAW_WRITEABLE:
        return write_queue(&upgrade->to_inner, wsi);
    case LWS_CALLBACK_RAW_CLOSE:
        *(struct upgrade **)user = NULL;
        end_inner(upgrade);
        return 0;
    default:
        return 0;
    }
}

struct lws_protocols upgrade_protocol(void)
{
    return (struct lws_protocols){
        .name = UPGRADE_PROTOCOL,
        .callback = on_inner_event,
        .per_session_data_size = sizeof(struct upgrade *),
        .rx_buffer_size = WRITE_CHUNK_BYTES,
    };
}
