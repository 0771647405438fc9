#include "capture/audio_source.h"

#include <gio/gio.h>

#include "capture/audio_encoder.h"
#include "capture/audio_input.h"
#include "capture/devices.h"
#include "capture/sound_level.h"
#include "capture/spoken_source.h"
#include "common/clock.h"
#include "common/log.h"
#include "media/health.h"

#define CHECK_INTERVAL_MS  200
#define SILENT_US          (1500 * US_PER_MS)
#define REOPEN_INTERVAL_US US_PER_S

struct audio_source {
    struct audio_source_params params;
    char *microphone;                 /* owned */
    char *camera;                     /* owned */
    char *label;                      /* owned */
    struct source_spec spec;          /* of microphone or, for auto, of camera */
    struct pipeline_source *pipeline; /* owned */
    struct spoken_source *spoken;     /* owned: sample voice, or silence while nothing comes */
    char *reason;                     /* owned; why the microphone is gone, or NULL */
    GSource *check;                   /* owned */
    GMutex lock;
    uint64_t last_sound_us; /* of the real thing; under lock */
    bool seen;              /* there was a first; under lock */
    bool listening, heard;  /* to how loud it is, and something since; under lock */
    unsigned peak;          /* since it is listened to; under lock */
    const char *fault;      /* what the last attempt came to; NULL: nothing yet */
    uint64_t opened_us;
    bool present;
};

static unsigned peak_of(GstBuffer *buffer)
{
    GstMapInfo map;
    unsigned peak = 0;
    if (gst_buffer_map(buffer, &map, GST_MAP_READ)) {
        peak =
            sound_level_peak((const int16_t *)(const void *)map.data, map.size / sizeof(int16_t));
        gst_buffer_unmap(buffer, &map);
    }
    return peak;
}

static void on_real_sound(void *user, GstBuffer *buffer, uint64_t taken_us)
{
    struct audio_source *source = user;
    g_mutex_lock(&source->lock);
    source->last_sound_us = clock_now_us();
    source->seen = true;
    if (source->listening) {
        source->heard = true;
        source->peak = MAX(source->peak, peak_of(buffer));
    }
    source->params.on_sound(source->params.user, buffer, taken_us);
    g_mutex_unlock(&source->lock);
}

static void on_pipeline_buffer(void *user, GstBuffer *buffer, GstCaps *caps, uint64_t taken_us)
{
    on_real_sound(user, buffer, taken_us);
}

static void on_silence(void *user, GstBuffer *buffer, uint64_t taken_us)
{
    struct audio_source *source = user;
    g_mutex_lock(&source->lock);
    if (clock_now_us() - source->last_sound_us > SILENT_US / 2)
        source->params.on_sound(source->params.user, buffer, taken_us);
    else
        gst_buffer_unref(buffer);
    g_mutex_unlock(&source->lock);
}

static void on_lost(void *user, const char *text)
{
    struct audio_source *source = user;
    g_free(source->reason);
    source->reason = g_strdup(text);
    if (source->pipeline)
        source->fault = pipeline_source_fault(source->pipeline);
}

static bool open_pipeline(struct audio_source *source, GError **error)
{
    struct audio_input_params params = {
        .spec = source->spec,
        .suppress_noise = source->params.suppress_noise,
        .channels = source->params.channels,
        .on_buffer = on_pipeline_buffer,
        .on_lost = on_lost,
        .user = source,
    };
    source->opened_us = clock_now_us();
    source->pipeline = audio_input_open(&params, error);
    return source->pipeline != NULL;
}

static void tell(struct audio_source *source, bool present)
{
    g_autofree char *text = present
                                ? g_strdup_printf("%s is back", source->label)
                                : g_strdup_printf("%s gives no sound (%s)", source->label,
                                      source->reason ? source->reason : "nothing comes from it");
    source->present = present;
    source->params.on_change(source->params.user, present, text);
}

static void take_failure(struct audio_source *source, const GError *error)
{
    source->fault = health_of_error(error);
    on_lost(source, error->message);
}

static void reopen_if_due(struct audio_source *source, uint64_t now_us)
{
    if (now_us - source->opened_us < REOPEN_INTERVAL_US)
        return;
    g_clear_pointer(&source->pipeline, pipeline_source_destroy);
    g_clear_pointer(&source->reason, g_free);
    g_autoptr(GError) error = NULL;
    if (!open_pipeline(source, &error))
        take_failure(source, error);
}

