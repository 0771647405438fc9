/*
 * link-emulator: a UDP line with loss, delay, jitter and a rate, between real sockets.
 *
 *   link-emulator --to 127.0.0.1:PORT [--loss PERCENT] [--burst PACKETS] [--delay-ms N]
 *                 [--jitter-ms N] [--rate-kbps N] [--queue-ms N] [--seed N]
 *
 * Prints `ready {"port":N}`; every client gets an own socket towards the server, as behind a NAT. The
 * settings hold for both directions. A line on standard input of the same options changes them while
 * packets flow ("--loss 5 --delay-ms 50"). At SIGTERM it prints its counters as JSON.
 */
#define _GNU_SOURCE
#include "common/clock.h"
#include "tests/support/link_model.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_CLIENTS    256
#define MAX_IN_FLIGHT  16384
#define DATAGRAM_BYTES 2048
#define SOCKET_BYTES   (4 * 1024 * 1024)

enum direction { TO_SERVER, TO_CLIENT };

struct client {
    struct sockaddr_in address;
    int server_fd; /* owned */
};

struct flight {
    uint64_t arrival_us;
    uint64_t order; /* keeps the order of packets that arrive at the same time */
    enum direction direction;
    size_t client;
    size_t len;
    uint8_t *data; /* owned */
};

struct emulator {
    struct sockaddr_in server;
    int listen_fd;
    struct client clients[MAX_CLIENTS];
    size_t client_count;
    struct link_params params;
    struct link_model lines[2];
    struct flight heap[MAX_IN_FLIGHT];
    size_t flights;
    uint64_t order;
};

static volatile sig_atomic_t stopping;

static void on_signal(int number)
{
    (void)number;
    stopping = 1;
}

/* ---- packets under way: a binary heap by arrival time ---- */

static bool earlier(const struct flight *a, const struct flight *b)
{
    return a->arrival_us != b->arrival_us ? a->arrival_us < b->arrival_us : a->order < b->order;
}

static void swap(struct flight *a, struct flight *b)
{
    struct flight c = *a;

    *a = *b;
    *b = c;
}

static void heap_push(struct emulator *e, const struct flight *flight)
{
    size_t i = e->flights++;

    e->heap[i] = *flight;
    for (; i > 0 && earlier(&e->heap[i], &e->heap[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&e->heap[i], &e->heap[(i - 1) / 2]);
}

static struct flight heap_pop(struct emulator *e)
{
    struct flight top = e->heap[0];

    e->heap[0] = e->heap[--e->flights];
    for (size_t i = 0;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < e->flights; child++)
            if (earlier(&e->heap[child], &e->heap[least]))
                least = child;
        if (least == i)
            return top;
        swap(&e->heap[i], &e->heap[least]);
        i = least;
    }
}

static void put_on_line(struct emulator *e, enum direction direction, size_t client,
    const uint8_t *data, size_t len, uint64_t now_us)
{
    struct flight flight = {.direction = direction, .client = client, .len = len};

    if (e->flights == MAX_IN_FLIGHT ||
        !link_model_send(&e->lines[direction], len, now_us, &flight.arrival_us))
        return;
    flight.data = malloc(len);
    if (!flight.data)
        return;
    memcpy(flight.data, data, len);
    flight.order = e->order++;
    heap_push(e, &flight);
}

static void deliver_due(struct emulator *e, uint64_t now_us)
{
    while (e->flights > 0 && e->heap[0].arrival_us <= now_us) {
        struct flight flight = heap_pop(e);
        const struct client *client = &e->clients[flight.client];
        /* A full or refused socket is one more lost packet, as on any line. */
        if (flight.direction == TO_SERVER)
            (void)!send(client->server_fd, flight.data, flight.len, MSG_DONTWAIT);
        else
            (void)!sendto(e->listen_fd, flight.data, flight.len, MSG_DONTWAIT,
                (const struct sockaddr *)&client->address, sizeof(client->address));
        free(flight.data);
    }
}

/* ---- sockets ---- */

static int open_socket(const struct sockaddr_in *bind_to, const struct sockaddr_in *connect_to)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int bytes = SOCKET_BYTES;

    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
    if ((bind_to && bind(fd, (const struct sockaddr *)bind_to, sizeof(*bind_to)) < 0) ||
        (connect_to && connect(fd, (const struct sockaddr *)connect_to, sizeof(*connect_to)) < 0)) {
        int error = -errno;
        close(fd);
        return error;
    }
    return fd;
}

