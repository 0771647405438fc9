#include "capture/media_file.h"

#include <gio/gio.h>

char *media_file_label(const char *path)
{
    g_autofree char *name = g_path_get_basename(path);
    return g_strdup_printf("file %s", name);
}

GstElement *media_file_open(const char *path, const char *caps, GError **error)
{
    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "file %s: not found", path);
        return NULL;
    }
    g_autofree char *full = g_canonicalize_filename(path, NULL);
    g_autofree char *uri = g_filename_to_uri(full, NULL, error);
    if (!uri)
        return NULL;
    GstElement *element = gst_element_factory_make("uridecodebin", NULL);
    if (!element) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "GStreamer cannot open it");
        return NULL;
    }
    g_autoptr(GstCaps) wanted = gst_caps_from_string(caps);
    g_object_set(element, "uri", uri, "caps", wanted, "expose-all-streams", FALSE, NULL);
    return element;
}
