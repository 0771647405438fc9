#include "relay/signaling_link.h"

#include "common/log.h"
#include "common/random.h"
#include "relay/link_work.h"
#include "relay/placement.h"
#include "relay/relay_load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum link_state {
    LINK_DOWN,
    LINK_WAIT_HELLO,
    LINK_WAIT_RECORDS, /* the workers list their sessions */
    LINK_WAIT_WELCOME,
    LINK_REGISTERED,
};

struct signaling_link {
    /* borrowed */
    struct signaling_link_params params;
    /* owned */
    struct placement *placement;
    struct relay_load *load;
    char *relay_id;
    char *key;
    struct link_socket *socket;
    struct mailbox *mailbox;
    struct link_work_home home;
    json_t *held; /* events since the workers began to list records, until welcome */
    /* state */
    enum link_state state;
    unsigned generation; /* of the connection; work for an older one is dropped */
    char hello_nonce[LINK_NONCE_CHARS + 1];
    char nonce[LINK_NONCE_CHARS + 1];
    uint64_t ignored;
    bool was_ready;
    volatile bool stopping;
};

/* ---- what comes back from the workers ---- */

static void send_register(struct signaling_link *link, json_t *records)
{
    char mac[LINK_MAC_CHARS + 1];

    random_id(link->nonce);
    if (link_mac(link->key, "relay", link->relay_id, link->hello_nonce, link->nonce, mac) < 0) {
        json_decref(records);
        link_socket_drop(link->socket);
        return;
    }
    link->state = LINK_WAIT_WELCOME;
    link_socket_send(link->socket,
        link_register(link->relay_id, link->nonce, mac, link->params.max_sessions, records));
}

static bool is_type(const json_t *message, const char *type)
{
    const char *text = json_string_value(json_object_get(message, "type"));

    return text != NULL && strcmp(text, type) == 0;
}

/* A session that ended leaves its place. */
static void note_state(struct signaling_link *link, const json_t *event)
{
    const char *state = json_string_value(json_object_get(event, "state"));
    const char *session = json_string_value(json_object_get(event, "session"));

    if (state != NULL && session != NULL && strcmp(state, "closed") == 0)
        placement_remove(link->placement, session);
}

static void send_event(struct signaling_link *link, json_t *event)
{
    if (is_type(event, "session.state"))
        note_state(link, event);
    else if (is_type(event, "load"))
        event = relay_load_add(link->load, event);
    if (event == NULL)
        return;
    if (link->state == LINK_REGISTERED)
        link_socket_send(link->socket, event);
    else if (link->state == LINK_WAIT_RECORDS || link->state == LINK_WAIT_WELCOME)
        json_array_append_new(link->held, event);
    else
        json_decref(event);
}

static void note_reply(struct signaling_link *link, const struct link_work *work)
{
    if (work->message.type == LINK_SESSION_CREATE && work->message.document != NULL &&
        !json_is_true(json_object_get(work->result, "ok")))
        placement_remove(link->placement, work->message.create.session);
}

/* What a worker sent: a reply or records for the connection that asked, or an event. */
static void on_back(struct link_work *work, void *context)
{
    struct signaling_link *link = context;
    json_t *result = work->result;

    if (link != NULL) {
        note_reply(link, work);
        work->result = NULL;
        if (work->generation == 0)
            send_event(link, result);
        else if (work->generation != link->generation)
            json_decref(result);
        else if (json_is_array(result))
            send_register(link, result);
        else if (result != NULL)
            link_socket_send(link->socket, result);
    }
    link_work_free(work);
}

void signaling_link_post_event(struct signaling_link *link, json_t *event)
{
    link_work_post_event(&link->home, event);
}

/* ---- what signaling sends ---- */

static void give_to_worker(struct signaling_link *link, enum link_work_kind kind, size_t worker,
    const struct link_message *message)
{
    if (link_work_start(&link->home, kind, worker, message, link->generation) < 0)
        link_socket_drop(link->socket);
}

static void open_session(struct signaling_link *link, const struct link_message *message)
{
    int worker = placement_add(link->placement, &message->create);
    struct session_error error;

    if (worker >= 0) {
        give_to_worker(link, LINK_WORK_REQUEST, (size_t)worker, message);
        return;
    }
    if (worker == -EEXIST)
        session_fail(&error, 400, "bad_request", "the session exists already");
    else
        session_fail(&error, 503, "full",
            worker == -ENOSPC ? "the relay carries as many sessions as it may"
                              : "the relay is out of memory");
    link_socket_send(link->socket, link_reply_error(message->id, &error));
}

static void take_request(struct signaling_link *link, const struct link_message *message)
{
    if (message->type == LINK_SESSION_CREATE)
        open_session(link, message);
    else if (message->type == LINK_STATS_GET)
        give_to_worker(link, LINK_WORK_STATS, 0, message);
    else
        give_to_worker(
            link, LINK_WORK_REQUEST, placement_find(link->placement, message->session), message);
}

static void on_hello(struct signaling_link *link, const struct link_message *message)
{
    if (link->state != LINK_WAIT_HELLO) {
        link->ignored++;
        return;
    }
    memcpy(link->hello_nonce, message->nonce, sizeof(link->hello_nonce));
    link->state = LINK_WAIT_RECORDS;
    give_to_worker(link, LINK_WORK_RECORDS, 0, NULL);
}

