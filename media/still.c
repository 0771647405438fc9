#include "media/still.h"

#include <gst/video/video.h>

#include "common/log.h"

#define MAX_WIDTH  480
#define MAX_HEIGHT 270
#define LIMIT      (2 * GST_SECOND)

static GBytes *encode(GstSample *sample, unsigned width, unsigned height)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GstCaps) caps = gst_caps_new_simple("image/jpeg", "width", G_TYPE_INT, (int)width,
        "height", G_TYPE_INT, (int)height, "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, NULL);
    GstSample *still = gst_video_convert_sample(sample, caps, LIMIT, &error);
    gpointer data = NULL;
    gsize size = 0;

    if (!still) {
        log_warn(LOG_MEDIA, "no still picture: %s", error ? error->message : "no encoder");
        return NULL;
    }
    gst_buffer_extract_dup(gst_sample_get_buffer(still), 0,
        gst_buffer_get_size(gst_sample_get_buffer(still)), &data, &size);
    gst_sample_unref(still);
    return g_bytes_new_take(data, size);
}

GBytes *still_encode(GstBuffer *picture, unsigned width, unsigned height)
{
    GstVideoInfo info;
    g_autoptr(GstCaps) caps = NULL;
    g_autoptr(GstSample) sample = NULL;

    gst_video_info_set_format(&info, GST_VIDEO_FORMAT_I420, width, height);
    info.fps_n = 1;
    if (gst_buffer_get_size(picture) < info.size)
        return NULL;
    caps = gst_video_info_to_caps(&info);
    sample = gst_sample_new(picture, caps, NULL, NULL);
    /* A picture full of leaves is halved once more. */
    for (unsigned limit = 1; limit <= 4; limit *= 2) {
        unsigned w = MIN(width, MAX_WIDTH / limit);
        unsigned h = MAX(height * w / width, 1);
        GBytes *still;

        if (h > MAX_HEIGHT / limit) {
            h = MAX_HEIGHT / limit;
            w = MAX(width * h / height, 1);
        }
        still = encode(sample, w, h);
        if (!still || g_bytes_get_size(still) <= STILL_MAX_BYTES)
            return still;
        g_bytes_unref(still);
    }
    return NULL;
}
