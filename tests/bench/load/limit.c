#define _GNU_SOURCE
#include "tests/bench/load/limit.h"

#include "common/clock.h"
#include "common/random.h"
#include "relay/wire/rtp.h"
#include "tests/bench/load/arrivals.h"
#include "tests/bench/load/cpu_meter.h"
#include "tests/bench/load/descriptions.h"
#include "tests/bench/load/gro_receiver.h"
#include "tests/bench/load/histogram.h"
#include "tests/bench/load/limit_sender.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOCKET_BYTES (4 << 20)
#define POLL_US      500
#define EVENTS       256
#define SAMPLED      20

typedef uint8_t limit_key[SRTP_EVP_KEY_BYTES + SRTP_EVP_MAX_SALT_BYTES];

/* Written by the sending process. */
struct limit_shared {
    _Atomic uint64_t sent;
    _Atomic int failed; /* a positive errno */
};

struct limit_receiver {
    struct limit *limit;
    struct srtp_evp *srtp; /* owned; NULL = not sampled */
    struct arrivals video, audio;
    int fd; /* owned */
};

struct limit {
    const struct limit_params *params; /* borrowed */
    struct gro_receiver *receiver;     /* owned, as the next five */
    struct limit_receiver *receivers;
    struct sockaddr_in *addresses;
    limit_key *keys;
    struct limit_shared *shared;
    uint64_t received;
    struct histogram video_delay_ns, audio_delay_ns;
    int epoll_fd; /* owned */
};

struct limit_sums {
    uint64_t now_us;
    uint64_t sent;
    uint64_t received;
    uint64_t lost;
    struct cpu_sample cpu;
};

/* ---- the sending process ---- */

static int send_trace(struct limit *limit)
{
    const struct limit_params *params = limit->params;
    const struct limit_sender_params sender_params = {
        .profile = params->profile,
        .openssl = params->openssl,
        .header_bytes = params->header_bytes,
        .run = params->run,
        .batch = params->batch,
        .viewers = params->viewers,
        .addresses = limit->addresses,
        .keys = (const limit_key *)limit->keys,
    };
    uint64_t start_us, end_us = (uint64_t)((params->settle_seconds + params->seconds + 2) * 1e6);
    struct limit_sender *sender;
    struct trace_unit unit;
    struct trace trace;
    int err = limit_sender_create(&sender_params, &sender);

    if (err < 0)
        return err;
    trace_init(&trace, params->kbps);
    start_us = clock_now_us();
    for (trace_next(&trace, &unit); unit.at_us < end_us; trace_next(&trace, &unit)) {
        int64_t sent;

        clock_sleep_until(start_us + unit.at_us);
        sent = limit_sender_send(sender, &unit);
        if (sent < 0) {
            err = (int)sent;
            break;
        }
        atomic_fetch_add_explicit(&limit->shared->sent, (uint64_t)sent, memory_order_relaxed);
    }
    limit_sender_destroy(sender);
    return err;
}

static pid_t start_sender(struct limit *limit)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    int err;

    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    if (limit->params->cpus != 0)
        cpu_pin(limit->params->cpus);
    err = send_trace(limit);
    if (err < 0)
        atomic_store(&limit->shared->failed, -err);
    _exit(err < 0 ? 1 : 0);
}

/* ---- the receiving process ---- */

