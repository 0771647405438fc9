#include "capture/painted_source.h"

#include <gst/video/video.h>

#include "common/clock.h"
#include "common/log.h"

#define POOL_MIN_BUFFERS 3

struct painted_source {
    struct painted_source_params params;
    GstBufferPool *pool; /* owned */
    GstVideoInfo info;
    GThread *thread; /* owned */
    gint stopped;    /* atomic */
};

static GstBufferPool *new_pool(const GstVideoInfo *info)
{
    g_autoptr(GstCaps) caps = gst_video_info_to_caps(info);
    GstBufferPool *pool = gst_video_buffer_pool_new();
    GstStructure *config = gst_buffer_pool_get_config(pool);
    gst_buffer_pool_config_set_params(
        config, caps, (guint)GST_VIDEO_INFO_SIZE(info), POOL_MIN_BUFFERS, 0);
    if (!gst_buffer_pool_set_config(pool, config) || !gst_buffer_pool_set_active(pool, TRUE))
        gst_clear_object(&pool);
    return pool;
}

static void paint_one(struct painted_source *source, uint64_t start_us, uint64_t now_us)
{
    const struct painted_source_params *params = &source->params;
    GstBuffer *buffer = NULL;
    GstVideoFrame frame;
    if (gst_buffer_pool_acquire_buffer(source->pool, &buffer, NULL) != GST_FLOW_OK)
        return;
    if (gst_video_frame_map(&frame, &source->info, buffer, GST_MAP_WRITE)) {
        struct picture picture = {.width = params->width, .height = params->height};
        for (unsigned i = 0; i < 3; i++) {
            picture.planes[i] = GST_VIDEO_FRAME_PLANE_DATA(&frame, i);
            picture.strides[i] = GST_VIDEO_FRAME_PLANE_STRIDE(&frame, i);
        }
        params->paint(params->painter, now_us - start_us, &picture);
        gst_video_frame_unmap(&frame);
        params->on_frame(params->user, buffer, now_us);
    } else {
        gst_buffer_unref(buffer);
    }
}

static gpointer run(gpointer data)
{
    struct painted_source *source = data;
    const uint64_t start_us = clock_now_us();
    uint64_t frame = 0;
    while (!g_atomic_int_get(&source->stopped)) {
        uint64_t now_us = clock_now_us();
        paint_one(source, start_us, now_us);
        /* The next period that is not over yet. */
        uint64_t due = (clock_now_us() - start_us) * source->params.fps / US_PER_S;
        frame = MAX(frame + 1, due);
        clock_sleep_until(start_us + frame * US_PER_S / source->params.fps);
    }
    return NULL;
}

struct painted_source *painted_source_create(const struct painted_source_params *params)
{
    struct painted_source *source = g_new0(struct painted_source, 1);
    source->params = *params;
    gst_video_info_set_format(&source->info, GST_VIDEO_FORMAT_I420, params->width, params->height);
    source->pool = new_pool(&source->info);
    if (!source->pool) {
        g_free(source);
        return NULL;
    }
    source->thread = g_thread_new("painter", run, source);
    return source;
}

void painted_source_destroy(struct painted_source *source)
{
    if (!source)
        return;
    g_atomic_int_set(&source->stopped, 1);
    g_thread_join(source->thread);
    gst_buffer_pool_set_active(source->pool, FALSE);
    gst_clear_object(&source->pool);
    g_free(source);
}
