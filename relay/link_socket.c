#include "relay/link_socket.h"

#include "common/backoff.h"
#include "common/log.h"
#include "relay/link_messages.h"

#include <errno.h>
#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>

#define PROTOCOL        "duet-relay-link"
#define PING_S          2
#define SILENCE_S       6
#define PROOF_LIMIT_US  (5 * LWS_US_PER_SEC)
#define QUEUE_MAX_BYTES (8u * 1024 * 1024)
#define RX_BUFFER_BYTES 16384

struct outgoing {
    struct outgoing *next;
    size_t len;
    unsigned char data[]; /* LWS_PRE, then the text */
};

struct link_socket {
    /* borrowed */
    struct link_socket_params params;
    struct lws *wsi; /* of the library; NULL between connections */
    /* owned */
    struct lws_context *context;
    struct outgoing *first;
    char *incoming; /* LINK_MESSAGE_BYTES */
    /* state */
    struct relay_signaling_address address;
    struct outgoing **last;
    size_t queued_bytes;
    size_t incoming_len;
    struct backoff backoff;
    lws_sorted_usec_list_t dial_timer;
    lws_sorted_usec_list_t proof_timer;
    bool open;
    bool dropping;
    volatile bool stopping;
};

static void schedule_dial(struct link_socket *socket);

/* ---- queue ---- */

static void clear_queue(struct link_socket *socket)
{
    while (socket->first != NULL) {
        struct outgoing *next = socket->first->next;

        free(socket->first);
        socket->first = next;
    }
    socket->last = &socket->first;
    socket->queued_bytes = 0;
}

void link_socket_drop(struct link_socket *socket)
{
    if (!socket->open)
        return;
    socket->dropping = true;
    lws_callback_on_writable(socket->wsi);
}

static struct outgoing *to_text(json_t *message)
{
    size_t len = json_dumpb(message, NULL, 0, JSON_COMPACT);
    struct outgoing *item = len > 0 ? malloc(sizeof(*item) + LWS_PRE + len) : NULL;

    if (item == NULL)
        return NULL;
    item->next = NULL;
    item->len = len;
    json_dumpb(message, (char *)item->data + LWS_PRE, len, JSON_COMPACT);
    return item;
}

void link_socket_send(struct link_socket *socket, json_t *message)
{
    struct outgoing *item;

    if (message == NULL)
        return;
    item = socket->open ? to_text(message) : NULL;
    json_decref(message);
    if (item == NULL)
        return;
    if (socket->queued_bytes + item->len > QUEUE_MAX_BYTES) {
        log_warn(LOG_LINK, "event=backlog bytes=%zu", socket->queued_bytes);
        free(item);
        link_socket_drop(socket);
        return;
    }
    *socket->last = item;
    socket->last = &item->next;
    socket->queued_bytes += item->len;
    lws_callback_on_writable(socket->wsi);
}

/* ---- events of the library ---- */

static void proof_is_late(lws_sorted_usec_list_t *timer)
{
    struct link_socket *socket = lws_container_of(timer, struct link_socket, proof_timer);

    log_warn(LOG_LINK, "event=silent signaling did not finish the handshake in time");
    link_socket_drop(socket);
}

static void on_open(struct link_socket *socket, struct lws *wsi)
{
    socket->wsi = wsi;
    socket->open = true;
    socket->dropping = false;
    socket->incoming_len = 0;
    lws_sul_schedule(socket->context, 0, &socket->proof_timer, proof_is_late, PROOF_LIMIT_US);
    socket->params.on_open(socket->params.user);
}

static void on_gone(struct link_socket *socket)
{
    bool was_open = socket->open;

    socket->open = false;
    socket->wsi = NULL;
    clear_queue(socket);
    lws_sul_schedule(
        socket->context, 0, &socket->proof_timer, proof_is_late, LWS_SET_TIMER_USEC_CANCEL);
    if (was_open)
        socket->params.on_closed(socket->params.user);
    schedule_dial(socket);
}

/* Returns non-zero when the connection must end. */
static int on_receive(struct link_socket *socket, const void *data, size_t len)
{
    if (socket->dropping)
        return -1;
    if (lws_frame_is_binary(socket->wsi) || socket->incoming_len + len > LINK_MESSAGE_BYTES) {
        log_warn(LOG_LINK, "event=bad_frame bytes=%zu", socket->incoming_len + len);
        return -1;
    }
    memcpy(socket->incoming + socket->incoming_len, data, len);
    socket->incoming_len += len;
    if (!lws_is_final_fragment(socket->wsi) || lws_remaining_packet_payload(socket->wsi) > 0)
        return 0;
    len = socket->incoming_len;
    socket->incoming_len = 0;
    socket->params.on_message(socket->params.user, socket->incoming, len);
    return 0;
}

