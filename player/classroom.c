#include "player/classroom.h"

#include <glib-unix.h>
#include <gtk/gtk.h>
#include <signal.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/log.h"
#include "media/program_restart.h"
#include "player/box.h"
#include "player/keys.h"
#include "player/lesson_screen.h"
#include "player/report.h"

#define UPDATE_MS 100

struct classroom {
    const struct player_options *options; /* borrowed */
    GMainLoop *loop;                      /* owned, as all below */
    struct words *words;
    struct screen *screen;
    struct local_source *local;
    struct box *box;           /* NULL: one lesson, whose address was given */
    struct receiver *receiver; /* NULL between lessons */
    struct report *report;     /* NULL between lessons */
    struct wall_clock clock;
    struct controls controls;
    struct lesson_screen shown;
    bool is_covered;      /* the lesson is received, and not seen or heard yet */
    bool has_error;       /* of the last attempt to connect */
    uint64_t activity_us; /* last key or pointer motion */
    double volume, pointer_x, pointer_y;
    guint rejoin;
    int status;
};

/* ---- the lesson ---- */

/* Presenter thread. */
static void on_picture(void *user, unsigned slot, const struct received_picture *picture)
{
    struct classroom *room = user;

    lesson_screen_push(&room->shown, slot, picture);
}

static gboolean on_rejoin(gpointer user)
{
    struct classroom *room = user;

    room->rejoin = 0;
    box_rejoin(room->box);
    return G_SOURCE_REMOVE;
}

static void on_receiver_state(void *user, enum whep_session_state state, const GError *error)
{
    struct classroom *room = user;

    room->has_error = error && state != WHEP_SESSION_LIVE && state != WHEP_SESSION_WAITING;
    if (room->report)
        report_state(room->report, state, error);
    /* A token that has ended is followed by a new one. */
    if (room->box && !room->rejoin &&
        (state == WHEP_SESSION_UNAUTHORISED || state == WHEP_SESSION_REFUSED))
        room->rejoin = g_idle_add(on_rejoin, room);
}

static void on_local_state(void *user, enum local_source_state state)
{
    struct classroom *room = user;

    lesson_screen_show_local(&room->shown, state);
    if (room->box)
        box_local(room->box, state);
}

static void apply_volume(struct classroom *room)
{
    double volume = room->is_covered ? 0 : controls_volume(&room->controls);

    if (volume == room->volume || !room->receiver)
        return;
    room->volume = volume;
    receiver_set_volume(room->receiver, volume);
}

static void apply_controls(struct classroom *room)
{
    lesson_screen_apply(&room->shown);
    apply_volume(room);
}

static bool begin_lesson(
    struct classroom *room, const char *url, const char *token, int64_t shift_s, GError **error)
{
    const struct player_options *options = room->options;
    const char *ca_file = room->box ? box_ca_file(room->box) : NULL;
    struct receiver_params params = {
        .url = url,
        .token = token,
        .ca_file = ca_file ? ca_file : options->ca_file,
        .video_count = options->content ? 2 : 1,
        .read_stripe = options->stripe,
        .keep_frames = options->stats_file != NULL,
        .shift_us = (uint64_t)shift_s * US_PER_S,
        .play_sound = !options->silent,
        .on_picture = on_picture,
        .on_state = on_receiver_state,
        .user = room,
    };

    room->receiver = receiver_new(&params, error);
    if (!room->receiver)
        return false;
    room->report = report_new(room->receiver, options->json_lines, options->stats_file);
    room->volume = 1;
    room->has_error = false;
    room->activity_us = clock_now_us();
    controls_init(&room->controls, (enum layout)options->layout);
    lesson_screen_begin(&room->shown);
    receiver_start(room->receiver);
    apply_controls(room);
    dock_focus_takeover(screen_dock(room->screen));
    return true;
}

/* The receiver's threads draw into the screen's panes: they end first. */
static void end_lesson(struct classroom *room)
{
    if (room->rejoin)
        g_source_remove(room->rejoin);
    room->rejoin = 0;
    if (room->report && !report_finish(room->report))
        room->status = EXIT_FAILURE;
    g_clear_pointer(&room->receiver, receiver_free);
    g_clear_pointer(&room->report, report_free);
}

