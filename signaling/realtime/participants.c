#include "signaling/realtime/participants.h"

#include "common/clock.h"
#include "common/log.h"
#include "signaling/accounts/logins.h"
#include "signaling/http/server.h"
#include "signaling/realtime/participant.h"
#include "signaling/realtime/standing.h"
#include "signaling/service.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_EVERY_US    US_PER_S
#define JOIN_LIMIT_US    UINT64_C(10000000)
#define CHECK_EVERY_US   UINT64_C(30000000)
#define RENEW_BEFORE_S   600
#define MESSAGE_COST_US  UINT64_C(200000) /* five messages in a second, for long */
#define MAX_ALLOWANCE_US (20 * MESSAGE_COST_US)

struct participants {
    /* borrowed */
    struct signaling *app;
    struct participant *all;

    /* owned */
    struct channels *channels;

    /* state */
    size_t count;
    uint64_t ticked_us;
    bool stopping;
};

struct participants *participants_create(struct signaling *app)
{
    struct participants *participants = calloc(1, sizeof(*participants));

    if (!participants)
        return NULL;
    participants->app = app;
    participants->channels = channels_create();
    if (!participants->channels) {
        free(participants);
        return NULL;
    }
    return participants;
}

void participants_destroy(struct participants *participants)
{
    if (!participants)
        return;
    channels_destroy(participants->channels);
    free(participants);
}

size_t participants_count(const struct signaling *app)
{
    return app->participants->count;
}

/* ---- what goes out ---- */

/* kept: no later message makes good for it; it is not thrown away with what a slow reader missed. */
static void send_message(struct participant *participant, json_t *message, bool kept)
{
    char *text = message ? json_dumps(message, JSON_COMPACT) : NULL;
    struct ws_frame *frame = text ? ws_frame_create(text, strlen(text)) : NULL;

    if (frame && kept)
        ws_frame_keep(frame);
    ws_socket_send(participant->socket, frame);
    ws_frame_unref(frame);
    free(text);
    json_decref(message);
}

void participant_send(struct participant *participant, json_t *message)
{
    send_message(participant, message, false);
}

void participant_refuse(struct participant *participant, const struct client_message *message,
    int status, const char *code, const char *detail)
{
    json_t *error = json_pack(
        "{s:s, s:i, s:s, s:s}", "type", "error", "status", status, "code", code, "detail", detail);

    if (error && message->has_id)
        json_object_set_new(error, "id", json_integer((json_int_t)message->id));
    participant_send(participant, error);
}

static int64_t wall_ms(void)
{
    return (int64_t)(clock_wall_us() / US_PER_MS);
}

/* Adds the media token of access to a message. */
static int add_token(
    struct participant *participant, const struct lesson_access *access, json_t *message)
{
    json_t *claims = token_claims_to_json(&access->claims);
    char *token = NULL;
    int r = claims ? token_mint(participant->app->token_key, &access->claims, &token) : -ENOMEM;

    if (r == 0) {
        json_object_set_new(message, "token", json_string(token));
        json_object_set_new(
            message, "token_expires", json_integer((json_int_t)access->claims.expires_s));
        json_object_set(message, "publish", json_object_get(claims, "publish"));
        json_object_set(message, "watch", json_object_get(claims, "watch"));
        participant->token_expires_s = access->claims.expires_s;
        explicit_bzero(token, strlen(token));
    }
    free(token);
    json_decref(claims);
    return r;
}

void participants_publish(struct signaling *app, const char *lesson, json_t *event)
{
    struct channel *channel = channels_find(app->participants->channels, lesson);

    if (channel)
        channel_publish(channel, event);
    else
        json_decref(event);
}

void participants_publish_lesson(struct signaling *app, const char *lesson)
{
    struct channel *channel = channels_find(app->participants->channels, lesson);
    struct lesson_info info;
    json_t *event;

    if (!channel || lesson_info_get(app->store, lesson, &info) != 1)
        return;
    event = lesson_info_to_json(&info);
    if (event) {
        json_object_set_new(event, "type", json_string("lesson"));
        json_object_set_new(event, "now_ms", json_integer((json_int_t)wall_ms()));
    }
    channel_publish(channel, event);
}

