#include "player/local_source.h"

#include <gst/app/gstappsink.h>
#include <gst/gst.h>
#include <string.h>

#include "common/log.h"
#include "player/video_paintable.h"

#define REOPEN_S 2

struct local_source {
    GdkPaintable *paintable; /* borrowed */
    void (*on_state)(void *user, enum local_source_state state);
    void *user;           /* borrowed */
    char *what;           /* owned */
    GstElement *pipeline; /* owned, NULL while nothing is open */
    guint bus_watch;
    guint timer;
    bool is_file; /* played around */
    bool was_there;
    enum local_source_state state;
};

static bool open_source(struct local_source *source, GError **error);

static void change_state(struct local_source *source, enum local_source_state state)
{
    source->state = state;
    source->on_state(source->user, state);
}

static void close_source(struct local_source *source)
{
    if (source->bus_watch)
        g_source_remove(source->bus_watch);
    source->bus_watch = 0;
    if (source->pipeline) {
        gst_element_set_state(source->pipeline, GST_STATE_NULL);
        gst_clear_object(&source->pipeline);
    }
}

/* The first camera that the system lists, or NULL. Free with g_free(). */
static char *find_camera(void)
{
    GstDeviceMonitor *monitor = gst_device_monitor_new();
    char *path = NULL;

    gst_device_monitor_add_filter(monitor, "Video/Source", NULL);
    GList *devices = gst_device_monitor_get_devices(monitor);
    for (GList *item = devices; item && !path; item = item->next) {
        g_autoptr(GstStructure) properties = gst_device_get_properties(item->data);
        if (properties)
            path = g_strdup(gst_structure_get_string(properties, "device.path"));
        if (properties && !path)
            path = g_strdup(gst_structure_get_string(properties, "api.v4l2.path"));
    }
    g_list_free_full(devices, gst_object_unref);
    gst_object_unref(monitor);
    return path;
}

static gboolean on_timer(gpointer data)
{
    struct local_source *source = data;
    g_autoptr(GError) error = NULL;

    if (!open_source(source, &error))
        return G_SOURCE_CONTINUE;
    source->timer = 0;
    return G_SOURCE_REMOVE;
}

static void retry_later(struct local_source *source)
{
    if (!source->timer)
        source->timer = g_timeout_add_seconds(REOPEN_S, on_timer, source);
}

static gboolean on_message(GstBus *bus, GstMessage *message, gpointer data)
{
    struct local_source *source = data;
    g_autoptr(GError) error = NULL;

    switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_EOS:
        if (source->is_file)
            gst_element_seek_simple(
                source->pipeline, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT, 0);
        break;
    case GST_MESSAGE_ERROR:
        gst_message_parse_error(message, &error, NULL);
        log_warn(LOG_SCREEN, "local source %s: %s", source->what, error->message);
        source->bus_watch = 0;
        close_source(source);
        change_state(source, source->was_there ? LOCAL_SOURCE_LOST : LOCAL_SOURCE_NONE);
        retry_later(source);
        return G_SOURCE_REMOVE;
    default:
        break;
    }
    return G_SOURCE_CONTINUE;
}

static gboolean on_first_frame(gpointer data)
{
    struct local_source *source = data;

    /* The camera may have failed since. */
    if (!source->pipeline)
        return G_SOURCE_REMOVE;
    source->was_there = true;
    change_state(source, LOCAL_SOURCE_PLAYING);
    return G_SOURCE_REMOVE;
}

/* Streaming thread. */
static GstFlowReturn on_sample(GstAppSink *sink, gpointer data)
{
    struct local_source *source = data;
    g_autoptr(GstSample) sample = gst_app_sink_pull_sample(sink);
    GstVideoInfo info;

    if (!sample || !gst_video_info_from_caps(&info, gst_sample_get_caps(sample)))
        return GST_FLOW_OK;
    video_paintable_push(source->paintable, &info, gst_sample_get_buffer(sample));
    if (!g_object_get_data(G_OBJECT(sink), "told")) {
        g_object_set_data(G_OBJECT(sink), "told", source);
        g_idle_add(on_first_frame, source);
    }
    return GST_FLOW_OK;
}

