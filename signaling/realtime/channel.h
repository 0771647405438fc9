/*
 * What the participants of one lesson have in common: who is there, what happened last, and the way an event goes to
 * all of them. Events are numbered; the numbers of a channel that is made anew are above those of the one before, so
 * that nobody takes an event of now for one that they have. Loop thread.
 */
#ifndef DUET_SIGNALING_REALTIME_CHANNEL_H
#define DUET_SIGNALING_REALTIME_CHANNEL_H

#include "signaling/http/text.h"
#include "signaling/realtime/event_ring.h"
#include "signaling/realtime/lesson_access.h"

#include <jansson.h>

struct participant;

/* Somebody who is there, however many sockets they have. */
struct presence {
    struct presence *next;
    char *text; /* owned: {"participant", "role", "room", "name"}, for each list that it is in */
    size_t sockets;
    int64_t room;
    char subject[TOKEN_MAX_NAME_CHARS + 1];
    char role[TOKEN_MAX_NAME_CHARS + 1];
    char name[PEOPLE_MAX_NAME_BYTES + 1];
};

struct channel {
    struct channel *next; /* of its bucket */

    /* borrowed */
    struct participant *members;

    /* owned */
    struct presence *present;
    struct event_ring ring;
    struct ws_frame *list;     /* of those present (standing.c); NULL since it changed */
    struct ws_frame *snapshot; /* after snapshot_seq, at snapshot_us; NULL for none */

    /* state */
    int64_t snapshot_seq;
    uint64_t snapshot_us;
    char lesson[TOKEN_MAX_NAME_CHARS + 1];
    uint64_t empty_us; /* since when; 0: somebody is there */
};

struct channels;

struct channels *channels_create(void);
void channels_destroy(struct channels *channels);

/* NULL when nobody is or lately was there. */
struct channel *channels_find(const struct channels *channels, const char *lesson);

/* Makes it when it is not there: the numbers of its events begin above wall_ms. NULL without memory. */
struct channel *channels_get(struct channels *channels, const char *lesson, int64_t wall_ms);

/* Lets go of those that have been empty for a while: who comes back soon can still resume. */
void channels_sweep(struct channels *channels, uint64_t now_us);

/* Gives the event (the reference is taken; NULL: nothing) its number and sends it to all. */
void channel_publish(struct channel *channel, json_t *event);

/* A socket more or less of somebody; the first one's coming and the last one's going are events. 0 or -ENOMEM. */
int channel_enter(
    struct channel *channel, struct participant *participant, const struct lesson_access *access);
void channel_leave(struct channel *channel, struct participant *participant, uint64_t now_us);

/* Appends [{participant, role, room, name}], as text. */
void channel_list_presence(const struct channel *channel, struct text *text);

#endif