/* ---- joining ---- */

static void close_for(struct participant *participant, int r)
{
    switch (r) {
    case -ENOENT:
        ws_socket_close(participant->socket, PARTICIPANT_NO_LESSON, "there is no such lesson");
        break;
    case -EACCES:
        ws_socket_close(participant->socket, PARTICIPANT_NO_ACCESS, "not a lesson of yours");
        break;
    case -EKEYEXPIRED:
        ws_socket_close(participant->socket, PARTICIPANT_EXPIRED, "the media token has expired");
        break;
    default:
        log_error(LOG_STORE, "error=\"%s\" on a participant", strerror(-r));
        ws_socket_close(participant->socket, PARTICIPANT_UNAVAILABLE, "try again in a moment");
        break;
    }
}

int participant_find_access(struct participant *participant, const char *lesson,
    struct lesson_info *ret_lesson, struct lesson_access *ret_access)
{
    int r = lesson_info_get(participant->app->store, lesson, ret_lesson);

    if (r <= 0)
        return r < 0 ? r : -ENOENT;
    return lesson_access_find(participant->app, &participant->caller, ret_lesson, ret_access);
}

/* What the client has missed, after its welcome. */
static void replay(struct participant *participant, int64_t from)
{
    const struct event_ring *ring = &participant->channel->ring;

    for (int64_t seq = from + 1; seq <= ring->last; seq++)
        ws_socket_send(participant->socket, event_ring_get(ring, seq));
}

static int send_welcome(struct participant *participant, const struct lesson_info *lesson,
    const struct lesson_access *access)
{
    struct channel *channel = participant->channel;
    bool resumed = participant->has_seq && event_ring_reaches(&channel->ring, participant->seq);
    int64_t seq = resumed ? participant->seq : channel->ring.last;
    json_t *joined = standing_describe("joined", lesson, seq);
    struct ws_frame *frame;
    int r = joined ? add_token(participant, access, joined) : -ENOMEM;

    if (r < 0) {
        json_decref(joined);
        return r;
    }
    json_object_set_new(joined, "resumed", json_boolean(resumed));
    json_object_set_new(joined, "participant", json_string(access->claims.subject));
    json_object_set_new(joined, "role", json_string(access->claims.role));
    json_object_set_new(
        joined, "room", access->room == 0 ? json_null() : json_integer((json_int_t)access->room));
    frame = standing_frame(channel, joined);
    if (!frame)
        return -ENOMEM;
    ws_socket_send(participant->socket, frame);
    ws_frame_unref(frame);
    replay(participant, seq);
    return 0;
}

static void refuse_join(struct participant *participant, const char *lesson, int r)
{
    log_info(LOG_ACCESS, "event=join outcome=refused lesson=%s error=\"%s\"", lesson, strerror(-r));
    close_for(participant, r);
}

/* When its socket can take it: all who joined in one turn of the loop are in the same list then, which is made once. */
static int welcome(struct participant *participant)
{
    const char *lesson = participant->channel->lesson;
    struct lesson_access access;
    struct lesson_info info;
    int r = participant_find_access(participant, lesson, &info, &access);

    participant->welcome_due = false;
    if (r == 0)
        r = send_welcome(participant, &info, &access);
    if (r < 0)
        refuse_join(participant, lesson, r);
    return r;
}

static void join(struct participant *participant, const struct client_message *message)
{
    struct lesson_access access;
    struct lesson_info lesson;
    struct channel *channel;
    int r;

    if (participant->channel) {
        participant_refuse(participant, message, 409, "joined", "This socket has joined a lesson.");
        return;
    }
    r = participant_find_access(participant, message->lesson, &lesson, &access);
    if (r == 0) {
        channel = channels_get(participant->app->participants->channels, lesson.id, wall_ms());
        r = channel ? channel_enter(channel, participant, &access) : -ENOMEM;
    }
    if (r < 0) {
        refuse_join(participant, message->lesson, r);
        return;
    }
    participant->welcome_due = true;
    participant->has_seq = message->has_seq;
    participant->seq = message->seq;
    participant->checked_us = clock_now_us();
    ws_socket_hold(participant->socket);
    log_info(LOG_ACCESS, "event=join outcome=ok lesson=%s by=%s", lesson.id, access.claims.subject);
}

