#include "relay/session_table.h"

#include "common/log.h"
#include "relay/link_messages.h"
#include "relay/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 1024

struct session_table {
    /* borrowed */
    struct session_table_params params;
    /* owned */
    struct session *buckets[BUCKETS];
    /* state */
    struct session_counters counters;
    size_t count;
    size_t marked;
    uint64_t order;
};

int session_table_create(
    const struct session_table_params *params, struct session_table **ret_table)
{
    struct session_table *table = calloc(1, sizeof(*table));

    if (table == NULL)
        return -ENOMEM;
    table->params = *params;
    *ret_table = table;
    return 0;
}

/* Ids are random hex that signaling chose: their first digits spread well. */
static struct session **bucket_of(struct session_table *table, const char *id)
{
    size_t hash = 0;

    for (size_t i = 0; i < 8 && id[i] != '\0'; i++)
        hash = hash * 31 + (unsigned char)id[i];
    return &table->buckets[hash % BUCKETS];
}

void session_table_sweep(struct session_table *table)
{
    if (table->marked == 0)
        return;
    for (size_t i = 0; i < BUCKETS; i++) {
        struct session **link = &table->buckets[i];

        while (*link != NULL) {
            struct session *session = *link;

            if (!session->closing) {
                link = &session->next_in_bucket;
                continue;
            }
            *link = session->next_in_bucket;
            session_destroy(session);
            table->count--;
        }
    }
    table->marked = 0;
}

void session_table_destroy(struct session_table *table)
{
    if (table == NULL)
        return;
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct session *at = table->buckets[i]; at != NULL; at = at->next_in_bucket)
            session_close(at, "requested");
    }
    session_table_sweep(table);
    free(table);
}

static struct session *find(struct session_table *table, const char *id)
{
    for (struct session *at = *bucket_of(table, id); at != NULL; at = at->next_in_bucket) {
        if (!at->closing && strcmp(at->id, id) == 0)
            return at;
    }
    return NULL;
}

struct session *session_table_find_publisher(const struct session_table *table, const char *lesson,
    const char *source, const struct session *except)
{
    struct session *oldest = NULL;

    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct session *at = table->buckets[i]; at != NULL; at = at->next_in_bucket) {
            if (at->kind == SESSION_PUBLISH && !at->closing && at != except &&
                strcmp(at->source, source) == 0 && strcmp(at->lesson, lesson) == 0 &&
                (oldest == NULL || at->order < oldest->order))
                oldest = at;
        }
    }
    return oldest;
}

/* ---- requests ---- */

static int no_session(struct session_error *ret_error)
{
    session_fail(ret_error, 404, "no_session", "the session is over; start a new one");
    return -ENOENT;
}

/* A source has one publisher, unless signaling says that the newcomer is its owner. Old sessions that
 * carry nothing go at once, the others when the new one is connected. */
static int make_room(struct session_table *table, const struct session_request *request,
    struct session_error *ret_error)
{
    struct session *old =
        session_table_find_publisher(table, request->lesson, request->source, NULL);
    struct session *named = request->replace != NULL ? find(table, request->replace) : NULL;

    if (old == NULL)
        return 0;
    if (named == NULL || named->kind != SESSION_PUBLISH ||
        strcmp(named->lesson, request->lesson) != 0 || strcmp(named->source, request->source) != 0)
        return session_fail(
            ret_error, 409, "source_taken", "%s already has a publisher", request->source);
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct session *at = table->buckets[i]; at != NULL; at = at->next_in_bucket) {
            if (at->kind == SESSION_PUBLISH && !at->active && !at->closing &&
                strcmp(at->source, request->source) == 0 &&
                strcmp(at->lesson, request->lesson) == 0)
                session_close(at, "replaced");
        }
    }
    session_table_sweep(table);
    return 0;
}

static int admit(struct session_table *table, const struct session_request *request,
    struct session_error *ret_error)
{
    if (find(table, request->session) != NULL)
        return session_fail(ret_error, 400, "bad_request", "the session exists already");
    if (table->count >= table->params.max_sessions) {
        session_fail(ret_error, 503, "full", "the relay carries as many sessions as it may");
        return -ENOSPC;
    }
    return 0;
}

static int answer_members(const struct session *session, json_t **ret_members)
{
    char *answer = NULL;
    int err = session_answer(session, &answer);
    json_t *members;

    if (err < 0)
        return err;
    members =
        json_pack("{s:s, s:o*}", "answer", answer, "slots", session_slots_to_json(session->slots));
    free(answer);
    if (members == NULL)
        return -ENOMEM;
    *ret_members = members;
    return 0;
}

