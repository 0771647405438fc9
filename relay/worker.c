#define _GNU_SOURCE
#include "relay/worker.h"

#include "common/clock.h"
#include "common/log.h"
#include "relay/parcel_ring.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define TICK_US         (10 * US_PER_MS)
#define EVENTS_PER_WAIT 64
/* Then timers and commands get their turn, however much the network brings. */
#define UDP_BATCHES_PER_TURN 8

/* Some milliseconds of sending; then what has arrived meanwhile, audio above all, gets its turn. */
#define PACKETS_PER_TURN 512

#define MAX_PACKET_BYTES 2048

/* epoll's data: what it is in the upper half, which TCP connection in the lower. */
#define TAG_UDP        (UINT64_C(1) << 32)
#define TAG_LISTENER   (UINT64_C(2) << 32)
#define TAG_WAKE       (UINT64_C(3) << 32)
#define TAG_CONNECTION (UINT64_C(4) << 32)

struct worker {
    /* borrowed */
    struct worker_params params;
    /* owned */
    int epoll;
    int wake;
    struct mailbox *mailbox;
    struct udp_receiver *receiver;
    struct udp_sender *sender;
    struct tcp_connections *tcp;
    struct transport_identity *identity;
    struct transport_mux *mux;
    struct router *router;
    struct session_table *sessions;
    /* state */
    struct candidate_list candidates;
    struct stats_load load;
    struct histogram loop;
    uint64_t now_us; /* of this turn */
    uint64_t next_tick_us;
    uint64_t fed;                     /* bits of the peers that got packets in this turn */
    bool watches_writable;            /* the UDP socket was full */
    uint8_t framed[MAX_PACKET_BYTES]; /* one packet on its way to a TCP connection */
    pthread_t thread;
    bool running;
    atomic_bool stopping;
};

/* ---- callbacks of the parts ---- */

static int send_datagram(
    void *user, const struct transport_path *path, const uint8_t *data, size_t len)
{
    struct worker *worker = user;

    if (path->connection != 0)
        return tcp_connections_send(worker->tcp, path->connection, data, len);
    return udp_sender_send(worker->sender, path, data, len);
}

static uint8_t *reserve_media(void *user, const struct transport_path *path, size_t capacity)
{
    struct worker *worker = user;

    if (path->connection != 0)
        return capacity <= sizeof(worker->framed) ? worker->framed : NULL;
    return udp_sender_reserve(worker->sender, capacity);
}

static void commit_media(void *user, const struct transport_path *path, size_t len)
{
    struct worker *worker = user;

    if (path->connection != 0)
        tcp_connections_send(worker->tcp, path->connection, worker->framed, len);
    else
        udp_sender_commit(worker->sender, path, len);
}

static void on_connection_unused(void *user, uint32_t connection)
{
    struct worker *worker = user;

    tcp_connections_close(worker->tcp, connection);
}

static void on_datagram(void *user, const struct transport_path *path, uint8_t *data, size_t len)
{
    struct worker *worker = user;

    transport_mux_receive(worker->mux, path, data, len, worker->now_us);
}

static void on_connection_closed(void *user, uint32_t connection)
{
    struct worker *worker = user;

    transport_mux_connection_closed(worker->mux, connection);
}

static void on_session_event(void *user, json_t *event)
{
    struct worker *worker = user;

    worker->params.on_event(worker->params.user, event);
}

static void wake(void *user)
{
    struct worker *worker = user;
    uint64_t one = 1;

    /* A full counter wakes as well, so there is nothing to do about a failure. */
    if (write(worker->wake, &one, sizeof(one)) < 0)
        return;
}

/* ---- other workers ---- */

struct message_mail {
    struct mail mail; /* first: the mailbox hands it back */
    struct router_message *message;
};

static void deliver_message(struct mail *mail, void *context)
{
    struct message_mail *letter = (struct message_mail *)mail;
    struct worker *worker = context;

    router_take_message(worker != NULL ? worker->router : NULL, letter->message,
        worker != NULL ? worker->now_us : 0);
    free(letter);
}

static void post_message(void *user, unsigned peer, struct router_message *message)
{
    struct worker *worker = user;
    struct message_mail *letter = malloc(sizeof(*letter));

    if (letter == NULL) {
        router_take_message(NULL, message, 0);
        return;
    }
    letter->mail.run = deliver_message;
    letter->message = message;
    worker_post(worker->params.peers[peer], &letter->mail);
}

static struct parcel_ring *ring_between(const struct worker *worker, size_t from, size_t to)
{
    return worker->params.rings[from * worker->params.count + to];
}

static bool hand_over(void *user, unsigned peer, const struct router_parcel *parcel)
{
    struct worker *worker = user;

    if (!parcel_ring_push(ring_between(worker, worker->params.index, peer), parcel))
        return false;
    worker->fed |= UINT64_C(1) << peer;
    return true;
}

