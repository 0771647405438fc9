#include "player/dock.h"

struct button {
    GtkWidget *widget;
    GtkWidget *icon; /* NULL for one without */
    GtkWidget *label;
};

struct dock {
    const struct words *words; /* borrowed */
    struct dock_actions actions;
    void *user;          /* borrowed */
    GtkWidget *widget;   /* owned */
    GtkWidget *hideable; /* revealer around the first three; children of widget, as all below */
    struct button layout;
    struct button pause;
    struct button mute;
    struct button silence;
    struct button takeover;
    bool taken_over;
};

static void on_layout(GtkButton *button, struct dock *dock)
{
    dock->actions.on_layout(dock->user);
}

static void on_pause(GtkButton *button, struct dock *dock)
{
    dock->actions.on_pause(dock->user);
}

static void on_mute(GtkButton *button, struct dock *dock)
{
    dock->actions.on_mute(dock->user);
}

static void on_silence(GtkButton *button, struct dock *dock)
{
    dock->actions.on_takeover(dock->user);
}

static void on_takeover(GtkButton *button, struct dock *dock)
{
    if (dock->taken_over)
        dock->actions.on_hand_back(dock->user);
    else
        dock->actions.on_takeover(dock->user);
}

static struct button make_button(
    struct dock *dock, const char *icon, GCallback on_clicked, const char *css_class)
{
    struct button button = {.widget = gtk_button_new(), .label = gtk_label_new(NULL)};
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 0);

    if (icon) {
        button.icon = gtk_image_new_from_icon_name(icon);
        gtk_box_append(GTK_BOX(box), button.icon);
    }
    gtk_box_append(GTK_BOX(box), button.label);
    gtk_widget_set_halign(box, GTK_ALIGN_CENTER);
    gtk_button_set_child(GTK_BUTTON(button.widget), box);
    gtk_widget_add_css_class(button.widget, "dock-button");
    if (css_class)
        gtk_widget_add_css_class(button.widget, css_class);
    g_signal_connect(button.widget, "clicked", on_clicked, dock);
    return button;
}

static void set_button(
    const struct dock *dock, struct button *button, const char *text_id, const char *icon)
{
    const char *text = words_get(dock->words, text_id);

    gtk_label_set_text(GTK_LABEL(button->label), text);
    gtk_accessible_update_property(
        GTK_ACCESSIBLE(button->widget), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
    if (icon && button->icon)
        gtk_image_set_from_icon_name(GTK_IMAGE(button->icon), icon);
}

static void build(struct dock *dock)
{
    GtkWidget *left = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 0);
    GtkWidget *right = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 0);

    dock->layout = make_button(dock, "view-grid-symbolic", G_CALLBACK(on_layout), NULL);
    dock->pause = make_button(dock, "media-playback-pause-symbolic", G_CALLBACK(on_pause), NULL);
    dock->mute = make_button(dock, "audio-volume-high-symbolic", G_CALLBACK(on_mute), NULL);
    dock->silence = make_button(dock, "audio-volume-muted-symbolic", G_CALLBACK(on_silence), NULL);
    dock->takeover = make_button(dock, NULL, G_CALLBACK(on_takeover), "takeover");
    gtk_box_append(GTK_BOX(left), dock->layout.widget);
    gtk_box_append(GTK_BOX(left), dock->pause.widget);
    gtk_box_append(GTK_BOX(left), dock->mute.widget);
    gtk_box_append(GTK_BOX(right), dock->silence.widget);
    gtk_box_append(GTK_BOX(right), dock->takeover.widget);
    gtk_widget_add_css_class(left, "dock-group");
    gtk_widget_add_css_class(right, "dock-group");

    dock->hideable = gtk_revealer_new();
    gtk_revealer_set_transition_type(
        GTK_REVEALER(dock->hideable), GTK_REVEALER_TRANSITION_TYPE_CROSSFADE);
    gtk_revealer_set_child(GTK_REVEALER(dock->hideable), left);
    gtk_revealer_set_reveal_child(GTK_REVEALER(dock->hideable), TRUE);
    gtk_widget_set_halign(dock->hideable, GTK_ALIGN_START);
    gtk_widget_set_hexpand(dock->hideable, TRUE);

    dock->widget = g_object_ref_sink(gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 0));
    gtk_widget_add_css_class(dock->widget, "dock");
    gtk_widget_set_valign(dock->widget, GTK_ALIGN_END);
    gtk_box_append(GTK_BOX(dock->widget), dock->hideable);
    gtk_box_append(GTK_BOX(dock->widget), right);
    gtk_accessible_update_property(GTK_ACCESSIBLE(dock->widget), GTK_ACCESSIBLE_PROPERTY_LABEL,
        words_get(dock->words, "player.dock"), -1);
}

struct dock *dock_new(const struct words *words, const struct dock_actions *actions, void *user)
{
    struct dock *dock = g_new0(struct dock, 1);

    dock->words = words;
    dock->actions = *actions;
    dock->user = user;
    build(dock);
    return dock;
}

void dock_free(struct dock *dock)
{
    if (!dock)
        return;
    g_object_unref(dock->widget);
    g_free(dock);
}

GtkWidget *dock_widget(struct dock *dock)
{
    return dock->widget;
}

void dock_update(struct dock *dock, const struct controls *controls)
{
    bool taken_over = controls->takeover != TAKEOVER_NONE;
    bool silent = controls->takeover == TAKEOVER_SILENT;

    dock->taken_over = taken_over;
    set_button(dock, &dock->layout, "player.layout", NULL);
    set_button(dock, &dock->pause, controls->paused ? "player.go_live" : "player.pause",
        controls->paused ? "media-playback-start-symbolic" : "media-playback-pause-symbolic");
    set_button(dock, &dock->mute, controls->muted ? "player.unmute" : "player.mute",
        controls->muted ? "audio-volume-muted-symbolic" : "audio-volume-high-symbolic");
    set_button(dock, &dock->silence, silent ? "player.unsilence" : "player.silence",
        silent ? "audio-volume-low-symbolic" : "audio-volume-muted-symbolic");
    set_button(dock, &dock->takeover, taken_over ? "player.handback" : "player.takeover", NULL);
    gtk_widget_set_visible(dock->silence.widget, taken_over);
    if (taken_over)
        gtk_widget_add_css_class(dock->takeover.widget, "handback");
    else
        gtk_widget_remove_css_class(dock->takeover.widget, "handback");
}

void dock_set_open(struct dock *dock, bool open)
{
    /* A hidden button must not keep the focus. */
    if (!open && gtk_widget_get_focus_child(dock->widget) == dock->hideable)
        dock_focus_takeover(dock);
    gtk_revealer_set_reveal_child(GTK_REVEALER(dock->hideable), open);
    gtk_widget_set_sensitive(dock->hideable, open);
    if (open)
        gtk_widget_add_css_class(dock->widget, "open");
    else
        gtk_widget_remove_css_class(dock->widget, "open");
}

void dock_focus_takeover(struct dock *dock)
{
    gtk_widget_grab_focus(dock->takeover.widget);
}
