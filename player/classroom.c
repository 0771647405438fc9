#include "player/classroom.h"

#include <glib-unix.h>
#include <gtk/gtk.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/log.h"
#include "player/controls.h"
#include "player/keys.h"
#include "player/link_chip.h"
#include "player/local_source.h"
#include "player/receiver.h"
#include "player/report.h"
#include "player/screen.h"
#include "player/video_paintable.h"

#define UPDATE_MS 100
#define TOAST_US  (2 * US_PER_S)
/* Capture repeats a still page all the time: so long without one, there is none. */
#define BOARD_GONE_US (5 * US_PER_S)
#define TEXT(id)      words_get(room->words, (id))

struct classroom {
    const struct player_options *options; /* borrowed */
    GMainLoop *loop;                      /* owned, as all below */
    struct words *words;
    struct screen *screen;
    struct receiver *receiver;
    struct local_source *local;
    struct report *report;
    struct controls controls;
    struct link_chip link_chip;
    bool has_error;            /* of the last attempt to connect */
    _Atomic uint64_t board_us; /* when courseware was last shown; set by a presenter's thread */
    uint64_t activity_us;      /* last key or pointer motion */
    uint64_t toast_until_us;
    double volume, pointer_x, pointer_y;
    int status;
};

/* Presenter thread. */
static void on_picture(void *user, unsigned slot, const struct received_picture *picture)
{
    struct classroom *room = user;
    enum layout_pane pane = slot == 0 ? LAYOUT_PANE_TEACHER : LAYOUT_PANE_BOARD;

    video_paintable_push(screen_pane(room->screen, pane)->paintable, &picture->info,
        gst_sample_get_buffer(picture->sample));
    if (slot > 0)
        atomic_store(&room->board_us, clock_now_us());
}

static void on_receiver_state(void *user, enum whep_session_state state, const GError *error)
{
    struct classroom *room = user;

    room->has_error = error && state != WHEP_SESSION_LIVE && state != WHEP_SESSION_WAITING;
    report_state(room->report, state, error);
}

static void on_local_state(void *user, enum local_source_state state)
{
    struct classroom *room = user;
    struct pane *pane = screen_pane(room->screen, LAYOUT_PANE_LOCAL);

    if (state == LOCAL_SOURCE_PLAYING)
        pane_show_picture(pane, false);
    else if (state == LOCAL_SOURCE_LOST)
        pane_show_message(pane, TEXT("player.pane_local_lost"), TEXT("player.pane_local_lost_hint"),
            video_paintable_has_picture(pane->paintable));
    else
        pane_show_message(
            pane, TEXT("player.pane_local_none"), TEXT("player.pane_local_none_hint"), false);
}

/* Local time of day of a moment on the monotonic clock. Free with g_free(). */
static char *time_of(uint64_t monotonic_us, const char *format)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    g_autoptr(GDateTime) then = g_date_time_add(now, (int64_t)(monotonic_us - clock_now_us()));

    return g_date_time_format(then, format);
}

static void show_teacher_pane(struct classroom *room, enum link_pane kind)
{
    static const struct {
        const char *title;
        const char *hint;
    } words[] = {
        [LINK_PANE_CONNECTING] = {"player.pane_connecting", "player.pane_connecting_hint"},
        [LINK_PANE_UNREACHABLE] = {"player.pane_unreachable", "player.pane_unreachable_hint"},
        [LINK_PANE_WAITING] = {"player.pane_waiting", "player.pane_waiting_hint"},
        [LINK_PANE_AUDIO_ONLY] = {"player.pane_audio_only", "player.pane_audio_only_hint"},
        [LINK_PANE_UNAUTHORISED] = {"player.pane_unauthorised", "player.pane_unauthorised_hint"},
        [LINK_PANE_REFUSED] = {"player.pane_refused", "player.pane_refused_hint"},
    };
    struct pane *pane = screen_pane(room->screen, LAYOUT_PANE_TEACHER);

    if (kind == LINK_PANE_PICTURE || kind == LINK_PANE_DIMMED)
        pane_show_picture(pane, kind == LINK_PANE_DIMMED);
    else
        pane_show_message(pane, TEXT(words[kind].title), TEXT(words[kind].hint),
            video_paintable_has_picture(pane->paintable));
}