/* ---- while they are there ---- */

/* Still welcome, and with a token that goes on? */
static void check_access(struct participant *participant, bool renew)
{
    struct lesson_access access;
    struct lesson_info lesson;
    int r = participant_find_access(participant, participant->channel->lesson, &lesson, &access);

    if (r == -ENOENT || r == -EACCES || r == -EKEYEXPIRED) {
        close_for(participant, r);
    } else if (r == 0 && renew && access.renewable) {
        json_t *message = json_pack("{s:s}", "type", "token");

        access.claims.issued_s = clock_wall_s();
        access.claims.expires_s = access.claims.issued_s + LESSON_ACCESS_TOKEN_S;
        random_id(access.claims.id);
        if (participant->caller.claims)
            participant->caller.claims->expires_s = access.claims.expires_s;
        if (message)
            add_token(participant, &access, message);
        send_message(participant, message, true);
    }
}

static void tick_one(struct participant *participant, uint64_t now_us, int64_t now_s)
{
    ws_socket_tick(participant->socket, now_us);
    if (!participant->channel) {
        if (now_us - participant->opened_us > JOIN_LIMIT_US)
            ws_socket_close(participant->socket, PARTICIPANT_TOO_LATE, "nobody joined");
    } else if (!participant->welcome_due &&
               (participant->token_expires_s - now_s < RENEW_BEFORE_S ||
                   now_us - participant->checked_us > CHECK_EVERY_US)) {
        participant->checked_us = now_us;
        check_access(participant, participant->token_expires_s - now_s < RENEW_BEFORE_S);
    }
}

void participants_tick(struct signaling *app, uint64_t now_us)
{
    struct participants *participants = app->participants;
    int64_t now_s = clock_wall_s();

    if (now_us - participants->ticked_us < TICK_EVERY_US)
        return;
    participants->ticked_us = now_us;
    for (struct participant *at = participants->all; at; at = at->next)
        tick_one(at, now_us, now_s);
    channels_sweep(participants->channels, now_us);
}

void participants_close_subject(struct signaling *app, const char *subject, bool only_ended_logins)
{
    for (struct participant *at = app->participants->all; at; at = at->next) {
        char own[TOKEN_MAX_NAME_CHARS + 1];

        lesson_caller_subject(&at->caller, own);
        if (strcmp(own, subject) == 0 &&
            (!only_ended_logins || logins_ended(app->store, lesson_caller_login(&at->caller)) == 1))
            ws_socket_close(at->socket, PARTICIPANT_NO_ACCESS, "access has ended");
    }
}

void participants_stop(struct signaling *app)
{
    app->participants->stopping = true;
    for (struct participant *at = app->participants->all; at; at = at->next) {
        if (!at->counted)
            http_server_count(app->server, 1);
        at->counted = true;
        ws_socket_close(at->socket, WS_CLOSE_GOING_AWAY, "the server restarts");
    }
}

/* ---- the socket ---- */

static bool within_rate(struct participant *participant)
{
    uint64_t now_us = clock_now_us();

    participant->allowance_us += now_us - participant->refilled_us;
    participant->refilled_us = now_us;
    if (participant->allowance_us > MAX_ALLOWANCE_US)
        participant->allowance_us = MAX_ALLOWANCE_US;
    if (participant->allowance_us < MESSAGE_COST_US)
        return false;
    participant->allowance_us -= MESSAGE_COST_US;
    return true;
}

static void answer_time(struct participant *participant, const struct client_message *message)
{
    participant_send(participant, json_pack("{s:s, s:f, s:I}", "type", "time", "t0", message->t0,
                                      "now_ms", (json_int_t)wall_ms()));
}

