#include "player/screen.h"

#include "player/placeholder.h"
#include "player/stage.h"

#define WINDOWED_WIDTH  1280
#define WINDOWED_HEIGHT 720
/* What pupils read is 1/18 of the height. */
#define EM_DIVISOR 18

struct chip {
    GtkWidget *widget;
    GtkWidget *mark;
    GtkWidget *text;
    GtkWidget *detail;
};

struct screen {
    const struct words *words; /* borrowed */
    void (*on_leave)(void *user);
    void *user;                    /* borrowed */
    GtkWidget *window;             /* owned; all widgets below are its children */
    GtkCssProvider *scale;         /* owned */
    struct dock *dock;             /* owned */
    struct figures_panel *figures; /* owned */
    struct pane panes[LAYOUT_PANE_COUNT];
    GtkWidget *stage;
    GtkWidget *standby; /* NULL: there is none */
    GtkWidget *lesson_name;
    GtkWidget *status_mark;
    GtkWidget *status_text;
    GtkWidget *clock;
    struct chip link_chip;
    struct chip control_chip;
    GtkWidget *question;
    GtkWidget *question_stay;
    int em;
    bool fullscreen;
};

static const char *const tone_classes[] = {
    [SCREEN_TONE_PLAIN] = "plain",
    [SCREEN_TONE_GOOD] = "good",
    [SCREEN_TONE_WARN] = "warn",
    [SCREEN_TONE_BAD] = "bad",
};

static void set_tone(GtkWidget *widget, enum screen_tone tone)
{
    for (size_t i = 0; i < G_N_ELEMENTS(tone_classes); i++)
        gtk_widget_remove_css_class(widget, tone_classes[i]);
    gtk_widget_add_css_class(widget, tone_classes[tone]);
}

static GtkWidget *make_label(const char *text, const char *css_class)
{
    GtkWidget *label = gtk_label_new(text);

    gtk_widget_add_css_class(label, css_class);
    return label;
}

static GtkWidget *make_status(struct screen *screen, const char *lesson_name)
{
    GtkWidget *status = gtk_center_box_new();
    GtkWidget *middle = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 0);
    GtkWidget *name =
        make_label(lesson_name ? lesson_name : words_get(screen->words, "player.title"), "lesson");

    screen->status_mark = make_label("", "state");
    gtk_widget_add_css_class(screen->status_mark, "dot");
    screen->status_text = make_label("", "state");
    screen->clock = make_label("", "clock");
    screen->lesson_name = name;
    gtk_label_set_ellipsize(GTK_LABEL(name), PANGO_ELLIPSIZE_END);
    gtk_box_append(GTK_BOX(middle), screen->status_mark);
    gtk_box_append(GTK_BOX(middle), screen->status_text);
    gtk_center_box_set_start_widget(GTK_CENTER_BOX(status), name);
    gtk_center_box_set_center_widget(GTK_CENTER_BOX(status), middle);
    gtk_center_box_set_end_widget(GTK_CENTER_BOX(status), screen->clock);
    gtk_widget_add_css_class(status, "status");
    return status;
}

static GtkWidget *make_stage(struct screen *screen)
{
    static const struct {
        const char *css_class;
        const char *caption;
    } kinds[LAYOUT_PANE_COUNT] = {
        [LAYOUT_PANE_TEACHER] = {"teacher", "player.pane_teacher"},
        [LAYOUT_PANE_LOCAL] = {"local", "player.pane_local"},
        [LAYOUT_PANE_BOARD] = {"board", "player.pane_board"},
    };
    GtkWidget *widgets[LAYOUT_PANE_COUNT];

    for (int i = 0; i < LAYOUT_PANE_COUNT; i++) {
        pane_init(
            &screen->panes[i], kinds[i].css_class, words_get(screen->words, kinds[i].caption));
        widgets[i] = screen->panes[i].widget;
    }
    pane_set_backdrop(&screen->panes[LAYOUT_PANE_LOCAL], placeholder_new());
    screen->stage = stage_new(widgets);
    gtk_widget_add_css_class(screen->stage, "stage");
    gtk_widget_set_hexpand(screen->stage, TRUE);
    gtk_widget_set_vexpand(screen->stage, TRUE);
    return screen->stage;
}

