#include "signaling/relays/relays.h"

#include "common/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pending {
    uint64_t handle; /* the id on the wire, too: unique over all relays */
    uint64_t deadline_us;
    relays_on_reply on_reply;
    void *user;
    struct relay *relay;
    struct pending *next;
};

#define RELAYS_VERSION_CHARS 32

struct relay {
    /* borrowed */
    void *link; /* NULL while it is away */

    /* state */
    char id[LINK_MAX_NAME_CHARS + 1];
    int64_t capacity;
    char version[RELAYS_VERSION_CHARS];
    int64_t load; /* sessions, by its own count and ours since */
    int64_t told; /* sessions, by its own count alone */
    double cpu;   /* in processors */
    double rtp_out_pps;
    uint64_t here_since_us;
    uint64_t away_since_us;
    struct relay *next;
};

struct relays {
    /* borrowed */
    struct media_sessions *sessions;
    const struct relay_link_ops *ops;

    /* owned */
    struct relay *list;
    struct pending *pending;
    struct pending *failing; /* taken out of pending, about to be answered with nothing */

    /* state */
    uint64_t last_handle;
};

struct relays *relays_create(struct media_sessions *sessions, const struct relay_link_ops *ops)
{
    struct relays *relays = calloc(1, sizeof(*relays));

    if (!relays)
        return NULL;
    relays->sessions = sessions;
    relays->ops = ops;
    return relays;
}

void relays_destroy(struct relays *relays)
{
    if (!relays)
        return;
    while (relays->pending) {
        struct pending *next = relays->pending->next;

        free(relays->pending);
        relays->pending = next;
    }
    while (relays->list) {
        struct relay *next = relays->list->next;

        free(relays->list);
        relays->list = next;
    }
    free(relays);
}

size_t relays_connected(const struct relays *relays)
{
    size_t count = 0;

    for (const struct relay *relay = relays->list; relay; relay = relay->next)
        count += relay->link ? 1 : 0;
    return count;
}

void relays_each(
    struct relays *relays, void (*visit)(void *user, const char *relay, bool connected), void *user)
{
    for (const struct relay *relay = relays->list; relay; relay = relay->next)
        visit(user, relay->id, relay->link != NULL);
}

void relays_each_figures(const struct relays *relays,
    void (*visit)(void *user, const struct relay_figures *figures), void *user)
{
    for (const struct relay *relay = relays->list; relay; relay = relay->next) {
        const struct relay_figures figures = {
            .id = relay->id,
            .version = relay->version,
            .connected = relay->link != NULL,
            .since_us = relay->link ? relay->here_since_us : relay->away_since_us,
            .capacity = relay->capacity,
            .sessions = relay->told,
            .cpu = relay->cpu,
            .rtp_out_pps = relay->rtp_out_pps,
        };

        visit(user, &figures);
    }
}

static struct relay *find_relay(const struct relays *relays, const char *id)
{
    struct relay *relay = relays->list;

    while (relay && strcmp(relay->id, id) != 0)
        relay = relay->next;
    return relay;
}

static bool send_message(struct relays *relays, struct relay *relay, const json_t *message)
{
    char *text = json_dumps(message, JSON_COMPACT);
    size_t len = text ? strlen(text) : 0;
    bool sent = text && len <= LINK_MAX_MESSAGE_BYTES && relays->ops->send(relay->link, text, len);

    free(text);
    return sent;
}

/* Takes out the requests that match and answers them with nothing. */
static void fail_pending(
    struct relays *relays, const struct relay *relay, uint64_t deadline_us, bool timed_out)
{
    struct pending **tail = &relays->failing;
    struct pending **link = &relays->pending;

    while (*tail)
        tail = &(*tail)->next;
    while (*link) {
        struct pending *at = *link;

        if ((relay && at->relay == relay) || (!relay && at->deadline_us <= deadline_us)) {
            *link = at->next;
            at->next = NULL;
            *tail = at;
            tail = &at->next;
        } else {
            link = &at->next;
        }
    }
    while (relays->failing) {
        struct pending *at = relays->failing;

        relays->failing = at->next;
        at->on_reply(at->user, NULL, timed_out);
        free(at);
    }
}

static void close_unwanted(void *user, const char *id)
{
    void **context = user;
    struct relays *relays = context[0];
    struct relay *relay = context[1];
    json_t *message = link_session_close(id, "unwanted");

    if (message) {
        json_object_set_new(message, "id", json_integer((json_int_t)++relays->last_handle));
        send_message(relays, relay, message);
    }
    json_decref(message);
}

