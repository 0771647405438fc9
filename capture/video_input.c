#include "capture/video_input.h"

#include <gio/gio.h>

#include "capture/devices.h"
#include "capture/media_file.h"

/* Raw pictures at full rate, else compressed ones, else what there is: over USB 2 many cameras give
 * 720p raw at 10 frames per second only. */
#define CAMERA_CAPS                                                                                \
    "video/x-raw,width=%u,height=%u,framerate=[%u/1,60/1];"                                        \
    "image/jpeg,width=%u,height=%u,framerate=[%u/1,60/1];"                                         \
    "image/jpeg,framerate=[%u/1,60/1];video/x-raw;image/jpeg"

char *video_input_label(const struct source_spec *spec)
{
    switch (spec->kind) {
    case SOURCE_SAMPLE:
        return g_strdup("sample lesson");
    case SOURCE_SCREEN:
        return g_strdup("screen");
    case SOURCE_FILE:
        return media_file_label(spec->value);
    default:
        return devices_label(DEVICE_CAMERA, spec->value);
    }
}

static GstElement *open_screen(GError **error)
{
    const char *display = g_getenv("DISPLAY");
    GstElement *element = display && *display ? gst_element_factory_make("ximagesrc", NULL) : NULL;
    if (!element)
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
            "screen: there is no X display (DISPLAY is not set)");
    else
        g_object_set(element, "use-damage", FALSE, "show-pointer", TRUE, NULL);
    return element;
}

static char *tail_of(const struct video_input_params *params)
{
    unsigned w = params->width, h = params->height, fps = params->fps;
    g_autofree char *camera_caps = g_strdup_printf(CAMERA_CAPS, w, h, fps, w, h, fps, fps);
    g_autofree char *decode =
        params->spec.kind == SOURCE_DEVICE
            ? g_strdup_printf("capsfilter caps=\"%s\" ! decodebin ! ", camera_caps)
            : g_strdup("");
    /* A screen is asked for its rate, a file is resampled to it, a camera only thinned out. */
    g_autofree char *rate =
        params->spec.kind == SOURCE_SCREEN
            ? g_strdup_printf("capsfilter caps=video/x-raw,framerate=%u/1 ! ", fps)
            : g_strdup_printf("videorate skip-to-first=true drop-only=%s ! ",
                  params->spec.kind == SOURCE_FILE ? "false" : "true");
    g_autofree char *wanted_rate =
        params->spec.kind == SOURCE_FILE ? g_strdup_printf(",framerate=%u/1", fps) : g_strdup("");
    return g_strdup_printf(
        "%s%svideoconvert ! videoscale add-borders=true ! "
        "capsfilter caps=\"video/x-raw,format=I420,width=%u,height=%u,pixel-aspect-ratio=1/1%s\"",
        decode, rate, w, h, wanted_rate);
}

struct pipeline_source *video_input_open(const struct video_input_params *params, GError **error)
{
    const struct source_spec *spec = &params->spec;
    GstElement *head = spec->kind == SOURCE_SCREEN ? open_screen(error)
                       : spec->kind == SOURCE_FILE
                           ? media_file_open(spec->value, "video/x-raw(ANY)", error)
                           : devices_open(DEVICE_CAMERA, spec->value, error);
    if (!head)
        return NULL;
    g_autofree char *tail = tail_of(params);
    g_autofree char *label = video_input_label(spec);
    struct pipeline_source_params pipeline = {
        .head = head,
        .tail = tail,
        .description = label,
        .file = spec->kind == SOURCE_FILE ? spec->value : NULL,
        .on_buffer = params->on_buffer,
        .on_lost = params->on_lost,
        .user = params->user,
    };
    return pipeline_source_create(&pipeline, error);
}