static struct chip make_chip(const char *css_class)
{
    struct chip chip = {.widget = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 0)};

    chip.mark = make_label("", "mark");
    chip.text = make_label("", "text");
    chip.detail = make_label("", "sub");
    gtk_label_set_wrap(GTK_LABEL(chip.text), TRUE);
    gtk_box_append(GTK_BOX(chip.widget), chip.mark);
    gtk_box_append(GTK_BOX(chip.widget), chip.text);
    gtk_box_append(GTK_BOX(chip.widget), chip.detail);
    gtk_widget_add_css_class(chip.widget, "chip");
    gtk_widget_add_css_class(chip.widget, css_class);
    gtk_widget_set_halign(chip.widget, GTK_ALIGN_CENTER);
    gtk_widget_set_visible(chip.widget, FALSE);
    return chip;
}

static GtkWidget *make_chips(struct screen *screen)
{
    GtkWidget *chips = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);

    screen->link_chip = make_chip("link");
    screen->control_chip = make_chip("small");
    gtk_box_append(GTK_BOX(chips), screen->link_chip.widget);
    gtk_box_append(GTK_BOX(chips), screen->control_chip.widget);
    gtk_widget_add_css_class(chips, "chips");
    gtk_widget_set_halign(chips, GTK_ALIGN_CENTER);
    gtk_widget_set_valign(chips, GTK_ALIGN_END);
    gtk_widget_set_can_target(chips, FALSE);
    return chips;
}

static void on_stay(GtkButton *button, struct screen *screen)
{
    screen_ask_leave(screen, false);
}

static void on_leave(GtkButton *button, struct screen *screen)
{
    screen->on_leave(screen->user);
}

static GtkWidget *make_answer(struct screen *screen, const char *id, GCallback on_clicked)
{
    GtkWidget *button = gtk_button_new_with_label(words_get(screen->words, id));

    gtk_widget_add_css_class(button, "dock-button");
    g_signal_connect(button, "clicked", on_clicked, screen);
    return button;
}

static GtkWidget *make_question(struct screen *screen)
{
    GtkWidget *buttons = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 0);

    screen->question = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
    screen->question_stay = make_answer(screen, "player.quit_stay", G_CALLBACK(on_stay));
    gtk_widget_add_css_class(buttons, "question-buttons");
    gtk_widget_set_halign(buttons, GTK_ALIGN_CENTER);
    gtk_box_append(GTK_BOX(buttons), screen->question_stay);
    gtk_box_append(
        GTK_BOX(buttons), make_answer(screen, "player.quit_leave", G_CALLBACK(on_leave)));
    gtk_box_append(GTK_BOX(screen->question),
        make_label(words_get(screen->words, "player.quit_question"), "question-title"));
    gtk_box_append(GTK_BOX(screen->question), buttons);
    gtk_widget_add_css_class(screen->question, "question");
    gtk_widget_set_halign(screen->question, GTK_ALIGN_CENTER);
    gtk_widget_set_valign(screen->question, GTK_ALIGN_CENTER);
    gtk_widget_set_visible(screen->question, FALSE);
    return screen->question;
}

