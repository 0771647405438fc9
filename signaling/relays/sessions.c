#include "signaling/relays/sessions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 4096

struct media_sessions {
    struct media_session *buckets[BUCKETS]; /* owned */
    size_t count;
    uint64_t serial;
    void (*on_change)(void *user, const struct media_session *session, bool is_live);
    void *user; /* borrowed */
};

static void free_session(struct media_session *session)
{
    free(session->slots);
    free(session);
}

static void tell(struct media_sessions *sessions, const struct media_session *session, bool is_live)
{
    if (sessions->on_change)
        sessions->on_change(sessions->user, session, is_live);
}

static void drop_session(struct media_sessions *sessions, struct media_session *session)
{
    if (session->state == MEDIA_SESSION_LIVE)
        tell(sessions, session, false);
    sessions->count--;
    free_session(session);
}

struct media_sessions *media_sessions_create(void)
{
    return calloc(1, sizeof(struct media_sessions));
}

void media_sessions_destroy(struct media_sessions *sessions)
{
    if (!sessions)
        return;
    for (size_t i = 0; i < BUCKETS; i++) {
        while (sessions->buckets[i]) {
            struct media_session *next = sessions->buckets[i]->next;

            free_session(sessions->buckets[i]);
            sessions->buckets[i] = next;
        }
    }
    free(sessions);
}

void media_sessions_observe(struct media_sessions *sessions,
    void (*on_change)(void *user, const struct media_session *session, bool is_live), void *user)
{
    sessions->on_change = on_change;
    sessions->user = user;
}

void media_sessions_set_live(struct media_sessions *sessions, struct media_session *session)
{
    if (session->state == MEDIA_SESSION_LIVE)
        return;
    session->state = MEDIA_SESSION_LIVE;
    tell(sessions, session, true);
}

void media_sessions_set_ended(struct media_sessions *sessions, struct media_session *session)
{
    bool was_live = session->state == MEDIA_SESSION_LIVE;

    session->state = MEDIA_SESSION_ENDED;
    if (was_live)
        tell(sessions, session, false);
}

size_t media_sessions_count(const struct media_sessions *sessions)
{
    return sessions->count;
}

/* Ids are random hex: their first characters are as good as any hash. */
static struct media_session **bucket_of(struct media_sessions *sessions, const char *id)
{
    unsigned hash = 0;

    for (size_t i = 0; i < 8 && id[i]; i++)
        hash = hash * 31 + (unsigned char)id[i];
    return &sessions->buckets[hash % BUCKETS];
}

struct media_session *media_sessions_add(struct media_sessions *sessions,
    const struct link_record *record, const char *relay, enum media_session_state state)
{
    struct media_session **bucket = bucket_of(sessions, record->session);
    struct media_session *session = calloc(1, sizeof(*session));

    if (!session)
        return NULL;
    session->record = *record;
    strncpy(session->relay, relay, sizeof(session->relay) - 1);
    session->state = state;
    session->serial = ++sessions->serial;
    session->next = *bucket;
    *bucket = session;
    sessions->count++;
    return session;
}

struct media_session *media_sessions_find(struct media_sessions *sessions, const char *id)
{
    struct media_session *session = *bucket_of(sessions, id);

    while (session && strcmp(session->record.session, id) != 0)
        session = session->next;
    return session;
}

struct media_session *media_sessions_publisher(
    struct media_sessions *sessions, const char *lesson, const char *source)
{
    struct media_session *found = NULL;

    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct media_session *at = sessions->buckets[i]; at; at = at->next) {
            if (at->state != MEDIA_SESSION_ENDED && at->record.kind == LINK_PUBLISH &&
                strcmp(at->record.lesson, lesson) == 0 && strcmp(at->record.source, source) == 0 &&
                (!found || at->serial > found->serial))
                found = at;
        }
    }
    return found;
}

const char *media_sessions_relay_of(struct media_sessions *sessions, const char *lesson)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct media_session *at = sessions->buckets[i]; at; at = at->next) {
            if (at->state != MEDIA_SESSION_ENDED && strcmp(at->record.lesson, lesson) == 0)
                return at->relay;
        }
    }
    return NULL;
}