static void show_link_chip(struct classroom *room, enum link_chip_kind kind, uint64_t last_frame_us)
{
    g_autofree char *time = last_frame_us ? time_of(last_frame_us, "%H:%M:%S") : NULL;
    g_autofree char *detail =
        time ? words_fill(room->words, "player.chip_last_frame", "time", time) : NULL;
    struct screen *screen = room->screen;

    switch (kind) {
    case LINK_CHIP_NONE:
        screen_set_link_chip(screen, SCREEN_TONE_PLAIN, NULL, NULL);
        break;
    case LINK_CHIP_STUCK:
        screen_set_link_chip(screen, SCREEN_TONE_WARN, TEXT("player.chip_stutter"), NULL);
        break;
    case LINK_CHIP_LOST:
        screen_set_link_chip(screen, SCREEN_TONE_BAD, TEXT("player.chip_lost"), detail);
        break;
    case LINK_CHIP_LONG:
        screen_set_link_chip(screen, SCREEN_TONE_BAD, TEXT("player.chip_long"), NULL);
        break;
    case LINK_CHIP_AUDIO_ONLY:
        screen_set_link_chip(screen, SCREEN_TONE_WARN, TEXT("player.chip_audio_only"), NULL);
        break;
    case LINK_CHIP_RECOVERED:
        screen_set_link_chip(screen, SCREEN_TONE_GOOD, TEXT("player.chip_recovered"), NULL);
        break;
    }
}

static void show_takeover_status(struct classroom *room, uint64_t now_us)
{
    unsigned seconds = (unsigned)((now_us - room->controls.takeover_since_us) / US_PER_S);
    g_autofree char *time = g_strdup_printf("%02u:%02u", seconds / 60, seconds % 60);
    g_autofree char *text = words_fill(room->words, "player.status_takeover", "time", time);

    screen_set_status(room->screen, SCREEN_TONE_WARN, "■", text);
}

static void show_status(struct classroom *room, uint64_t now_us, const struct link_chip_view *view)
{
    if (room->controls.takeover != TAKEOVER_NONE) {
        show_takeover_status(room, now_us);
        return;
    }
    switch (view->pane) {
    case LINK_PANE_UNAUTHORISED:
    case LINK_PANE_REFUSED:
        screen_set_status(room->screen, SCREEN_TONE_BAD, "✕", TEXT("player.status_error"));
        break;
    case LINK_PANE_WAITING:
        screen_set_status(room->screen, SCREEN_TONE_PLAIN, "○", TEXT("player.status_waiting"));
        break;
    case LINK_PANE_CONNECTING:
    case LINK_PANE_UNREACHABLE:
        screen_set_status(room->screen, SCREEN_TONE_WARN, "▲", TEXT("player.status_connecting"));
        break;
    default:
        if (view->chip == LINK_CHIP_LOST || view->chip == LINK_CHIP_LONG)
            screen_set_status(
                room->screen, SCREEN_TONE_BAD, "✕", TEXT("player.status_reconnecting"));
        else
            screen_set_status(room->screen, SCREEN_TONE_GOOD, "●", TEXT("player.status_live"));
        break;
    }
}

/* A frozen picture passes for live: the clock stands still with it. */
static void show_clock(
    struct classroom *room, uint64_t now_us, enum link_chip_kind chip, uint64_t last_frame_us)
{
    bool stale = chip == LINK_CHIP_STUCK || chip == LINK_CHIP_LOST || chip == LINK_CHIP_LONG;
    g_autofree char *text = time_of(stale && last_frame_us ? last_frame_us : now_us, "%H:%M");

    screen_set_clock(room->screen, text, stale);
}

static void show_control_chip(struct classroom *room, uint64_t now_us)
{
    static const char *const layouts[] = {
        [LAYOUT_SIDE_BY_SIDE] = "player.layout_1",
        [LAYOUT_TEACHER_LARGE] = "player.layout_2",
        [LAYOUT_LOCAL_LARGE] = "player.layout_3",
        [LAYOUT_BOARD] = "player.layout_4",
    };
    const char *id = NULL;

    if (now_us < room->toast_until_us)
        id = layouts[controls_layout(&room->controls)];
    else if (room->controls.paused)
        id = "player.chip_paused";
    else if (room->controls.takeover == TAKEOVER_SILENT)
        id = "player.chip_silent";
    else if (room->controls.muted)
        id = "player.chip_muted";
    else if (room->controls.takeover == TAKEOVER_DUCKED)
        id = "player.chip_ducked";
    screen_set_control_chip(room->screen, id ? TEXT(id) : NULL);
}

static void apply_controls(struct classroom *room)
{
    double volume = controls_volume(&room->controls);

    screen_set_layout(room->screen, controls_layout(&room->controls));
    dock_update(screen_dock(room->screen), &room->controls);
    video_paintable_set_frozen(
        screen_pane(room->screen, LAYOUT_PANE_TEACHER)->paintable, room->controls.paused);
    video_paintable_set_frozen(
        screen_pane(room->screen, LAYOUT_PANE_BOARD)->paintable, room->controls.paused);
    if (volume != room->volume) {
        room->volume = volume;
        receiver_set_volume(room->receiver, volume);
    }
    show_control_chip(room, clock_now_us());
}

