#include "tests/support/hostile/arena.h"

#include "common/clock.h"
#include "relay/transport/address.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_LIMIT_US (10 * US_PER_S)
#define TURN_US          US_PER_MS
#define BATCH_PACKETS    256

/* ---- life ---- */

int arena_set_context(struct arena *arena, const struct peer_context_params *context)
{
    static const struct peer_context_params usual;

    peer_context_destroy(arena->context);
    arena->context = NULL;
    return peer_context_create(context != NULL ? context : &usual, &arena->context);
}

int arena_init(struct arena *arena, const struct arena_options *options,
    const struct peer_context_params *context)
{
    int err;

    memset(arena, 0, sizeof(*arena));
    arena->options = *options;
    arena->random = options->seed * 2 + 1;
    arena->now_us = clock_now_us();
    http_client_init(&arena->http, options->http_port);
    err = net_address_parse("127.0.0.1", options->media_port, &arena->relay);
    if (err < 0)
        return err;
    arena->participants = calloc(ARENA_PARTICIPANTS, sizeof(*arena->participants));
    if (arena->participants == NULL)
        return -ENOMEM;
    return arena_set_context(arena, context);
}

void arena_finish(struct arena *arena)
{
    for (size_t i = 0; arena->participants != NULL && i < ARENA_PARTICIPANTS; i++)
        arena_leave(&arena->participants[i], ARENA_POLITE);
    free(arena->participants);
    peer_context_destroy(arena->context);
    http_client_finish(&arena->http);
}

uint32_t arena_random(struct arena *arena, uint32_t bound)
{
    arena->random = arena->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((arena->random >> 33) % bound);
}

uint64_t arena_due(const struct arena *arena, uint64_t start_us, uint64_t rate, uint64_t sent)
{
    uint64_t due = clock_elapsed_us(arena->now_us, start_us) * rate / US_PER_S;

    return due > sent ? due - sent : 0;
}

/* ---- the line ---- */

static bool happens(struct participant *participant, unsigned percent)
{
    return percent > 0 && arena_random(participant->arena, 100) < percent;
}

static bool is_media(const uint8_t *data, size_t len)
{
    return len > 0 && data[0] >= 128 && data[0] < 192;
}

void participant_send_raw(struct participant *participant, const uint8_t *data, size_t len)
{
    peer_socket_send(&participant->socket, data, len);
}

static void release_held(struct participant *participant)
{
    for (size_t i = 0; i < participant->held_count; i++)
        participant_send_raw(participant, participant->held[i].data, participant->held[i].len);
    participant->held_count = 0;
}

static void on_send(void *user, const uint8_t *data, size_t len)
{
    struct participant *participant = user;

    if (participant->on_sent != NULL)
        participant->on_sent(participant, data, len);
    if (participant->swallow > 0 && is_media(data, len)) {
        participant->swallow--;
        return;
    }
    if (happens(participant, participant->loss_percent))
        return;
    if (happens(participant, participant->hold_percent) &&
        participant->held_count < ARENA_MAX_HELD && len <= sizeof(participant->held[0].data)) {
        memcpy(participant->held[participant->held_count].data, data, len);
        participant->held[participant->held_count++].len = len;
        return;
    }
    participant_send_raw(participant, data, len);
}

static void on_message(void *user, uint8_t *data, size_t len)
{
    struct participant *participant = user;

    if (participant->deaf > 0 && is_media(data, len)) {
        participant->deaf--;
        return;
    }
    if (!happens(participant, participant->loss_percent))
        peer_client_receive(participant->client, data, len, participant->arena->now_us);
}

static void on_client_rtp(void *user, const uint8_t *data, size_t len)
{
    struct participant *participant = user;

    if (participant->on_rtp != NULL)
        participant->on_rtp(participant, data, len);
}

static void on_client_rtcp(void *user, const uint8_t *data, size_t len)
{
    struct participant *participant = user;

    if (participant->on_rtcp != NULL)
        participant->on_rtcp(participant, data, len);
}

void arena_turn(struct arena *arena)
{
    arena->now_us = clock_now_us();
    for (size_t i = 0; i < ARENA_PARTICIPANTS; i++) {
        struct participant *participant = &arena->participants[i];

        if (!participant->in_use)
            continue;
        release_held(participant);
        peer_socket_receive(&participant->socket, BATCH_PACKETS, on_message, participant);
        peer_client_tick(participant->client, arena->now_us);
    }
    clock_sleep_until(arena->now_us + TURN_US);
    arena->now_us = clock_now_us();
}

void arena_run(struct arena *arena, unsigned ms)
{
    uint64_t end_us = clock_now_us() + ms * US_PER_MS;

    do
        arena_turn(arena);
    while (arena->now_us < end_us);
}

/* ---- sessions ---- */

int arena_request(struct arena *arena, const struct http_request *request)
{
    int err = http_client_send(&arena->http, request, &arena->answer);

    return err < 0 ? err : arena->answer.status;
}

