#include "player/standby.h"

#include "common/clock.h"

#define LIST_MAX   6
#define MS         1000
#define S_PER_MIN  60
#define S_PER_HOUR 3600
#define TEXT(id)   words_get(standby->words, (id))

struct standby {
    const struct words *words; /* borrowed */
    GtkWidget *box;            /* owned by the window; all below are its children */
    GtkWidget *place;
    GtkWidget *clock;
    GtkWidget *heading;
    GtkWidget *lesson;
    GtkWidget *teacher;
    GtkWidget *countdown;
    GtkWidget *list;
    GtkWidget *rows[LIST_MAX];
    GtkWidget *times[LIST_MAX];
    GtkWidget *said;
    GtkWidget *link;
};

static GtkWidget *add_label(GtkWidget *parent, const char *css_class)
{
    GtkWidget *label = gtk_label_new("");

    gtk_widget_add_css_class(label, css_class);
    gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_END);
    gtk_box_append(GTK_BOX(parent), label);
    return label;
}

static void make_list(struct standby *standby)
{
    standby->list = gtk_grid_new();
    gtk_widget_add_css_class(standby->list, "standby-list");
    gtk_widget_set_halign(standby->list, GTK_ALIGN_CENTER);
    for (int i = 0; i < LIST_MAX; i++) {
        standby->times[i] = gtk_label_new("");
        standby->rows[i] = gtk_label_new("");
        gtk_widget_add_css_class(standby->times[i], "standby-time");
        gtk_widget_set_halign(standby->rows[i], GTK_ALIGN_START);
        gtk_label_set_ellipsize(GTK_LABEL(standby->rows[i]), PANGO_ELLIPSIZE_END);
        gtk_grid_attach(GTK_GRID(standby->list), standby->times[i], 0, i, 1, 1);
        gtk_grid_attach(GTK_GRID(standby->list), standby->rows[i], 1, i, 1, 1);
    }
}

struct standby *standby_new(const struct words *words)
{
    struct standby *standby = g_new0(struct standby, 1);
    GtkWidget *middle = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);

    standby->words = words;
    standby->box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
    gtk_widget_add_css_class(standby->box, "standby");
    standby->place = add_label(standby->box, "standby-place");
    gtk_box_append(GTK_BOX(standby->box), middle);
    gtk_widget_set_vexpand(middle, TRUE);
    gtk_widget_set_valign(middle, GTK_ALIGN_CENTER);
    standby->clock = add_label(middle, "standby-clock");
    standby->heading = add_label(middle, "standby-heading");
    standby->lesson = add_label(middle, "standby-lesson");
    standby->teacher = add_label(middle, "standby-teacher");
    standby->countdown = add_label(middle, "standby-countdown");
    standby->said = add_label(middle, "standby-said");
    make_list(standby);
    gtk_box_append(GTK_BOX(middle), standby->list);
    standby->link = add_label(standby->box, "standby-link");
    gtk_label_set_wrap(GTK_LABEL(standby->link), TRUE);
    gtk_label_set_ellipsize(GTK_LABEL(standby->link), PANGO_ELLIPSIZE_NONE);
    standby_say(standby, NULL);
    return standby;
}

void standby_free(struct standby *standby)
{
    g_free(standby);
}

GtkWidget *standby_widget(struct standby *standby)
{
    return standby->box;
}

static void set_text(GtkWidget *label, const char *text)
{
    gtk_label_set_text(GTK_LABEL(label), text ? text : "");
    gtk_widget_set_visible(label, text != NULL && *text != '\0');
}

void standby_say(struct standby *standby, const char *text)
{
    set_text(standby->said, text);
}

static char *name_of(const struct standby *standby, const struct day_lesson *lesson)
{
    g_autofree char *id = g_strdup_printf("timetable.grade_%u", lesson->grade);

    return g_strdup_printf("%s %s", TEXT(id), lesson->subject);
}

static char *hours_of(const struct wall_clock *clock, const struct day_lesson *lesson)
{
    g_autofree char *start = wall_clock_text(clock, lesson->start_s, "%H:%M");
    g_autofree char *end = wall_clock_text(clock, lesson->end_s, "%H:%M");

    return g_strdup_printf("%s–%s", start, end);
}

static bool is_today(
    const struct wall_clock *clock, int64_t now_ms, const struct day_lesson *lesson)
{
    g_autofree char *today = wall_clock_text(clock, now_ms / MS, "%F");
    g_autofree char *day = wall_clock_text(clock, lesson->start_s, "%F");

    return strcmp(today, day) == 0;
}

