/*
 * Every WHIP and WHEP session that a relay holds: whose it is, which lesson and source, its ETag, and
 * on which relay. Memory only: the relays keep the records and give them back when signaling starts
 * again. Loop thread.
 */
#ifndef DUET_SIGNALING_RELAYS_SESSIONS_H
#define DUET_SIGNALING_RELAYS_SESSIONS_H

#include "signaling/relays/link_messages.h"

enum media_session_state {
    MEDIA_SESSION_PENDING, /* the relay was asked */
    MEDIA_SESSION_LIVE,
    MEDIA_SESSION_ENDED, /* its URL is gone; the relay was away and has still to be told */
};

struct media_session {
    struct link_record record;
    char relay[LINK_MAX_NAME_CHARS + 1];
    enum media_session_state state;
    uint64_t serial; /* order of creation */
    bool announced;  /* only while its relay's announcement is read */
    struct media_session *next;
};

struct media_sessions;

struct media_sessions *media_sessions_create(void);
void media_sessions_destroy(struct media_sessions *sessions);

size_t media_sessions_count(const struct media_sessions *sessions);

/* NULL without memory. The session is owned by the table. */
struct media_session *media_sessions_add(struct media_sessions *sessions,
    const struct link_record *record, const char *relay, enum media_session_state state);

/* By id, whatever its state; NULL when unknown. */
struct media_session *media_sessions_find(struct media_sessions *sessions, const char *id);

/* The newest publisher of a source, pending or live; NULL when the source is free. */
struct media_session *media_sessions_publisher(
    struct media_sessions *sessions, const char *lesson, const char *source);

/* The relay that has sessions of this lesson, NULL when none has. Borrowed until the table changes. */
const char *media_sessions_relay_of(struct media_sessions *sessions, const char *lesson);

void media_sessions_remove(struct media_sessions *sessions, const char *id);

/* The relay is gone for good. */
void media_sessions_forget_relay(struct media_sessions *sessions, const char *relay);

/*
 * A relay registered with what it holds: sessions that it lost are forgotten, those that we lost are
 * restored, and on_unwanted is called with the id of each that is to be closed.
 */
void media_sessions_restore(struct media_sessions *sessions, const char *relay,
    const json_t *records, void (*on_unwanted)(void *user, const char *id), void *user);

#endif
