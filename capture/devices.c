#include "capture/devices.h"

#include <string.h>

static const char *class_of(enum device_kind kind)
{
    return kind == DEVICE_CAMERA ? "Video/Source" : "Audio/Source";
}

static GList *list_devices(enum device_kind kind)
{
    g_autoptr(GstDeviceMonitor) monitor = gst_device_monitor_new();
    gst_device_monitor_add_filter(monitor, class_of(kind), NULL);
    /* Not started: the devices of now are enough, and no thread stays behind. */
    return gst_device_monitor_get_devices(monitor);
}

static char *path_of(GstDevice *device)
{
    static const char *const keys[] = {"device.path", "api.v4l2.path", "object.path", NULL};
    g_autoptr(GstStructure) properties = gst_device_get_properties(device);
    for (const char *const *key = keys; properties && *key; key++) {
        const char *path = gst_structure_get_string(properties, *key);
        if (path && g_str_has_prefix(path, "/dev/"))
            return g_strdup(path);
    }
    return NULL;
}

/* What a loudspeaker plays, offered as if it were a microphone. */
static bool is_monitor(GstDevice *device)
{
    g_autoptr(GstStructure) properties = gst_device_get_properties(device);
    const char *class = properties ? gst_structure_get_string(properties, "device.class") : NULL;
    return g_strcmp0(class, "monitor") == 0;
}

static bool matches(GstDevice *device, const char *name)
{
    if (!name)
        return !is_monitor(device);
    g_autofree char *path = path_of(device);
    g_autofree char *display = gst_device_get_display_name(device);
    return g_strcmp0(path, name) == 0 || g_strcmp0(display, name) == 0;
}

GstDevice *devices_find(enum device_kind kind, const char *name)
{
    GstDevice *found = NULL;
    GList *devices = list_devices(kind);
    for (GList *it = devices; it && !found; it = it->next)
        if (matches(it->data, name))
            found = gst_object_ref(it->data);
    g_list_free_full(devices, gst_object_unref);
    return found;
}

char *devices_label(GstDevice *device)
{
    char *path = path_of(device);
    return path ? path : gst_device_get_display_name(device);
}

GstElement *devices_create_source(GstDevice *device)
{
    return gst_device_create_element(device, NULL);
}

static void print_kind(enum device_kind kind, const char *title, const char *none, FILE *out)
{
    GList *devices = list_devices(kind);
    fprintf(out, "%s\n", title);
    for (GList *it = devices; it; it = it->next) {
        g_autofree char *path = path_of(it->data);
        g_autofree char *name = gst_device_get_display_name(it->data);
        fprintf(out, "  %s%s%s%s\n", path ? path : "", path ? "  " : "", name,
            is_monitor(it->data) ? "  (what this machine plays)" : "");
    }
    if (!devices)
        fprintf(out, "  %s\n", none);
    g_list_free_full(devices, gst_object_unref);
}

void devices_print(FILE *out)
{
    print_kind(DEVICE_CAMERA,
        "Cameras (--camera PATH or NAME):", "none; auto takes the sample lesson", out);
    print_kind(DEVICE_MICROPHONE,
        "Microphones (--microphone NAME):", "none; auto takes the sample lesson", out);
    fprintf(out, "Also: sample, screen (pictures), file:PATH, none\n");
}
