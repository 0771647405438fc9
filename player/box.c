#include "player/box.h"

#include <string.h>

#include "common/log.h"
#include "media/bell_follower.h"
#include "media/device_identity.h"
#include "player/box_health.h"
#include "player/enrol_screen.h"
#include "player/standby.h"

#define MS_PER_S   1000
#define MS_PER_MIN 60000
#define SAID_MS    (5 * MS_PER_MIN) /* how long the end of a lesson is told */

struct box {
    struct box_params params;
    GtkWidget *stack;        /* owned by the window */
    struct standby *standby; /* owned, as all below */
    struct enrol_screen *enrol;
    struct box_health *health;
    struct bell_follower *bell; /* NULL: not enrolled */
    struct day_lesson lesson;   /* that is or was shown last */
    bool in_lesson;
    int64_t joined_ms;        /* when, by the server's clock */
    int64_t covered_until_ms; /* the room's own bell, to which a lesson is played later; 0: seen */
    int64_t now_ms;           /* the server's clock at the last view */
    int64_t said_ms;          /* since when the end of a lesson is told; 0: it is not */
};

/* ---- lessons ---- */

static char *name_of(const struct box *box, const struct day_lesson *lesson)
{
    g_autofree char *grade = g_strdup_printf("timetable.grade_%u", lesson->grade);

    return g_strdup_printf(
        "%s %s · %s", words_get(box->params.words, grade), lesson->subject, lesson->teacher);
}

static void on_join(void *user, const struct day_lesson *lesson, const char *url, const char *token)
{
    struct box *box = user;
    g_autofree char *name = name_of(box, lesson);
    int64_t bell_ms = lesson->start_s * MS_PER_S;
    struct box_lesson shown = {
        .name = name,
        .url = url,
        .token = token,
        .shift_s = bell_clock_shift_s(lesson, box->now_ms),
        .is_played_later = lesson->delay_s > 0,
        .is_covered = lesson->delay_s > 0 && box->now_ms < bell_ms,
        .again = strcmp(box->lesson.id, lesson->id) == 0,
    };

    if (!shown.again)
        box->joined_ms = box->now_ms;
    box->lesson = *lesson;
    box->covered_until_ms = shown.is_covered ? bell_ms : 0;
    box->in_lesson = box->params.on_join(box->params.user, &shown);
}

static void uncover_at_own_bell(struct box *box)
{
    if (!box->in_lesson || !box->covered_until_ms || box->now_ms < box->covered_until_ms)
        return;
    box->covered_until_ms = 0;
    box->params.on_uncover(box->params.user);
}