/* Once per turn and peer, however many packets it was. */
static void wake_fed(struct worker *worker)
{
    for (; worker->fed != 0; worker->fed &= worker->fed - 1)
        wake(worker->params.peers[__builtin_ctzll(worker->fed)]);
}

static void take_parcels(struct worker *worker)
{
    struct router_parcel parcel;

    for (size_t i = 0; i < worker->params.count; i++) {
        if (i == worker->params.index)
            continue;
        while (parcel_ring_pop(ring_between(worker, i, worker->params.index), &parcel))
            router_take_parcel(worker->router, &parcel, worker->now_us);
    }
}

/* ---- the loop ---- */

static void read_udp(struct worker *worker)
{
    for (int i = 0; i < UDP_BATCHES_PER_TURN; i++) {
        if (udp_receiver_read(worker->receiver, on_datagram, worker) < UDP_RECEIVER_BATCH)
            return;
        worker->now_us = clock_now_us();
    }
}

/* Only while the socket is full: else it is writable all the time. */
static void watch_writable(struct worker *worker, bool wanted)
{
    struct epoll_event event = {
        .events = EPOLLIN | (wanted ? EPOLLOUT : 0),
        .data.u64 = TAG_UDP,
    };

    if (worker->watches_writable == wanted)
        return;
    worker->watches_writable = wanted;
    epoll_ctl(worker->epoll, EPOLL_CTL_MOD, worker->params.sockets.udp, &event);
}

static void handle_udp(struct worker *worker, uint32_t events)
{
    if ((events & EPOLLOUT) && udp_sender_flush(worker->sender) == 0)
        watch_writable(worker, false);
    if (events & ~(uint32_t)EPOLLOUT)
        read_udp(worker);
}

static void drain_wake(struct worker *worker)
{
    uint64_t count;

    if (read(worker->wake, &count, sizeof(count)) < 0 && errno != EAGAIN)
        log_warn(LOG_CORE, "event=wake_failed error=%d", errno);
    mailbox_run(worker->mailbox, worker);
}

static void dispatch(struct worker *worker, const struct epoll_event *event)
{
    uint64_t tag = event->data.u64 & ~UINT64_C(0xffffffff);

    if (tag == TAG_UDP)
        handle_udp(worker, event->events);
    else if (tag == TAG_CONNECTION)
        tcp_connections_event(worker->tcp, (uint32_t)event->data.u64, event->events);
    else if (tag == TAG_LISTENER)
        tcp_connections_accept(worker->tcp, worker->now_us);
    else
        drain_wake(worker);
}

static void tick(struct worker *worker)
{
    json_t *load;

    worker->now_us = clock_now_us();
    transport_mux_tick(worker->mux, worker->now_us);
    session_table_sweep(worker->sessions);
    if (worker->now_us < worker->next_tick_us)
        return;
    worker->next_tick_us = worker->now_us + TICK_US;
    router_tick(worker->router, worker->now_us, clock_wall_us());
    tcp_connections_tick(worker->tcp, worker->now_us);
    load = stats_load_event(&worker->load, worker->sessions, worker->now_us);
    if (load == NULL)
        return;
    json_object_set_new(load, "worker", json_integer((json_int_t)worker->params.index));
    on_session_event(worker, load);
}

static int wait_ms(const struct worker *worker)
{
    uint64_t now_us = clock_now_us();

    if (now_us >= worker->next_tick_us)
        return 0;
    return (int)((worker->next_tick_us - now_us + US_PER_MS - 1) / US_PER_MS);
}

/* Gives out what this turn brought. What is left over is told by the result: then the next turn must not
 * wait. */
static bool give_out(struct worker *worker)
{
    bool more = !udp_sender_is_blocked(worker->sender) &&
                router_fan_out(worker->router, PACKETS_PER_TURN, worker->now_us);

    if (udp_sender_flush(worker->sender) < 0) {
        watch_writable(worker, true);
        return false;
    }
    return more;
}

static void *run(void *user)
{
    struct worker *worker = user;
    struct epoll_event events[EVENTS_PER_WAIT];
    bool more = false;

    while (!atomic_load(&worker->stopping)) {
        int count = epoll_wait(worker->epoll, events, EVENTS_PER_WAIT, more ? 0 : wait_ms(worker));

        uint64_t turn_us = clock_now_us();

        worker->now_us = turn_us;
        for (int i = 0; i < count; i++)
            dispatch(worker, &events[i]);
        take_parcels(worker);
        tick(worker);
        wake_fed(worker);
        more = give_out(worker) || transport_mux_has_work(worker->mux);
        histogram_add(&worker->loop, clock_elapsed_us(clock_now_us(), turn_us));
    }
    return NULL;
}

/* ---- life ---- */