static const char *token_of(const struct participant *participant)
{
    const struct arena_options *options = &participant->arena->options;

    return participant->publish ? options->publish_token : options->watch_token;
}

static int offer(struct participant *participant)
{
    struct arena *arena = participant->arena;
    char path[HTTP_TEXT_CHARS], body[OFFER_BYTES];
    struct http_request request = {.method = "POST",
        .path = path,
        .token = token_of(participant),
        .content_type = "application/sdp",
        .body = body};
    int status;

    snprintf(path, sizeof(path), "/%s/%s/%s", participant->publish ? "whip" : "whep",
        arena->options.lesson, ARENA_SOURCE);
    offer_write(
        &(struct offer_params){
            .client = participant->client,
            .fingerprint = peer_context_fingerprint(arena->context),
            .publish = participant->publish,
            .audio_ssrc = participant->audio_ssrc,
            .video_ssrc = participant->video_ssrc,
        },
        body);
    status = arena_request(arena, &request);
    if (status != 201)
        return status;
    snprintf(participant->path, sizeof(participant->path), "%s", arena->answer.location);
    if (offer_read_answer(arena->answer.body, &participant->answer) < 0)
        return -EBADMSG;
    return peer_client_set_remote(participant->client, participant->answer.ufrag,
        participant->answer.pwd, participant->answer.fingerprint);
}

static struct participant *find_free(struct arena *arena)
{
    for (size_t i = 0; i < ARENA_PARTICIPANTS; i++) {
        if (!arena->participants[i].in_use)
            return &arena->participants[i];
    }
    return NULL;
}

static void discard(struct participant *participant)
{
    peer_client_destroy(participant->client);
    peer_socket_close(&participant->socket);
    participant->in_use = false;
}

int arena_join(struct arena *arena, bool publish, bool tcp, struct participant **ret_participant)
{
    struct participant *participant = find_free(arena);
    struct peer_client_params params = {
        .context = arena->context,
        .send = on_send,
        .on_rtp = on_client_rtp,
        .on_rtcp = on_client_rtcp,
        .user = participant,
    };
    struct net_address relay;
    int err;

    if (participant == NULL)
        return -ENOSPC;
    memset(participant, 0, sizeof(*participant));
    participant->arena = arena;
    participant->publish = publish;
    participant->tcp = tcp;
    participant->audio_ssrc = 1 + arena_random(arena, 1000000000);
    participant->video_ssrc = participant->audio_ssrc + 1;
    participant->socket.fd = -1;
    err = peer_client_create(&params, &participant->client);
    if (err == 0)
        err = offer(participant);
    if (err == 0)
        err = net_address_parse("127.0.0.1", participant->answer.port, &relay);
    if (err == 0)
        err = peer_socket_open(&participant->socket, &relay, tcp);
    if (err != 0) {
        discard(participant);
        return err;
    }
    participant->in_use = true;
    participant->joined_us = clock_now_us();
    *ret_participant = participant;
    return 0;
}

bool participant_is_connected(const struct participant *participant)
{
    return participant->in_use && peer_client_state(participant->client) == PEER_CONNECTED;
}

int arena_connect(struct arena *arena, bool publish, struct participant **ret_participant)
{
    struct participant *participant;
    int err = arena_join(arena, publish, false, &participant);

    if (err != 0) {
        fprintf(stderr, "not joined: %d %s\n", err, err > 0 ? arena->answer.body : strerror(-err));
        return err < 0 ? err : -EPERM;
    }
    while (!participant_is_connected(participant)) {
        if (arena->now_us > participant->joined_us + CONNECT_LIMIT_US ||
            peer_client_state(participant->client) == PEER_CLOSED) {
            fprintf(stderr, "not connected: %s\n", peer_client_error(participant->client));
            return -ETIMEDOUT;
        }
        arena_turn(arena);
    }
    *ret_participant = participant;
    return 0;
}

void arena_leave(struct participant *participant, enum arena_goodbye how)
{
    struct http_request request = {.method = "DELETE", .path = participant->path, .token = NULL};

    if (!participant->in_use)
        return;
    request.token = token_of(participant);
    if (how == ARENA_DELETE || how == ARENA_POLITE)
        arena_request(participant->arena, &request);
    if (how == ARENA_CLOSE_NOTIFY || how == ARENA_POLITE)
        peer_client_close(participant->client);
    discard(participant);
}

int participant_restart(struct participant *participant)
{
    struct arena *arena = participant->arena;
    char body[OFFER_BYTES];
    struct answer_view view;
    struct http_request request = {.method = "PATCH",
        .path = participant->path,
        .token = token_of(participant),
        .content_type = "application/trickle-ice-sdpfrag",
        .if_match = "*",
        .body = body};
    int status;

    peer_client_renew(participant->client);
    offer_write_restart(participant->client, body);
    status = arena_request(arena, &request);
    if (status != 200)
        return status;
    if (offer_read_restart(arena->answer.body, &view) < 0)
        return -EBADMSG;
    return peer_client_set_remote(participant->client, view.ufrag, view.pwd, NULL);
}
