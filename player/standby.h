/*
 * The screen between lessons: the time, the next lesson with its teacher and how long it is until then, and the day's
 * others. It covers the whole window; pupils read it, so nothing on it is smaller than they can read from the last row
 * but what is for the teacher. Main thread.
 */
#ifndef DUET_PLAYER_STANDBY_H
#define DUET_PLAYER_STANDBY_H

#include <gtk/gtk.h>

#include "media/bell_follower.h"
#include "player/wall_clock.h"
#include "player/words.h"

struct standby;

/* words are borrowed for the lifetime. */
struct standby *standby_new(const struct words *words);
void standby_free(struct standby *standby);

/* Owned by its parent once it has one. */
GtkWidget *standby_widget(struct standby *standby);

/* Each second. */
void standby_show(
    struct standby *standby, const struct bell_follower_view *view, const struct wall_clock *clock);

/* A lesson was over a moment ago: for a while the screen says what became of it. NULL takes that away. */
void standby_say(struct standby *standby, const char *text);

#endif