static void load_styles(struct screen *screen)
{
    GdkDisplay *display = gtk_widget_get_display(screen->window);
    g_autoptr(GtkCssProvider) provider = gtk_css_provider_new();

    gtk_css_provider_load_from_resource(provider, "/duet/player.css");
    gtk_style_context_add_provider_for_display(
        display, GTK_STYLE_PROVIDER(provider), GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
    screen->scale = gtk_css_provider_new();
    gtk_style_context_add_provider_for_display(
        display, GTK_STYLE_PROVIDER(screen->scale), GTK_STYLE_PROVIDER_PRIORITY_APPLICATION + 1);
}

/* Without a window manager nothing makes a window as large as the monitor. */
static void size_window(struct screen *screen, bool windowed)
{
    GtkWindow *window = GTK_WINDOW(screen->window);
    GdkDisplay *display = gtk_widget_get_display(screen->window);
    g_autoptr(GdkMonitor) monitor = g_list_model_get_item(gdk_display_get_monitors(display), 0);
    GdkRectangle area = {.width = WINDOWED_WIDTH, .height = WINDOWED_HEIGHT};

    if (!windowed && monitor)
        gdk_monitor_get_geometry(monitor, &area);
    gtk_window_set_default_size(window, area.width, area.height);
    gtk_window_set_decorated(window, windowed);
    screen->fullscreen = !windowed;
    screen->em = 0;
    if (!windowed)
        gtk_window_fullscreen(window);
}

struct screen *screen_new(const struct screen_params *params)
{
    struct screen *screen = g_new0(struct screen, 1);
    GtkWidget *overlay = gtk_overlay_new();
    GtkWidget *column = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);

    screen->words = params->words;
    screen->on_leave = params->on_leave;
    screen->user = params->user;
    screen->window = g_object_ref(gtk_window_new());
    gtk_window_set_title(GTK_WINDOW(screen->window), words_get(params->words, "player.title"));
    gtk_widget_add_css_class(screen->window, "duet");
    load_styles(screen);

    gtk_box_append(GTK_BOX(column), make_status(screen, params->lesson_name));
    gtk_box_append(GTK_BOX(column), make_stage(screen));
    screen->dock = dock_new(params->words, &params->actions, params->user);
    screen->figures = figures_panel_new(params->words);
    gtk_overlay_set_child(GTK_OVERLAY(overlay), column);
    gtk_overlay_add_overlay(GTK_OVERLAY(overlay), figures_panel_widget(screen->figures));
    gtk_overlay_add_overlay(GTK_OVERLAY(overlay), make_chips(screen));
    gtk_overlay_add_overlay(GTK_OVERLAY(overlay), dock_widget(screen->dock));
    screen->standby = params->standby;
    if (params->standby)
        gtk_overlay_add_overlay(GTK_OVERLAY(overlay), params->standby);
    gtk_overlay_add_overlay(GTK_OVERLAY(overlay), make_question(screen));
    gtk_window_set_child(GTK_WINDOW(screen->window), overlay);
    size_window(screen, params->windowed);
    screen_update_scale(screen);
    gtk_window_present(GTK_WINDOW(screen->window));
    return screen;
}

void screen_free(struct screen *screen)
{
    if (!screen)
        return;
    gtk_window_destroy(GTK_WINDOW(screen->window));
    dock_free(screen->dock);
    figures_panel_free(screen->figures);
    for (int i = 0; i < LAYOUT_PANE_COUNT; i++)
        pane_finish(&screen->panes[i]);
    g_object_unref(screen->scale);
    g_object_unref(screen->window);
    g_free(screen);
}

GtkWindow *screen_window(struct screen *screen)
{
    return GTK_WINDOW(screen->window);
}

struct pane *screen_pane(struct screen *screen, enum layout_pane pane)
{
    return &screen->panes[pane];
}

struct dock *screen_dock(struct screen *screen)
{
    return screen->dock;
}

struct figures_panel *screen_figures(struct screen *screen)
{
    return screen->figures;
}

void screen_set_lesson_name(struct screen *screen, const char *name)
{
    gtk_label_set_text(GTK_LABEL(screen->lesson_name), name);
}

void screen_show_standby(struct screen *screen, bool standby)
{
    gtk_widget_set_visible(screen->standby, standby);
}

