#define _GNU_SOURCE
/*
 * duet-bench-sockets: many participants of one lesson on /ws, and how long a change takes to reach each of them. One
 * thread, one epoll; it reads and looks for one word, so that it is not what is measured.
 *
 *   duet-bench-sockets --port P --lesson L --tokens FILE --setter FILE --sockets N --slow N --rounds N
 *
 * tokens has a media token per line, shared out among the sockets; setter has one that may set the stage. Prints
 * {"joined": N, …} when all have joined and waits for a line on standard input, then the figures.
 */
#include "common/clock.h"
#include "tests/bench/sockets/participant.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define MAX_TOKENS     256
#define BATCH          512
#define JOIN_AT_ONCE   64
#define ROUND_LIMIT_US UINT64_C(5000000)
#define PAUSE_US       UINT64_C(20000)

struct bench {
    uint16_t port;
    const char *lesson;
    char *tokens[MAX_TOKENS];
    size_t token_count;
    char *setter;
    size_t sockets, slow, rounds;

    struct socket_participant *all;
    struct socket_participant **slow_ones;
    int epoll;
    int setter_fd;
    size_t joined;
    double *latencies_ms;
    size_t latency_count;
};

static void die(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

static size_t read_lines(const char *path, char **ret_lines, size_t max)
{
    FILE *file = fopen(path, "re");
    size_t count = 0, size = 0;
    char *line = NULL;

    if (!file)
        die(path);
    while (count < max && getline(&line, &size, file) > 1) {
        line[strcspn(line, "\n")] = '\0';
        ret_lines[count++] = strdup(line);
    }
    free(line);
    fclose(file);
    return count;
}

/* Handles what has come until the deadline, or until done says so. */
static void run(struct bench *bench, uint64_t deadline_us, bool (*done)(struct bench *bench))
{
    struct epoll_event events[BATCH];

    while (!done(bench) && clock_now_us() < deadline_us) {
        int count = epoll_wait(bench->epoll, events, BATCH, 1);

        for (int i = 0; i < count; i++) {
            struct socket_participant *participant = events[i].data.ptr;

            if (participant)
                socket_participant_read(participant);
            else
                socket_drain(bench->setter_fd);
        }
    }
}

static bool has_joined(struct bench *bench)
{
    bench->joined = 0;
    for (size_t i = 0; i < bench->sockets; i++)
        bench->joined += bench->all[i].joined ? 1 : 0;
    return bench->joined == bench->sockets;
}

static size_t opened;

static bool enough_joined(struct bench *bench)
{
    has_joined(bench);
    return bench->joined + JOIN_AT_ONCE > opened;
}

static void join_all(struct bench *bench)
{
    for (opened = 0; opened < bench->sockets; opened++) {
        struct socket_participant *participant = &bench->all[opened];
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = participant};

        if (socket_participant_open(participant, bench->port,
                bench->tokens[opened % bench->token_count], bench->lesson, 0) < 0 ||
            epoll_ctl(bench->epoll, EPOLL_CTL_ADD, participant->fd, &event) < 0)
            die("a participant");
        if (opened % JOIN_AT_ONCE == 0)
            run(bench, clock_now_us() + ROUND_LIMIT_US, enough_joined);
    }
    run(bench, clock_now_us() + 10 * ROUND_LIMIT_US, has_joined);
}

/* They join like the others and then read nothing any more. */
static void add_slow(struct bench *bench)
{
    for (size_t i = 0; i < bench->slow; i++) {
        struct socket_participant *slow = calloc(1, sizeof(*slow));

        if (!slow || socket_participant_open(slow, bench->port,
                         bench->tokens[i % bench->token_count], bench->lesson, 4096) < 0)
            die("a slow participant");
        bench->slow_ones[i] = slow;
    }
    for (size_t i = 0; i < bench->slow; i++) {
        while (!bench->slow_ones[i]->joined) {
            if (socket_participant_read(bench->slow_ones[i]) < 0)
                die("a slow participant");
            usleep(100);
        }
    }
}

static bool has_heard(struct bench *bench)
{
    size_t heard = 0;

    for (size_t i = 0; i < bench->sockets; i++)
        heard += bench->all[i].heard_us ? 1 : 0;
    return heard == bench->sockets;
}

static bool never(struct bench *bench)
{
    (void)bench;
    return false;
}