static struct relay *add_relay(struct relays *relays, const char *id)
{
    struct relay *relay;
    size_t count = 0;

    for (relay = relays->list; relay; relay = relay->next)
        count++;
    if (count == RELAYS_MAX)
        return NULL;
    relay = calloc(1, sizeof(*relay));
    if (!relay)
        return NULL;
    strncpy(relay->id, id, sizeof(relay->id) - 1);
    relay->next = relays->list;
    relays->list = relay;
    return relay;
}

struct relay *relays_connect(
    struct relays *relays, void *link, const struct link_register *registration, uint64_t now_us)
{
    struct relay *relay = find_relay(relays, registration->relay);
    void *context[2] = {relays, NULL};

    if (!relay)
        relay = add_relay(relays, registration->relay);
    if (!relay)
        return NULL;
    if (relay->link) {
        void *old = relay->link;

        relays_disconnect(relays, relay, old, now_us);
        relays->ops->replaced(old);
    }
    relay->link = link;
    relay->capacity = registration->capacity;
    relay->load = relay->told = (int64_t)json_array_size(registration->sessions);
    relay->cpu = relay->rtp_out_pps = 0;
    relay->here_since_us = now_us;
    snprintf(relay->version, sizeof(relay->version), "%s", registration->version);
    context[1] = relay;
    media_sessions_restore(
        relays->sessions, relay->id, registration->sessions, close_unwanted, context);
    log_info(LOG_LINK, "relay=%s version=%s sessions=%lld capacity=%lld connected", relay->id,
        registration->version, (long long)relay->load, (long long)relay->capacity);
    return relay;
}

void relays_disconnect(struct relays *relays, struct relay *relay, void *link, uint64_t now_us)
{
    if (relay->link != link)
        return;
    relay->link = NULL;
    relay->away_since_us = now_us;
    log_warn(LOG_LINK, "relay=%s disconnected", relay->id);
    fail_pending(relays, relay, 0, false);
}

static void receive_reply(
    struct relays *relays, struct relay *relay, const struct link_message *message)
{
    struct pending **link = &relays->pending;
    struct pending *at;

    while (*link && ((*link)->handle != (uint64_t)message->id || (*link)->relay != relay))
        link = &(*link)->next;
    at = *link;
    if (!at)
        return; /* too late, or the answer to a close that nobody waits for */
    *link = at->next;
    at->on_reply(at->user, &message->reply, false);
    free(at);
}

static void receive_session_state(
    struct relays *relays, struct relay *relay, const struct link_event *event)
{
    struct media_session *session = media_sessions_find(relays->sessions, event->session);

    if (!session || strcmp(session->relay, relay->id) != 0)
        return;
    log_info(LOG_LINK, "lesson=%s source=%s kind=%s state=%s reason=%s", session->record.lesson,
        session->record.source, session->record.kind == LINK_PUBLISH ? "publish" : "watch",
        event->state, event->reason);
    /* A pending session is answered by its reply. */
    if (strcmp(event->state, "closed") == 0 && session->state != MEDIA_SESSION_PENDING)
        media_sessions_remove(relays->sessions, event->session);
}

static void receive_slot_state(
    struct relays *relays, struct relay *relay, const struct link_event *event)
{
    struct media_session *session = media_sessions_find(relays->sessions, event->session);
    struct link_slot *slot = NULL;

    if (session && strcmp(session->relay, relay->id) == 0)
        slot = media_session_slot(session, event->slot);
    if (slot)
        slot->state = event->slot_state;
}

static void answer_bad_request(
    struct relays *relays, struct relay *relay, const struct link_message *message)
{
    json_t *reply = json_pack("{s:I, s:s, s:b, s:{s:i, s:s, s:s}}", "id", (json_int_t)message->id,
        "type", "reply", "ok", 0, "error", "status", 400, "code", "bad_request", "detail",
        "This request is not known.");

    if (reply)
        send_message(relays, relay, reply);
    json_decref(reply);
}

