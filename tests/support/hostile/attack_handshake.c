/* Hellos and DTLS records: races, fragments, half-open handshakes, forgeries. */
#include "common/bytes.h"
#include "common/clock.h"
#include "common/random.h"
#include "relay/wire/stun.h"
#include "tests/support/hostile/attacks.h"
#include "tests/support/hostile/stage.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define HELLO_BYTES      (13 + 12 + 40)
#define AT_A_TIME        24
#define HALF_OPEN        40
#define CONNECT_LIMIT_US (10 * US_PER_S)
#define HALF_OPEN_US     (12 * US_PER_S)
#define FORGED_PWD       "0123456789abcdefghijklmn"
#define FLOOD_SOCKETS    64

/* A hello of sound lengths with nonsense in it. */
static void write_bad_hello(uint8_t hello[HELLO_BYTES])
{
    random_bytes(hello, HELLO_BYTES);
    memcpy(hello, "\x16\xfe\xfd\0\0\0\0\0\0\0\0\0\x34\1\0\0\x28\0\0\0\0\0\0\0\x28", 25);
}

/* Many that join, so many at a time; each leaves once it is connected. */
struct crowd {
    struct arena *arena;
    struct participant *joining[ARENA_PARTICIPANTS];
    size_t at_a_time, joining_count;
    uint64_t wanted, begun, connected, failed;
    uint64_t slowest_us;
    void (*on_join)(struct participant *participant); /* NULL is allowed */
};

static void crowd_finish_one(struct crowd *crowd, size_t i)
{
    struct participant *participant = crowd->joining[i];
    uint64_t took_us = clock_elapsed_us(crowd->arena->now_us, participant->joined_us);

    if (participant_is_connected(participant)) {
        crowd->connected++;
        if (took_us > crowd->slowest_us)
            crowd->slowest_us = took_us;
    } else if (took_us > CONNECT_LIMIT_US ||
               peer_client_state(participant->client) == PEER_CLOSED) {
        fprintf(stderr, "not connected: %s\n", peer_client_error(participant->client));
        crowd->failed++;
    } else {
        return;
    }
    arena_leave(participant, ARENA_POLITE);
    crowd->joining[i] = crowd->joining[--crowd->joining_count];
}

static int crowd_turn(struct crowd *crowd)
{
    if (crowd->begun < crowd->wanted && crowd->joining_count < crowd->at_a_time) {
        struct participant *participant;
        int err = arena_join(crowd->arena, false, false, &participant);

        if (err != 0)
            return err < 0 ? err : -EPERM;
        if (crowd->on_join != NULL)
            crowd->on_join(participant);
        crowd->joining[crowd->joining_count++] = participant;
        crowd->begun++;
    }
    arena_turn(crowd->arena);
    for (size_t i = crowd->joining_count; i-- > 0;)
        crowd_finish_one(crowd, i);
    return 0;
}

static bool crowd_is_done(const struct crowd *crowd)
{
    return crowd->connected + crowd->failed == crowd->wanted;
}

static void crowd_report(const struct crowd *crowd, json_t *report)
{
    json_object_set_new(report, "joins", json_integer((json_int_t)crowd->wanted));
    json_object_set_new(report, "connected", json_integer((json_int_t)crowd->connected));
    json_object_set_new(
        report, "slowest_ms", json_integer((json_int_t)(crowd->slowest_us / US_PER_MS)));
}

static void send_forged_check(struct peer_socket *socket, const char *remote_ufrag)
{
    static const uint8_t transaction_id[STUN_TRANSACTION_ID_BYTES] = {1, 2, 3};
    char username[80];
    uint8_t data[256];
    size_t len;
    struct stun_check_params check = {.transaction_id = transaction_id,
        .username = username,
        .controlling = true,
        .use_candidate = true};

    snprintf(username, sizeof(username), "%s:forged", remote_ufrag);
    if (stun_write_check(&check, FORGED_PWD, strlen(FORGED_PWD), data, sizeof(data), &len) == 0)
        peer_socket_send(socket, data, len);
}

/* From an address nobody knows, from one that sent an unauthenticated check in the name of somebody who
 * is joining, and from that somebody's own. */
static void send_bad_hello(struct crowd *crowd, struct peer_socket strangers[2], uint64_t number)
{
    struct participant *victim =
        crowd->joining_count > 0 ? crowd->joining[number % crowd->joining_count] : NULL;
    uint8_t hello[HELLO_BYTES];

    write_bad_hello(hello);
    if (number % 3 == 0 || victim == NULL) {
        peer_socket_send(&strangers[0], hello, sizeof(hello));
    } else if (number % 3 == 1) {
        send_forged_check(&strangers[1], victim->answer.ufrag);
        peer_socket_send(&strangers[1], hello, sizeof(hello));
    } else {
        participant_send_raw(victim, hello, sizeof(hello));
    }
}

int attack_hellos(struct arena *arena, json_t *report)
{
    uint64_t rate = arena->options.rate > 0 ? arena->options.rate : 1000;
    struct crowd crowd = {.arena = arena,
        .at_a_time = AT_A_TIME,
        .wanted = arena->options.count > 0 ? arena->options.count : 500};
    struct peer_socket strangers[2];
    uint64_t start_us = clock_now_us();
    uint64_t sent = 0;
    int err = 0;

    for (size_t i = 0; i < 2; i++) {
        err = peer_socket_open(&strangers[i], &arena->relay, false);
        if (err < 0)
            return err;
    }
    while (!crowd_is_done(&crowd) && err == 0) {
        for (uint64_t due = arena_due(arena, start_us, rate, sent); due > 0; due--)
            send_bad_hello(&crowd, strangers, sent++);
        err = crowd_turn(&crowd);
    }
    crowd_report(&crowd, report);
    json_object_set_new(report, "bad_hellos", json_integer((json_int_t)sent));
    json_object_set_new(report, "hellos_per_second",
        json_integer(
            (json_int_t)(sent * US_PER_S / (clock_elapsed_us(clock_now_us(), start_us) + 1))));
    peer_socket_close(&strangers[0]);
    peer_socket_close(&strangers[1]);
    return err;
}

