#include "player/pane.h"

#include "player/video_paintable.h"

static GtkWidget *make_label(const char *css_class)
{
    GtkWidget *label = gtk_label_new(NULL);

    gtk_widget_add_css_class(label, css_class);
    gtk_label_set_wrap(GTK_LABEL(label), TRUE);
    gtk_label_set_wrap_mode(GTK_LABEL(label), PANGO_WRAP_WORD_CHAR);
    gtk_label_set_justify(GTK_LABEL(label), GTK_JUSTIFY_CENTER);
    return label;
}

static GtkWidget *make_message(struct pane *pane)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);

    pane->message_title = make_label("pane-title");
    pane->message_hint = make_label("pane-hint");
    gtk_box_append(GTK_BOX(box), pane->message_title);
    gtk_box_append(GTK_BOX(box), pane->message_hint);
    gtk_widget_add_css_class(box, "pane-message");
    gtk_widget_set_halign(box, GTK_ALIGN_CENTER);
    gtk_widget_set_valign(box, GTK_ALIGN_CENTER);
    gtk_widget_set_visible(box, FALSE);
    return box;
}

static GtkWidget *make_caption(const char *caption, const char *css_class)
{
    GtkWidget *label = gtk_label_new(caption);

    gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_END);
    gtk_widget_add_css_class(label, css_class);
    return label;
}

static GtkWidget *make_frame(struct pane *pane, const char *css_class, const char *caption)
{
    GtkWidget *frame = gtk_overlay_new();

    gtk_widget_add_css_class(frame, "pane-frame");
    gtk_widget_add_css_class(frame, css_class);
    gtk_widget_set_overflow(frame, GTK_OVERFLOW_HIDDEN);
    gtk_widget_set_hexpand(frame, TRUE);
    gtk_widget_set_vexpand(frame, TRUE);
    pane->picture = gtk_picture_new_for_paintable(pane->paintable);
    gtk_picture_set_can_shrink(GTK_PICTURE(pane->picture), TRUE);
    gtk_picture_set_content_fit(GTK_PICTURE(pane->picture), GTK_CONTENT_FIT_CONTAIN);
    gtk_picture_set_alternative_text(GTK_PICTURE(pane->picture), caption);
    gtk_overlay_set_child(GTK_OVERLAY(frame), pane->picture);
    pane->backdrop = gtk_picture_new();
    gtk_picture_set_can_shrink(GTK_PICTURE(pane->backdrop), TRUE);
    gtk_picture_set_content_fit(GTK_PICTURE(pane->backdrop), GTK_CONTENT_FIT_FILL);
    gtk_widget_set_visible(pane->backdrop, FALSE);
    gtk_overlay_add_overlay(GTK_OVERLAY(frame), pane->backdrop);
    pane->message = make_message(pane);
    pane->caption_over = make_caption(caption, "caption-over");
    gtk_widget_set_halign(pane->caption_over, GTK_ALIGN_START);
    gtk_widget_set_valign(pane->caption_over, GTK_ALIGN_START);
    gtk_overlay_add_overlay(GTK_OVERLAY(frame), pane->message);
    gtk_overlay_add_overlay(GTK_OVERLAY(frame), pane->caption_over);
    return frame;
}

void pane_init(struct pane *pane, const char *css_class, const char *caption)
{
    pane->paintable = video_paintable_new();
    pane->widget = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
    gtk_widget_add_css_class(pane->widget, "pane");
    pane->caption_below = make_caption(caption, "caption-below");
    gtk_box_append(GTK_BOX(pane->widget), make_frame(pane, css_class, caption));
    gtk_box_append(GTK_BOX(pane->widget), pane->caption_below);
    pane_set_caption_below(pane, true);
}

void pane_set_caption_below(struct pane *pane, bool below)
{
    gtk_widget_set_visible(pane->caption_below, below);
    gtk_widget_set_visible(pane->caption_over, !below);
}

void pane_finish(struct pane *pane)
{
    g_clear_object(&pane->paintable);
}

void pane_set_compact(struct pane *pane, bool compact)
{
    if (compact)
        gtk_widget_add_css_class(pane->widget, "compact");
    else
        gtk_widget_remove_css_class(pane->widget, "compact");
    gtk_widget_set_visible(
        pane->message_hint, !compact && *gtk_label_get_text(GTK_LABEL(pane->message_hint)));
}

void pane_set_backdrop(struct pane *pane, GdkPaintable *backdrop)
{
    gtk_picture_set_paintable(GTK_PICTURE(pane->backdrop), backdrop);
    gtk_widget_add_css_class(pane->message, "on-board");
    g_object_unref(backdrop);
}

static void set_dimmed(struct pane *pane, bool dimmed)
{
    if (dimmed)
        gtk_widget_add_css_class(pane->picture, "dimmed");
    else
        gtk_widget_remove_css_class(pane->picture, "dimmed");
}

void pane_show_picture(struct pane *pane, bool dimmed)
{
    gtk_widget_set_visible(pane->message, FALSE);
    gtk_widget_set_visible(pane->backdrop, FALSE);
    gtk_widget_set_child_visible(pane->picture, TRUE);
    set_dimmed(pane, dimmed);
}

void pane_show_message(struct pane *pane, const char *title, const char *hint, bool keep_picture)
{
    gtk_label_set_text(GTK_LABEL(pane->message_title), title);
    gtk_label_set_text(GTK_LABEL(pane->message_hint), hint);
    gtk_widget_set_visible(
        pane->message_hint, *hint && !gtk_widget_has_css_class(pane->widget, "compact"));
    gtk_widget_set_visible(pane->message, TRUE);
    gtk_widget_set_visible(pane->backdrop,
        !keep_picture && gtk_picture_get_paintable(GTK_PICTURE(pane->backdrop)) != NULL);
    gtk_widget_set_child_visible(pane->picture, keep_picture);
    set_dimmed(pane, keep_picture);
}