void media_sessions_each(struct media_sessions *sessions, const char *lesson,
    void (*on_session)(void *user, struct media_session *session), void *user)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct media_session *at = sessions->buckets[i]; at; at = at->next) {
            if (at->state == MEDIA_SESSION_LIVE &&
                (!lesson || strcmp(at->record.lesson, lesson) == 0))
                on_session(user, at);
        }
    }
}

int media_session_take_slots(struct media_session *session, const json_t *slots)
{
    struct link_slot read[LINK_MAX_SLOTS];
    struct link_slot *copy;
    size_t count = 0;

    if (!slots)
        return 0;
    if (link_slots_from_json(slots, read, &count) < 0)
        return -EBADMSG;
    copy = malloc(sizeof(read[0]) * (count > 0 ? count : 1));
    if (!copy)
        return -ENOMEM;
    memcpy(copy, read, sizeof(read[0]) * count);
    free(session->slots);
    session->slots = copy;
    session->slot_count = count;
    return 0;
}

struct link_slot *media_session_slot(struct media_session *session, int64_t line)
{
    for (size_t i = 0; i < session->slot_count; i++) {
        if (session->slots[i].line == line)
            return &session->slots[i];
    }
    return NULL;
}

void media_sessions_remove(struct media_sessions *sessions, const char *id)
{
    struct media_session **link = bucket_of(sessions, id);

    while (*link && strcmp((*link)->record.session, id) != 0)
        link = &(*link)->next;
    if (*link) {
        struct media_session *gone = *link;

        *link = gone->next;
        drop_session(sessions, gone);
    }
}

/* Removes the relay's sessions that were not announced. */
static void drop_missing(struct media_sessions *sessions, const char *relay)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        struct media_session **link = &sessions->buckets[i];

        while (*link) {
            struct media_session *at = *link;

            if (strcmp(at->relay, relay) == 0 && !at->announced) {
                *link = at->next;
                drop_session(sessions, at);
            } else {
                at->announced = false;
                link = &at->next;
            }
        }
    }
}

void media_sessions_forget_relay(struct media_sessions *sessions, const char *relay)
{
    drop_missing(sessions, relay);
}

static bool restore_one(struct media_sessions *sessions, const char *relay, const json_t *item)
{
    struct link_record record;
    struct media_session *session;

    if (link_record_from_json(item, &record) < 0)
        return false;
    session = media_sessions_add(sessions, &record, relay, MEDIA_SESSION_PENDING);
    if (!session)
        return false;
    if (media_session_take_slots(session, json_object_get(item, "slots")) == 0) {
        media_sessions_set_live(sessions, session);
        return true;
    }
    media_sessions_remove(sessions, record.session);
    return false;
}

void media_sessions_restore(struct media_sessions *sessions, const char *relay,
    const json_t *records, void (*on_unwanted)(void *user, const char *id), void *user)
{
    const json_t *item;
    size_t i;

    json_array_foreach(records, i, item)
    {
        const char *id = json_string_value(json_object_get(item, "session"));
        struct media_session *known = id ? media_sessions_find(sessions, id) : NULL;

        if (known)
            known->announced = true;
    }
    drop_missing(sessions, relay);
    json_array_foreach(records, i, item)
    {
        const char *id = json_string_value(json_object_get(item, "session"));
        struct media_session *known;

        if (!id || !link_is_hex(id, RANDOM_ID_CHARS))
            continue;
        known = media_sessions_find(sessions, id);
        if (known && known->state == MEDIA_SESSION_ENDED) {
            media_sessions_remove(sessions, id);
            on_unwanted(user, id);
        } else if (known && strcmp(known->relay, relay) != 0) {
            on_unwanted(user, id); /* ids are ours and random: another relay cannot have it too */
        } else if (known) {
            media_session_take_slots(known, json_object_get(item, "slots"));
        } else if (!restore_one(sessions, relay, item)) {
            on_unwanted(user, id);
        }
    }
}