static void receive(struct participant *participant, const struct client_message *message)
{
    if (!participant->channel && message->type != CLIENT_JOIN && message->type != CLIENT_TIME) {
        ws_socket_close(participant->socket, PARTICIPANT_BAD_MESSAGE, "join a lesson first");
        return;
    }
    if (participant->welcome_due) { /* what it says next is answered after that */
        ws_socket_go_on(participant->socket);
        if (welcome(participant) < 0)
            return;
    }
    switch (message->type) {
    case CLIENT_JOIN:
        join(participant, message);
        break;
    case CLIENT_TIME:
        answer_time(participant, message);
        break;
    case CLIENT_TOKEN:
        check_access(participant, true);
        break;
    case CLIENT_SLOTS:
        participant_slots_get(participant, message);
        break;
    case CLIENT_SET_SLOTS:
        participant_slots_set(participant, message);
        break;
    case CLIENT_UNKNOWN:
        participant_refuse(
            participant, message, 400, "unknown_type", "This type of message is not known.");
        break;
    }
}

static void on_text(void *user, const char *text, size_t len)
{
    struct participant *participant = user;
    struct client_message message;
    struct json_error error;

    if (!within_rate(participant))
        ws_socket_close(participant->socket, PARTICIPANT_TOO_FAST, "too many messages");
    else if (client_message_parse(text, len, &message, &error) < 0)
        ws_socket_close(participant->socket, PARTICIPANT_BAD_MESSAGE, error.text);
    else
        receive(participant, &message);
}

/* It has just joined, or was too slow for its queue: it gets where things stand instead of what it missed. */
static void on_room(void *user)
{
    struct participant *participant = user;
    struct ws_frame *snapshot;

    if (!participant->channel)
        return;
    if (participant->welcome_due) {
        welcome(participant);
        return;
    }
    snapshot = standing_snapshot(participant->app->store, participant->channel);
    if (snapshot)
        ws_socket_send(participant->socket, snapshot);
    else
        ws_socket_close(participant->socket, PARTICIPANT_UNAVAILABLE, "try again in a moment");
}

static void on_closed(void *user)
{
    struct participant *participant = user;
    struct participants *participants = participant->app->participants;

    if (participant->counted)
        http_server_count(participant->app->server, -1);
    if (participant->next)
        participant->next->previous = participant->previous;
    if (participant->previous)
        participant->previous->next = participant->next;
    else
        participants->all = participant->next;
    participants->count--;
    if (participant->channel)
        channel_leave(participant->channel, participant, clock_now_us());
    participant_slots_cancel(participant);
    lesson_caller_finish(&participant->caller);
    free(participant);
}

static const struct ws_socket_ops socket_ops = {
    .on_text = on_text, .on_room = on_room, .on_closed = on_closed};

static struct participant *add_participant(struct http_request *request)
{
    struct participants *participants = request->app->participants;
    struct participant *participant = calloc(1, sizeof(*participant));

    if (!participant)
        return NULL;
    participant->socket =
        ws_socket_accept(request, PARTICIPANTS_PROTOCOL, &socket_ops, participant);
    if (!participant->socket) {
        free(participant);
        return NULL;
    }
    participant->app = request->app;
    participant->opened_us = participant->refilled_us = clock_now_us();
    participant->allowance_us = MAX_ALLOWANCE_US;
    lesson_caller_init(&participant->caller, request);
    participant->next = participants->all;
    if (participants->all)
        participants->all->previous = participant;
    participants->all = participant;
    participants->count++;
    return participant;
}

void participants_open(struct http_request *request)
{
    struct http_response response;

    if (!ws_socket_is_asked_for(request, PARTICIPANTS_PROTOCOL)) {
        http_response_init(&response, 426);
        http_response_problem(&response, 426,
            "Open a WebSocket of version 13 with the subprotocol " PARTICIPANTS_PROTOCOL " here.");
        http_response_header(&response, "Upgrade", "websocket");
        http_response_header(&response, "Connection", "Upgrade");
        http_response_header(&response, "Sec-WebSocket-Version", "13");
        http_request_respond(request, &response);
    } else if (request->app->participants->stopping || !add_participant(request)) {
        http_request_fail(request, 503, "The server takes no more participants now.");
    }
}
