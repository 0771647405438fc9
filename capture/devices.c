#include "capture/devices.h"

#include <gio/gio.h>
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

static GstDevice *find(enum device_kind kind, const char *name)
{
    GstDevice *found = NULL;
    GList *devices = list_devices(kind);
    for (GList *it = devices; it && !found; it = it->next)
        if (matches(it->data, name))
            found = gst_object_ref(it->data);
    g_list_free_full(devices, gst_object_unref);
    return found;
}

bool devices_are_there(enum device_kind kind)
{
    g_autoptr(GstDevice) device = find(kind, NULL);
    return device != NULL;
}

bool devices_has(enum device_kind kind, const char *name)
{
    g_autoptr(GstDevice) device = find(kind, name);
    return device || (kind == DEVICE_CAMERA && g_str_has_prefix(name, "/dev/") &&
                         g_file_test(name, G_FILE_TEST_EXISTS));
}

static const char *noun_of(enum device_kind kind)
{
    return kind == DEVICE_CAMERA ? "camera" : "microphone";
}

char *devices_label(enum device_kind kind, const char *name)
{
    if (name)
        return g_strdup_printf("%s %s", noun_of(kind), name);
    g_autoptr(GstDevice) device = find(kind, NULL);
    g_autofree char *label = device ? path_of(device) : NULL;
    if (device && !label)
        label = gst_device_get_display_name(device);
    return g_strdup_printf("%s %s", noun_of(kind), label ? label : "");
}

/* A V4L2 node that the monitor does not list (a loopback device without udev). */
static GstElement *open_node(const char *path, GError **error)
{
    GstElement *element = gst_element_factory_make("v4l2src", NULL);
    if (element)
        g_object_set(element, "device", path, NULL);
    else
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "GStreamer cannot open it");
    return element;
}

GstElement *devices_open(enum device_kind kind, const char *name, GError **error)
{
    g_autoptr(GstDevice) device = find(kind, name);
    GstElement *element = device ? gst_device_create_element(device, NULL) : NULL;
    if (element)
        return element;
    if (kind == DEVICE_CAMERA && name && g_str_has_prefix(name, "/dev/") &&
        g_file_test(name, G_FILE_TEST_EXISTS))
        return open_node(name, error);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
        "%s %s: not found; --list-devices shows what is there", noun_of(kind), name ? name : "");
    return NULL;
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
