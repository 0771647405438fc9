#include "relay/signaling_link.h"

#include "common/log.h"
#include "common/random.h"
#include "relay/link_messages.h"
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
    const struct workers *workers;
    /* owned */
    struct placement *placement;
    struct relay_load *load;
    char *relay_id;
    char *key;
    struct link_socket *socket;
    struct mailbox *mailbox;
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

/* Work that goes to a worker, or to one after the other, and comes back with what to send. */
struct link_work {
    struct mail mail; /* first: the mailbox hands it back */
    struct signaling_link *link;
    size_t worker; /* where it is or was */
    unsigned generation;
    struct link_message message;
    json_t *result;
};

static void free_work(struct link_work *work)
{
    link_message_finish(&work->message);
    json_decref(work->result);
    free(work);
}

/* ---- on the worker's thread ---- */

static int run_request(struct worker *worker, const struct link_message *message,
    json_t **ret_members, struct session_error *ret_error)
{
    struct session_table *sessions = worker_sessions(worker);
    uint64_t now_us = worker_now_us(worker);

    switch (message->type) {
    case LINK_SESSION_CREATE:
        return session_table_open(sessions, &message->create, now_us, ret_members, ret_error);
    case LINK_SESSION_TRICKLE:
        return session_table_trickle(sessions, message->session, message->fragment, ret_error);
    case LINK_SESSION_RESTART:
        return session_table_restart(sessions, message->session, message->fragment, message->record,
            now_us, ret_members, ret_error);
    case LINK_SESSION_CLOSE:
        session_table_close(sessions, message->session);
        return 0;
    case LINK_SLOTS_SET:
        return session_table_set_slot(
            sessions, message->session, message->slot, message->source, now_us, ret_error);
    default:
        return session_fail(ret_error, 400, "bad_request", "not a request");
    }
}

static void deliver(struct mail *mail, void *context);

static void send_back(struct link_work *work)
{
    work->mail.run = deliver;
    mailbox_post(work->link->mailbox, &work->mail);
}

static void work_on_request(struct mail *mail, void *context)
{
    struct link_work *work = (struct link_work *)mail;
    struct session_error error = {0};
    json_t *members = NULL;

    if (context == NULL) {
        free_work(work);
        return;
    }
    if (run_request(context, &work->message, &members, &error) < 0)
        work->result = link_reply_error(work->message.id, &error);
    else
        work->result = link_reply(work->message.id, members);
    send_back(work);
}

/* On to the next worker, or back with what all have said. */
static void pass_on(struct link_work *work)
{
    const struct workers *workers = work->link->workers;

    if (work->worker + 1 == workers_count(workers))
        send_back(work);
    else
        worker_post(workers_all(workers)[++work->worker], &work->mail);
}

static void work_on_records(struct mail *mail, void *context)
{
    struct link_work *work = (struct link_work *)mail;
    json_t *records;

    if (context == NULL) {
        free_work(work);
        return;
    }
    records = session_table_records(worker_sessions(context));
    if (work->result == NULL)
        work->result = json_array();
    json_array_extend(work->result, records);
    json_decref(records);
    pass_on(work);
}

static void work_on_stats(struct mail *mail, void *context)
{
    struct link_work *work = (struct link_work *)mail;
    struct stats_query query = {.workers = workers_count(work->link->workers)};

    if (context == NULL) {
        free_work(work);
        return;
    }
    query.lesson = work->message.detail;
    if (work->result == NULL)
        work->result = json_array();
    json_array_append_new(work->result, worker_stats(context, &query));
    if (work->worker + 1 == query.workers)
        work->result =
            link_reply(work->message.id, json_pack("{s:o}", "stats", stats_of_relay(work->result)));
    pass_on(work);
}

static void work_on_announce(struct mail *mail, void *context)
{
    struct link_work *work = (struct link_work *)mail;

    if (context == NULL) {
        free_work(work);
        return;
    }
    session_table_announce(worker_sessions(context));
    pass_on(work);
}

/* ---- back on the main thread ---- */

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
static void deliver(struct mail *mail, void *context)
{
    struct link_work *work = (struct link_work *)mail;
    struct signaling_link *link = work->link;
    json_t *result = work->result;

    if (context != NULL)
        note_reply(link, work);
    work->result = NULL;
    if (context == NULL)
        json_decref(result);
    else if (work->generation == 0)
        send_event(link, result);
    else if (work->generation != link->generation)
        json_decref(result);
    else if (json_is_array(result))
        send_register(link, result);
    else if (result != NULL)
        link_socket_send(link->socket, result);
    free_work(work);
}

void signaling_link_post_event(struct signaling_link *link, json_t *event)
{
    struct link_work *work = calloc(1, sizeof(*work));

    if (work == NULL) {
        json_decref(event);
        return;
    }
    work->link = link;
    work->result = event;
    send_back(work);
}

/* ---- what signaling sends ---- */

/* Takes a reference to the message; NULL for work without one. */
static void give_to_worker(struct signaling_link *link, size_t worker,
    const struct link_message *message, void (*run)(struct mail *mail, void *context))
{
    struct link_work *work = calloc(1, sizeof(*work));

    if (work == NULL) {
        link_socket_drop(link->socket);
        return;
    }
    work->mail.run = run;
    work->link = link;
    work->worker = worker;
    work->generation = link->generation;
    if (message != NULL) {
        work->message = *message;
        json_incref(work->message.document);
    }
    worker_post(workers_all(link->workers)[worker], &work->mail);
}

static void open_session(struct signaling_link *link, const struct link_message *message)
{
    int worker = placement_add(link->placement, &message->create);
    struct session_error error;

    if (worker >= 0) {
        give_to_worker(link, (size_t)worker, message, work_on_request);
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
        give_to_worker(link, 0, message, work_on_stats);
    else
        give_to_worker(
            link, placement_find(link->placement, message->session), message, work_on_request);
}

static void on_hello(struct signaling_link *link, const struct link_message *message)
{
    if (link->state != LINK_WAIT_HELLO) {
        link->ignored++;
        return;
    }
    memcpy(link->hello_nonce, message->nonce, sizeof(link->hello_nonce));
    link->state = LINK_WAIT_RECORDS;
    give_to_worker(link, 0, NULL, work_on_records);
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
    give_to_worker(link, 0, NULL, work_on_announce);
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
    link->workers = workers;
    link_socket_run(link->socket);
}

void signaling_link_stop(struct signaling_link *link)
{
    link->stopping = true;
    link_socket_stop(link->socket);
}
