#include "signaling/relays/link_server.h"

#include "common/clock.h"
#include "common/log.h"
#include "signaling/http/text.h"
#include "signaling/lessons/stage.h"
#include "signaling/relays/link_proof.h"
#include "signaling/relays/planned_capacity.h"
#include "signaling/service.h"

#include <stdlib.h>
#include <string.h>

#define PING_EVERY_US     UINT64_C(2000000)
#define SILENCE_LIMIT_US  UINT64_C(6000000)
#define PROOF_LIMIT_US    UINT64_C(5000000)
#define MAX_BACKLOG_BYTES (8 * 1024 * 1024)
#define MAX_UNPROVEN      16
#define RX_CHUNK_BYTES    (64 * 1024)
#define CLOSE_WRONG_KEY   4401
#define CLOSE_BAD_MESSAGE 4400
#define CLOSE_TOO_SLOW    4408
#define CLOSE_REPLACED    4409

struct outgoing {
    struct outgoing *next;
    size_t len;
    unsigned char data[]; /* LWS_PRE bytes of room, then the text */
};

struct link {
    /* borrowed */
    struct lws *wsi;
    struct signaling *app;
    struct relay *relay; /* NULL until the key is proven */

    /* owned */
    struct text incoming;
    struct outgoing *queue;
    struct outgoing **queue_end;

    /* state */
    char nonce[LINK_NONCE_CHARS + 1];
    size_t backlog_bytes;
    uint64_t opened_us;
    uint64_t heard_us;
    uint64_t timer_us; /* when it last fired */
    bool ping_due;
    bool closing;
    uint16_t close_code;
    lws_sorted_usec_list_t timer;
};

/* Oldest first. One loop, one thread: plain variables are enough. */
static struct link *unproven[MAX_UNPROVEN];
static size_t unproven_count;

static bool link_send(void *context, const char *text, size_t len)
{
    struct link *link = context;
    struct outgoing *out;

    if (link->closing || link->backlog_bytes + len > MAX_BACKLOG_BYTES)
        return false;
    out = malloc(sizeof(*out) + LWS_PRE + len);
    if (!out)
        return false;
    out->next = NULL;
    out->len = len;
    memcpy(out->data + LWS_PRE, text, len);
    *link->queue_end = out;
    link->queue_end = &out->next;
    link->backlog_bytes += len;
    lws_callback_on_writable(link->wsi);
    return true;
}

/* What is queued goes out first. */
static void link_close(struct link *link, uint16_t code)
{
    link->closing = true;
    link->close_code = code;
    lws_callback_on_writable(link->wsi);
}

static void link_replaced(void *context)
{
    struct link *link = context;

    link->relay = NULL;
    link_close(link, CLOSE_REPLACED);
}

const struct relay_link_ops link_server_ops = {.send = link_send, .replaced = link_replaced};

static void send_json(struct link *link, json_t *message)
{
    char *text = message ? json_dumps(message, JSON_COMPACT) : NULL;

    if (text)
        link_send(link, text, strlen(text));
    free(text);
    json_decref(message);
}

static void on_timer(lws_sorted_usec_list_t *timer)
{
    struct link *link = lws_container_of(timer, struct link, timer);
    uint64_t now_us = clock_now_us();

    if (!link->relay && !link->closing && now_us - link->opened_us > PROOF_LIMIT_US)
        link_close(link, CLOSE_TOO_SLOW);
    /* Silence counts only while we listened, not while this loop stood still. */
    if (now_us - link->timer_us > 2 * PING_EVERY_US)
        link->heard_us = now_us;
    link->timer_us = now_us;
    /* A silent peer never becomes writable, so its end cannot wait for that. */
    if (now_us - link->heard_us > SILENCE_LIMIT_US) {
        lws_set_timeout(link->wsi, PENDING_TIMEOUT_WS_PONG_CHECK_GET_PONG, LWS_TO_KILL_ASYNC);
        return;
    }
    link->ping_due = true;
    lws_callback_on_writable(link->wsi);
    lws_sul_schedule(
        lws_get_context(link->wsi), 0, &link->timer, on_timer, (lws_usec_t)PING_EVERY_US);
}

static void forget_unproven(const struct link *link)
{
    size_t kept = 0;

    for (size_t i = 0; i < unproven_count; i++) {
        if (unproven[i] != link)
            unproven[kept++] = unproven[i];
    }
    unproven_count = kept;
}

/* A relay proves its key in one round trip, so the oldest makes room: strangers who fill the places
 * cannot keep a relay out. */
