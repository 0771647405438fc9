#include "capture/video_input.h"

#include <gio/gio.h>

#include "capture/devices.h"

/* Raw pictures at full rate, else compressed ones, else what there is: over USB 2 many cameras give
 * 720p raw at 10 frames per second only. */
#define CAMERA_CAPS                                                                                \
    "video/x-raw,width=%u,height=%u,framerate=[%u/1,60/1];"                                        \
    "image/jpeg,width=%u,height=%u,framerate=[%u/1,60/1];"                                         \
    "image/jpeg,framerate=[%u/1,60/1];video/x-raw;image/jpeg"

bool video_input_has_camera(void)
{
    g_autoptr(GstDevice) device = devices_find(DEVICE_CAMERA, NULL);
    return device != NULL;
}

char *video_input_label(const struct source_spec *spec)
{
    g_autoptr(GstDevice) device = NULL;
    g_autofree char *name = NULL;
    switch (spec->kind) {
    case SOURCE_SAMPLE:
        return g_strdup("sample lesson");
    case SOURCE_SCREEN:
        return g_strdup("screen");
    case SOURCE_FILE:
        name = g_path_get_basename(spec->value);
        return g_strdup_printf("file %s", name);
    default:
        break;
    }
    if (spec->value)
        return g_strdup_printf("camera %s", spec->value);
    device = devices_find(DEVICE_CAMERA, NULL);
    name = device ? devices_label(device) : NULL;
    return g_strdup_printf("camera %s", name ? name : "");
}

static GstElement *open_camera(const char *name, GError **error)
{
    g_autoptr(GstDevice) device = devices_find(DEVICE_CAMERA, name);
    GstElement *element = device ? devices_create_source(device) : NULL;
    if (element)
        return element;
    /* A V4L2 node that the monitor does not list (a loopback device without udev). */
    if (name && g_str_has_prefix(name, "/dev/") && g_file_test(name, G_FILE_TEST_EXISTS)) {
        element = gst_element_factory_make("v4l2src", NULL);
        if (element)
            g_object_set(element, "device", name, NULL);
        return element;
    }
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
        "camera %s: not found; --list-devices shows what is there", name ? name : "");
    return NULL;
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

static GstElement *open_file(const char *path, GError **error)
{
    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "file %s: not found", path);
        return NULL;
    }
    g_autofree char *full = g_canonicalize_filename(path, NULL);
    g_autofree char *uri = g_filename_to_uri(full, NULL, error);
    GstElement *element = uri ? gst_element_factory_make("uridecodebin", NULL) : NULL;
    g_autoptr(GstCaps) caps = gst_caps_from_string("video/x-raw(ANY)");
    if (element)
        g_object_set(element, "uri", uri, "caps", caps, "expose-all-streams", FALSE, NULL);
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
                       : spec->kind == SOURCE_FILE ? open_file(spec->value, error)
                                                   : open_camera(spec->value, error);
    if (!head) {
        if (error && !*error)
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "GStreamer cannot open it");
        return NULL;
    }
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
