/*
 * Joining and leaving in every way there is, many thousand times: viewers over UDP and TCP that say
 * goodbye or vanish, publishers that replace themselves, sessions that stop half-way, ICE restarts. One
 * line of figures every fifty cycles, so that memory can be watched next to it.
 */
#include "common/clock.h"
#include "tests/support/hostile/attacks.h"

#include <errno.h>
#include <stdio.h>

#define VIEWERS         6
#define PROGRESS_CYCLES 50
#define JOIN_LIMIT_US   (10 * US_PER_S)
#define PICTURE_US      (US_PER_S / 30)

struct churn {
    struct arena *arena;
    struct participant *publisher;
    struct participant *viewers[VIEWERS];
    uint64_t next_picture_us;
    unsigned pictures;
    uint64_t cycles;
    uint64_t connected, refused, timed_out;
    uint64_t vanished, half_open, restarts, failed_restarts, republished, over_tcp, packets;
    int last_status;
};

static void on_rtp(struct participant *participant, const uint8_t *data, size_t len)
{
    struct churn *churn = participant->user;

    (void)data;
    (void)len;
    churn->packets++;
}

static void turn(struct churn *churn)
{
    uint64_t now_us = clock_now_us();

    if (churn->publisher != NULL && now_us >= churn->next_picture_us) {
        participant_send_picture(churn->publisher, churn->pictures++ % 15 == 0);
        churn->next_picture_us = now_us + PICTURE_US;
    }
    arena_turn(churn->arena);
}

static void run(struct churn *churn, unsigned ms)
{
    uint64_t end_us = clock_now_us() + ms * US_PER_MS;

    do
        turn(churn);
    while (clock_now_us() < end_us);
}

static struct participant *join(struct churn *churn, bool publish, bool tcp)
{
    struct participant *participant;
    int status = arena_join(churn->arena, publish, tcp, &participant);

    if (status != 0) {
        churn->refused++;
        churn->last_status = status;
        return NULL;
    }
    participant->user = churn;
    participant->on_rtp = on_rtp;
    return participant;
}

/* True when it came to be connected; else it is gone. */
static bool await(struct churn *churn, struct participant **participant)
{
    while (!participant_is_connected(*participant)) {
        if (clock_elapsed_us(clock_now_us(), (*participant)->joined_us) > JOIN_LIMIT_US ||
            peer_client_state((*participant)->client) == PEER_CLOSED) {
            fprintf(stderr, "not connected: %s\n", peer_client_error((*participant)->client));
            churn->timed_out++;
            arena_leave(*participant, ARENA_DELETE);
            *participant = NULL;
            return false;
        }
        turn(churn);
    }
    churn->connected++;
    return true;
}

/* The new session beside the old one; the relay ends the old. */
static void republish(struct churn *churn)
{
    struct participant *next = join(churn, true, false);

    if (next == NULL)
        return;
    if (churn->publisher != NULL && arena_random(churn->arena, 2) == 0) {
        arena_leave(churn->publisher, ARENA_VANISH);
        churn->publisher = NULL;
    }
    if (!await(churn, &next))
        return;
    if (churn->publisher != NULL)
        arena_leave(churn->publisher, ARENA_CLOSE_NOTIFY);
    churn->publisher = next;
    churn->republished++;
}

static void restart(struct churn *churn, struct participant *viewer)
{
    uint64_t before = churn->packets;
    int status = participant_restart(viewer);

    churn->restarts++;
    for (unsigned ms = 0; status == 0 && ms < 1000 && churn->packets == before; ms += 5)
        run(churn, 5);
    if (status != 0)
        churn->last_status = status;
    churn->failed_restarts += status != 0;
}

static void leave(struct churn *churn, struct participant **viewer)
{
    uint32_t how = arena_random(churn->arena, 8);

    if (how == 0) {
        churn->vanished++;
        arena_leave(*viewer, ARENA_VANISH);
    } else {
        arena_leave(*viewer, how < 3 ? ARENA_CLOSE_NOTIFY : how < 5 ? ARENA_DELETE : ARENA_POLITE);
    }
    *viewer = NULL;
}

/* Joins that go no further: without a check, or with the first hello only. */
static void join_half(struct churn *churn)
{
    struct participant *viewer = join(churn, false, false);

    if (viewer == NULL)
        return;
    churn->half_open++;
    if (arena_random(churn->arena, 2) == 0) {
        for (unsigned ms = 0; ms < 100 && peer_client_state(viewer->client) == PEER_NEW; ms++)
            turn(churn);
    }
    arena_leave(viewer, arena_random(churn->arena, 4) == 0 ? ARENA_VANISH : ARENA_DELETE);
}

static void cycle(struct churn *churn)
{
    struct participant **viewer = &churn->viewers[arena_random(churn->arena, VIEWERS)];
    uint32_t what = arena_random(churn->arena, 100);
    bool tcp = what % 5 == 0;

    if (what < 12 || churn->publisher == NULL) {
        republish(churn);
    } else if (what < 20) {
        join_half(churn);
    } else {
        if (*viewer != NULL && what < 30)
            restart(churn, *viewer);
        if (*viewer != NULL)
            leave(churn, viewer);
        *viewer = join(churn, false, tcp);
        if (*viewer != NULL && await(churn, viewer))
            churn->over_tcp += tcp;
    }
    churn->cycles++;
}

static void write_figures(const struct churn *churn, json_t *report)
{
    const struct {
        const char *key;
        uint64_t value;
    } figures[] = {
        {"cycles", churn->cycles},
        {"connected", churn->connected},
        {"refused", churn->refused},
        {"timed_out", churn->timed_out},
        {"vanished", churn->vanished},
        {"half_open", churn->half_open},
        {"restarts", churn->restarts},
        {"failed_restarts", churn->failed_restarts},
        {"republished", churn->republished},
        {"over_tcp", churn->over_tcp},
        {"packets", churn->packets},
    };

    for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
        json_object_set_new(report, figures[i].key, json_integer((json_int_t)figures[i].value));
    json_object_set_new(report, "last_status", json_integer(churn->last_status));
}

static void print_progress(const struct churn *churn)
{
    json_t *line = json_object();

    write_figures(churn, line);
    json_dumpf(line, stdout, JSON_COMPACT);
    printf("\n");
    fflush(stdout);
    json_decref(line);
}

int attack_churn(struct arena *arena, json_t *report)
{
    uint64_t count = arena->options.count > 0 ? arena->options.count : 300;
    uint64_t rate = arena->options.rate > 0 ? arena->options.rate : 30;
    struct churn churn = {.arena = arena};

    while (churn.cycles < count) {
        uint64_t next_us = clock_now_us() + US_PER_S / rate;

        cycle(&churn);
        /* No faster, also after a slow one: about as many sessions wait to be given up at any time, so that
         * memory can be compared. */
        while (clock_now_us() < next_us)
            turn(&churn);
        if (churn.cycles % PROGRESS_CYCLES == 0)
            print_progress(&churn);
    }
    for (size_t i = 0; i < VIEWERS; i++) {
        if (churn.viewers[i] != NULL)
            arena_leave(churn.viewers[i], ARENA_POLITE);
    }
    if (churn.publisher != NULL)
        arena_leave(churn.publisher, ARENA_POLITE);
    write_figures(&churn, report);
    return 0;
}