static gboolean on_update(gpointer data)
{
    struct classroom *room = data;
    struct receiver_now now;

    screen_update_scale(room->screen);
    if (!room->receiver)
        return G_SOURCE_CONTINUE;
    receiver_read(room->receiver, &now);
    lesson_screen_update(&room->shown, &now, room->has_error);
    apply_volume(room);
    dock_set_open(
        screen_dock(room->screen), clock_now_us() - room->activity_us < DOCK_HIDE_S * US_PER_S);
    return G_SOURCE_CONTINUE;
}

/* ---- the bell ---- */

static bool on_join(void *user, const struct box_lesson *lesson)
{
    struct classroom *room = user;
    g_autoptr(GError) error = NULL;

    /* What is kept to be shown later outlives a token. */
    if (lesson->again && room->receiver && receiver_shift_us(room->receiver) > 0) {
        if (!receiver_renew(room->receiver, lesson->url, lesson->token, &error))
            log_error(LOG_CORE, "%s", error->message);
        return true;
    }
    end_lesson(room);
    room->is_covered = lesson->is_covered;
    if (!begin_lesson(room, lesson->url, lesson->token, lesson->shift_s, &error)) {
        log_error(LOG_CORE, "%s", error->message);
        return false;
    }
    room->shown.missed_shift = lesson->is_played_later && receiver_shift_us(room->receiver) == 0;
    screen_set_lesson_name(room->screen, lesson->name);
    screen_show_standby(room->screen, room->is_covered);
    return true;
}

static void on_uncover(void *user)
{
    struct classroom *room = user;

    room->is_covered = false;
    screen_show_standby(room->screen, false);
    apply_volume(room);
}

static void on_leave(void *user)
{
    struct classroom *room = user;

    end_lesson(room);
    screen_show_standby(room->screen, true);
}

static void on_restart(void *user)
{
    struct classroom *room = user;

    room->status = PROGRAM_RESTART_EXIT;
    g_main_loop_quit(room->loop);
}

/* ---- keys and pointer ---- */

static void on_layout(void *user)
{
    struct classroom *room = user;

    controls_press_layout(&room->controls);
    lesson_screen_name_layout(&room->shown);
    apply_volume(room);
}

static void on_pause(void *user)
{
    struct classroom *room = user;

    controls_press_pause(&room->controls);
    apply_controls(room);
}

static void on_mute(void *user)
{
    struct classroom *room = user;

    controls_press_mute(&room->controls);
    apply_controls(room);
}

static void on_takeover(void *user)
{
    struct classroom *room = user;

    controls_press_takeover(&room->controls, clock_now_us());
    apply_controls(room);
    dock_focus_takeover(screen_dock(room->screen));
}

static void on_hand_back(void *user)
{
    struct classroom *room = user;

    controls_hand_back(&room->controls);
    apply_controls(room);
}

static void on_quit(void *user)
{
    struct classroom *room = user;
    g_main_loop_quit(room->loop);
}

static gboolean on_key(GtkEventControllerKey *controller, guint key, guint code,
    GdkModifierType modifiers, struct classroom *room)
{
    enum key_meaning meaning = key_meaning(key);

    if (room->box && box_key(room->box, key))
        return TRUE;
    if (!room->receiver && meaning != KEY_FULLSCREEN && meaning != KEY_BACK)
        return FALSE;
    room->activity_us = clock_now_us();
    dock_set_open(screen_dock(room->screen), true);
    switch (meaning) {
    case KEY_TAKEOVER:
        on_takeover(room);
        break;
    case KEY_LAYOUT:
        on_layout(room);
        break;
    case KEY_PAUSE:
        on_pause(room);
        break;
    case KEY_MUTE:
        on_mute(room);
        break;
    case KEY_FIGURES:
        figures_panel_toggle(screen_figures(room->screen));
        break;
    case KEY_FULLSCREEN:
        screen_toggle_fullscreen(room->screen);
        break;
    case KEY_BACK:
        screen_ask_leave(room->screen, !screen_asks_leave(room->screen));
        break;
    case KEY_OTHER:
        return FALSE;
    }
    return TRUE;
}

/* A picture that moves under a resting pointer makes motion events too: only a move counts. */
static void on_motion(
    GtkEventControllerMotion *controller, double x, double y, struct classroom *room)
{
    if (x == room->pointer_x && y == room->pointer_y)
        return;
    room->pointer_x = x;
    room->pointer_y = y;
    room->activity_us = clock_now_us();
}

