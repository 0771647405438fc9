/*
 * The relays that are or were lately connected, what each is asked and has still to answer, and which
 * of them takes a new session. Knows no sockets: a link is a pair of functions, and the time is passed
 * in, so that tests play the relay. Loop thread.
 */
#ifndef DUET_SIGNALING_RELAYS_RELAYS_H
#define DUET_SIGNALING_RELAYS_RELAYS_H

#include "signaling/relays/link_messages.h"
#include "signaling/relays/sessions.h"

#define RELAYS_MAX               64                /* known at a time */
#define RELAYS_REPLY_LIMIT_US    UINT64_C(5000000) /* then the client gets a 504 */
#define RELAYS_FORGET_AFTER_US   UINT64_C(5000000) /* a relay away this long has lost its sessions */
#define RELAYS_TAKEOVER_AFTER_US UINT64_C(2000000) /* another relay takes its lessons */

struct relay;
struct relays;

struct relay_link_ops {
    /* Sends one text message; false when the link cannot take it any more. */
    bool (*send)(void *link, const char *text, size_t len);
    /* Ends a link that a newer one replaces. */
    void (*replaced)(void *link);
};

/* reply is NULL when the relay did not answer in time or went away; timed_out tells which. */
typedef void (*relays_on_reply)(void *user, const struct link_reply *reply, bool timed_out);

struct relays *relays_create(struct media_sessions *sessions, const struct relay_link_ops *ops);
void relays_destroy(struct relays *relays);

size_t relays_connected(const struct relays *relays);

/* Every relay that is or was lately connected. visit may call relays_request(), and nothing else here. */
void relays_each(struct relays *relays,
    void (*visit)(void *user, const char *relay, bool connected), void *user);

/* What is known of a relay, for people to look at. */
struct relay_figures {
    const char *id;      /* borrowed until the call returns */
    const char *version; /* the same */
    bool connected;
    uint64_t since_us; /* it has been there, or away */
    int64_t capacity;  /* sessions */
    int64_t sessions;  /* that it has; with cpu and rtp_out_pps told every 5 s */
    double cpu;        /* in processors */
    double rtp_out_pps;
};
void relays_each_figures(const struct relays *relays,
    void (*visit)(void *user, const struct relay_figures *figures), void *user);

/* A proven relay is there; restores its sessions. NULL without memory. */
struct relay *relays_connect(
    struct relays *relays, void *link, const struct link_register *registration, uint64_t now_us);

/* Its link ended (ignored when a newer link has taken its place). Fails what it has still to answer. */
void relays_disconnect(struct relays *relays, struct relay *relay, void *link, uint64_t now_us);

/* A message of a registered relay. */
void relays_receive(struct relays *relays, struct relay *relay, const struct link_message *message);

/* Times out requests and forgets relays; call it every 100 ms or so. */
void relays_tick(struct relays *relays, uint64_t now_us);

/*
 * The relay for a session of this lesson: the one that has the lesson, else the least loaded. NULL when
 * there is none now, or when the lesson's relay has only just gone and may be back.
 */
const char *relays_place(struct relays *relays, const char *lesson, uint64_t now_us);

/*
 * Sends a request (its reference is taken) and calls on_reply once, never before this returns. Returns
 * a handle for relays_cancel(), or 0 when the relay cannot be asked.
 */
uint64_t relays_request(struct relays *relays, const char *relay, json_t *message,
    relays_on_reply on_reply, void *user, uint64_t now_us);

/* on_reply will not be called. */
void relays_cancel(struct relays *relays, uint64_t handle);

/*
 * Asks a session's relay to fill one of its slots with another source ("" = none), and notes it in the
 * slot: what was asked last is what a relay shows, and one that was away tells what it shows when it is
 * back. on_reply is NULL when nobody waits. Returns as relays_request().
 */
uint64_t relays_set_slot(struct relays *relays, const struct media_session *session,
    struct link_slot *slot, const char *source, relays_on_reply on_reply, void *user,
    uint64_t now_us);

/* Ends a session at its relay without waiting; when the relay is away, as soon as it is back. Removes
 * it from the table, or marks it ended. */
void relays_end_session(
    struct relays *relays, struct media_session *session, const char *reason, uint64_t now_us);

#endif