int session_table_open(struct session_table *table, const struct session_request *request,
    uint64_t now_us, json_t **ret_members, struct session_error *ret_error)
{
    struct session *session = NULL;
    struct session **bucket = bucket_of(table, request->session);
    int err = admit(table, request, ret_error);

    if (err < 0)
        goto out;
    err = session_create(table, request, now_us, &session, ret_error);
    if (err < 0)
        goto out;
    /* Only an offer that is good may push another publisher aside. */
    if (request->kind == SESSION_PUBLISH)
        err = make_room(table, request, ret_error);
    if (err < 0)
        goto out;
    err = answer_members(session, ret_members);
    if (err < 0) {
        session_fail(ret_error, 503, "full", "the relay is out of memory");
        goto out;
    }
    log_info(LOG_ICE, "event=created session=%.8s kind=%s lesson=%s source=%s", session->id,
        session->kind == SESSION_PUBLISH ? "publish" : "watch", session->lesson,
        request->source != NULL ? request->source : "(slots)");
    session->next_in_bucket = *bucket;
    *bucket = session;
    session = NULL;
    table->count++;
    table->counters.created++;
out:
    if (err < 0)
        table->counters.refused++;
    session_destroy(session);
    return err;
}

int session_table_trickle(struct session_table *table, const char *id, const char *fragment,
    struct session_error *ret_error)
{
    struct session *session = find(table, id);

    if (session == NULL)
        return no_session(ret_error);
    return session_trickle(session, fragment, ret_error);
}

int session_table_restart(struct session_table *table, const char *id, const char *fragment,
    json_t *record, uint64_t now_us, json_t **ret_members, struct session_error *ret_error)
{
    struct session *session = find(table, id);
    char *answer = NULL;
    int err;

    if (session == NULL)
        return no_session(ret_error);
    err = session_restart(session, fragment, now_us, &answer, ret_error);
    if (err < 0)
        return err;
    if (record != NULL) {
        json_decref(session->record);
        session->record = json_incref(record);
    }
    *ret_members = json_pack("{s:s}", "fragment", answer);
    free(answer);
    return 0;
}

void session_table_close(struct session_table *table, const char *id)
{
    struct session *session = find(table, id);

    if (session != NULL)
        session_close(session, "requested");
    session_table_sweep(table);
}

int session_table_set_slot(struct session_table *table, const char *id, size_t slot,
    const char *source, uint64_t now_us, struct session_error *ret_error)
{
    struct session *session = find(table, id);

    if (session == NULL)
        return no_session(ret_error);
    return session_set_slot(session, slot, source, now_us, ret_error);
}

/* ---- what signaling wants to know ---- */

json_t *session_table_records(const struct session_table *table)
{
    json_t *records = json_array();

    for (size_t i = 0; i < BUCKETS && records != NULL; i++) {
        for (const struct session *at = table->buckets[i]; at != NULL; at = at->next_in_bucket) {
            json_t *record;

            if (at->closing)
                continue;
            record = at->record != NULL ? json_copy(at->record) : json_object();
            json_object_set_new(record, "session", json_string(at->id));
            json_object_set_new(record, "state", json_string(at->connected ? "connected" : "new"));
            if (at->slots != NULL)
                json_object_set_new(record, "slots", session_slots_to_json(at->slots));
            json_array_append_new(records, record);
        }
    }
    return records;
}

void session_table_announce(const struct session_table *table)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        for (const struct session *at = table->buckets[i]; at != NULL; at = at->next_in_bucket) {
            if (!at->closing && at->active)
                session_table_emit(table, link_source_state(at->lesson, at->source, true));
        }
    }
}

void session_table_each(const struct session_table *table,
    void (*visit)(void *user, const struct session *session), void *user)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        for (const struct session *at = table->buckets[i]; at != NULL; at = at->next_in_bucket) {
            if (!at->closing)
                visit(user, at);
        }
    }
}

size_t session_table_count(const struct session_table *table)
{
    return table->count - table->marked;
}

const struct session_counters *session_table_counters(const struct session_table *table)
{
    return &table->counters;
}

/* ---- for session.c ---- */

const struct session_table_params *session_table_context(const struct session_table *table)
{
    return &table->params;
}

struct session_counters *session_table_count_media(struct session_table *table)
{
    return &table->counters;
}

void session_table_emit(const struct session_table *table, json_t *event)
{
    if (event != NULL)
        table->params.on_event(table->params.user, event);
}

uint64_t session_table_next_order(struct session_table *table)
{
    return table->order++;
}

void session_table_mark(struct session_table *table)
{
    table->marked++;
}