static char *describe(const char *what, const char *uri)
{
    static const char tail[] = "videoconvert ! video/x-raw,format={I420,NV12,YUY2,BGRA} ! "
                               "appsink name=sink sync=true qos=false max-buffers=2 drop=true "
                               "enable-last-sample=false";

    if (uri)
        return g_strdup_printf("uridecodebin uri=\"%s\" ! %s", uri, tail);
    if (strcmp(what, "pipewire") == 0)
        return g_strdup_printf("pipewiresrc ! decodebin ! %s", tail);
    return g_strdup_printf("v4l2src device=\"%s\" ! "
                           "capsfilter caps=\"image/jpeg,width=[320,1920];"
                           "video/x-raw,width=[320,1920]\" ! decodebin ! %s",
        what, tail);
}

static bool open_source(struct local_source *source, GError **error)
{
    g_autofree char *camera = NULL;
    g_autofree char *uri = NULL;
    const char *what = source->what;

    if (strcmp(what, "auto") == 0) {
        what = camera = find_camera();
        if (!camera)
            return false;
    }
    if (source->is_file && !(uri = gst_filename_to_uri(what, error)))
        return false;
    g_autofree char *description = describe(what, uri);
    source->pipeline = gst_parse_launch(description, error);
    if (!source->pipeline)
        return false;
    gst_object_ref_sink(source->pipeline);
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(source->pipeline), "sink");
    GstAppSinkCallbacks callbacks = {.new_sample = on_sample};
    gst_app_sink_set_callbacks(GST_APP_SINK(sink), &callbacks, source, NULL);
    g_autoptr(GstBus) bus = gst_element_get_bus(source->pipeline);
    source->bus_watch = gst_bus_add_watch(bus, on_message, source);
    gst_element_set_state(source->pipeline, GST_STATE_PLAYING);
    return true;
}

static gboolean on_still(gpointer data)
{
    struct local_source *source = data;

    source->timer = 0;
    change_state(source, LOCAL_SOURCE_PLAYING);
    return G_SOURCE_REMOVE;
}

static gboolean on_nothing(gpointer data)
{
    struct local_source *source = data;

    source->timer = 0;
    change_state(source, LOCAL_SOURCE_NONE);
    if (strcmp(source->what, "auto") == 0)
        retry_later(source);
    return G_SOURCE_REMOVE;
}

/* Images are shown as they are; what is no image is taken for a video. */
static bool open_file(struct local_source *source, GError **error)
{
    if (!g_file_test(source->what, G_FILE_TEST_IS_REGULAR)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "--local %s: no such file or camera",
            source->what);
        return false;
    }
    g_autoptr(GdkTexture) texture = gdk_texture_new_from_filename(source->what, NULL);
    if (texture) {
        video_paintable_set_texture(source->paintable, texture);
        source->timer = g_idle_add(on_still, source);
        return true;
    }
    source->is_file = true;
    return open_source(source, error);
}

GstElement *local_source_open(const char *what, GError **error)
{
    g_autofree char *found = strcmp(what, "auto") == 0 ? find_camera() : NULL;
    const char *path = found ? found : what;
    bool is_device = g_str_has_prefix(path, "/dev/");
    GstElement *element = NULL;

    if (strcmp(path, "pipewire") == 0)
        element = gst_element_factory_make("pipewiresrc", NULL);
    else if (g_file_test(path, G_FILE_TEST_EXISTS))
        element = gst_element_factory_make(is_device ? "v4l2src" : "filesrc", NULL);
    if (element && strcmp(path, "pipewire") != 0)
        g_object_set(element, is_device ? "device" : "location", path, NULL);
    if (!element)
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "--local %s: no such camera", what);
    return element;
}

struct local_source *local_source_new(const struct local_source_params *params, GError **error)
{
    struct local_source *source = g_new0(struct local_source, 1);
    bool ok = true;

    source->paintable = params->paintable;
    source->on_state = params->on_state;
    source->user = params->user;
    source->what = g_strdup(params->what);
    if (strcmp(source->what, "none") == 0)
        source->timer = g_idle_add(on_nothing, source);
    else if (strcmp(source->what, "auto") == 0)
        source->timer = open_source(source, NULL) ? 0 : g_idle_add(on_nothing, source);
    else if (strcmp(source->what, "pipewire") == 0)
        ok = open_source(source, error);
    else if (g_str_has_prefix(source->what, "/dev/")) {
        ok = g_file_test(source->what, G_FILE_TEST_EXISTS);
        if (!ok)
            g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "--local %s: no such camera",
                source->what);
        else
            ok = open_source(source, error);
    } else
        ok = open_file(source, error);
    if (!ok) {
        local_source_free(source);
        return NULL;
    }
    return source;
}

void local_source_free(struct local_source *source)
{
    if (!source)
        return;
    close_source(source);
    while (g_source_remove_by_user_data(source))
        ;
    g_free(source->what);
    g_free(source);
}