/* "12 minutes", "2 h 05 min"; for another day its date. Free with g_free(). */
static char *wait_of(const struct standby *standby, const struct bell_follower_view *view,
    const struct wall_clock *clock)
{
    const struct day_lesson *lesson = view->bell.lesson;
    int64_t wait_s = lesson->start_s - view->now_ms / MS;
    g_autofree char *number = NULL;

    if (!is_today(clock, view->now_ms, lesson)) {
        number = wall_clock_text(clock, lesson->start_s, "%m-%d");
        return words_fill(standby->words, "player.standby_on", "day", number);
    }
    if (wait_s <= 0)
        return g_strdup(TEXT("player.standby_now"));
    if (wait_s < S_PER_MIN)
        return g_strdup(TEXT("player.standby_soon"));
    if (wait_s >= S_PER_HOUR)
        number = g_strdup_printf("%" G_GINT64_FORMAT ":%02d", wait_s / S_PER_HOUR,
            (int)(wait_s % S_PER_HOUR / S_PER_MIN));
    else
        number = g_strdup_printf("%" G_GINT64_FORMAT, wait_s / S_PER_MIN);
    return words_fill(standby->words,
        wait_s >= S_PER_HOUR ? "player.standby_in_hours" : "player.standby_in_minutes", "time",
        number);
}

static const char *heading_of(const struct bell_follower_view *view, const struct wall_clock *clock)
{
    if (!view->plan)
        return "player.standby_asking";
    if (view->bell.lesson && is_today(clock, view->now_ms, view->bell.lesson))
        return "player.standby_next";
    for (size_t i = 0; i < view->plan->count; i++) {
        if (is_today(clock, view->now_ms, &view->plan->lessons[i]))
            return "player.standby_no_more";
    }
    return "player.standby_none";
}

static void show_next(
    struct standby *standby, const struct bell_follower_view *view, const struct wall_clock *clock)
{
    const struct day_lesson *lesson = view->bell.lesson;
    g_autofree char *name = lesson ? name_of(standby, lesson) : NULL;
    g_autofree char *hours = lesson ? hours_of(clock, lesson) : NULL;
    g_autofree char *title = lesson ? g_strdup_printf("%s  %s", name, hours) : NULL;
    g_autofree char *teacher =
        lesson ? g_strdup_printf("%s · %s", lesson->teacher, lesson->master_room) : NULL;
    g_autofree char *wait = lesson ? wait_of(standby, view, clock) : NULL;

    set_text(standby->heading, TEXT(heading_of(view, clock)));
    set_text(standby->lesson, title);
    set_text(standby->teacher, teacher);
    set_text(standby->countdown, wait);
}

/* The lessons of today that are still to come behind the next one. */
static void show_list(
    struct standby *standby, const struct bell_follower_view *view, const struct wall_clock *clock)
{
    int row = 0;

    for (size_t i = 0; view->plan && i < view->plan->count && row < LIST_MAX; i++) {
        const struct day_lesson *lesson = &view->plan->lessons[i];
        g_autofree char *hours = hours_of(clock, lesson);
        g_autofree char *name = name_of(standby, lesson);
        g_autofree char *text = g_strdup_printf("%s · %s", name, lesson->teacher);

        if (lesson == view->bell.lesson || lesson->is_over || lesson->end_s <= view->now_ms / MS ||
            !is_today(clock, view->now_ms, lesson))
            continue;
        set_text(standby->times[row], hours);
        set_text(standby->rows[row++], text);
    }
    gtk_widget_set_visible(standby->list, row > 0);
    for (; row < LIST_MAX; row++) {
        set_text(standby->times[row], NULL);
        set_text(standby->rows[row], NULL);
    }
}

static void show_link(
    struct standby *standby, const struct bell_follower_view *view, const struct wall_clock *clock)
{
    g_autofree char *known =
        view->plan ? wall_clock_text(clock, view->plan->now_ms / MS, "%H:%M") : NULL;
    g_autofree char *text = NULL;

    if (view->link == DEVICE_LINK_OFFLINE && known)
        text = words_fill(standby->words, "player.standby_offline", "time", known);
    else if (view->link == DEVICE_LINK_OFFLINE)
        text = g_strdup(TEXT("player.standby_unreachable"));
    set_text(standby->link, text);
}

void standby_show(
    struct standby *standby, const struct bell_follower_view *view, const struct wall_clock *clock)
{
    g_autofree char *place = view->plan && *view->plan->room
                                 ? g_strdup_printf("%s · %s", view->plan->school, view->plan->room)
                                 : NULL;
    g_autofree char *time = wall_clock_text(clock, view->now_ms / MS, "%H:%M");

    set_text(standby->place, place ? place : TEXT("player.title"));
    set_text(standby->clock, time);
    show_next(standby, view, clock);
    show_list(standby, view, clock);
    show_link(standby, view, clock);
}