/* Index of the client with that address, made when new; MAX_CLIENTS when there is no room. */
static size_t client_of(struct emulator *e, const struct sockaddr_in *address)
{
    for (size_t i = 0; i < e->client_count; i++)
        if (e->clients[i].address.sin_port == address->sin_port &&
            e->clients[i].address.sin_addr.s_addr == address->sin_addr.s_addr)
            return i;
    if (e->client_count == MAX_CLIENTS)
        return MAX_CLIENTS;
    int fd = open_socket(NULL, &e->server);
    if (fd < 0)
        return MAX_CLIENTS;
    e->clients[e->client_count].address = *address;
    e->clients[e->client_count].server_fd = fd;
    return e->client_count++;
}

static void receive_from_clients(struct emulator *e, uint64_t now_us)
{
    uint8_t data[DATAGRAM_BYTES];
    struct sockaddr_in from;
    socklen_t from_len = sizeof(from);
    ssize_t len;

    while ((len = recvfrom(
                e->listen_fd, data, sizeof(data), 0, (struct sockaddr *)&from, &from_len)) >= 0) {
        size_t client = client_of(e, &from);
        if (client < MAX_CLIENTS)
            put_on_line(e, TO_SERVER, client, data, (size_t)len, now_us);
        from_len = sizeof(from);
    }
}

static void receive_from_server(struct emulator *e, size_t client, uint64_t now_us)
{
    uint8_t data[DATAGRAM_BYTES];
    ssize_t len;

    while ((len = recv(e->clients[client].server_fd, data, sizeof(data), 0)) >= 0)
        put_on_line(e, TO_CLIENT, client, data, (size_t)len, now_us);
}

/* ---- options ---- */

static int parse_address(const char *text, struct sockaddr_in *ret_address)
{
    char host[64];
    const char *colon = strrchr(text, ':');
    struct sockaddr_in address = {.sin_family = AF_INET};

    if (!colon || (size_t)(colon - text) >= sizeof(host))
        return -EINVAL;
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = 0;
    address.sin_port = htons((uint16_t)atoi(colon + 1));
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1)
        return -EINVAL;
    *ret_address = address;
    return 0;
}

static int parse_options(struct emulator *e, int argc, char **argv, uint64_t *seed)
{
    static const struct option options[] = {{"to", 1, NULL, 't'}, {"loss", 1, NULL, 'l'},
        {"burst", 1, NULL, 'b'}, {"delay-ms", 1, NULL, 'd'}, {"jitter-ms", 1, NULL, 'j'},
        {"rate-kbps", 1, NULL, 'r'}, {"queue-ms", 1, NULL, 'q'}, {"seed", 1, NULL, 's'},
        {NULL, 0, NULL, 0}};
    int option;

    optind = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 't':
            if (parse_address(optarg, &e->server) < 0)
                return -EINVAL;
            break;
        case 'l':
            e->params.loss = atof(optarg) / 100.0;
            break;
        case 'b':
            e->params.burst_packets = atof(optarg);
            break;
        case 'd':
            e->params.delay_us = strtoull(optarg, NULL, 10) * 1000;
            break;
        case 'j':
            e->params.jitter_us = strtoull(optarg, NULL, 10) * 1000;
            break;
        case 'r':
            e->params.rate_bps = strtoull(optarg, NULL, 10) * 1000;
            break;
        case 'q':
            e->params.queue_us = strtoull(optarg, NULL, 10) * 1000;
            break;
        case 's':
            *seed = strtoull(optarg, NULL, 10);
            break;
        default:
            return -EINVAL;
        }
    }
    return 0;
}