static int on_writable(struct link_socket *socket)
{
    struct outgoing *item = socket->first;
    int written;

    if (socket->dropping)
        return -1;
    if (item == NULL)
        return 0;
    written = lws_write(socket->wsi, item->data + LWS_PRE, item->len, LWS_WRITE_TEXT);
    socket->first = item->next;
    if (socket->first == NULL)
        socket->last = &socket->first;
    else
        lws_callback_on_writable(socket->wsi);
    socket->queued_bytes -= item->len;
    free(item);
    return written < 0 ? -1 : 0;
}

static int callback(
    struct lws *wsi, enum lws_callback_reasons reason, void *session, void *data, size_t len)
{
    struct link_socket *socket = lws_context_user(lws_get_context(wsi));

    (void)session;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        on_open(socket, wsi);
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        return on_receive(socket, data, len);
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return on_writable(socket);
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        log_info(LOG_LINK, "event=unreachable host=%s port=%u why=\"%.100s\"", socket->address.host,
            socket->address.port, data != NULL ? (const char *)data : "");
        on_gone(socket);
        return 0;
    case LWS_CALLBACK_CLIENT_CLOSED:
        on_gone(socket);
        return 0;
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
        socket->params.on_wake(socket->params.user);
        return 0;
    default:
        return 0;
    }
}

/* ---- dialling ---- */

static const lws_retry_bo_t keepalive = {
    .secs_since_valid_ping = PING_S,
    .secs_since_valid_hangup = SILENCE_S,
};

static void dial(lws_sorted_usec_list_t *timer)
{
    struct link_socket *socket = lws_container_of(timer, struct link_socket, dial_timer);
    struct lws_client_connect_info info = {
        .context = socket->context,
        .address = socket->address.host,
        .port = socket->address.port,
        .path = socket->address.path,
        .host = socket->address.host,
        .origin = socket->address.host,
        .protocol = PROTOCOL,
        .ssl_connection = socket->address.tls ? LCCSCF_USE_SSL : 0,
        .alpn = "http/1.1",
        .retry_and_idle_policy = &keepalive,
        .ietf_version_or_minus_one = -1,
    };

    /* A failure may or may not have come through the callback already. */
    if (lws_client_connect_via_info(&info) == NULL)
        schedule_dial(socket);
}

static void schedule_dial(struct link_socket *socket)
{
    uint32_t delay_ms;

    if (socket->stopping || !lws_dll2_is_detached(&socket->dial_timer.list))
        return;
    delay_ms = backoff_next_ms(&socket->backoff);
    log_debug(LOG_LINK, "event=retry in_ms=%u", delay_ms);
    lws_sul_schedule(
        socket->context, 0, &socket->dial_timer, dial, (lws_usec_t)delay_ms * LWS_US_PER_MS + 1);
}

void link_socket_confirm(struct link_socket *socket)
{
    backoff_reset(&socket->backoff);
    lws_sul_schedule(
        socket->context, 0, &socket->proof_timer, proof_is_late, LWS_SET_TIMER_USEC_CANCEL);
}

/* ---- life ---- */

static void emit_log(int level, const char *line)
{
    log_at(LOG_LINK, level == LLL_ERR ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG, "library=\"%.*s\"",
        (int)strcspn(line, "\n"), line);
}

int link_socket_create(const struct link_socket_params *params, struct link_socket **ret_socket)
{
    static const struct lws_protocols protocols[] = {
        {.name = PROTOCOL, .callback = callback, .rx_buffer_size = RX_BUFFER_BYTES},
        {0},
    };
    struct link_socket *socket = calloc(1, sizeof(*socket));
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = protocols,
        .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
        .user = socket,
        .gid = (gid_t)-1,
        .uid = (uid_t)-1,
        .fd_limit_per_thread = 64,
    };

    if (socket == NULL)
        return -ENOMEM;
    socket->params = *params;
    socket->address = *params->address;
    socket->last = &socket->first;
    socket->incoming = malloc(LINK_MESSAGE_BYTES);
    if (socket->incoming == NULL)
        goto out;
    if (params->ca_file[0] != '\0')
        info.client_ssl_ca_filepath = params->ca_file;
    lws_set_log_level(LLL_ERR | LLL_WARN, emit_log);
    socket->context = lws_create_context(&info);
    if (socket->context == NULL)
        goto out;
    *ret_socket = socket;
    return 0;
out:
    free(socket->incoming);
    free(socket);
    return -EINVAL;
}

void link_socket_destroy(struct link_socket *socket)
{
    if (socket == NULL)
        return;
    socket->stopping = true;
    lws_context_destroy(socket->context);
    clear_queue(socket);
    free(socket->incoming);
    free(socket);
}

void link_socket_run(struct link_socket *socket)
{
    schedule_dial(socket);
    while (!socket->stopping) {
        if (lws_service(socket->context, 0) < 0)
            return;
    }
}

void link_socket_wake(struct link_socket *socket)
{
    lws_cancel_service(socket->context);
}

void link_socket_stop(struct link_socket *socket)
{
    int saved = errno;

    socket->stopping = true;
    lws_cancel_service(socket->context);
    errno = saved;
}