/* Courseware that stops while the teacher goes on was taken away; with both gone it is the line. */
static void show_board_pane(struct classroom *room, uint64_t now_us, uint64_t last_frame_us)
{
    struct pane *pane = screen_pane(room->screen, LAYOUT_PANE_BOARD);
    uint64_t board_us = atomic_load(&room->board_us);
    bool there = board_us != 0 && last_frame_us < board_us + BOARD_GONE_US;

    if (there)
        pane_show_picture(pane, now_us > board_us + BOARD_GONE_US);
    else
        pane_show_message(
            pane, TEXT("player.pane_board_none"), TEXT("player.pane_board_none_hint"), false);
    if (there == room->controls.board)
        return;
    controls_set_board(&room->controls, there);
    apply_controls(room);
}

static gboolean on_update(gpointer data)
{
    struct classroom *room = data;
    uint64_t now_us = clock_now_us();
    struct receiver_now now;
    struct link_chip_view view;

    receiver_read(room->receiver, &now);
    struct link_chip_input input = {
        .state = now.state,
        .has_error = room->has_error,
        .last_frame_us = now.play.last_frame_us,
        .last_audio_us = now.play.last_audio_us,
    };
    link_chip_update(&room->link_chip, now_us, &input, &view);
    show_teacher_pane(room, view.pane);
    show_link_chip(room, view.chip, input.last_frame_us);
    show_status(room, now_us, &view);
    show_clock(room, now_us, view.chip, input.last_frame_us);
    show_control_chip(room, now_us);
    show_board_pane(room, now_us, input.last_frame_us);
    figures_panel_update(screen_figures(room->screen), &now, now_us);
    if (view.focus_takeover)
        dock_focus_takeover(screen_dock(room->screen));
    dock_set_open(screen_dock(room->screen), now_us - room->activity_us < DOCK_HIDE_S * US_PER_S);
    screen_update_scale(room->screen);
    return G_SOURCE_CONTINUE;
}

static void on_layout(void *user)
{
    struct classroom *room = user;

    controls_press_layout(&room->controls);
    room->toast_until_us = clock_now_us() + TOAST_US;
    apply_controls(room);
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

static void on_leave(void *user)
{
    struct classroom *room = user;
    g_main_loop_quit(room->loop);
}

static gboolean on_key(GtkEventControllerKey *controller, guint key, guint code,
    GdkModifierType modifiers, struct classroom *room)
{
    room->activity_us = clock_now_us();
    dock_set_open(screen_dock(room->screen), true);
    switch (key_meaning(key)) {
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

static gboolean on_stop(gpointer data)
{
    struct classroom *room = data;
    g_main_loop_quit(room->loop);
    return G_SOURCE_CONTINUE;
}

static gboolean on_second(gpointer data)
{
    struct classroom *room = data;
    report_tick(room->report);
    return G_SOURCE_CONTINUE;
}

static bool open_screen(struct classroom *room, GError **error)
{
    struct screen_params params = {
        .lesson_name = room->options->lesson_name,
        .windowed = room->options->windowed,
        .actions = {on_layout, on_pause, on_mute, on_takeover, on_hand_back},
        .on_leave = on_leave,
        .user = room,
    };

    room->words = words_new(room->options->language, error);
    if (!room->words)
        return false;
    params.words = room->words;
    controls_init(&room->controls, (enum layout)room->options->layout);
    room->screen = screen_new(&params);
    connect_input(room);
    return true;
}

static bool open_media(struct classroom *room, GError **error)
{
    const struct player_options *options = room->options;
    struct receiver_params params = {
        .url = options->whep_url,
        .token = options->token,
        .ca_file = options->ca_file,
        .video_count = options->content ? 2 : 1,
        .read_stripe = options->stripe,
        .keep_frames = options->stats_file != NULL,
        .play_sound = !options->silent,
        .on_picture = on_picture,
        .on_state = on_receiver_state,
        .user = room,
    };
    struct local_source_params local_params = {
        .what = options->local,
        .paintable = screen_pane(room->screen, LAYOUT_PANE_LOCAL)->paintable,
        .on_state = on_local_state,
        .user = room,
    };

    room->receiver = receiver_new(&params, error);
    if (!room->receiver)
        return false;
    room->report = report_new(room->receiver, options->json_lines, options->stats_file);
    room->volume = 1;
    room->local = local_source_new(&local_params, error);
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

    room->activity_us = clock_now_us();
    link_chip_init(&room->link_chip, room->activity_us);
    receiver_start(room->receiver);
    apply_controls(room);
    on_update(room);
    dock_focus_takeover(screen_dock(room->screen));
    g_main_loop_run(room->loop);
    for (gsize i = 0; i < G_N_ELEMENTS(sources); i++)
        if (sources[i])
            g_source_remove(sources[i]);
    if (!report_finish(room->report))
        room->status = EXIT_FAILURE;
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
    /* The receiver's threads draw into the screen's panes: they end first. */
    receiver_free(room.receiver);
    local_source_free(room.local);
    report_free(room.report);
    screen_free(room.screen);
    words_free(room.words);
    g_main_loop_unref(room.loop);
    return room.status;
}
