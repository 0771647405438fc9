#include "player/figures_panel.h"

#include "common/clock.h"
#include "player/figures.h"

#define PERIOD_US US_PER_S

struct figures_panel {
    GtkWidget *grid; /* its parent's, as the labels */
    GtkWidget *names[FIGURE_COUNT];
    GtkWidget *values[FIGURE_COUNT];
    struct receiver_now before;
    uint64_t before_us; /* 0 before the first reading */
};

static GtkWidget *make_label(const char *text, const char *css_class, GtkAlign align)
{
    GtkWidget *label = gtk_label_new(text);

    gtk_widget_add_css_class(label, css_class);
    gtk_widget_set_halign(label, align);
    return label;
}

struct figures_panel *figures_panel_new(const struct words *words)
{
    struct figures_panel *panel = g_new0(struct figures_panel, 1);

    panel->grid = gtk_grid_new();
    for (int i = 0; i < FIGURE_COUNT; i++) {
        const char *name = words_get(words, figure_name((enum figure)i));

        panel->names[i] = make_label(name, "figure-name", GTK_ALIGN_START);
        panel->values[i] = make_label(FIGURE_UNKNOWN, "figure-value", GTK_ALIGN_END);
        gtk_grid_attach(GTK_GRID(panel->grid), panel->names[i], 0, i, 1, 1);
        gtk_grid_attach(GTK_GRID(panel->grid), panel->values[i], 1, i, 1, 1);
    }
    gtk_widget_add_css_class(panel->grid, "figures");
    gtk_widget_set_halign(panel->grid, GTK_ALIGN_START);
    gtk_widget_set_valign(panel->grid, GTK_ALIGN_START);
    gtk_widget_set_can_target(panel->grid, FALSE);
    gtk_widget_set_visible(panel->grid, FALSE);
    return panel;
}

void figures_panel_free(struct figures_panel *panel)
{
    g_free(panel);
}

GtkWidget *figures_panel_widget(struct figures_panel *panel)
{
    return panel->grid;
}

void figures_panel_toggle(struct figures_panel *panel)
{
    gtk_widget_set_visible(panel->grid, !gtk_widget_get_visible(panel->grid));
}

/* A line that cannot tell its round trip, a picture without a time stripe: no row of dashes. */
static void show(struct figures_panel *panel, int row, const char *text)
{
    bool known = g_strcmp0(text, FIGURE_UNKNOWN) != 0;

    gtk_label_set_text(GTK_LABEL(panel->values[row]), text);
    gtk_widget_set_visible(panel->names[row], known);
    gtk_widget_set_visible(panel->values[row], known);
}

void figures_panel_update(
    struct figures_panel *panel, const struct receiver_now *now, uint64_t now_us)
{
    uint64_t elapsed_us = clock_elapsed_us(now_us, panel->before_us);
    char text[FIGURE_CHARS];

    if (panel->before_us != 0 && elapsed_us < PERIOD_US)
        return;
    for (int i = 0; i < FIGURE_COUNT && panel->before_us != 0; i++) {
        figure_value(
            (enum figure)i, &panel->before, now, (double)elapsed_us / (double)US_PER_S, text);
        show(panel, i, text);
    }
    panel->before = *now;
    panel->before_us = now_us;
}
