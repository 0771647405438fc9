#include "capture/precheck.h"

#include <string.h>

#include "capture/audio_source.h"
#include "capture/devices.h"
#include "capture/source_spec.h"
#include "capture/video_source.h"
#include "common/clock.h"
#include "common/log.h"
#include "media/health.h"

#define LOOK_EVERY_MS 100

struct precheck {
    struct precheck_params params;
    struct video_source *video; /* owned, as all below; NULL: not used, or could not be opened */
    struct audio_source *audio;
    GstBuffer *picture;
    const char *camera, *microphone; /* NULL: not known yet */
    uint64_t begun_us;
    guint timer;
};

/* Any thread. */
static void on_media(void *user, GstBuffer *buffer, uint64_t taken_us)
{
    gst_buffer_unref(buffer);
}

static void on_change(void *user, bool present, const char *text)
{
    log_debug(LOG_MEDIA, "precheck: %s", text);
}

static bool wants_camera(const struct precheck *precheck)
{
    return precheck->params.layer &&
           source_spec_parse(precheck->params.settings->camera).kind != SOURCE_NONE;
}

static void open_camera(struct precheck *precheck)
{
    const struct capture_settings *settings = precheck->params.settings;
    struct video_source_params params = {
        .camera = settings->camera,
        .width = precheck->params.layer->width,
        .height = precheck->params.layer->height,
        .fps = (unsigned)settings->fps,
        .image_s = (unsigned)settings->image_s,
        .on_frame = on_media,
        .on_change = on_change,
        .user = precheck,
    };
    g_autoptr(GError) error = NULL;
    precheck->video = video_source_create(&params, &error);
    if (precheck->video)
        video_source_want_picture(precheck->video);
    else
        precheck->camera = health_of_error(error);
}

static void open_microphone(struct precheck *precheck)
{
    const struct capture_settings *settings = precheck->params.settings;
    struct audio_source_params params = {
        .microphone = settings->microphone,
        .camera = settings->camera,
        .sample_picture = precheck->video && video_source_is_sample(precheck->video),
        .suppress_noise = settings->suppress_noise,
        .channels = (unsigned)settings->audio_channels,
        .on_sound = on_media,
        .on_change = on_change,
        .user = precheck,
    };
    g_autoptr(GError) error = NULL;
    precheck->audio = audio_source_create(&params, &error);
    if (precheck->audio)
        audio_source_listen(precheck->audio);
    else
        precheck->microphone = health_of_error(error);
}

static bool is_over(struct precheck *precheck)
{
    if (precheck->video && !precheck->picture)
        precheck->picture = video_source_take_picture(precheck->video);
    if (precheck->video)
        precheck->camera = video_source_health(precheck->video);
    if (precheck->audio)
        precheck->microphone = audio_source_health(precheck->audio);
    uint64_t spent_us = clock_now_us() - precheck->begun_us;
    if (spent_us >= PRECHECK_LIMIT_MS * US_PER_MS)
        return true;
    if (precheck->audio && spent_us < PRECHECK_LISTEN_MS * US_PER_MS)
        return false;
    return (!precheck->video || (precheck->camera && (precheck->picture || strcmp(precheck->camera,
                                                                               HEALTH_OK) != 0))) &&
           (!precheck->audio || precheck->microphone);
}

static gboolean on_look(gpointer user)
{
    struct precheck *precheck = user;
    if (!is_over(precheck))
        return G_SOURCE_CONTINUE;
    precheck->timer = 0;
    struct precheck_result result = {
        .camera = precheck->camera,
        .microphone = precheck->microphone,
        .picture = precheck->picture,
    };
    result.heard = precheck->audio && audio_source_heard(precheck->audio, &result.level_dbfs);
    /* Opened, and nothing came of it in all this time. */
    if (precheck->video && !result.camera)
        result.camera = HEALTH_FAILED;
    if (precheck->audio && !result.microphone)
        result.microphone = HEALTH_FAILED;
    precheck->params.on_end(precheck->params.user, &result);
    return G_SOURCE_REMOVE;
}

struct precheck *precheck_begin(const struct precheck_params *params)
{
    struct precheck *precheck = g_new0(struct precheck, 1);
    precheck->params = *params;
    precheck->begun_us = clock_now_us();
    if (wants_camera(precheck))
        open_camera(precheck);
    if (audio_source_wanted(params->settings->microphone))
        open_microphone(precheck);
    precheck->timer = g_timeout_add(LOOK_EVERY_MS, on_look, precheck);
    return precheck;
}

void precheck_free(struct precheck *precheck)
{
    if (!precheck)
        return;
    if (precheck->timer)
        g_source_remove(precheck->timer);
    video_source_destroy(precheck->video);
    audio_source_destroy(precheck->audio);
    gst_clear_buffer(&precheck->picture);
    g_free(precheck);
}

static const char *look_for(enum device_kind kind, const char *text)
{
    struct source_spec spec = source_spec_parse(text);
    bool there = true;
    if (spec.kind == SOURCE_DEVICE)
        there = devices_has(kind, spec.value);
    else if (spec.kind == SOURCE_FILE)
        there = g_file_test(spec.value, G_FILE_TEST_EXISTS);
    else if (spec.kind == SOURCE_AUTO)
        there = devices_are_there(kind);
    return there ? NULL : HEALTH_MISSING;
}

void precheck_look(
    const struct capture_settings *settings, const char **ret_camera, const char **ret_microphone)
{
    enum source_kind camera = source_spec_parse(settings->camera).kind;
    bool follows = source_spec_parse(settings->microphone).kind == SOURCE_AUTO &&
                   (camera == SOURCE_SAMPLE || camera == SOURCE_FILE);
    *ret_camera = look_for(DEVICE_CAMERA, settings->camera);
    *ret_microphone = follows ? NULL : look_for(DEVICE_MICROPHONE, settings->microphone);
}