/* One line of options from standard input. Returns false at its end. */
static bool read_command(struct emulator *e)
{
    char line[256];
    char name[] = "link-emulator";
    char *argv[32] = {name};
    int argc = 1;
    uint64_t unused_seed;
    ssize_t len = read(STDIN_FILENO, line, sizeof(line) - 1);

    if (len <= 0)
        return false;
    line[len] = 0;
    for (char *word = strtok(line, " \n"); word && argc < 31; word = strtok(NULL, " \n"))
        argv[argc++] = word;
    if (parse_options(e, argc, argv, &unused_seed) == 0)
        for (int i = 0; i < 2; i++)
            link_model_set(&e->lines[i], &e->params);
    return true;
}

/* ---- loop ---- */

static int wait_ms(const struct emulator *e, uint64_t now_us)
{
    if (e->flights == 0)
        return 100;
    if (e->heap[0].arrival_us <= now_us)
        return 0;
    uint64_t left_us = e->heap[0].arrival_us - now_us;
    return left_us > 100000 ? 100 : (int)((left_us + 999) / 1000);
}

static void run(struct emulator *e)
{
    static struct pollfd fds[MAX_CLIENTS + 2];
    int input = STDIN_FILENO;

    while (!stopping) {
        fds[0] = (struct pollfd){.fd = e->listen_fd, .events = POLLIN};
        fds[1] = (struct pollfd){.fd = input, .events = POLLIN};
        size_t clients = e->client_count;
        for (size_t i = 0; i < clients; i++)
            fds[i + 2] = (struct pollfd){.fd = e->clients[i].server_fd, .events = POLLIN};
        if (poll(fds, clients + 2, wait_ms(e, clock_now_us())) < 0 && errno != EINTR)
            return;
        uint64_t now_us = clock_now_us();
        if (fds[0].revents)
            receive_from_clients(e, now_us);
        if (fds[1].revents && !read_command(e))
            input = -1;
        for (size_t i = 0; i < clients; i++)
            if (fds[i + 2].revents)
                receive_from_server(e, i, now_us);
        deliver_due(e, clock_now_us());
    }
}

static void print_counters(const struct emulator *e)
{
    static const char *const names[] = {"to_server", "to_client"};

    printf("{");
    for (int i = 0; i < 2; i++)
        printf("%s\"%s\":{\"sent\":%llu,\"lost\":%llu,\"overflowed\":%llu}", i ? "," : "", names[i],
            (unsigned long long)e->lines[i].sent, (unsigned long long)e->lines[i].lost,
            (unsigned long long)e->lines[i].overflowed);
    printf("}\n");
}

int main(int argc, char **argv)
{
    static struct emulator e;
    struct sockaddr_in local = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t local_len = sizeof(local);
    uint64_t seed = 1;

    e.params.queue_us = 200000;
    if (parse_options(&e, argc, argv, &seed) < 0 || e.server.sin_port == 0) {
        fprintf(stderr,
            "link-emulator: --to HOST:PORT [--loss PERCENT] [--burst PACKETS] "
            "[--delay-ms N] [--jitter-ms N] [--rate-kbps N] [--queue-ms N] [--seed N]\n");
        return 2;
    }
    e.listen_fd = open_socket(&local, NULL);
    if (e.listen_fd < 0 || getsockname(e.listen_fd, (struct sockaddr *)&local, &local_len) < 0) {
        perror("link-emulator");
        return 1;
    }
    for (int i = 0; i < 2; i++)
        link_model_init(&e.lines[i], &e.params, seed + (uint64_t)i);
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    printf("ready {\"port\":%u}\n", ntohs(local.sin_port));
    fflush(stdout);
    run(&e);
    print_counters(&e);
    return 0;
}