static void add_unproven(struct link *link)
{
    if (unproven_count == MAX_UNPROVEN) {
        struct link *oldest = unproven[0];

        forget_unproven(oldest);
        oldest->closing = true;
        lws_set_timeout(oldest->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
    }
    unproven[unproven_count++] = link;
}

static void open_link(struct link *link, struct lws *wsi)
{
    *link = (struct link){
        .wsi = wsi,
        .app = lws_vhost_user(lws_get_vhost(wsi)),
        .opened_us = clock_now_us(),
        .heard_us = clock_now_us(),
        .timer_us = clock_now_us(),
    };
    link->queue_end = &link->queue;
    add_unproven(link);
    random_id(link->nonce);
    send_json(link, json_pack("{s:s, s:s}", "type", "hello", "nonce", link->nonce));
    lws_sul_schedule(lws_get_context(wsi), 0, &link->timer, on_timer, (lws_usec_t)PING_EVERY_US);
}

static void close_link(struct link *link)
{
    lws_sul_cancel(&link->timer);
    forget_unproven(link);
    if (link->relay)
        relays_disconnect(link->app->relays, link->relay, link, clock_now_us());
    link->relay = NULL;
    text_finish(&link->incoming);
    while (link->queue) {
        struct outgoing *next = link->queue->next;

        free(link->queue);
        link->queue = next;
    }
    link->queue_end = &link->queue;
}

static void refuse(struct link *link, const char *reason)
{
    log_warn(LOG_LINK, "a relay is refused, %s", reason);
    send_json(link, json_pack("{s:s, s:s}", "type", "refused", "reason", reason));
    link_close(link, CLOSE_WRONG_KEY);
}

struct announcements {
    struct announced_capacity relays[RELAYS_MAX];
    size_t count;
};

static void add_announcement(void *user, const struct relay_figures *figures)
{
    struct announcements *list = user;

    if (figures->connected && list->count < RELAYS_MAX)
        list->relays[list->count++] = (struct announced_capacity){figures->id, figures->capacity};
}

/* Media does not wait for a database that is busy or full: the relay is told again when it comes again. */
static void note_capacities(struct signaling *app)
{
    struct announcements list = {.count = 0};
    int r;

    relays_each_figures(app->relays, add_announcement, &list);
    r = planned_capacity_note(app->store, list.relays, list.count, clock_wall_s());
    if (r < 0)
        log_warn(LOG_LINK, "the relays' capacity is not written: %s", strerror(-r));
}

static void register_relay(struct link *link, const struct link_register *registration)
{
    char mac[LINK_PROOF_CHARS + 1];

    link_proof_of_relay(
        link->app->relay_key, registration->relay, link->nonce, registration->nonce, mac);
    if (!link_proof_equals(mac, registration->mac)) {
        refuse(link, "the relay key differs from this server's");
        return;
    }
    forget_unproven(link);
    link_proof_of_signaling(
        link->app->relay_key, registration->relay, registration->nonce, link->nonce, mac);
    send_json(link, json_pack("{s:s, s:s}", "type", "welcome", "mac", mac));
    link->relay = relays_connect(link->app->relays, link, registration, clock_now_us());
    if (link->relay) {
        stage_relay_connected(link->app);
        note_capacities(link->app);
    } else {
        refuse(link, "this server has too many relays");
    }
}

static void receive_message(struct link *link)
{
    struct link_message message;
    struct json_error error;

    if (link_message_parse(link->incoming.data, link->incoming.len, &message, &error) < 0) {
        log_warn(LOG_LINK, "bad message from a relay");
        link_close(link, CLOSE_BAD_MESSAGE);
        return;
    }
    if (link->relay)
        relays_receive(link->app->relays, link->relay, &message);
    else if (message.type == LINK_REGISTER)
        register_relay(link, &message.registration);
    else
        link_close(link, CLOSE_BAD_MESSAGE);
    link_message_finish(&message);
}

static int receive_bytes(struct link *link, const void *data, size_t len)
{
    size_t limit = link->relay ? LINK_MAX_MESSAGE_BYTES : LINK_MAX_REGISTER_BYTES;

    link->heard_us = clock_now_us();
    if (link->closing)
        return 0;
    if (lws_frame_is_binary(link->wsi) || link->incoming.len + len > limit)
        return -1;
    text_append(&link->incoming, data, len);
    if (link->incoming.failed)
        return -1;
    if (lws_remaining_packet_payload(link->wsi) > 0 || !lws_is_final_fragment(link->wsi))
        return 0;
    receive_message(link);
    text_finish(&link->incoming);
    return 0;
}

/* One write per writeable callback. */
static int write_next(struct link *link)
{
    unsigned char ping[LWS_PRE + 1] = {0}; /* libwebsockets does not tell of an empty pong */
    struct outgoing *out = link->queue;
    int written;

    if (link->ping_due) {
        link->ping_due = false;
        if (lws_write(link->wsi, ping + LWS_PRE, 1, LWS_WRITE_PING) < 0)
            return -1;
    } else if (out) {
        written = lws_write(link->wsi, out->data + LWS_PRE, out->len, LWS_WRITE_TEXT);
        link->queue = out->next;
        if (!link->queue)
            link->queue_end = &link->queue;
        link->backlog_bytes -= out->len;
        free(out);
        if (written < 0)
            return -1;
    } else if (link->closing) {
        lws_close_reason(link->wsi, (enum lws_close_status)link->close_code, NULL, 0);
        return -1;
    }
    if (link->queue || link->closing)
        lws_callback_on_writable(link->wsi);
    return 0;
}

bool link_server_is_open(const struct signaling *app)
{
    return *app->relay_key != '\0';
}

static int on_link_event(
    struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    struct link *link = user;

    switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
        open_link(link, wsi);
        break;
    case LWS_CALLBACK_CLOSED:
        close_link(link);
        break;
    case LWS_CALLBACK_RECEIVE:
        return receive_bytes(link, in, len);
    case LWS_CALLBACK_RECEIVE_PONG:
        link->heard_us = clock_now_us();
        break;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return write_next(link);
    default:
        break;
    }
    return 0;
}

struct lws_protocols link_server_protocol(void)
{
    return (struct lws_protocols){
        .name = LINK_SERVER_PROTOCOL,
        .callback = on_link_event,
        .per_session_data_size = sizeof(struct link),
        .rx_buffer_size = RX_CHUNK_BYTES,
    };
}
