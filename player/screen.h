/*
 * The window's widgets: status line, stage with its panes, chips, dock and the question before
 * leaving. Knows how things look, nothing of why. Main thread.
 */
#ifndef DUET_PLAYER_SCREEN_H
#define DUET_PLAYER_SCREEN_H

#include <gtk/gtk.h>
#include <stdbool.h>

#include "player/dock.h"
#include "player/figures_panel.h"
#include "player/layout.h"
#include "player/pane.h"
#include "player/words.h"

enum screen_tone {
    SCREEN_TONE_PLAIN,
    SCREEN_TONE_GOOD,
    SCREEN_TONE_WARN,
    SCREEN_TONE_BAD,
};

struct screen;

struct screen_params {
    const struct words *words; /* borrowed */
    const char *lesson_name;   /* NULL: the program's own */
    bool windowed;
    struct dock_actions actions;
    GtkWidget *
        standby; /* covers the lesson while it is visible; NULL: there is none. Takes the reference */
    void (*on_leave)(void *user); /* the question before leaving was answered with yes */
    void *user;
};

struct screen *screen_new(const struct screen_params *params);
void screen_free(struct screen *screen);

/* Borrowed; for event controllers. */
GtkWindow *screen_window(struct screen *screen);
struct pane *screen_pane(struct screen *screen, enum layout_pane pane);
struct dock *screen_dock(struct screen *screen);
struct figures_panel *screen_figures(struct screen *screen);

void screen_set_lesson_name(struct screen *screen, const char *name);

/* The lesson, or what stands between lessons. */
void screen_show_standby(struct screen *screen, bool standby);

void screen_set_layout(struct screen *screen, enum layout layout);

/* mark: a shape for those who see no colours. */
void screen_set_status(
    struct screen *screen, enum screen_tone tone, const char *mark, const char *text);
void screen_set_clock(struct screen *screen, const char *text, bool stale);

/* The chip about the connection; text NULL takes it away. detail may be NULL. */
void screen_set_link_chip(
    struct screen *screen, enum screen_tone tone, const char *text, const char *detail);

/* The small chip about what the local teacher did; NULL takes it away. */
void screen_set_control_chip(struct screen *screen, const char *text);

void screen_ask_leave(struct screen *screen, bool ask);
bool screen_asks_leave(const struct screen *screen);

/* Text follows the window's height. Call now and then. */
void screen_update_scale(struct screen *screen);

void screen_toggle_fullscreen(struct screen *screen);

#endif
