/* RTP bleed and injection (CVE-2025-53399): what strangers send to the media port of a live session. */
#include "common/clock.h"
#include "common/random.h"
#include "relay/transport/address.h"
#include "relay/wire/stun.h"
#include "tests/support/hostile/attacks.h"
#include "tests/support/hostile/stage.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define STRANGERS   16
#define STOLEN      64
#define FORGED_PWD  "0123456789abcdefghijklmn"
#define LARGE_BYTES 4000

struct thief {
    struct stage stage;
    struct peer_socket sockets[STRANGERS];
    uint64_t received; /* datagrams that the relay sent to any of them */
    struct {
        uint8_t data[1600];
        size_t len;
    } stolen[STOLEN]; /* what the publisher and the viewer sent last, as seen on the line */
    size_t next;
};

static void on_stolen(struct participant *participant, const uint8_t *data, size_t len)
{
    struct stage *stage = participant->user;
    struct thief *thief = (struct thief *)stage;

    if (len > sizeof(thief->stolen[0].data))
        return;
    memcpy(thief->stolen[thief->next].data, data, len);
    thief->stolen[thief->next].len = len;
    thief->next = (thief->next + 1) % STOLEN;
}

static void on_prey(void *user, uint8_t *data, size_t len)
{
    struct thief *thief = user;

    (void)data;
    (void)len;
    thief->received++;
}

static void send_forged_check(struct peer_socket *socket, const struct participant *victim)
{
    uint8_t transaction_id[STUN_TRANSACTION_ID_BYTES];
    char username[80];
    uint8_t data[256];
    size_t len;
    struct stun_check_params check = {.transaction_id = transaction_id,
        .username = username,
        .controlling = true,
        .use_candidate = true};

    random_bytes(transaction_id, sizeof(transaction_id));
    snprintf(username, sizeof(username), "%s:%s", victim->answer.ufrag,
        peer_client_ufrag(victim->client));
    if (stun_write_check(&check, FORGED_PWD, strlen(FORGED_PWD), data, sizeof(data), &len) == 0)
        peer_socket_send(socket, data, len);
}

/* A packet of the publisher's in the clear. */
static void send_plain_rtp(struct peer_socket *socket, const struct participant *publisher)
{
    uint8_t data[200];

    random_bytes(data, sizeof(data));
    data[0] = 0x80;
    data[1] = PT_H264;
    data[2] = (uint8_t)(publisher->video_sequence >> 8);
    data[3] = (uint8_t)publisher->video_sequence;
    data[8] = (uint8_t)(publisher->video_ssrc >> 24);
    data[9] = (uint8_t)(publisher->video_ssrc >> 16);
    data[10] = (uint8_t)(publisher->video_ssrc >> 8);
    data[11] = (uint8_t)publisher->video_ssrc;
    peer_socket_send(socket, data, sizeof(data));
}

/* More than any packet has: as STUN, DTLS and RTP. */
static void send_large(struct peer_socket *socket, uint64_t number)
{
    static const uint8_t first[] = {0, 22, 0x80};
    uint8_t data[LARGE_BYTES];

    memset(data, 0, sizeof(data));
    data[0] = first[number % 3];
    peer_socket_send(socket, data, 1501 + number % (LARGE_BYTES - 1501));
}

static void spray(struct thief *thief, uint64_t number)
{
    struct peer_socket *socket = &thief->sockets[number % STRANGERS];
    const struct participant *victim = number & 1 ? thief->stage.viewer : thief->stage.publisher;
    size_t stolen = arena_random(thief->stage.arena, STOLEN);

    switch (number / STRANGERS % 4) {
    case 0:
        send_forged_check(socket, victim);
        break;
    case 1:
        send_plain_rtp(socket, thief->stage.publisher);
        break;
    case 2: /* checks, reports and media: valid, from the wrong address */
        peer_socket_send(socket, thief->stolen[stolen].data, thief->stolen[stolen].len);
        break;
    default:
        send_large(socket, number);
        break;
    }
}

/* Before the port of the one that spray() takes for its victim from there. */
static int open_stranger(struct thief *thief, size_t i)
{
    const struct participant *victim = i & 1 ? thief->stage.viewer : thief->stage.publisher;
    struct net_address port;
    int err;

    err = net_address_parse("127.0.0.1", victim->answer.port, &port);
    return err < 0 ? err : peer_socket_open(&thief->sockets[i], &port, false);
}

int attack_spray(struct arena *arena, json_t *report)
{
    uint64_t count = arena->options.count > 0 ? arena->options.count : 20000;
    uint64_t rate = arena->options.rate > 0 ? arena->options.rate : 5000;
    static struct thief thief;
    uint64_t start_us, sent = 0;
    int err;

    memset(&thief, 0, sizeof(thief));
    err = stage_open(&thief.stage, arena);
    for (size_t i = 0; i < STRANGERS && err == 0; i++)
        err = open_stranger(&thief, i);
    if (err < 0)
        return err;
    thief.stage.publisher->on_sent = on_stolen;
    thief.stage.viewer->on_sent = on_stolen;
    start_us = clock_now_us();
    while (sent < count) {
        uint64_t due = arena_due(arena, start_us, rate, sent);

        for (; due > 0 && sent < count; due--)
            spray(&thief, sent++);
        stage_turn(&thief.stage);
        for (size_t i = 0; i < STRANGERS; i++)
            peer_socket_receive(&thief.sockets[i], 64, on_prey, &thief);
    }
    json_object_set_new(report, "sent", json_integer((json_int_t)sent));
    json_object_set_new(report, "received", json_integer((json_int_t)thief.received));
    json_object_set_new(report, "alive", json_boolean(stage_is_alive(&thief.stage)));
    json_object_set_new(report, "duplicates", json_integer((json_int_t)thief.stage.duplicates));
    for (size_t i = 0; i < STRANGERS; i++)
        peer_socket_close(&thief.sockets[i]);
    stage_close(&thief.stage);
    return 0;
}
