#include "capture/box_check.h"

#include "capture/precheck.h"
#include "common/log.h"
#include "media/health.h"

struct box_check {
    struct box_check_params params;
    struct precheck *precheck;       /* owned; NULL: none is under way */
    const char *camera, *microphone; /* as they were last; NULL: not used, or not known yet */
    char checked[sizeof(((struct day_lesson *)0)->id)]; /* the lesson that was checked for */
};

static void on_checked(void *user, const struct precheck_result *result)
{
    struct box_check *check = user;
    bool is_news = g_strcmp0(check->camera, result->camera) != 0 ||
                   g_strcmp0(check->microphone, result->microphone) != 0;

    check->camera = result->camera;
    check->microphone = result->microphone;
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
    precheck_free(check->precheck);
    g_free(check);
}

void box_check_release(struct box_check *check)
{
    g_clear_pointer(&check->precheck, precheck_free);
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