void screen_set_layout(struct screen *screen, enum layout layout)
{
    enum layout_pane large = LAYOUT_PANE_COUNT;

    if (layout == LAYOUT_TEACHER_LARGE)
        large = LAYOUT_PANE_TEACHER;
    else if (layout == LAYOUT_LOCAL_LARGE)
        large = LAYOUT_PANE_LOCAL;
    else if (layout == LAYOUT_BOARD)
        large = LAYOUT_PANE_BOARD;
    for (int i = 0; i < LAYOUT_PANE_COUNT; i++) {
        enum layout_pane pane = (enum layout_pane)i;
        pane_set_caption_below(&screen->panes[i], layout_has_caption_below(layout, pane));
        pane_set_compact(&screen->panes[i], large != LAYOUT_PANE_COUNT && large != pane);
    }
    stage_set_layout(screen->stage, layout);
}

void screen_set_status(
    struct screen *screen, enum screen_tone tone, const char *mark, const char *text)
{
    set_tone(screen->status_mark, tone);
    set_tone(screen->status_text, tone);
    gtk_label_set_text(GTK_LABEL(screen->status_mark), mark);
    gtk_label_set_text(GTK_LABEL(screen->status_text), text);
}

void screen_set_clock(struct screen *screen, const char *text, bool stale)
{
    gtk_label_set_text(GTK_LABEL(screen->clock), text);
    if (stale)
        gtk_widget_add_css_class(screen->clock, "stale");
    else
        gtk_widget_remove_css_class(screen->clock, "stale");
}

static void set_chip(struct chip *chip, enum screen_tone tone, const char *mark, const char *text,
    const char *detail)
{
    gtk_widget_set_visible(chip->widget, text != NULL);
    if (!text)
        return;
    set_tone(chip->widget, tone);
    gtk_label_set_text(GTK_LABEL(chip->mark), mark);
    gtk_label_set_text(GTK_LABEL(chip->text), text);
    gtk_label_set_text(GTK_LABEL(chip->detail), detail ? detail : "");
    gtk_widget_set_visible(chip->detail, detail != NULL);
}

void screen_set_link_chip(
    struct screen *screen, enum screen_tone tone, const char *text, const char *detail)
{
    const char *mark = tone == SCREEN_TONE_GOOD ? "●" : (tone == SCREEN_TONE_BAD ? "✕" : "▲");

    set_chip(&screen->link_chip, tone, mark, text, detail);
}

void screen_set_control_chip(struct screen *screen, const char *text)
{
    set_chip(&screen->control_chip, SCREEN_TONE_PLAIN, "■", text, NULL);
}

void screen_ask_leave(struct screen *screen, bool ask)
{
    gtk_widget_set_visible(screen->question, ask);
    if (ask)
        gtk_widget_grab_focus(screen->question_stay);
    else
        dock_focus_takeover(screen->dock);
}

bool screen_asks_leave(const struct screen *screen)
{
    return gtk_widget_get_visible(screen->question);
}

void screen_update_scale(struct screen *screen)
{
    int height = gtk_widget_get_height(screen->window);
    int width = 0;

    if (height == 0)
        gtk_window_get_default_size(GTK_WINDOW(screen->window), &width, &height);
    int em = (height + EM_DIVISOR - 1) / EM_DIVISOR;
    if (em == screen->em || em < 1)
        return;
    screen->em = em;
    g_autofree char *css = g_strdup_printf("window.duet { font-size: %dpx; }", em);
    gtk_css_provider_load_from_data(screen->scale, css, -1);
    stage_set_em(screen->stage, em);
}

void screen_toggle_fullscreen(struct screen *screen)
{
    screen->fullscreen = !screen->fullscreen;
    if (screen->fullscreen) {
        gtk_window_fullscreen(GTK_WINDOW(screen->window));
    } else {
        gtk_window_set_decorated(GTK_WINDOW(screen->window), TRUE);
        gtk_window_unfullscreen(GTK_WINDOW(screen->window));
    }
}
