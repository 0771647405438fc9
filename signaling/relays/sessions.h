/*
 * Every WHIP and WHEP session that a relay holds: whose it is, which lesson and source, its ETag, what
 * its slots show, and on which relay. Memory only: the relays keep the records and give them back when signaling starts
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
    struct link_slot
        *slots; /* owned; of a viewer, in m-line order; NULL before the relay's answer */
    size_t slot_count;
    char relay[LINK_MAX_NAME_CHARS + 1];
    enum media_session_state state;
    uint64_t serial; /* order of creation */
    bool announced;  /* only while its relay's announcement is read */
    struct media_session *next;
};

struct media_sessions;

struct media_sessions *media_sessions_create(void);
void media_sessions_destroy(struct media_sessions *sessions);

/* on_change hears of each session that becomes live, and of each live one that ends. It must not change the table. */
void media_sessions_observe(struct media_sessions *sessions,
    void (*on_change)(void *user, const struct media_session *session, bool is_live), void *user);

size_t media_sessions_count(const struct media_sessions *sessions);

/* NULL without memory. The session is owned by the table. */
struct media_session *media_sessions_add(struct media_sessions *sessions,
    const struct link_record *record, const char *relay, enum media_session_state state);

/* The relay has it; and it is to be ended, which its relay has still to be told. */
void media_sessions_set_live(struct media_sessions *sessions, struct media_session *session);
void media_sessions_set_ended(struct media_sessions *sessions, struct media_session *session);

/* By id, whatever its state; NULL when unknown. */
struct media_session *media_sessions_find(struct media_sessions *sessions, const char *id);

/* The newest publisher of a source, pending or live; NULL when the source is free. */
struct media_session *media_sessions_publisher(
    struct media_sessions *sessions, const char *lesson, const char *source);

/* The relay that has sessions of this lesson, NULL when none has. Borrowed until the table changes. */
const char *media_sessions_relay_of(struct media_sessions *sessions, const char *lesson);

/* Calls on_session for every live session, or for those of one lesson; it must not change the table. */
void media_sessions_each(struct media_sessions *sessions, const char *lesson,
    void (*on_session)(void *user, struct media_session *session), void *user);

/* The slots as its relay tells them (NULL: it tells none). Returns 0, -EBADMSG or -ENOMEM; then the
 * session has the slots that it had. */
int media_session_take_slots(struct media_session *session, const json_t *slots);

/* By index of the m-line; NULL when the session has no such slot. */
struct link_slot *media_session_slot(struct media_session *session, int64_t line);

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
