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

void pane_init(struct pane *pane, const char *css_class, const char *caption)
{
    pane->paintable = video_paintable_new();
    pane->widget = gtk_overlay_new();
    gtk_widget_add_css_class(pane->widget, "pane");
    gtk_widget_add_css_class(pane->widget, css_class);
    gtk_widget_set_overflow(pane->widget, GTK_OVERFLOW_HIDDEN);

    pane->picture = gtk_picture_new_for_paintable(pane->paintable);
    gtk_picture_set_can_shrink(GTK_PICTURE(pane->picture), TRUE);
    gtk_picture_set_content_fit(GTK_PICTURE(pane->picture), GTK_CONTENT_FIT_CONTAIN);
    gtk_picture_set_alternative_text(GTK_PICTURE(pane->picture), caption);
    gtk_overlay_set_child(GTK_OVERLAY(pane->widget), pane->picture);

    pane->caption = gtk_label_new(caption);
    gtk_label_set_ellipsize(GTK_LABEL(pane->caption), PANGO_ELLIPSIZE_END);
    gtk_widget_add_css_class(pane->caption, "pane-caption");
    gtk_widget_set_halign(pane->caption, GTK_ALIGN_START);
    gtk_widget_set_valign(pane->caption, GTK_ALIGN_START);

    pane->message = make_message(pane);
    gtk_overlay_add_overlay(GTK_OVERLAY(pane->widget), pane->message);
    gtk_overlay_add_overlay(GTK_OVERLAY(pane->widget), pane->caption);
}

void pane_finish(struct pane *pane)
{
    g_clear_object(&pane->paintable);
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
    gtk_widget_set_child_visible(pane->picture, TRUE);
    set_dimmed(pane, dimmed);
}

void pane_show_message(struct pane *pane, const char *title, const char *hint, bool keep_picture)
{
    gtk_label_set_text(GTK_LABEL(pane->message_title), title);
    gtk_label_set_text(GTK_LABEL(pane->message_hint), hint);
    gtk_widget_set_visible(pane->message, TRUE);
    gtk_widget_set_child_visible(pane->picture, keep_picture);
    set_dimmed(pane, keep_picture);
}
