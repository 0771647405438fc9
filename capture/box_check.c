#include "capture/box_check.h"

#include "capture/audio_source.h"
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
    void (*on_done)(void *user, const struct device_findings *found); /* NULL: nobody waits */
    void *done_user;
    bool wants_picture;
    struct video_source *
        video; /* borrowed from the lesson while timer runs, as audio; NULL: no picture is awaited */
    struct audio_source *audio; /* NULL: there is no sound */
    GstBuffer *picture;         /* owned; of the lesson */
    guint timer;                /* of a look at the lesson; 0: none */
    unsigned looks;
    char checked[sizeof(((struct day_lesson *)0)->id)]; /* the lesson that was checked for */
};

static void done(struct box_check *check, GstBuffer *picture, bool heard, int level_dbfs)
{
    void (*on_done)(void *user, const struct device_findings *found) = check->on_done;
    const struct layer_plan *layer = check->params.layer;
    struct device_findings found = {.heard = heard, .level_dbfs = level_dbfs};

    check->on_done = NULL;
    if (!on_done)
        return;
    if (picture && layer && check->wants_picture)
        found.picture = still_encode(picture, layer->width, layer->height);
    on_done(check->done_user, &found);
    g_clear_pointer(&found.picture, g_bytes_unref);
}

static void on_checked(void *user, const struct precheck_result *result)
{
    struct box_check *check = user;
    bool is_news = g_strcmp0(check->camera, result->camera) != 0 ||
                   g_strcmp0(check->microphone, result->microphone) != 0;

    check->camera = result->camera;
    check->microphone = result->microphone;
    done(check, result->picture, result->heard, result->level_dbfs);
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
    gst_clear_buffer(&check->picture);
    g_free(check);
}

void box_check_release(struct box_check *check)
{
    if (check->timer)
        g_source_remove(check->timer);
    check->timer = 0;
    g_clear_pointer(&check->precheck, precheck_free);
    gst_clear_buffer(&check->picture);
    done(check, NULL, false, 0);
}

/* The lesson may end while this goes on: box_check_release() is called then, too. */
static gboolean on_look(gpointer user)
{
    struct box_check *check = user;
    unsigned spent_ms = ++check->looks * LOOK_EVERY_MS;
    int level_dbfs = 0;
    bool heard;

    if (check->video && !check->picture)
        check->picture = video_source_take_picture(check->video);
    if ((check->audio && spent_ms < PRECHECK_LISTEN_MS) ||
        (check->video && !check->picture && spent_ms < PICTURE_LIMIT_MS))
        return G_SOURCE_CONTINUE;
    check->timer = 0;
    heard = check->audio && audio_source_heard(check->audio, &level_dbfs);
    done(check, check->picture, heard, level_dbfs);
    gst_clear_buffer(&check->picture);
    return G_SOURCE_REMOVE;
}

static void look_at_lesson(struct box_check *check, struct capture *capture)
{
    check->video = check->wants_picture ? capture_video_source(capture) : NULL;
    check->audio = capture_audio_source(capture);
    if (check->video)
        video_source_want_picture(check->video);
    if (check->audio)
        audio_source_listen(check->audio);
    check->looks = 0;
    if (!check->timer)
        check->timer = g_timeout_add(LOOK_EVERY_MS, on_look, check);
}

void box_check_now(struct box_check *check, struct capture *capture, bool wants_picture,
    void (*on_done)(void *user, const struct device_findings *found), void *user)
{
    check->on_done = on_done;
    check->done_user = user;
    check->wants_picture = wants_picture;
    if (capture)
        look_at_lesson(check, capture);
    else
        begin(check);
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
