#include "capture/video_source.h"

#include <gio/gio.h>

#include "capture/devices.h"
#include "capture/lesson_board.h"
#include "capture/painted_source.h"
#include "capture/placeholder.h"
#include "capture/slideshow.h"
#include "capture/source_spec.h"
#include "capture/video_input.h"
#include "common/clock.h"
#include "common/log.h"
#include "media/health.h"

#define CHECK_INTERVAL_MS  100
#define PLACEHOLDER_US     (700 * US_PER_MS)
#define PLACEHOLDER_FPS    10u
#define REOPEN_INTERVAL_US US_PER_S
#define START_LIMIT_US     (3 * US_PER_S)
#define SILENT_DEVICE_US   (4 * US_PER_S) /* a device that says nothing at all is opened anew */

struct video_source {
    struct video_source_params params;
    char *camera;                     /* owned */
    char *label;                      /* owned */
    struct source_spec spec;          /* of camera */
    struct pipeline_source *pipeline; /* owned; device, screen or file */
    struct painted_source *painted;   /* owned; sample lesson or images */
    struct painted_source *stand_in;  /* owned; while the camera is gone */
    struct placeholder *placeholder;  /* owned */
    struct lesson_board *board;       /* owned */
    struct slideshow *slideshow;      /* owned */
    char *reason;                     /* owned: why the camera is gone, or NULL */
    GSource *check;                   /* owned */
    GMutex lock;                      /* one frame at a time */
    uint64_t last_frame_us;           /* of the real thing; under lock */
    bool seen;                        /* there was a first; under lock */
    bool wants_picture;               /* under lock */
    GstBuffer *picture;               /* owned; one of the real thing; under lock */
    const char *fault;                /* what the last attempt came to; NULL: nothing yet */
    uint64_t created_us;
    uint64_t opened_us;
    bool present;
};

static void on_real_frame(void *user, GstBuffer *buffer, uint64_t taken_us)
{
    struct video_source *source = user;
    g_mutex_lock(&source->lock);
    source->last_frame_us = clock_now_us();
    source->seen = true;
    if (source->wants_picture) {
        source->wants_picture = false;
        gst_clear_buffer(&source->picture);
        source->picture = gst_buffer_ref(buffer);
    }
    source->params.on_frame(source->params.user, buffer, taken_us);
    g_mutex_unlock(&source->lock);
}

static void on_pipeline_buffer(void *user, GstBuffer *buffer, GstCaps *caps, uint64_t taken_us)
{
    on_real_frame(user, buffer, taken_us);
}

static void on_stand_in_frame(void *user, GstBuffer *buffer, uint64_t taken_us)
{
    struct video_source *source = user;
    g_mutex_lock(&source->lock);
    /* The camera may be back already, and the check not have come by. */
    if (clock_elapsed_us(clock_now_us(), source->last_frame_us) > PLACEHOLDER_US / 2)
        source->params.on_frame(source->params.user, buffer, taken_us);
    else
        gst_buffer_unref(buffer);
    g_mutex_unlock(&source->lock);
}

static void on_lost(void *user, const char *text)
{
    struct video_source *source = user;
    g_free(source->reason);
    source->reason = g_strdup(text);
    if (source->pipeline)
        source->fault = pipeline_source_fault(source->pipeline);
}

static struct painted_source *paint(struct video_source *source,
    void (*painter)(void *, uint64_t, struct picture *), void *data, unsigned fps,
    void (*on_frame)(void *, GstBuffer *, uint64_t))
{
    struct painted_source_params params = {
        .width = source->params.width,
        .height = source->params.height,
        .fps = fps,
        .paint = painter,
        .painter = data,
        .on_frame = on_frame,
        .user = source,
    };
    return painted_source_create(&params);
}

static bool open_painted(struct video_source *source, GError **error)
{
    const struct video_source_params *params = &source->params;
    if (source->spec.kind == SOURCE_FILE) {
        source->slideshow = slideshow_create(
            source->spec.value, params->width, params->height, params->image_s, error);
        if (source->slideshow)
            source->painted =
                paint(source, slideshow_paint, source->slideshow, params->fps, on_real_frame);
    } else {
        source->board = lesson_board_create(params->width, params->height);
        if (source->board)
            source->painted =
                paint(source, lesson_board_paint, source->board, params->fps, on_real_frame);
    }
    return source->painted != NULL;
}

static bool open_pipeline(struct video_source *source, GError **error)
{
    struct video_input_params params = {
        .spec = source->spec,
        .width = source->params.width,
        .height = source->params.height,
        .fps = source->params.fps,
        .on_buffer = on_pipeline_buffer,
        .on_lost = on_lost,
        .user = source,
    };
    source->opened_us = clock_now_us();
    source->pipeline = video_input_open(&params, error);
    return source->pipeline != NULL;
}

static void close_stand_in(struct video_source *source)
{
    g_clear_pointer(&source->stand_in, painted_source_destroy);
    g_clear_pointer(&source->placeholder, placeholder_destroy);
}

static void show_stand_in(struct video_source *source)
{
    if (source->stand_in)
        return;
    source->placeholder =
        placeholder_create(source->params.width, source->params.height, source->label);
    if (source->placeholder)
        source->stand_in = paint(source, placeholder_paint, source->placeholder,
            MIN(PLACEHOLDER_FPS, source->params.fps), on_stand_in_frame);
}

/* A camera that takes its time to start is not yet one that is gone. */
static bool is_starting(const struct video_source *source, uint64_t now_us)
{
    return !source->seen && !source->reason && now_us - source->created_us < START_LIMIT_US;
}