static void make_line_bad(struct participant *participant)
{
    participant->loss_percent = 10;
    participant->hold_percent = 30;
}

int attack_fragments(struct arena *arena, json_t *report)
{
    static const size_t mtus[] = {1200, 400};
    uint64_t count = arena->options.count > 0 ? arena->options.count : 100;
    uint64_t connected = 0;
    int err = 0;

    for (size_t i = 0; i < 2 && err == 0; i++) {
        struct crowd crowd = {
            .arena = arena, .at_a_time = 64, .wanted = count / 2, .on_join = make_line_bad};

        err = arena_set_context(arena,
            &(struct peer_context_params){.hello_padding_bytes = 1500, .link_mtu_bytes = mtus[i]});
        while (!crowd_is_done(&crowd) && err == 0)
            err = crowd_turn(&crowd);
        connected += crowd.connected;
        crowd_report(&crowd, report);
    }
    json_object_set_new(report, "joins", json_integer((json_int_t)(count / 2 * 2)));
    json_object_set_new(report, "connected", json_integer((json_int_t)connected));
    return err;
}

/* ---- what never becomes a session ---- */

static int flood_with_hellos(struct arena *arena, uint64_t count)
{
    struct peer_socket strangers[FLOOD_SOCKETS];
    uint8_t hello[HELLO_BYTES];
    int err;

    for (size_t i = 0; i < FLOOD_SOCKETS; i++) {
        err = peer_socket_open(&strangers[i], &arena->relay, false);
        if (err < 0)
            return err;
    }
    for (uint64_t i = 0; i < count; i++) {
        write_bad_hello(hello);
        peer_socket_send(&strangers[i % FLOOD_SOCKETS], hello, sizeof(hello));
        if (i % 50 == 0)
            arena_turn(arena);
    }
    for (size_t i = 0; i < FLOOD_SOCKETS; i++)
        peer_socket_close(&strangers[i]);
    return 0;
}

/* Says hello, past the line, which is dead from then on. */
static void on_half_open_sent(struct participant *participant, const uint8_t *data, size_t len)
{
    if (len > 0 && data[0] == 22 && participant->user == NULL) {
        participant_send_raw(participant, data, len);
        participant->user = participant;
        participant->loss_percent = 100;
    }
}

/* Strangers' hellos, and viewers that stop after their own; it waits until the relay has given them up. */
int attack_half_open(struct arena *arena, json_t *report)
{
    uint64_t count = arena->options.count > 0 ? arena->options.count : 20000;
    struct participant *participants[HALF_OPEN];
    uint64_t closed = 0;
    int err = flood_with_hellos(arena, count);

    for (size_t i = 0; i < HALF_OPEN && err == 0; i++) {
        err = arena_join(arena, false, false, &participants[i]);
        if (err == 0)
            participants[i]->on_sent = on_half_open_sent;
        arena_turn(arena);
    }
    if (err != 0)
        return err < 0 ? err : -EPERM;
    arena_run(arena, (unsigned)(HALF_OPEN_US / US_PER_MS));
    for (size_t i = 0; i < HALF_OPEN; i++) {
        struct http_request request = {
            .method = "DELETE", .path = participants[i]->path, .token = arena->options.watch_token};

        closed += arena_request(arena, &request) == 404;
        arena_leave(participants[i], ARENA_VANISH);
    }
    json_object_set_new(report, "hellos", json_integer((json_int_t)count));
    json_object_set_new(report, "half_open", json_integer(HALF_OPEN));
    json_object_set_new(report, "given_up", json_integer((json_int_t)closed));
    return 0;
}

/* ---- records into a live session ---- */

static void write_record(uint8_t data[64], unsigned type, size_t len)
{
    random_bytes(data, 64);
    data[0] = (uint8_t)type;
    bytes_put_u16(data + 1, 0xfefd);
    bytes_put_u16(data + 3, (uint16_t)(len & 1));
    bytes_put_u16(data + 11, (uint16_t)(len % 5 == 0 ? len : len - 13));
    /* An alert that would end the session if it were believed. */
    data[13] = 2;
    data[14] = (uint8_t)(len & 2 ? 40 : 0);
}

int attack_records(struct arena *arena, json_t *report)
{
    uint64_t rounds = arena->options.count > 0 ? arena->options.count : 2;
    static struct stage stage;
    uint64_t sent = 0;
    uint8_t data[64];
    int err = stage_open(&stage, arena);

    if (err < 0)
        return err;
    for (uint64_t round = 0; round < rounds; round++) {
        for (unsigned type = 20; type < 64; type++) {
            for (size_t len = 13; len <= 60; len++) {
                write_record(data, type, len);
                participant_send_raw(stage.viewer, data, len);
                participant_send_raw(stage.publisher, data, len);
                sent += 2;
            }
            stage_run(&stage, 10);
        }
    }
    json_object_set_new(report, "records", json_integer((json_int_t)sent));
    json_object_set_new(report, "alive", json_boolean(stage_is_alive(&stage)));
    stage_close(&stage);
    return 0;
}