/* One change after the other, each to all. Returns how many were not heard in time. */
static size_t change(struct bench *bench)
{
    size_t missed = 0;

    bench->latency_count = 0;
    for (size_t round = 0; round < bench->rounds; round++) {
        char source[32];
        uint64_t began_us;

        snprintf(source, sizeof(source), "room-%zu", round + 1);
        for (size_t i = 0; i < bench->sockets; i++)
            bench->all[i].heard_us = 0;
        began_us = clock_now_us();
        if (socket_set_stage(bench->setter_fd, bench->lesson, bench->setter, source) < 0)
            die("the stage");
        run(bench, began_us + ROUND_LIMIT_US, has_heard);
        for (size_t i = 0; i < bench->sockets; i++) {
            if (bench->all[i].heard_us)
                bench->latencies_ms[bench->latency_count++] =
                    (double)(bench->all[i].heard_us - began_us) / US_PER_MS;
            else
                missed++;
        }
        run(bench, clock_now_us() + PAUSE_US, never);
    }
    return missed;
}

static int by_value(const void *a, const void *b)
{
    double first = *(const double *)a, second = *(const double *)b;

    return (first > second) - (first < second);
}

static json_t *figures(struct bench *bench, size_t missed)
{
    size_t count = bench->latency_count;
    const double *sorted = bench->latencies_ms;

    qsort(bench->latencies_ms, count, sizeof(double), by_value);
    return json_pack("{s:f, s:f, s:f, s:I, s:I}", "p50", count ? sorted[count / 2] : 0.0, "p99",
        count ? sorted[count - 1 - count / 100] : 0.0, "max", count ? sorted[count - 1] : 0.0,
        "heard", (json_int_t)count, "missed", (json_int_t)missed);
}

static void print(json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);

    puts(text ? text : "");
    fflush(stdout);
    free(text);
    json_decref(object);
}

static void read_arguments(struct bench *bench, int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        const char *name = argv[i], *value = argv[i + 1];

        if (strcmp(name, "--port") == 0)
            bench->port = (uint16_t)strtoul(value, NULL, 10);
        else if (strcmp(name, "--lesson") == 0)
            bench->lesson = value;
        else if (strcmp(name, "--tokens") == 0)
            bench->token_count = read_lines(value, bench->tokens, MAX_TOKENS);
        else if (strcmp(name, "--setter") == 0)
            read_lines(value, &bench->setter, 1);
        else if (strcmp(name, "--sockets") == 0)
            bench->sockets = strtoul(value, NULL, 10);
        else if (strcmp(name, "--slow") == 0)
            bench->slow = strtoul(value, NULL, 10);
        else if (strcmp(name, "--rounds") == 0)
            bench->rounds = strtoul(value, NULL, 10);
    }
    if (!bench->port || !bench->lesson || !bench->token_count || !bench->setter ||
        !bench->sockets || !bench->rounds) {
        fprintf(stderr, "duet-bench-sockets: an argument is missing\n");
        exit(EXIT_FAILURE);
    }
}

static void prepare(struct bench *bench)
{
    struct epoll_event event = {.events = EPOLLIN};

    bench->all = calloc(bench->sockets, sizeof(*bench->all));
    bench->slow_ones = calloc(bench->slow + 1, sizeof(*bench->slow_ones));
    bench->latencies_ms = calloc(bench->sockets * bench->rounds, sizeof(double));
    bench->epoll = epoll_create1(EPOLL_CLOEXEC);
    bench->setter_fd = socket_connect(bench->port, 0);
    if (!bench->all || !bench->slow_ones || !bench->latencies_ms || bench->epoll < 0 ||
        bench->setter_fd < 0 ||
        epoll_ctl(bench->epoll, EPOLL_CTL_ADD, bench->setter_fd, &event) < 0)
        die("duet-bench-sockets");
}

int main(int argc, char **argv)
{
    struct bench bench = {0};
    uint64_t began_us;
    json_t *alone, *with_slow;
    size_t missed;
    char line[16];

    read_arguments(&bench, argc, argv);
    prepare(&bench);
    began_us = clock_now_us();
    join_all(&bench);
    print(json_pack("{s:I, s:f}", "joined", (json_int_t)bench.joined, "join_seconds",
        (double)(clock_now_us() - began_us) / US_PER_S));
    if (bench.joined < bench.sockets || !fgets(line, sizeof(line), stdin))
        return EXIT_FAILURE;
    missed = change(&bench);
    alone = figures(&bench, missed);
    add_slow(&bench);
    missed = change(&bench);
    with_slow = figures(&bench, missed);
    print(json_pack("{s:o, s:o}", "alone", alone, "with_slow", with_slow));
    return EXIT_SUCCESS;
}
