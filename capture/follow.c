#include "capture/follow.h"

#include "capture/box_check.h"
#include "common/log.h"
#include "media/bell_follower.h"

#define S_PER_MIN 60

struct follow {
    struct capture_params params;     /* of every lesson's capture but for its settings and token */
    struct capture_settings settings; /* borrowed but for the two that the lesson gives */
    struct bell_follower *bell;       /* owned, as all below */
    struct box_check *check;
    struct capture *capture; /* NULL between lessons */
    char *url;
    char *ca_file;
    char *said; /* the last line of standby */
    guint ending;
};

static void stop(struct follow *follow)
{
    box_check_release(follow->check);
    if (follow->ending)
        g_source_remove(follow->ending);
    follow->ending = 0;
    g_clear_pointer(&follow->capture, capture_destroy);
}

/* Not inside a callback of what is taken down. */
static gboolean on_ended(gpointer user)
{
    struct follow *follow = user;

    stop(follow);
    bell_follower_rejoin(follow->bell);
    return G_SOURCE_REMOVE;
}

/* A token that is refused is followed by a new one; a broken encoder is the end, and whoever watches the program starts it
 * again. */
static void on_capture_end(void *user, enum capture_end end, const char *text)
{
    struct follow *follow = user;

    if (end == CAPTURE_END_BROKEN) {
        follow->params.on_end(follow->params.user, end, text);
        return;
    }
    progress_event(follow->params.progress, "refused", text);
    if (!follow->ending)
        follow->ending = g_idle_add(on_ended, follow);
}

static void on_join(void *user, const struct day_lesson *lesson, const char *url, const char *token)
{
    struct follow *follow = user;
    struct capture_params params = follow->params;
    g_autofree char *text = g_strdup_printf("%s, %s", lesson->subject, lesson->teacher);
    g_autoptr(GError) error = NULL;

    stop(follow);
    if (!g_str_has_prefix(lesson->path, "/whip/")) {
        follow->params.on_end(follow->params.user, CAPTURE_END_REFUSED,
            "this machine is enrolled as a player; enrol it as capture");
        return;
    }
    g_free(follow->url);
    follow->url = g_strdup(url);
    follow->settings.whip_url = follow->url;
    params.settings = &follow->settings;
    params.token = token;
    params.patient = true;
    params.on_end = on_capture_end;
    params.user = follow;
    progress_event(follow->params.progress, "join", text);
    follow->capture = capture_create(&params, &error);
    if (!follow->capture)
        follow->params.on_end(
            follow->params.user, CAPTURE_END_BROKEN, error ? error->message : "cannot start");
}

static void on_leave(void *user)
{
    struct follow *follow = user;

    stop(follow);
    progress_event(follow->params.progress, "leave", "the lesson is over");
}

/* "音乐, 王芳 in 12 min" and the like. Free with g_free(). */
static char *describe(const struct bell_follower_view *view)
{
    const struct day_lesson *lesson = view->bell.lesson;
    int64_t wait_s;

    if (view->link == DEVICE_LINK_REVOKED)
        return g_strdup("this device is not enrolled any more; enrol it with a new code");
    if (!view->plan)
        return g_strdup(view->link_text ? view->link_text : "asking for the timetable");
    if (!lesson)
        return g_strdup("no lesson in the next days");
    wait_s = lesson->start_s - view->now_ms / 1000;
    if (wait_s <= 0)
        return g_strdup_printf("%s, %s: joining", lesson->subject, lesson->teacher);
    return g_strdup_printf("%s, %s in %" G_GINT64_FORMAT " %s", lesson->subject, lesson->teacher,
        wait_s >= S_PER_MIN ? wait_s / S_PER_MIN : wait_s, wait_s >= S_PER_MIN ? "min" : "s");
}

/* Between lessons the line is the standby's; in one it is capture's own. */
static void on_view(void *user, const struct bell_follower_view *view)
{
    struct follow *follow = user;
    g_autofree char *text = NULL;
    struct progress_line line;

    if (follow->capture)
        return;
    box_check_tick(follow->check, &view->bell);
    text = describe(view);
    progress_line_init(&line);
    line.state = view->link == DEVICE_LINK_REVOKED   ? "revoked"
                 : view->link == DEVICE_LINK_OFFLINE ? "offline"
                                                     : "standby";
    line.note = text;
    if (view->bell.lesson == NULL && g_strcmp0(text, follow->said) == 0)
        return;
    g_free(follow->said);
    follow->said = g_strdup(text);
    progress_show(follow->params.progress, &line, NULL);
}

static json_t *on_health(void *user)
{
    struct follow *follow = user;

    return box_check_health(follow->check, follow->capture);
}

static void on_checked(void *user, const struct device_findings *found)
{
    struct follow *follow = user;

    bell_follower_checked(follow->bell, found);
}

static void on_check(void *user, bool wants_picture)
{
    struct follow *follow = user;

    box_check_now(follow->check, follow->capture, wants_picture, on_checked, follow);
}

static void on_restart(void *user)
{
    struct follow *follow = user;

    follow->params.on_end(follow->params.user, CAPTURE_END_RESTART, "somebody has it started anew");
}

static void on_news(void *user)
{
    struct follow *follow = user;

    bell_follower_report(follow->bell);
}

struct follow *follow_create(
    const struct capture_params *params, const char *folder, GError **error)
{
    struct follow *follow = g_new0(struct follow, 1);
    struct bell_follower_params bell = {
        .folder = folder,
        .on_health = on_health,
        .on_join = on_join,
        .on_leave = on_leave,
        .on_check = on_check,
        .on_restart = on_restart,
        .on_view = on_view,
        .user = follow,
    };

    struct box_check_params check = {
        .settings = &follow->settings,
        .layer = params->layer_count ? &params->layers[0] : NULL,
        .on_news = on_news,
        .user = follow,
    };

    follow->params = *params;
    follow->settings = *params->settings;
    follow->bell = bell_follower_new(&bell, error);
    if (!follow->bell) {
        g_free(follow);
        return NULL;
    }
    follow->check = box_check_new(&check);
    follow->ca_file = g_strdup(bell_follower_ca_file(follow->bell));
    if (*follow->ca_file)
        follow->settings.ca_file = follow->ca_file;
    return follow;
}

void follow_destroy(struct follow *follow)
{
    if (!follow)
        return;
    stop(follow);
    box_check_free(follow->check);
    bell_follower_free(follow->bell);
    g_free(follow->url);
    g_free(follow->ca_file);
    g_free(follow->said);
    g_free(follow);
}
