#include "capture/box_check.h"

#include "capture/precheck.h"
#include "capture/video_source.h"
#include "common/log.h"
#include "media/health.h"
#include "media/still.h"

#define LOOK_EVERY_MS    50
#define PICTURE_LIMIT_MS 2000

struct box_check {
    struct box_check_params params;
    struct precheck *precheck;       /* owned; NULL: none is under way */
    const char *camera, *microphone; /* as they were last; NULL: not used, or not known yet */
    void (*on_done)(void *user, GBytes *picture); /* NULL: nobody waits */
    void *done_user;
    bool wants_picture;
    struct video_source *source; /* borrowed from the lesson, while timer runs */
    guint timer;                 /* for a picture of the lesson; 0: none */
    unsigned looks;
    char checked[sizeof(((struct day_lesson *)0)->id)]; /* the lesson that was checked for */
};

static void done(struct box_check *check, GstBuffer *picture)
{
    void (*on_done)(void *user, GBytes *picture) = check->on_done;
    const struct layer_plan *layer = check->params.layer;
    GBytes *still = picture && layer && check->wants_picture && on_done
                        ? still_encode(picture, layer->width, layer->height)
                        : NULL;

    check->on_done = NULL;
    if (on_done)
        on_done(check->done_user, still);
    g_clear_pointer(&still, g_bytes_unref);
}

static void on_checked(void *user, const struct precheck_result *result)
{
    struct box_check *check = user;
    bool is_news = g_strcmp0(check->camera, result->camera) != 0 ||
                   g_strcmp0(check->microphone, result->microphone) != 0;

    check->camera = result->camera;
    check->microphone = result->microphone;
    done(check, result->picture);
    g_clear_pointer(&check->precheck, precheck_free);
    log_info(LOG_MEDIA, "event=check camera=%s microphone=%s",
        check->camera ? check->camera : "none", check->microphone ? check->microphone : "none");
    if (is_news)
        check->params.on_news(check->params.user);
}

static void begin(struct box_check *check)
{
    struct precheck_params params = {
        .settings = check->params.settings,
        .layer = check->params.layer,
        .on_end = on_checked,
        .user = check,
    };

    if (!check->precheck)
        check->precheck = precheck_begin(&params);
}

struct box_check *box_check_new(const struct box_check_params *params)
{
    struct box_check *check = g_new0(struct box_check, 1);

    check->params = *params;
    precheck_look(params->settings, &check->camera, &check->microphone);
    begin(check);
    return check;
}

void box_check_free(struct box_check *check)
{
    if (!check)
        return;
    if (check->timer)
        g_source_remove(check->timer);
    precheck_free(check->precheck);
    g_free(check);
}

void box_check_release(struct box_check *check)
{
    if (check->timer)
        g_source_remove(check->timer);
    check->timer = 0;
    g_clear_pointer(&check->precheck, precheck_free);
    done(check, NULL);
}

/* The lesson may end while its picture is awaited: box_check_release() is called then, too. */
static gboolean on_look(gpointer user)
{
    struct box_check *check = user;
    GstBuffer *picture = video_source_take_picture(check->source);

    if (!picture && ++check->looks * LOOK_EVERY_MS < PICTURE_LIMIT_MS)
        return G_SOURCE_CONTINUE;
    check->timer = 0;
    done(check, picture);
    gst_clear_buffer(&picture);
    return G_SOURCE_REMOVE;
}

void box_check_now(struct box_check *check, struct capture *capture, bool wants_picture,
    void (*on_done)(void *user, GBytes *picture), void *user)
{
    check->on_done = on_done;
    check->done_user = user;
    check->wants_picture = wants_picture;
    if (!capture) {
        begin(check);
        return;
    }
    check->source = wants_picture ? capture_video_source(capture) : NULL;
    if (!check->source) {
        done(check, NULL);
        return;
    }
    video_source_want_picture(check->source);
    check->looks = 0;
    if (!check->timer)
        check->timer = g_timeout_add(LOOK_EVERY_MS, on_look, check);
}

void box_check_tick(struct box_check *check, const struct bell_view *bell)
{
    if (bell->phase != BELL_CHECK || g_strcmp0(check->checked, bell->lesson->id) == 0)
        return;
    g_strlcpy(check->checked, bell->lesson->id, sizeof(check->checked));
    begin(check);
}

/* What is missing was pulled out since; what is back is opened to see. */
static bool look(const char **known, const char *seen)
{
    bool is_back = !seen && g_strcmp0(*known, HEALTH_MISSING) == 0;

    if (seen)
        *known = seen;
    return is_back;
}

static void set_word(json_t *health, const char *part, const char *word)
{
    if (word)
        json_object_set_new(health, part, json_string(word));
}

json_t *box_check_health(struct box_check *check, const struct capture *capture)
{
    json_t *health = json_object();
    const char *camera, *microphone;
    bool is_back;

    if (capture) {
        capture_health(capture, &camera, &microphone);
        check->camera = camera ? camera : check->camera;
        check->microphone = microphone ? microphone : check->microphone;
    } else if (!check->precheck) {
        precheck_look(check->params.settings, &camera, &microphone);
        is_back = look(&check->camera, camera);
        if (look(&check->microphone, microphone) || is_back)
            begin(check);
    }
    set_word(health, "camera", check->camera);
    set_word(health, "microphone", check->microphone);
    return health;
}
