#include "relay/placement.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 1024

struct place {
    struct place *next; /* of the bucket */
    size_t worker;
    bool publishes;
    char session[SESSION_ID_CHARS + 1];
    char lesson[MEDIA_NAME_CHARS + 1];
    char source[MEDIA_NAME_CHARS + 1];
};

struct placement {
    /* owned */
    struct place *buckets[BUCKETS];
    size_t *loads; /* sessions by worker */
    /* state */
    size_t workers;
    size_t max_sessions;
    size_t count;
};

int placement_create(size_t workers, size_t max_sessions, struct placement **ret_placement)
{
    struct placement *placement = calloc(1, sizeof(*placement));

    if (placement == NULL)
        return -ENOMEM;
    placement->loads = calloc(workers, sizeof(placement->loads[0]));
    if (placement->loads == NULL) {
        free(placement);
        return -ENOMEM;
    }
    placement->workers = workers;
    placement->max_sessions = max_sessions;
    *ret_placement = placement;
    return 0;
}

void placement_destroy(struct placement *placement)
{
    if (placement == NULL)
        return;
    for (size_t i = 0; i < BUCKETS; i++) {
        while (placement->buckets[i] != NULL) {
            struct place *place = placement->buckets[i];

            placement->buckets[i] = place->next;
            free(place);
        }
    }
    free(placement->loads);
    free(placement);
}

/* Ids are random hex that signaling chose. */
static struct place **find(const struct placement *placement, const char *session)
{
    size_t hash = 0;
    struct place **link;

    for (size_t i = 0; i < 8 && session[i] != '\0'; i++)
        hash = hash * 31 + (unsigned char)session[i];
    link = (struct place **)&placement->buckets[hash % BUCKETS];
    while (*link != NULL && strcmp((*link)->session, session) != 0)
        link = &(*link)->next;
    return link;
}

static bool find_publisher(
    const struct placement *placement, const struct session_request *request, size_t *ret_worker)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        for (const struct place *at = placement->buckets[i]; at != NULL; at = at->next) {
            if (!at->publishes || strcmp(at->source, request->source) != 0 ||
                strcmp(at->lesson, request->lesson) != 0)
                continue;
            *ret_worker = at->worker;
            return true;
        }
    }
    return false;
}

static size_t least_loaded(const struct placement *placement)
{
    size_t best = 0;

    for (size_t i = 1; i < placement->workers; i++) {
        if (placement->loads[i] < placement->loads[best])
            best = i;
    }
    return best;
}

int placement_add(struct placement *placement, const struct session_request *request)
{
    struct place **link = find(placement, request->session);
    struct place *place;

    if (*link != NULL)
        return -EEXIST;
    if (placement->count >= placement->max_sessions)
        return -ENOSPC;
    place = calloc(1, sizeof(*place));
    if (place == NULL)
        return -ENOMEM;
    place->publishes = request->kind == SESSION_PUBLISH;
    if (!place->publishes || !find_publisher(placement, request, &place->worker))
        place->worker = least_loaded(placement);
    snprintf(place->session, sizeof(place->session), "%s", request->session);
    snprintf(place->lesson, sizeof(place->lesson), "%s", request->lesson);
    if (place->publishes)
        snprintf(place->source, sizeof(place->source), "%s", request->source);
    *link = place;
    placement->loads[place->worker]++;
    placement->count++;
    return (int)place->worker;
}

size_t placement_find(const struct placement *placement, const char *session)
{
    const struct place *place = *find(placement, session);

    return place != NULL ? place->worker : 0;
}

void placement_remove(struct placement *placement, const char *session)
{
    struct place **link = find(placement, session);
    struct place *place = *link;

    if (place == NULL)
        return;
    *link = place->next;
    placement->loads[place->worker]--;
    placement->count--;
    free(place);
}

size_t placement_count(const struct placement *placement)
{
    return placement->count;
}