static int create_parts(struct worker *worker, const struct worker_params *params)
{
    struct router_exchange exchange = {
        .index = (unsigned)params->index,
        .count = (unsigned)params->count,
        .post = post_message,
        .hand_over = hand_over,
        .user = worker,
    };
    struct transport_mux_params mux = {
        .send = send_datagram,
        .reserve = reserve_media,
        .commit = commit_media,
        .on_connection_unused = on_connection_unused,
        .user = worker,
    };
    struct tcp_connections_params tcp = {
        .listener = params->sockets.tcp,
        .epoll = worker->epoll,
        .max_connections = params->max_connections,
        .listener_tag = TAG_LISTENER,
        .connection_tag = TAG_CONNECTION,
        .on_message = on_datagram,
        .on_closed = on_connection_closed,
        .user = worker,
    };
    struct session_table_params sessions = {
        .candidates = &worker->candidates,
        .max_sessions = params->max_sessions,
        .on_event = on_session_event,
        .user = worker,
    };
    int err = transport_identity_create(&worker->identity);

    mux.identity = worker->identity;
    if (err == 0)
        err = transport_mux_create(&mux, &worker->mux);
    if (err == 0)
        err = router_create(&exchange, &worker->router);
    if (err == 0)
        err = udp_receiver_create(params->sockets.udp, &worker->receiver);
    if (err == 0)
        err = udp_sender_create(params->sockets.udp, params->sockets.family, &worker->sender);
    if (err == 0)
        err = tcp_connections_create(&tcp, &worker->tcp);
    sessions.mux = worker->mux;
    sessions.router = worker->router;
    sessions.identity = worker->identity;
    if (err == 0)
        err = session_table_create(&sessions, &worker->sessions);
    return err;
}

int worker_start(struct worker *worker)
{
    sigset_t all;
    sigset_t before;
    int err;

    /* Signals are the main thread's. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    err = pthread_create(&worker->thread, NULL, run, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    worker->running = err == 0;
    return -err;
}

static int watch(struct worker *worker, int fd, uint64_t tag)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = tag};

    return epoll_ctl(worker->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

int worker_create(const struct worker_params *params, struct worker **ret_worker)
{
    struct worker *worker = calloc(1, sizeof(*worker));
    int err;

    if (worker == NULL)
        return -ENOMEM;
    worker->params = *params;
    stats_loop_init(&worker->loop);
    worker->epoll = epoll_create1(EPOLL_CLOEXEC);
    worker->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    candidate_list_init(
        params->addresses, params->sockets.port, params->sockets.tcp >= 0, &worker->candidates);
    err = worker->epoll < 0 || worker->wake < 0 ? -errno : 0;
    if (err == 0)
        err = mailbox_create(wake, worker, &worker->mailbox);
    if (err == 0)
        err = create_parts(worker, params);
    if (err == 0)
        err = watch(worker, params->sockets.udp, TAG_UDP);
    if (err == 0)
        err = watch(worker, worker->wake, TAG_WAKE);
    if (err < 0) {
        worker_destroy(worker);
        return err;
    }
    *ret_worker = worker;
    return 0;
}

void worker_stop(struct worker *worker)
{
    if (worker == NULL)
        return;
    if (worker->running) {
        atomic_store(&worker->stopping, true);
        wake(worker);
        pthread_join(worker->thread, NULL);
        worker->running = false;
    }
    session_table_destroy(worker->sessions);
    worker->sessions = NULL;
    if (worker->router != NULL)
        router_leave_exchange(worker->router);
}

void worker_destroy(struct worker *worker)
{
    if (worker == NULL)
        return;
    worker_stop(worker);
    mailbox_destroy(worker->mailbox);
    router_destroy(worker->router);
    if (worker->mux != NULL)
        transport_mux_destroy(worker->mux);
    tcp_connections_destroy(worker->tcp);
    udp_receiver_destroy(worker->receiver);
    udp_sender_destroy(worker->sender);
    transport_identity_destroy(worker->identity);
    if (worker->epoll >= 0)
        close(worker->epoll);
    if (worker->wake >= 0)
        close(worker->wake);
    free(worker);
}

void worker_post(struct worker *worker, struct mail *mail)
{
    mailbox_post(worker->mailbox, mail);
}

struct session_table *worker_sessions(struct worker *worker)
{
    return worker->sessions;
}

uint64_t worker_now_us(const struct worker *worker)
{
    return worker->now_us;
}

json_t *worker_stats(const struct worker *worker, const struct stats_query *query)
{
    struct stats_sources sources = {
        .sessions = worker->sessions,
        .router = worker->router,
        .mux = worker->mux,
        .receiver = worker->receiver,
        .sender = worker->sender,
        .tcp = worker->tcp,
        .loop = &worker->loop,
        .index = worker->params.index,
    };

    return stats_collect(&sources, query, worker->now_us);
}
