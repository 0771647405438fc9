#include "player/lesson_screen.h"

#include "common/clock.h"
#include "player/video_paintable.h"

#define TOAST_US (2 * US_PER_S)
/* Capture repeats a still page all the time: so long without one, there is none. */
#define BOARD_GONE_US (5 * US_PER_S)
#define TEXT(id)      words_get(shown->words, (id))

void lesson_screen_begin(struct lesson_screen *shown)
{
    video_paintable_clear(screen_pane(shown->screen, LAYOUT_PANE_TEACHER)->paintable);
    video_paintable_clear(screen_pane(shown->screen, LAYOUT_PANE_BOARD)->paintable);
    atomic_store(&shown->board_us, 0);
    shown->toast_until_us = 0;
    shown->missed_shift = false;
    link_chip_init(&shown->link_chip, clock_now_us());
}

void lesson_screen_push(
    struct lesson_screen *shown, unsigned slot, const struct received_picture *picture)
{
    enum layout_pane pane = slot == 0 ? LAYOUT_PANE_TEACHER : LAYOUT_PANE_BOARD;

    video_paintable_push(screen_pane(shown->screen, pane)->paintable, &picture->info,
        gst_sample_get_buffer(picture->sample));
    if (slot > 0)
        atomic_store(&shown->board_us, clock_now_us());
}

void lesson_screen_show_local(struct lesson_screen *shown, enum local_source_state state)
{
    struct pane *pane = screen_pane(shown->screen, LAYOUT_PANE_LOCAL);

    if (state == LOCAL_SOURCE_PLAYING)
        pane_show_picture(pane, false);
    else if (state == LOCAL_SOURCE_LOST)
        pane_show_message(pane, TEXT("player.pane_local_lost"), TEXT("player.pane_local_lost_hint"),
            video_paintable_has_picture(pane->paintable));
    else
        pane_show_message(
            pane, TEXT("player.pane_local_none"), TEXT("player.pane_local_none_hint"), false);
}

/* The lesson has begun elsewhere, and here it will. */
static void show_wait(struct lesson_screen *shown, uint64_t wait_us)
{
    unsigned seconds = (unsigned)((wait_us + US_PER_S - 1) / US_PER_S);
    g_autofree char *time = g_strdup_printf("%u:%02u", seconds / 60, seconds % 60);
    g_autofree char *hint = words_fill(shown->words, "player.pane_shifted_hint", "time", time);

    pane_show_message(
        screen_pane(shown->screen, LAYOUT_PANE_TEACHER), TEXT("player.pane_shifted"), hint, false);
}

static void show_teacher_pane(
    struct lesson_screen *shown, enum link_pane kind, const struct receiver_now *now)
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
    struct pane *pane = screen_pane(shown->screen, LAYOUT_PANE_TEACHER);

    if (now->first_wait_us > 0)
        show_wait(shown, now->first_wait_us);
    else if (kind == LINK_PANE_PICTURE || kind == LINK_PANE_DIMMED)
        pane_show_picture(pane, kind == LINK_PANE_DIMMED);
    else
        pane_show_message(pane, TEXT(words[kind].title), TEXT(words[kind].hint),
            video_paintable_has_picture(pane->paintable));
}

static void show_link_chip(
    struct lesson_screen *shown, enum link_chip_kind kind, const struct receiver_now *now)
{
    uint64_t last_frame_us = now->play.last_frame_us;
    g_autofree char *time =
        last_frame_us ? wall_clock_text_of(shown->clock, last_frame_us, "%H:%M:%S") : NULL;
    g_autofree char *detail =
        time ? words_fill(shown->words, "player.chip_last_frame", "time", time) : NULL;
    struct screen *screen = shown->screen;