static gboolean on_check(gpointer user)
{
    struct audio_source *source = user;
    uint64_t now_us = clock_now_us();
    g_mutex_lock(&source->lock);
    /* sound may have come since now_us was read, the more so when it held the lock */
    bool flowing = clock_elapsed_us(now_us, source->last_sound_us) < SILENT_US;
    bool seen = source->seen;
    g_mutex_unlock(&source->lock);
    if (flowing) {
        if (seen)
            source->fault = HEALTH_OK;
        g_clear_pointer(&source->spoken, spoken_source_destroy);
        if (!source->present)
            tell(source, true);
        return G_SOURCE_CONTINUE;
    }
    if (!source->spoken)
        source->spoken = spoken_source_create(source->params.channels, false, on_silence, source);
    if (source->present) {
        if (!source->reason)
            source->fault = HEALTH_FAILED; /* silent */
        tell(source, false);
    }
    if (source->reason || !source->pipeline)
        reopen_if_due(source, now_us);
    return G_SOURCE_CONTINUE;
}

/* auto: what belongs to the picture, else a microphone, else nothing but silence. */
static void resolve_auto(struct audio_source *source)
{
    struct source_spec camera = source_spec_parse(source->camera);
    bool is_there = devices_are_there(DEVICE_MICROPHONE);
    if (!is_there && camera.kind != SOURCE_SAMPLE && camera.kind != SOURCE_FILE)
        source->fault = HEALTH_MISSING; /* something is heard, but no microphone's sound */
    if (source->params.sample_picture)
        source->spec.kind = SOURCE_SAMPLE;
    else if (camera.kind == SOURCE_FILE && audio_input_file_has_sound(camera.value))
        source->spec = camera;
    else
        source->spec.kind = is_there ? SOURCE_DEVICE : SOURCE_NONE;
}

static bool open_first(struct audio_source *source, GError **error)
{
    if (source->spec.kind == SOURCE_AUTO)
        resolve_auto(source);
    source->label = audio_input_label(&source->spec);
    if (source->spec.kind == SOURCE_SAMPLE || source->spec.kind == SOURCE_NONE) {
        source->spoken = spoken_source_create(
            source->params.channels, source->spec.kind == SOURCE_SAMPLE, on_real_sound, source);
        source->fault = source->fault ? source->fault : HEALTH_OK;
        return true;
    }
    g_autoptr(GError) cause = NULL;
    if (!open_pipeline(source, &cause)) {
        if (!source->params.patient) {
            g_propagate_error(error, g_steal_pointer(&cause));
            return false;
        }
        take_failure(source, cause);
    }
    source->check = g_timeout_source_new(CHECK_INTERVAL_MS);
    g_source_set_callback(source->check, on_check, source, NULL);
    g_source_attach(source->check, g_main_context_get_thread_default());
    return true;
}

struct audio_source *audio_source_create(const struct audio_source_params *params, GError **error)
{
    struct audio_source *source = g_new0(struct audio_source, 1);
    source->params = *params;
    source->microphone = g_strdup(params->microphone);
    source->camera = g_strdup(params->camera);
    source->spec = source_spec_parse(source->microphone);
    source->present = true;
    source->last_sound_us = clock_now_us();
    g_mutex_init(&source->lock);
    if (!open_first(source, error)) {
        audio_source_destroy(source);
        return NULL;
    }
    return source;
}

void audio_source_destroy(struct audio_source *source)
{
    if (!source)
        return;
    if (source->check)
        g_source_destroy(source->check);
    g_clear_pointer(&source->check, g_source_unref);
    pipeline_source_destroy(source->pipeline);
    spoken_source_destroy(source->spoken);
    g_mutex_clear(&source->lock);
    g_free(source->reason);
    g_free(source->label);
    g_free(source->camera);
    g_free(source->microphone);
    g_free(source);
}

bool audio_source_wanted(const char *microphone)
{
    return source_spec_parse(microphone).kind != SOURCE_NONE;
}

const char *audio_source_label(const struct audio_source *source)
{
    return source->label;
}

const char *audio_source_health(const struct audio_source *source)
{
    return source->fault;
}

void audio_source_listen(struct audio_source *source)
{
    g_mutex_lock(&source->lock);
    source->listening = true;
    source->heard = false;
    source->peak = 0;
    g_mutex_unlock(&source->lock);
}

bool audio_source_heard(struct audio_source *source, int *ret_dbfs)
{
    g_mutex_lock(&source->lock);
    bool heard = source->heard;
    if (heard)
        *ret_dbfs = sound_level_dbfs(source->peak);
    source->listening = false;
    g_mutex_unlock(&source->lock);
    return heard;
}