void relays_receive(struct relays *relays, struct relay *relay, const struct link_message *message)
{
    switch (message->type) {
    case LINK_REPLY:
        receive_reply(relays, relay, message);
        break;
    case LINK_SESSION_STATE:
        receive_session_state(relays, relay, &message->event);
        break;
    case LINK_LOAD:
        relay->load = relay->told = message->event.sessions;
        relay->cpu = message->event.cpu;
        relay->rtp_out_pps = message->event.rtp_out_pps;
        break;
    case LINK_SOURCE_STATE:
        log_info(LOG_LINK, "lesson=%s source=%s active=%d", message->event.lesson,
            message->event.source, message->event.active);
        break;
    case LINK_SLOT_STATE:
        receive_slot_state(relays, relay, &message->event);
        break;
    case LINK_REGISTER:
    case LINK_UNKNOWN:
        if (message->has_id)
            answer_bad_request(relays, relay, message);
        break;
    }
}

void relays_tick(struct relays *relays, uint64_t now_us)
{
    struct relay **link = &relays->list;

    fail_pending(relays, NULL, now_us, true);
    while (*link) {
        struct relay *relay = *link;

        if (!relay->link && now_us - relay->away_since_us >= RELAYS_FORGET_AFTER_US) {
            log_warn(LOG_LINK, "relay=%s stays away, its sessions are forgotten", relay->id);
            media_sessions_forget_relay(relays->sessions, relay->id);
            *link = relay->next;
            free(relay);
        } else {
            link = &relay->next;
        }
    }
}

const char *relays_place(struct relays *relays, const char *lesson, uint64_t now_us)
{
    const char *home = media_sessions_relay_of(relays->sessions, lesson);
    struct relay *best = home ? find_relay(relays, home) : NULL;

    if (best && best->link)
        return best->id;
    if (best && now_us - best->away_since_us < RELAYS_TAKEOVER_AFTER_US)
        return NULL;
    best = NULL;
    for (struct relay *relay = relays->list; relay; relay = relay->next) {
        if (!relay->link)
            continue;
        /* Compared as fractions of their capacities, without dividing. */
        if (!best || relay->load * (best->capacity + 1) < best->load * (relay->capacity + 1))
            best = relay;
    }
    return best ? best->id : NULL;
}

uint64_t relays_request(struct relays *relays, const char *relay_id, json_t *message,
    relays_on_reply on_reply, void *user, uint64_t now_us)
{
    struct relay *relay = find_relay(relays, relay_id);
    struct pending *pending = NULL;
    uint64_t handle = 0;

    if (!message || !relay || !relay->link)
        goto out;
    pending = calloc(1, sizeof(*pending));
    if (!pending)
        goto out;
    *pending = (struct pending){
        .handle = ++relays->last_handle,
        .deadline_us = now_us + RELAYS_REPLY_LIMIT_US,
        .on_reply = on_reply,
        .user = user,
        .relay = relay,
        .next = relays->pending,
    };
    if (json_object_set_new(message, "id", json_integer((json_int_t)pending->handle)) < 0 ||
        !send_message(relays, relay, message)) {
        free(pending);
        goto out;
    }
    relays->pending = pending;
    handle = pending->handle;
out:
    json_decref(message);
    return handle;
}

static bool cancel_in(struct pending **link, uint64_t handle)
{
    struct pending *at;

    while (*link && (*link)->handle != handle)
        link = &(*link)->next;
    at = *link;
    if (!at)
        return false;
    *link = at->next;
    free(at);
    return true;
}

void relays_cancel(struct relays *relays, uint64_t handle)
{
    /* One answer may cancel others that fail in the same moment. */
    if (!cancel_in(&relays->pending, handle))
        cancel_in(&relays->failing, handle);
}

static void ignore_reply(void *user, const struct link_reply *reply, bool timed_out)
{
    (void)user;
    (void)reply;
    (void)timed_out;
}

void relays_end_session(
    struct relays *relays, struct media_session *session, const char *reason, uint64_t now_us)
{
    if (relays_request(relays, session->relay, link_session_close(session->record.session, reason),
            ignore_reply, NULL, now_us))
        media_sessions_remove(relays->sessions, session->record.session);
    else
        media_sessions_set_ended(relays->sessions, session);
}

uint64_t relays_set_slot(struct relays *relays, const struct media_session *session,
    struct link_slot *slot, const char *source, relays_on_reply on_reply, void *user,
    uint64_t now_us)
{
    uint64_t handle = relays_request(relays, session->relay,
        link_slots_set(session->record.session, slot->line, source),
        on_reply ? on_reply : ignore_reply, user, now_us);

    if (handle && strcmp(slot->source, source) != 0) {
        slot->state = LINK_SLOT_EMPTY;
        memset(slot->source, 0, sizeof(slot->source));
        strncpy(slot->source, source, sizeof(slot->source) - 1);
    }
    return handle;
}
