#include "capture/slideshow.h"

#include <gst/app/gstappsink.h>
#include <gst/gst.h>
#include <gst/video/video.h>

#include "capture/painter.h"
#include "common/clock.h"
#include "common/log.h"

#define DECODE_LIMIT (5 * GST_SECOND)
#define MAX_IMAGES   1000

struct slideshow {
    GPtrArray *paths; /* owned */
    unsigned width;
    unsigned height;
    uint64_t image_us;
    uint64_t shown_us; /* since when the image on the canvas stands */
    guint next;        /* its successor */
    struct canvas canvas;
};

static bool is_image(const char *name)
{
    static const char *const endings[] = {".jpg", ".jpeg", ".png", ".bmp", ".webp"};
    g_autofree char *lower = g_ascii_strdown(name, -1);
    for (size_t i = 0; i < G_N_ELEMENTS(endings); i++)
        if (g_str_has_suffix(lower, endings[i]))
            return true;
    return false;
}

bool slideshow_wants(const char *path)
{
    return g_file_test(path, G_FILE_TEST_IS_DIR) || is_image(path);
}

static int by_name(const void *a, const void *b)
{
    return g_strcmp0(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *list_images(const char *path)
{
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    if (!g_file_test(path, G_FILE_TEST_IS_DIR)) {
        g_ptr_array_add(paths, g_strdup(path));
        return paths;
    }
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name = NULL;
    while (dir && paths->len < MAX_IMAGES && (name = g_dir_read_name(dir)))
        if (is_image(name))
            g_ptr_array_add(paths, g_build_filename(path, name, NULL));
    g_ptr_array_sort(paths, by_name);
    return paths;
}

static void take_sample(struct slideshow *slideshow, GstSample *sample)
{
    GstVideoInfo info;
    GstVideoFrame frame;
    if (!gst_video_info_from_caps(&info, gst_sample_get_caps(sample)) ||
        !gst_video_frame_map(&frame, &info, gst_sample_get_buffer(sample), GST_MAP_READ))
        return;
    struct canvas from = {.picture = {.width = slideshow->width, .height = slideshow->height}};
    for (unsigned i = 0; i < 3; i++) {
        from.picture.planes[i] = GST_VIDEO_FRAME_PLANE_DATA(&frame, i);
        from.picture.strides[i] = GST_VIDEO_FRAME_PLANE_STRIDE(&frame, i);
    }
    canvas_copy(&from, &slideshow->canvas.picture);
    gst_video_frame_unmap(&frame);
}

static bool decode(struct slideshow *slideshow, const char *path)
{
    g_autofree char *text = g_strdup_printf(
        "filesrc name=in ! decodebin ! videoconvert ! videoscale add-borders=true ! "
        "video/x-raw,format=I420,width=%u,height=%u,pixel-aspect-ratio=1/1 ! "
        "appsink name=out sync=false",
        slideshow->width, slideshow->height);
    g_autoptr(GstElement) pipeline = gst_parse_launch(text, NULL);
    if (!pipeline)
        return false;
    gst_object_ref_sink(pipeline);
    g_autoptr(GstElement) in = gst_bin_get_by_name(GST_BIN(pipeline), "in");
    g_autoptr(GstElement) out = gst_bin_get_by_name(GST_BIN(pipeline), "out");
    g_object_set(in, "location", path, NULL);
    g_autoptr(GstBus) bus = gst_pipeline_get_bus(GST_PIPELINE(pipeline));
    gst_element_set_state(pipeline, GST_STATE_PAUSED);
    g_autoptr(GstMessage) message =
        gst_bus_timed_pop_filtered(bus, DECODE_LIMIT, GST_MESSAGE_ASYNC_DONE | GST_MESSAGE_ERROR);
    bool done = message && GST_MESSAGE_TYPE(message) == GST_MESSAGE_ASYNC_DONE;
    g_autoptr(GstSample) sample = done ? gst_app_sink_try_pull_preroll(GST_APP_SINK(out), 0) : NULL;
    if (sample)
        take_sample(slideshow, sample);
    else
        log_warn(LOG_MEDIA, "image=%s cannot be shown", path);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    return sample != NULL;
}

struct slideshow *slideshow_create(
    const char *path, unsigned width, unsigned height, unsigned image_s, GError **error)
{
    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "file %s: not found", path);
        return NULL;
    }
    struct slideshow *slideshow = g_new0(struct slideshow, 1);
    slideshow->paths = list_images(path);
    slideshow->width = width;
    slideshow->height = height;
    slideshow->image_us = image_s * US_PER_S;
    bool any = canvas_init(&slideshow->canvas, width, height) == 0;
    bool decoded = false;
    while (any && !decoded && slideshow->paths->len > 0) {
        decoded = decode(slideshow, g_ptr_array_index(slideshow->paths, 0));
        if (!decoded)
            g_ptr_array_remove_index(slideshow->paths, 0);
    }
    slideshow->next = 1;
    if (decoded)
        return slideshow;
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
        "file %s: no image in it that can be shown (jpg, png, bmp or webp)", path);
    slideshow_destroy(slideshow);
    return NULL;
}

void slideshow_destroy(struct slideshow *slideshow)
{
    if (!slideshow)
        return;
    g_ptr_array_unref(slideshow->paths);
    canvas_finish(&slideshow->canvas);
    g_free(slideshow);
}

/* An image that cannot be shown is forgotten; the last one stays. */
static void show_next(struct slideshow *slideshow)
{
    GPtrArray *paths = slideshow->paths;
    while (paths->len > 1) {
        guint index = slideshow->next % paths->len;
        slideshow->next = index + 1;
        if (decode(slideshow, g_ptr_array_index(paths, index)))
            return;
        g_ptr_array_remove_index(paths, index);
        slideshow->next = index;
    }
}

void slideshow_paint(void *painter, uint64_t elapsed_us, struct picture *picture)
{
    struct slideshow *slideshow = painter;
    if (elapsed_us - slideshow->shown_us >= slideshow->image_us) {
        show_next(slideshow);
        slideshow->shown_us = elapsed_us;
    }
    canvas_copy(&slideshow->canvas, picture);
}