static gboolean on_close_request(GtkWindow *window, struct classroom *room)
{
    g_main_loop_quit(room->loop);
    return TRUE;
}

static void connect_input(struct classroom *room)
{
    GtkWidget *window = GTK_WIDGET(screen_window(room->screen));
    GtkEventController *keys = gtk_event_controller_key_new();
    GtkEventController *motion = gtk_event_controller_motion_new();

    gtk_event_controller_set_propagation_phase(keys, GTK_PHASE_CAPTURE);
    g_signal_connect(keys, "key-pressed", G_CALLBACK(on_key), room);
    g_signal_connect(motion, "motion", G_CALLBACK(on_motion), room);
    gtk_widget_add_controller(window, keys);
    gtk_widget_add_controller(window, motion);
    g_signal_connect(window, "close-request", G_CALLBACK(on_close_request), room);
}

/* ---- life ---- */

static gboolean on_stop(gpointer data)
{
    on_quit(data);
    return G_SOURCE_CONTINUE;
}

static gboolean on_second(gpointer data)
{
    struct classroom *room = data;

    if (room->report)
        report_tick(room->report);
    return G_SOURCE_CONTINUE;
}

static bool open_screen(struct classroom *room, GError **error)
{
    bool follows = !room->options->whep_url;
    struct screen_params params = {
        .lesson_name = room->options->lesson_name,
        .windowed = room->options->windowed,
        .actions = {on_layout, on_pause, on_mute, on_takeover, on_hand_back},
        .on_leave = on_quit,
        .user = room,
    };

    struct box_params box = {
        .options = room->options,
        .clock = &room->clock,
        .on_join = on_join,
        .on_uncover = on_uncover,
        .on_leave = on_leave,
        .on_restart = on_restart,
        .user = room,
    };

    room->words = words_new(room->options->language, error);
    if (!room->words)
        return false;
    wall_clock_init(&room->clock);
    params.words = box.words = room->words;
    if (follows)
        room->box = box_new(&box);
    params.standby = room->box ? box_widget(room->box) : NULL;
    room->screen = screen_new(&params);
    room->shown.screen = room->screen;
    room->shown.words = room->words;
    room->shown.controls = &room->controls;
    room->shown.clock = &room->clock;
    connect_input(room);
    return true;
}

static bool open_media(struct classroom *room, GError **error)
{
    const struct player_options *options = room->options;
    struct local_source_params params = {
        .what = options->local,
        .paintable = screen_pane(room->screen, LAYOUT_PANE_LOCAL)->paintable,
        .on_state = on_local_state,
        .user = room,
    };
    bool begun = options->whep_url
                     ? begin_lesson(room, options->whep_url, options->token, options->shift, error)
                     : box_start(room->box, error);

    if (!begun)
        return false;
    room->local = local_source_new(&params, error);
    return room->local != NULL;
}

static void run_loop(struct classroom *room)
{
    guint sources[] = {
        g_unix_signal_add(SIGINT, on_stop, room),
        g_unix_signal_add(SIGTERM, on_stop, room),
        g_timeout_add_seconds(1, on_second, room),
        g_timeout_add(UPDATE_MS, on_update, room),
        room->options->seconds > 0
            ? g_timeout_add((guint)room->options->seconds * 1000, on_stop, room)
            : 0,
    };

    on_update(room);
    g_main_loop_run(room->loop);
    for (gsize i = 0; i < G_N_ELEMENTS(sources); i++)
        if (sources[i])
            g_source_remove(sources[i]);
}

int classroom_run(const struct player_options *options)
{
    struct classroom room = {.options = options, .status = EXIT_SUCCESS};
    g_autoptr(GError) error = NULL;

    if (!gtk_init_check()) {
        log_error(LOG_SCREEN, "there is no display: use --headless to receive without one");
        return EXIT_FAILURE;
    }
    room.loop = g_main_loop_new(NULL, FALSE);
    if (open_screen(&room, &error) && open_media(&room, &error)) {
        run_loop(&room);
    } else {
        log_error(LOG_CORE, "%s", error->message);
        room.status = EXIT_FAILURE;
    }
    g_clear_pointer(&room.box, box_free);
    end_lesson(&room);
    local_source_free(room.local);
    screen_free(room.screen);
    wall_clock_finish(&room.clock);
    words_free(room.words);
    g_main_loop_unref(room.loop);
    return room.status;
}
