#include "relay/link_work.h"

#include <errno.h>
#include <stdlib.h>

void link_work_free(struct link_work *work)
{
    link_message_finish(&work->message);
    json_decref(work->result);
    free(work);
}

static void come_back(struct mail *mail, void *context)
{
    struct link_work *work = (struct link_work *)mail;

    work->home->on_back(work, context);
}

static void send_back(struct link_work *work)
{
    work->mail.run = come_back;
    mailbox_post(work->home->mailbox, &work->mail);
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

static void work_on_request(struct mail *mail, void *context)
{
    struct link_work *work = (struct link_work *)mail;
    struct session_error error = {0};
    json_t *members = NULL;

    if (context == NULL) {
        link_work_free(work);
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
    const struct workers *workers = work->home->workers;

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
        link_work_free(work);
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
    struct stats_query query = {.workers = workers_count(work->home->workers)};

    if (context == NULL) {
        link_work_free(work);
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
        link_work_free(work);
        return;
    }
    session_table_announce(worker_sessions(context));
    pass_on(work);
}

/* ---- to the worker ---- */

static void (*const run_of_kind[])(struct mail *mail, void *context) = {
    [LINK_WORK_REQUEST] = work_on_request,
    [LINK_WORK_STATS] = work_on_stats,
    [LINK_WORK_RECORDS] = work_on_records,
    [LINK_WORK_ANNOUNCE] = work_on_announce,
};

int link_work_start(const struct link_work_home *home, enum link_work_kind kind, size_t worker,
    const struct link_message *message, unsigned generation)
{
    struct link_work *work = calloc(1, sizeof(*work));

    if (work == NULL)
        return -ENOMEM;
    work->mail.run = run_of_kind[kind];
    work->home = home;
    work->worker = worker;
    work->generation = generation;
    if (message != NULL) {
        work->message = *message;
        json_incref(work->message.document);
    }
    worker_post(workers_all(home->workers)[worker], &work->mail);
    return 0;
}

void link_work_post_event(const struct link_work_home *home, json_t *event)
{
    struct link_work *work = calloc(1, sizeof(*work));

    if (work == NULL) {
        json_decref(event);
        return;
    }
    work->home = home;
    work->result = event;
    send_back(work);
}