static void tell(struct video_source *source, bool present)
{
    g_autofree char *silent = g_strdup_printf("%s gives no picture", source->label);
    g_autofree char *text = present ? g_strdup_printf("%s is back", source->label)
                                    : g_strdup_printf("%s; showing a placeholder until it is back",
                                          source->reason ? source->reason : silent);
    source->present = present;
    source->params.on_change(source->params.user, present, text);
}

static void take_failure(struct video_source *source, const GError *error)
{
    source->fault = health_of_error(error);
    on_lost(source, error->message);
}

static void reopen_if_due(struct video_source *source, uint64_t now_us)
{
    bool broken = source->reason || !source->pipeline;
    uint64_t wait_us = broken ? REOPEN_INTERVAL_US : SILENT_DEVICE_US;
    if (now_us - source->opened_us < wait_us)
        return;
    g_clear_pointer(&source->pipeline, pipeline_source_destroy);
    g_clear_pointer(&source->reason, g_free);
    g_autoptr(GError) error = NULL;
    if (!open_pipeline(source, &error))
        take_failure(source, error);
}

static gboolean on_check(gpointer user)
{
    struct video_source *source = user;
    uint64_t now_us = clock_now_us();
    g_mutex_lock(&source->lock);
    /* a frame may have come since now_us was read, the more so when it held the lock */
    bool flowing = source->seen && clock_elapsed_us(now_us, source->last_frame_us) < PLACEHOLDER_US;
    g_mutex_unlock(&source->lock);
    if (flowing) {
        source->fault = HEALTH_OK;
        close_stand_in(source);
        if (!source->present)
            tell(source, true);
        return G_SOURCE_CONTINUE;
    }
    if (now_us - source->created_us < PLACEHOLDER_US)
        return G_SOURCE_CONTINUE;
    show_stand_in(source);
    if (source->present && !is_starting(source, now_us)) {
        if (!source->reason)
            source->fault = HEALTH_FAILED; /* silent */
        tell(source, false);
    }
    reopen_if_due(source, now_us);
    return G_SOURCE_CONTINUE;
}

static bool open_first(struct video_source *source, GError **error)
{
    if (source->spec.kind == SOURCE_AUTO) {
        source->spec.kind = devices_are_there(DEVICE_CAMERA) ? SOURCE_DEVICE : SOURCE_SAMPLE;
        if (source->spec.kind == SOURCE_SAMPLE)
            source->fault = HEALTH_MISSING; /* something is shown, but no camera's picture */
    }
    bool painted = source->spec.kind == SOURCE_SAMPLE ||
                   (source->spec.kind == SOURCE_FILE && slideshow_wants(source->spec.value));
    source->label = video_input_label(&source->spec);
    return painted ? open_painted(source, error) : open_pipeline(source, error);
}

/* A camera that is not there yet is waited for, as one is that was pulled out; what is painted is there or broken. */
static bool wait_for_it(struct video_source *source, GError **cause)
{
    if (!source->params.patient || source->spec.kind != SOURCE_DEVICE || !*cause)
        return false;
    take_failure(source, *cause);
    g_clear_error(cause);
    return true;
}

struct video_source *video_source_create(const struct video_source_params *params, GError **error)
{
    struct video_source *source = g_new0(struct video_source, 1);
    source->params = *params;
    source->camera = g_strdup(params->camera);
    source->spec = source_spec_parse(source->camera);
    source->present = true;
    source->created_us = clock_now_us();
    g_mutex_init(&source->lock);
    GError *cause = NULL;
    if (!open_first(source, &cause) && !wait_for_it(source, &cause)) {
        if (cause)
            g_propagate_error(error, cause);
        else
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "no memory for the picture");
        video_source_destroy(source);
        return NULL;
    }
    if (source->painted) {
        source->fault = source->fault ? source->fault : HEALTH_OK;
        return source;
    }
    source->check = g_timeout_source_new(CHECK_INTERVAL_MS);
    g_source_set_callback(source->check, on_check, source, NULL);
    g_source_attach(source->check, g_main_context_get_thread_default());
    return source;
}

void video_source_destroy(struct video_source *source)
{
    if (!source)
        return;
    if (source->check)
        g_source_destroy(source->check);
    g_clear_pointer(&source->check, g_source_unref);
    close_stand_in(source);
    pipeline_source_destroy(source->pipeline);
    painted_source_destroy(source->painted);
    lesson_board_destroy(source->board);
    slideshow_destroy(source->slideshow);
    gst_clear_buffer(&source->picture);
    g_mutex_clear(&source->lock);
    g_free(source->reason);
    g_free(source->label);
    g_free(source->camera);
    g_free(source);
}

const char *video_source_label(const struct video_source *source)
{
    return source->label;
}

bool video_source_is_sample(const struct video_source *source)
{
    return source->spec.kind == SOURCE_SAMPLE;
}

bool video_source_is_present(const struct video_source *source)
{
    return source->present;
}

const char *video_source_health(const struct video_source *source)
{
    return source->fault;
}

void video_source_want_picture(struct video_source *source)
{
    g_mutex_lock(&source->lock);
    source->wants_picture = true;
    g_mutex_unlock(&source->lock);
}

GstBuffer *video_source_take_picture(struct video_source *source)
{
    g_mutex_lock(&source->lock);
    GstBuffer *picture = g_steal_pointer(&source->picture);
    g_mutex_unlock(&source->lock);
    return picture;
}