static void receive_packet(void *user, uint8_t *data, size_t len, uint64_t arrival_ns)
{
    struct limit_receiver *receiver = user;
    struct arrivals *arrivals;
    struct rtp_view view;
    uint64_t sent_ns;
    size_t plain_len;
    int64_t index;
    bool video;

    if (rtp_parse(data, len, &view) < 0)
        return;
    receiver->limit->received++;
    video = view.payload_type == DESCRIPTIONS_VIDEO_TYPE;
    arrivals = video ? &receiver->video : &receiver->audio;
    index = arrivals_index(arrivals, view.sequence_number);
    if (!arrivals_add(arrivals, view.sequence_number, arrival_ns / 1000) ||
        receiver->srtp == NULL ||
        srtp_evp_unprotect(
            receiver->srtp, (uint64_t)index, data, view.payload_offset, len, &plain_len) < 0 ||
        !trace_read_stamp(data + view.payload_offset, plain_len - view.payload_offset, &sent_ns))
        return;
    histogram_add(video ? &receiver->limit->video_delay_ns : &receiver->limit->audio_delay_ns,
        arrival_ns > sent_ns ? arrival_ns - sent_ns : 0);
}

static int open_receiver(struct limit *limit, size_t i)
{
    struct limit_receiver *receiver = &limit->receivers[i];
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = receiver};
    size_t sample = (limit->params->viewers + SAMPLED - 1) / SAMPLED;
    socklen_t len = sizeof(limit->addresses[i]);
    int err;

    receiver->limit = limit;
    receiver->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (receiver->fd < 0)
        return -errno;
    limit->addresses[i].sin_family = AF_INET;
    limit->addresses[i].sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(receiver->fd, (struct sockaddr *)&limit->addresses[i], len) < 0 ||
        getsockname(receiver->fd, (struct sockaddr *)&limit->addresses[i], &len) < 0 ||
        epoll_ctl(limit->epoll_fd, EPOLL_CTL_ADD, receiver->fd, &event) < 0)
        return -errno;
    err = gro_prepare_socket(receiver->fd, SOCKET_BYTES);
    random_bytes(limit->keys[i], sizeof(limit->keys[i]));
    if (err == 0 && i % sample == 0)
        err = srtp_evp_create(limit->params->profile, limit->keys[i],
            limit->keys[i] + SRTP_EVP_KEY_BYTES, SRTP_EVP_READ, &receiver->srtp);
    return err;
}

