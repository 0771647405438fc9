#include "player/video_paintable.h"

struct video_paintable {
    GObject parent;
    GdkTexture *shown;            /* owned, or NULL; main thread */
    bool frozen;                  /* main thread */
    GstVideoConverter *converter; /* owned, as next two; pushing thread */
    GstVideoInfo from;
    GstVideoInfo to;
    GMutex lock;      /* guards next and idle */
    GdkTexture *next; /* owned; waits for the main thread */
    guint idle;
};

struct video_paintable_class {
    GObjectClass parent_class;
};

/* The names that GObject's macros build upon. */
typedef struct video_paintable VideoPaintable;
typedef struct video_paintable_class VideoPaintableClass;

static void paintable_interface_init(GdkPaintableInterface *interface);
G_DEFINE_TYPE_WITH_CODE(VideoPaintable, video_paintable, G_TYPE_OBJECT,
    G_IMPLEMENT_INTERFACE(GDK_TYPE_PAINTABLE, paintable_interface_init))

static void snapshot(
    GdkPaintable *paintable, GdkSnapshot *gdk_snapshot, double width, double height)
{
    struct video_paintable *self = (struct video_paintable *)paintable;

    if (self->shown)
        gdk_paintable_snapshot(GDK_PAINTABLE(self->shown), gdk_snapshot, width, height);
}

static int get_width(GdkPaintable *paintable)
{
    struct video_paintable *self = (struct video_paintable *)paintable;
    return self->shown ? gdk_texture_get_width(self->shown) : 0;
}

static int get_height(GdkPaintable *paintable)
{
    struct video_paintable *self = (struct video_paintable *)paintable;
    return self->shown ? gdk_texture_get_height(self->shown) : 0;
}

static double get_aspect_ratio(GdkPaintable *paintable)
{
    struct video_paintable *self = (struct video_paintable *)paintable;
    return self->shown
               ? (double)gdk_texture_get_width(self->shown) / gdk_texture_get_height(self->shown)
               : 0;
}

static void paintable_interface_init(GdkPaintableInterface *interface)
{
    interface->snapshot = snapshot;
    interface->get_intrinsic_width = get_width;
    interface->get_intrinsic_height = get_height;
    interface->get_intrinsic_aspect_ratio = get_aspect_ratio;
}

static void video_paintable_finalize(GObject *object)
{
    struct video_paintable *self = (struct video_paintable *)object;

    g_clear_object(&self->shown);
    g_clear_object(&self->next);
    g_clear_pointer(&self->converter, gst_video_converter_free);
    g_mutex_clear(&self->lock);
    G_OBJECT_CLASS(video_paintable_parent_class)->finalize(object);
}

static void video_paintable_class_init(struct video_paintable_class *class)
{
    G_OBJECT_CLASS(class)->finalize = video_paintable_finalize;
}

static void video_paintable_init(struct video_paintable *self)
{
    g_mutex_init(&self->lock);
    gst_video_info_init(&self->from);
}

GdkPaintable *video_paintable_new(void)
{
    return g_object_new(video_paintable_get_type(), NULL);
}

void video_paintable_set_texture(GdkPaintable *paintable, GdkTexture *texture)
{
    struct video_paintable *self = (struct video_paintable *)paintable;
    bool resized = !self->shown ||
                   gdk_texture_get_width(self->shown) != gdk_texture_get_width(texture) ||
                   gdk_texture_get_height(self->shown) != gdk_texture_get_height(texture);

    g_set_object(&self->shown, texture);
    if (resized)
        gdk_paintable_invalidate_size(paintable);
    gdk_paintable_invalidate_contents(paintable);
}

static gboolean show_next(gpointer data)
{
    struct video_paintable *self = data;

    g_mutex_lock(&self->lock);
    g_autoptr(GdkTexture) texture = g_steal_pointer(&self->next);
    self->idle = 0;
    g_mutex_unlock(&self->lock);
    if (texture && !self->frozen)
        video_paintable_set_texture(GDK_PAINTABLE(self), texture);
    return G_SOURCE_REMOVE;
}

static bool prepare_converter(struct video_paintable *self, const GstVideoInfo *info)
{
    if (self->converter && gst_video_info_is_equal(&self->from, info))
        return true;
    g_clear_pointer(&self->converter, gst_video_converter_free);
    self->from = *info;
    if (!gst_video_info_set_format(&self->to, GST_VIDEO_FORMAT_BGRA,
            (guint)GST_VIDEO_INFO_WIDTH(info), (guint)GST_VIDEO_INFO_HEIGHT(info)))
        return false;
    self->to.fps_n = info->fps_n;
    self->to.fps_d = info->fps_d;
    self->converter = gst_video_converter_new(&self->from, &self->to,
        gst_structure_new("config", GST_VIDEO_CONVERTER_OPT_DITHER_METHOD,
            GST_TYPE_VIDEO_DITHER_METHOD, GST_VIDEO_DITHER_NONE, GST_VIDEO_CONVERTER_OPT_THREADS,
            G_TYPE_UINT, 1, NULL));
    return self->converter != NULL;
}

/* NULL when the frame cannot be read. */
static GdkTexture *convert(struct video_paintable *self, GstBuffer *buffer)
{
    GstVideoFrame from, to;
    GdkTexture *texture = NULL;
    gsize size = GST_VIDEO_INFO_SIZE(&self->to);
    g_autoptr(GstBuffer) pixels = NULL;

    if (!gst_video_frame_map(&from, &self->from, buffer, GST_MAP_READ))
        return NULL;
    void *data = g_malloc(size);
    g_autoptr(GBytes) bytes = g_bytes_new_take(data, size);
    pixels = gst_buffer_new_wrapped_full(0, data, size, 0, size, NULL, NULL);
    if (gst_video_frame_map(&to, &self->to, pixels, GST_MAP_WRITE)) {
        gst_video_converter_frame(self->converter, &from, &to);
        gst_video_frame_unmap(&to);
        texture = gdk_memory_texture_new(GST_VIDEO_INFO_WIDTH(&self->to),
            GST_VIDEO_INFO_HEIGHT(&self->to), GDK_MEMORY_B8G8R8A8_PREMULTIPLIED, bytes,
            (gsize)GST_VIDEO_INFO_PLANE_STRIDE(&self->to, 0));
    }
    gst_video_frame_unmap(&from);
    return texture;
}

void video_paintable_push(GdkPaintable *paintable, const GstVideoInfo *info, GstBuffer *buffer)
{
    struct video_paintable *self = (struct video_paintable *)paintable;

    if (!prepare_converter(self, info))
        return;
    GdkTexture *texture = convert(self, buffer);
    if (!texture)
        return;
    g_mutex_lock(&self->lock);
    g_clear_object(&self->next);
    self->next = texture;
    if (!self->idle)
        self->idle =
            g_idle_add_full(G_PRIORITY_DEFAULT, show_next, g_object_ref(self), g_object_unref);
    g_mutex_unlock(&self->lock);
}

void video_paintable_clear(GdkPaintable *paintable)
{
    struct video_paintable *self = (struct video_paintable *)paintable;

    g_mutex_lock(&self->lock);
    g_clear_object(&self->next);
    g_mutex_unlock(&self->lock);
    g_clear_object(&self->shown);
    gdk_paintable_invalidate_size(paintable);
    gdk_paintable_invalidate_contents(paintable);
}

void video_paintable_set_frozen(GdkPaintable *paintable, bool frozen)
{
    ((struct video_paintable *)paintable)->frozen = frozen;
}

bool video_paintable_has_picture(GdkPaintable *paintable)
{
    return ((struct video_paintable *)paintable)->shown != NULL;
}
