/*
 * The player as a classroom's box: enrolled, it follows the bell and says when a lesson is to be shown; what stands between
 * lessons, and what it tells and does for the people of the console, is here. Not enrolled, it asks for a code. Main thread.
 */
#ifndef DUET_PLAYER_BOX_H
#define DUET_PLAYER_BOX_H

#include <gtk/gtk.h>
#include <stdbool.h>

#include "player/local_source.h"
#include "player/options.h"
#include "player/wall_clock.h"
#include "player/words.h"

struct box;

/* A lesson that is to be shown; borrowed, all of it. */
struct box_lesson {
    const char *name; /* for people */
    const char *url, *token;
    int64_t shift_s;      /* how much later it is played; 0: live */
    bool is_played_later; /* as the room is booked, also when it is too late for that */
    bool
        is_covered; /* received, but not seen or heard until on_uncover: the room's own bell has not rung */
    bool again; /* the same as before, with a new token */
};

struct box_params {
    const struct player_options *options; /* borrowed for the lifetime, as all here */
    const struct words *words;
    struct wall_clock *clock; /* set by the server's time */
    /* Show that lesson now, in the place of one that is shown: false when it cannot be. */
    bool (*on_join)(void *user, const struct box_lesson *lesson);
    void (*on_uncover)(void *user);
    void (*on_leave)(void *user);
    /* Leave cleanly, then program_restart(). */
    void (*on_restart)(void *user);
    void *user;
};

struct box *box_new(const struct box_params *params);
void box_free(struct box *box); /* NULL-safe; its widget is its parent's */

/* What covers the window between lessons. */
GtkWidget *box_widget(struct box *box);

/* Follows the bell, or asks for a code of the options' server. False with error. */
bool box_start(struct box *box, GError **error);

/* The lesson's token was refused: a new one, and on_join again. */
void box_rejoin(struct box *box);

/* A GDK key value between lessons: true when it was one for the box. */
bool box_key(struct box *box, guint key);

/* How the local camera is by now. */
void box_local(struct box *box, enum local_source_state state);

/* The CA that the server was enrolled with; borrowed, NULL for none. */
const char *box_ca_file(const struct box *box);

#endif