static int set_up(struct limit *limit)
{
    size_t viewers = limit->params->viewers;
    int err;

    limit->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    limit->receivers = calloc(viewers, sizeof(*limit->receivers));
    limit->addresses = calloc(viewers, sizeof(*limit->addresses));
    limit->keys = calloc(viewers, sizeof(*limit->keys));
    limit->shared = mmap(
        NULL, sizeof(*limit->shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (limit->epoll_fd < 0 || limit->receivers == NULL || limit->addresses == NULL ||
        limit->keys == NULL || limit->shared == MAP_FAILED)
        return -ENOMEM;
    for (size_t i = 0; i < viewers; i++)
        limit->receivers[i].fd = -1;
    for (size_t i = 0; i < viewers; i++) {
        err = open_receiver(limit, i);
        if (err < 0)
            return err;
    }
    return gro_receiver_create(&limit->receiver);
}

static void tear_down(struct limit *limit)
{
    for (size_t i = 0; limit->receivers != NULL && i < limit->params->viewers; i++) {
        srtp_evp_destroy(limit->receivers[i].srtp);
        if (limit->receivers[i].fd >= 0)
            close(limit->receivers[i].fd);
    }
    if (limit->shared != NULL && limit->shared != MAP_FAILED)
        munmap(limit->shared, sizeof(*limit->shared));
    gro_receiver_destroy(limit->receiver);
    free(limit->receivers);
    free(limit->addresses);
    free(limit->keys);
    if (limit->epoll_fd >= 0)
        close(limit->epoll_fd);
}

static void receive_until(struct limit *limit, uint64_t end_us)
{
    struct epoll_event events[EVENTS];
    uint64_t next_sync_us = 0, now_us;

    while ((now_us = clock_now_us()) < end_us && !*limit->params->stop &&
           atomic_load(&limit->shared->failed) == 0) {
        int count = epoll_wait(limit->epoll_fd, events, EVENTS, 0);

        if (now_us >= next_sync_us) {
            next_sync_us = now_us + US_PER_S;
            gro_receiver_sync_clock(limit->receiver);
        }
        for (int i = 0; i < count; i++) {
            struct limit_receiver *receiver = events[i].data.ptr;
            int full;

            gro_receiver_read(limit->receiver, receiver->fd, receive_packet, receiver, &full);
        }
        if (count == 0)
            clock_sleep_until(clock_now_us() + POLL_US);
    }
}

static int take_sums(
    const struct limit *limit, const struct cpu_meter *meter, struct limit_sums *ret_sums)
{
    ret_sums->now_us = clock_now_us();
    ret_sums->sent = atomic_load(&limit->shared->sent);
    ret_sums->received = limit->received;
    ret_sums->lost = 0;
    for (size_t i = 0; i < limit->params->viewers; i++)
        ret_sums->lost +=
            arrivals_lost(&limit->receivers[i].video) + arrivals_lost(&limit->receivers[i].audio);
    return cpu_meter_read(meter, &ret_sums->cpu);
}

static json_t *make_figures(const struct limit *limit, const struct cpu_meter *meter,
    const struct limit_sums *from, const struct limit_sums *to)
{
    double seconds = (double)(to->now_us - from->now_us) / 1e6;
    uint64_t sent = to->sent - from->sent;
    json_int_t lost = (json_int_t)to->lost - (json_int_t)from->lost;

    return json_pack("{s:I, s:f, s:I, s:f, s:I, s:I, s:f, s:o, s:o, s:o}", "viewers",
        (json_int_t)limit->params->viewers, "seconds", seconds, "packets", (json_int_t)sent,
        "packets_per_s", (double)sent / seconds, "received",
        (json_int_t)(to->received - from->received), "lost", lost, "loss_percent",
        sent > 0 ? 100.0 * (double)lost / (double)sent : 0.0, "video_delay_us",
        histogram_json(&limit->video_delay_ns, 1e3), "audio_delay_us",
        histogram_json(&limit->audio_delay_ns, 1e3), "cpu",
        cpu_meter_json(meter, &from->cpu, &to->cpu, sent));
}

static int measure(struct limit *limit, pid_t sender, json_t **ret_figures)
{
    const struct limit_params *params = limit->params;
    struct limit_sums from, to;
    struct cpu_meter meter;
    uint64_t start_us;
    int err = cpu_meter_init(&meter, sender, params->cpus);

    if (err < 0)
        return err;
    start_us = clock_now_us() + (uint64_t)(params->settle_seconds * 1e6);
    receive_until(limit, start_us);
    memset(&limit->video_delay_ns, 0, sizeof(limit->video_delay_ns));
    memset(&limit->audio_delay_ns, 0, sizeof(limit->audio_delay_ns));
    err = take_sums(limit, &meter, &from);
    receive_until(limit, start_us + (uint64_t)(params->seconds * 1e6));
    if (err == 0)
        err = take_sums(limit, &meter, &to);
    if (atomic_load(&limit->shared->failed) != 0)
        err = -atomic_load(&limit->shared->failed);
    if (err == 0)
        *ret_figures = make_figures(limit, &meter, &from, &to);
    return err;
}

int limit_run(const struct limit_params *params, json_t **ret_figures)
{
    struct limit *limit = calloc(1, sizeof(*limit));
    pid_t sender = -1;
    int err;

    if (limit == NULL)
        return -ENOMEM;
    limit->params = params;
    limit->epoll_fd = -1;
    err = set_up(limit);
    if (err == 0) {
        sender = start_sender(limit);
        err = sender < 0 ? -errno : measure(limit, sender, ret_figures);
    }
    if (sender > 0) {
        kill(sender, SIGKILL);
        waitpid(sender, NULL, 0);
    }
    if (err < 0)
        fprintf(stderr, "duet-bench: the limit could not be measured: %s\n", strerror(-err));
    tear_down(limit);
    free(limit);
    return err;
}
