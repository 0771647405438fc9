/*
 * Enrolling this machine with nothing but the number keys of a keyboard or a remote control: the six digits of the
 * coordinator's page, and what came of them. The server is one that somebody has set: a code does not choose it. Stands in the
 * standby's place. Main thread.
 */
#ifndef DUET_PLAYER_ENROL_SCREEN_H
#define DUET_PLAYER_ENROL_SCREEN_H

#include <gtk/gtk.h>
#include <stdbool.h>

#include "player/words.h"

struct enrol_screen;

struct enrol_screen_params {
    const struct words *words;       /* borrowed for the lifetime, as folder */
    const char *folder;              /* of the identity */
    void (*on_enrolled)(void *user); /* from the main loop; the screen asks no more */
    void *user;
};

struct enrol_screen *enrol_screen_new(const struct enrol_screen_params *params);
void enrol_screen_free(struct enrol_screen *screen); /* NULL-safe; its widget is its parent's */

GtkWidget *enrol_screen_widget(struct enrol_screen *screen);

/* Asks for a code of that server; both are copied. ca_file may be NULL. revoked: it was enrolled until now. */
void enrol_screen_ask(
    struct enrol_screen *screen, const char *server, const char *ca_file, bool revoked);

/* No code is wanted any more; what was sent already is waited for. */
void enrol_screen_dismiss(struct enrol_screen *screen);

bool enrol_screen_asks(const struct enrol_screen *screen);

/* A GDK key value while it asks: true when it was one for it. */
bool enrol_screen_key(struct enrol_screen *screen, guint key);

#endif
