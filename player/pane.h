/*
 * One pane of the stage: a picture with a caption, or words about why there is none. A pane is a
 * GtkWidget; the stage owns it. Main thread, but for video_paintable_push() on its paintable.
 */
#ifndef DUET_PLAYER_PANE_H
#define DUET_PLAYER_PANE_H

#include <gtk/gtk.h>
#include <stdbool.h>

struct pane {
    GtkWidget *widget;       /* owned by its parent once it has one */
    GdkPaintable *paintable; /* owned; a video_paintable */
    GtkWidget *picture;
    GtkWidget *backdrop; /* drawn behind a message, or NULL */
    GtkWidget *caption_over;
    GtkWidget *caption_below;
    GtkWidget *message; /* box with the next two */
    GtkWidget *message_title;
    GtkWidget *message_hint;
};

/* css_class: of the pane, for its colours. caption is what the pane is called. */
void pane_init(struct pane *pane, const char *css_class, const char *caption);
void pane_finish(struct pane *pane);

/* The caption lies over the picture, or stands below it when there is room. */
void pane_set_caption_below(struct pane *pane, bool below);

/* The picture, dark when it is old. Without one there is only black. */
void pane_show_picture(struct pane *pane, bool dimmed);

/* Small, as an inset: only the words that matter most. */
void pane_set_compact(struct pane *pane, bool compact);

/* What is drawn behind words that stand for a picture. Takes the reference. */
void pane_set_backdrop(struct pane *pane, GdkPaintable *backdrop);

/* Words instead of a picture; with keep_picture they stand over it, darkened. */
void pane_show_message(struct pane *pane, const char *title, const char *hint, bool keep_picture);

#endif
