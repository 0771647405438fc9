#include "relay/stats_sessions.h"

#include "relay/session.h"

#include <stdlib.h>
#include <string.h>

#define SHORT_ID_CHARS 8

struct listing {
    const char *lesson;
    const struct session **found; /* owned */
    size_t capacity;
    size_t count;
};

static void find(void *user, const struct session *session)
{
    struct listing *listing = user;

    if (strcmp(session->lesson, listing->lesson) == 0 && listing->count < listing->capacity)
        listing->found[listing->count++] = session;
}

static unsigned misery(const struct session *session)
{
    return session->subscriber != NULL ? subscriber_fraction_lost(session->subscriber) : 0;
}

/* Publishers, then viewers from the most lossy on; each group by age, so that a table stays calm. */
static int compare(const void *a, const void *b)
{
    const struct session *one = *(const struct session *const *)a;
    const struct session *other = *(const struct session *const *)b;

    if (one->kind != other->kind)
        return one->kind == SESSION_PUBLISH ? -1 : 1;
    if (misery(one) != misery(other))
        return misery(one) > misery(other) ? -1 : 1;
    return one->order < other->order ? -1 : 1;
}

static json_t *session_json(const struct session *session, uint64_t now_us)
{
    const struct transport_path *path = transport_get_path(session->transport);
    json_t *object = json_pack("{s:s%, s:b, s:I, s:s, s:s}", "session", session->id,
        (size_t)SHORT_ID_CHARS, "connected", session->connected, "age_us",
        (json_int_t)(now_us - session->created_us), "protocol",
        path == NULL            ? ""
        : path->connection != 0 ? "tcp"
                                : "udp",
        "srtp", transport_srtp_profile(session->transport));
    json_t *figures = NULL;

    if (session->stream != NULL)
        figures = stream_stats(session->stream, now_us);
    else if (session->subscriber != NULL)
        figures = subscriber_stats(session->subscriber);
    if (figures != NULL)
        json_object_update(object, figures);
    json_decref(figures);
    return object;
}

json_t *stats_sessions(
    const struct session_table *sessions, const char *lesson, size_t max_sessions, uint64_t now_us)
{
    struct listing listing = {.lesson = lesson, .capacity = session_table_count(sessions)};
    json_t *publishers = json_array();
    json_t *viewers = json_array();
    size_t shown;

    listing.found = calloc(listing.capacity > 0 ? listing.capacity : 1, sizeof(*listing.found));
    if (listing.found != NULL) {
        session_table_each(sessions, find, &listing);
        qsort(listing.found, listing.count, sizeof(listing.found[0]), compare);
    }
    shown = listing.count < max_sessions ? listing.count : max_sessions;
    for (size_t i = 0; i < shown; i++) {
        const struct session *session = listing.found[i];

        json_array_append_new(
            session->kind == SESSION_PUBLISH ? publishers : viewers, session_json(session, now_us));
    }
    free(listing.found);
    return json_pack("{s:o, s:o, s:I}", "publishers", publishers, "viewers", viewers, "left_out",
        (json_int_t)(listing.count - shown));
}