static void on_welcome(struct signaling_link *link, const struct link_message *message)
{
    char mac[LINK_MAC_CHARS + 1];
    json_t *event;
    size_t i;

    if (link->state != LINK_WAIT_WELCOME) {
        link->ignored++;
        return;
    }
    if (link_mac(link->key, "signaling", link->relay_id, link->nonce, link->hello_nonce, mac) < 0 ||
        !link_mac_equal(mac, message->mac)) {
        log_warn(LOG_LINK, "event=wrong_proof signaling does not have this relay's key");
        link_socket_drop(link->socket);
        return;
    }
    link->state = LINK_REGISTERED;
    link_socket_confirm(link->socket);
    log_info(LOG_LINK, "event=registered relay=%s", link->relay_id);
    json_array_foreach(link->held, i, event)
    {
        link_socket_send(link->socket, json_incref(event));
    }
    json_array_clear(link->held);
    give_to_worker(link, LINK_WORK_ANNOUNCE, 0, NULL);
    if (!link->was_ready)
        link->params.on_ready(link->params.user);
    link->was_ready = true;
}

static void on_bad_message(struct signaling_link *link, const struct link_refusal *refusal)
{
    struct session_error error;

    link->ignored++;
    log_warn(LOG_LINK, "event=bad_message why=\"%s\"", refusal->text);
    if (!refusal->has_id || link->state != LINK_REGISTERED)
        return;
    session_fail(&error, 400, "bad_request", "%s", refusal->text);
    link_socket_send(link->socket, link_reply_error(refusal->id, &error));
}

static void on_message(void *user, const char *text, size_t len)
{
    struct signaling_link *link = user;
    struct link_message message;
    struct link_refusal refusal;

    if (link_message_parse(text, len, &message, &refusal) < 0) {
        on_bad_message(link, &refusal);
        return;
    }
    switch (message.type) {
    case LINK_HELLO:
        on_hello(link, &message);
        break;
    case LINK_WELCOME:
        on_welcome(link, &message);
        break;
    case LINK_REFUSED:
        log_warn(LOG_LINK, "event=refused reason=\"%s\"", message.reason);
        break;
    default:
        if (link->state == LINK_REGISTERED)
            take_request(link, &message);
        else
            link->ignored++;
    }
    link_message_finish(&message);
}

static void on_open(void *user)
{
    struct signaling_link *link = user;

    link->generation++;
    link->state = LINK_WAIT_HELLO;
}

static void on_closed(void *user)
{
    struct signaling_link *link = user;

    if (link->state == LINK_REGISTERED && !link->stopping)
        log_warn(LOG_LINK, "event=lost signaling is away; media goes on");
    link->state = LINK_DOWN;
    link->generation++;
    json_array_clear(link->held);
}

static void on_wake(void *user)
{
    struct signaling_link *link = user;

    mailbox_run(link->mailbox, link);
}

/* ---- life ---- */

static void wake_main(void *user)
{
    struct signaling_link *link = user;

    link_socket_wake(link->socket);
}

int signaling_link_create(
    const struct signaling_link_params *params, struct signaling_link **ret_link)
{
    struct signaling_link *link = calloc(1, sizeof(*link));
    struct link_socket_params socket = {
        .address = params->address,
        .ca_file = params->ca_file,
        .on_open = on_open,
        .on_message = on_message,
        .on_closed = on_closed,
        .on_wake = on_wake,
        .user = link,
    };
    int err = -ENOMEM;

    if (link == NULL)
        return -ENOMEM;
    link->params = *params;
    link->relay_id = strdup(params->relay_id);
    link->key = strdup(params->key);
    link->held = json_array();
    if (link->relay_id == NULL || link->key == NULL || link->held == NULL)
        goto out;
    err = placement_create(params->workers, params->max_sessions, &link->placement);
    if (err < 0)
        goto out;
    err = relay_load_create(params->workers, &link->load);
    if (err < 0)
        goto out;
    err = mailbox_create(wake_main, link, &link->mailbox);
    if (err < 0)
        goto out;
    link->home = (struct link_work_home){.mailbox = link->mailbox, .on_back = on_back};
    err = link_socket_create(&socket, &link->socket);
    if (err < 0)
        goto out;
    *ret_link = link;
    return 0;
out:
    signaling_link_destroy(link);
    return err;
}

void signaling_link_destroy(struct signaling_link *link)
{
    if (link == NULL)
        return;
    /* Closing the socket still calls back; mail that is left needs nothing but freeing. */
    link_socket_destroy(link->socket);
    mailbox_destroy(link->mailbox);
    placement_destroy(link->placement);
    relay_load_destroy(link->load);
    json_decref(link->held);
    if (link->key != NULL)
        explicit_bzero(link->key, strlen(link->key));
    free(link->key);
    free(link->relay_id);
    free(link);
}

void signaling_link_run(struct signaling_link *link, const struct workers *workers)
{
    link->home.workers = workers;
    link_socket_run(link->socket);
}

void signaling_link_stop(struct signaling_link *link)
{
    link->stopping = true;
    link_socket_stop(link->socket);
}