    /* The line is back, what did not come then is missing now. */
    if (now->shift_us > 0 && now->state != WHEP_SESSION_RECONNECTING &&
        (kind == LINK_CHIP_STUCK || kind == LINK_CHIP_LOST || kind == LINK_CHIP_LONG)) {
        screen_set_link_chip(screen, SCREEN_TONE_WARN, TEXT("player.chip_hole"), NULL);
        return;
    }
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

static void show_takeover_status(struct lesson_screen *shown, uint64_t now_us)
{
    unsigned seconds = (unsigned)((now_us - shown->controls->takeover_since_us) / US_PER_S);
    g_autofree char *time = g_strdup_printf("%02u:%02u", seconds / 60, seconds % 60);
    g_autofree char *text = words_fill(shown->words, "player.status_takeover", "time", time);

    screen_set_status(shown->screen, SCREEN_TONE_WARN, "■", text);
}

/* Who sees it later is not live: "Playing 5 minutes later". */
static void show_playing(struct lesson_screen *shown, uint64_t shift_us)
{
    unsigned seconds = (unsigned)(shift_us / US_PER_S);
    bool minutes = seconds > 60 && seconds % 60 == 0;
    g_autofree char *number = g_strdup_printf("%u", minutes ? seconds / 60 : seconds);
    g_autofree char *text = words_fill(shown->words,
        minutes ? "player.status_shifted_minutes" : "player.status_shifted_seconds", "time",
        number);

    if (shift_us > 0)
        screen_set_status(shown->screen, SCREEN_TONE_PLAIN, "▶", text);
    else
        screen_set_status(shown->screen, SCREEN_TONE_GOOD, "●",
            TEXT(shown->missed_shift ? "player.status_missed_shift" : "player.status_live"));
}

static void show_status(struct lesson_screen *shown, uint64_t now_us,
    const struct link_chip_view *view, const struct receiver_now *now)
{
    if (shown->controls->takeover != TAKEOVER_NONE) {
        show_takeover_status(shown, now_us);
        return;
    }
    if (now->first_wait_us > 0) {
        show_playing(shown, now->shift_us);
        return;
    }
    switch (view->pane) {
    case LINK_PANE_UNAUTHORISED:
    case LINK_PANE_REFUSED:
        screen_set_status(shown->screen, SCREEN_TONE_BAD, "✕", TEXT("player.status_error"));
        break;
    case LINK_PANE_WAITING:
        screen_set_status(shown->screen, SCREEN_TONE_PLAIN, "○", TEXT("player.status_waiting"));
        break;
    case LINK_PANE_CONNECTING:
    case LINK_PANE_UNREACHABLE:
        screen_set_status(shown->screen, SCREEN_TONE_WARN, "▲", TEXT("player.status_connecting"));
        break;
    default:
        if (now->shift_us == 0 && (view->chip == LINK_CHIP_LOST || view->chip == LINK_CHIP_LONG))
            screen_set_status(
                shown->screen, SCREEN_TONE_BAD, "✕", TEXT("player.status_reconnecting"));
        else
            show_playing(shown, now->shift_us);
        break;
    }
}

/* A frozen picture passes for live: the clock stands still with it. */
static void show_clock(
    struct lesson_screen *shown, uint64_t now_us, enum link_chip_kind chip, uint64_t last_frame_us)
{
    bool stale = chip == LINK_CHIP_STUCK || chip == LINK_CHIP_LOST || chip == LINK_CHIP_LONG;
    g_autofree char *text =
        wall_clock_text_of(shown->clock, stale && last_frame_us ? last_frame_us : now_us, "%H:%M");

    screen_set_clock(shown->screen, text, stale);
}

static void show_control_chip(struct lesson_screen *shown, uint64_t now_us)
{
    static const char *const layouts[] = {
        [LAYOUT_SIDE_BY_SIDE] = "player.layout_1",
        [LAYOUT_TEACHER_LARGE] = "player.layout_2",
        [LAYOUT_LOCAL_LARGE] = "player.layout_3",
        [LAYOUT_BOARD] = "player.layout_4",
    };
    const char *id = NULL;

    if (now_us < shown->toast_until_us)
        id = layouts[controls_layout(shown->controls)];
    else if (shown->controls->paused)
        id = "player.chip_paused";
    else if (shown->controls->takeover == TAKEOVER_SILENT)
        id = "player.chip_silent";
    else if (shown->controls->muted)
        id = "player.chip_muted";
    else if (shown->controls->takeover == TAKEOVER_DUCKED)
        id = "player.chip_ducked";
    screen_set_control_chip(shown->screen, id ? TEXT(id) : NULL);
}

void lesson_screen_apply(struct lesson_screen *shown)
{
    screen_set_layout(shown->screen, controls_layout(shown->controls));
    dock_update(screen_dock(shown->screen), shown->controls);
    video_paintable_set_frozen(
        screen_pane(shown->screen, LAYOUT_PANE_TEACHER)->paintable, shown->controls->paused);
    video_paintable_set_frozen(
        screen_pane(shown->screen, LAYOUT_PANE_BOARD)->paintable, shown->controls->paused);
    show_control_chip(shown, clock_now_us());
}

/* Courseware that stops while the teacher goes on was taken away; with both gone it is the line. */
static void show_board_pane(struct lesson_screen *shown, uint64_t now_us, uint64_t last_frame_us)
{
    struct pane *pane = screen_pane(shown->screen, LAYOUT_PANE_BOARD);
    uint64_t board_us = atomic_load(&shown->board_us);
    bool there = board_us != 0 && last_frame_us < board_us + BOARD_GONE_US;

    if (there)
        pane_show_picture(pane, now_us > board_us + BOARD_GONE_US);
    else
        pane_show_message(
            pane, TEXT("player.pane_board_none"), TEXT("player.pane_board_none_hint"), false);
    if (there == shown->controls->board)
        return;
    controls_set_board(shown->controls, there);
    lesson_screen_apply(shown);
}

void lesson_screen_update(
    struct lesson_screen *shown, const struct receiver_now *now, bool has_error)
{
    uint64_t now_us = clock_now_us();
    struct link_chip_view view;
    struct link_chip_input input = {
        .state = now->play.last_frame_us ? now->shown_state : now->state,
        .has_error = has_error,
        .last_frame_us = now->play.last_frame_us,
        .last_audio_us = now->play.last_audio_us,
    };

    link_chip_update(&shown->link_chip, now_us, &input, &view);
    show_teacher_pane(shown, view.pane, now);
    show_link_chip(shown, view.chip, now);
    show_status(shown, now_us, &view, now);
    show_clock(shown, now_us, view.chip, input.last_frame_us);
    show_control_chip(shown, now_us);
    show_board_pane(shown, now_us, input.last_frame_us);
    figures_panel_update(screen_figures(shown->screen), now, now_us);
    if (view.focus_takeover)
        dock_focus_takeover(screen_dock(shown->screen));
}

void lesson_screen_name_layout(struct lesson_screen *shown)
{
    shown->toast_until_us = clock_now_us() + TOAST_US;
    lesson_screen_apply(shown);
}