/* "Lesson over: …, planned 40 min, held 38 min". Free with g_free(). */
static char *describe_end(const struct box *box)
{
    const struct day_lesson *lesson = &box->lesson;
    int64_t begin_ms = MAX(box->joined_ms, lesson->start_s * 1000);
    int64_t held_ms = MAX(MIN(box->now_ms, lesson->end_s * 1000) - begin_ms, 0);
    g_autofree char *name = name_of(box, lesson);
    g_autofree char *planned =
        g_strdup_printf("%" G_GINT64_FORMAT, (lesson->end_s - lesson->start_s) * 1000 / MS_PER_MIN);
    g_autofree char *held = g_strdup_printf("%" G_GINT64_FORMAT, held_ms / MS_PER_MIN);
    g_autoptr(GString) text = g_string_new(words_get(box->params.words, "player.standby_over"));

    g_string_replace(text, "{lesson}", name, 0);
    g_string_replace(text, "{planned}", planned, 0);
    g_string_replace(text, "{held}", held, 0);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void on_leave(void *user)
{
    struct box *box = user;
    g_autofree char *text = describe_end(box);

    box->in_lesson = false;
    standby_say(box->standby, text);
    box->said_ms = box->now_ms;
    box->params.on_leave(box->params.user);
}

/* ---- what stands between them ---- */

static void show(struct box *box)
{
    gtk_stack_set_visible_child(GTK_STACK(box->stack), enrol_screen_asks(box->enrol)
                                                           ? enrol_screen_widget(box->enrol)
                                                           : standby_widget(box->standby));
}

/* It may be known again: a backup was restored, say. */
static void follow_revocation(struct box *box, bool is_revoked)
{
    if (is_revoked && !enrol_screen_asks(box->enrol))
        enrol_screen_ask(box->enrol, bell_follower_server(box->bell), box_ca_file(box), true);
    else if (!is_revoked && enrol_screen_asks(box->enrol))
        enrol_screen_dismiss(box->enrol);
    show(box);
}

static void on_view(void *user, const struct bell_follower_view *view)
{
    struct box *box = user;

    box->now_ms = view->now_ms;
    box_health_tick(box->health, &view->bell, box->in_lesson);
    if (view->plan)
        wall_clock_set(box->params.clock, view->now_ms, view->plan->zone);
    uncover_at_own_bell(box);
    if (box->said_ms && view->now_ms - box->said_ms > SAID_MS) {
        standby_say(box->standby, NULL);
        box->said_ms = 0;
    }
    standby_show(box->standby, view, box->params.clock);
    if (box->bell) /* NULL: the first view, from within its making */
        follow_revocation(box, view->link == DEVICE_LINK_REVOKED);
}

/* ---- what the console asks ---- */

static json_t *on_health(void *user)
{
    struct box *box = user;

    return box_health_tell(box->health);
}

static void on_checked(void *user)
{
    struct box *box = user;

    bell_follower_checked(box->bell, NULL);
}

/* The pupils' camera is not shown to anybody from here: no picture. */
static void on_check(void *user, bool wants_picture)
{
    struct box *box = user;

    box_health_now(box->health, on_checked, box);
}

static void on_restart(void *user)
{
    struct box *box = user;

    box->params.on_restart(box->params.user);
}

static void on_news(void *user)
{
    struct box *box = user;

    if (box->bell)
        bell_follower_report(box->bell);
}

/* ---- life ---- */

static bool follow_the_bell(struct box *box, GError **error)
{
    struct bell_follower_params params = {
        .folder = box->params.options->device_folder,
        .on_health = on_health,
        .on_join = on_join,
        .on_leave = on_leave,
        .on_check = on_check,
        .on_restart = on_restart,
        .on_view = on_view,
        .user = box,
    };

    box->bell = bell_follower_new(&params, error);
    return box->bell != NULL;
}

static void on_enrolled(void *user)
{
    struct box *box = user;
    g_autoptr(GError) error = NULL;

    g_clear_pointer(&box->bell, bell_follower_free); /* of who it was before it was revoked */
    if (!follow_the_bell(box, &error)) {
        log_error(LOG_CORE, "%s", error->message);
        box->params.on_restart(box->params.user);
    }
    show(box);
}

struct box *box_new(const struct box_params *params)
{
    struct box *box = g_new0(struct box, 1);
    struct enrol_screen_params enrol = {
        .words = params->words,
        .folder = params->options->device_folder,
        .on_enrolled = on_enrolled,
        .user = box,
    };

    box->params = *params;
    box->standby = standby_new(params->words);
    box->enrol = enrol_screen_new(&enrol);
    box->health = box_health_new(params->options, on_news, box);
    box->stack = gtk_stack_new();
    gtk_stack_set_vhomogeneous(GTK_STACK(box->stack), FALSE); /* a page is as high as itself */
    gtk_stack_add_child(GTK_STACK(box->stack), standby_widget(box->standby));
    gtk_stack_add_child(GTK_STACK(box->stack), enrol_screen_widget(box->enrol));
    return box;
}

void box_free(struct box *box)
{
    if (!box)
        return;
    bell_follower_free(box->bell);
    box_health_free(box->health);
    enrol_screen_free(box->enrol);
    standby_free(box->standby);
    g_free(box);
}

GtkWidget *box_widget(struct box *box)
{
    return box->stack;
}

bool box_start(struct box *box, GError **error)
{
    const struct player_options *options = box->params.options;

    if (device_identity_is_there(options->device_folder))
        return follow_the_bell(box, error);
    enrol_screen_ask(box->enrol, options->server, options->ca_file, false);
    show(box);
    return true;
}

void box_rejoin(struct box *box)
{
    bell_follower_rejoin(box->bell);
}

bool box_key(struct box *box, guint key)
{
    return !box->in_lesson && enrol_screen_key(box->enrol, key);
}

void box_local(struct box *box, enum local_source_state state)
{
    box_health_local(box->health, state);
}

const char *box_ca_file(const struct box *box)
{
    const char *file = box->bell ? bell_follower_ca_file(box->bell) : "";

    return *file ? file : NULL;
}
