/*
 * Follows the bell for an enrolled device: keeps the day of its room, on disk too, and says when to join which lesson with
 * which token and when to leave it. The clock is the server's, carried on by this machine's monotonic one; only a device
 * that has not reached the server since it was switched on believes its own until then.
 *
 *   device_client ── day ──▶ bell_follower ── bell_clock ──▶ on_join, on_leave, on_view
 *
 * One thread, in the main context that was thread-default at creation; callbacks may not free it.
 */
#ifndef DUET_MEDIA_BELL_FOLLOWER_H
#define DUET_MEDIA_BELL_FOLLOWER_H

#include "media/bell_clock.h"
#include "media/device_client.h"

struct bell_follower;

/* What a screen shows. Borrowed until the call returns. */
struct bell_follower_view {
    const struct day_plan *plan; /* NULL: nothing is known yet */
    struct bell_view bell;
    int64_t now_ms; /* the server's */
    enum device_link link;
    const char *link_text; /* the sentence for people, or NULL */
    bool clock_is_own;     /* the server has not been reached yet */
    bool joined;
};

struct bell_follower_params {
    const char *folder;               /* of the identity and the cached day; copied */
    json_t *(*on_health)(void *user); /* may be NULL; disk and network are added to it */
    /* Go there now. url and token are borrowed. */
    void (*on_join)(
        void *user, const struct day_lesson *lesson, const char *url, const char *token);
    /* The lesson that was joined last is over, or is none of this room's any more. */
    void (*on_leave)(void *user);
    /* Somebody looks at the box now: bell_follower_checked() within a few seconds, with a picture of the camera if one is
     * wanted and there is one. NULL: what on_health gives is all. */
    void (*on_check)(void *user, bool wants_picture);
    /* Somebody has the box restarted: leave cleanly, then program_restart(). NULL: it cannot be. */
    void (*on_restart)(void *user);
    /* Each second, and when anything changed. */
    void (*on_view)(void *user, const struct bell_follower_view *view);
    void *user;
};

/* NULL with error when the folder has no identity (G_FILE_ERROR_NOENT), or one that cannot be used. */
struct bell_follower *bell_follower_new(const struct bell_follower_params *params, GError **error);

/* on_leave is not called. NULL-safe. */
void bell_follower_free(struct bell_follower *follower);

/* What was joined ended by itself: token refused, session lost. After a pause on_join comes again, with a new token, while the
 * lesson lasts. */
void bell_follower_rejoin(struct bell_follower *follower);

/* Tells the server how the device is now. */
void bell_follower_report(struct bell_follower *follower);

/* The check that on_check asked for is done: how the device is by now is told, and what was found beside that (NULL: nothing). */
void bell_follower_checked(struct bell_follower *follower, const struct device_findings *found);

/* The CA that the server was enrolled with; borrowed, "" for none. */
const char *bell_follower_ca_file(const struct bell_follower *follower);

/* Where the device is enrolled; borrowed. */
const char *bell_follower_server(const struct bell_follower *follower);

#endif
