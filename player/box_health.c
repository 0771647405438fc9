#include "player/box_health.h"

#include <gst/gst.h>
#include <gtk/gtk.h>
#include <string.h>

#include "common/log.h"
#include "media/health.h"

#define OPEN_LIMIT (3 * GST_SECOND)

struct box_health {
    const struct player_options *options; /* borrowed */
    void (*on_news)(void *user);
    void *user;
    GCancellable *cancellable; /* owned */
    const char *speaker;       /* NULL: not known yet */
    enum local_source_state local;
    bool local_known, in_lesson;
    bool looking, opening;       /* a look is under way, and opens the loudspeaker */
    void (*on_done)(void *user); /* NULL: nobody waits */
    void *done_user;
    guint idle;
    char checked[sizeof(((struct day_lesson *)0)->id)]; /* the lesson that was checked for */
};

/* ---- on the thread ---- */

static bool has_speaker(void)
{
    g_autoptr(GstDeviceMonitor) monitor = gst_device_monitor_new();
    GList *devices;
    bool found;

    gst_device_monitor_add_filter(monitor, "Audio/Sink", NULL);
    devices = gst_device_monitor_get_devices(monitor);
    found = devices != NULL;
    g_list_free_full(devices, gst_object_unref);
    return found;
}

/* A fifth of a second of silence. */
static const char *open_speaker(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GstElement) pipeline = gst_parse_launch(
        "audiotestsrc wave=silence num-buffers=10 ! audioconvert ! audioresample ! "
        "autoaudiosink",
        &error);
    g_autoptr(GstBus) bus = NULL;
    g_autoptr(GstMessage) message = NULL;

    if (!pipeline)
        return HEALTH_FAILED;
    bus = gst_element_get_bus(pipeline);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    message = gst_bus_timed_pop_filtered(bus, OPEN_LIMIT, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    if (message && GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS)
        return HEALTH_OK;
    if (message)
        gst_message_parse_error(message, &error, NULL);
    return error ? health_of_error(error) : HEALTH_FAILED;
}

static void look_at_speaker(GTask *task, gpointer source, gpointer opens, GCancellable *cancellable)
{
    const char *word = !has_speaker() ? HEALTH_MISSING : opens ? open_speaker() : NULL;

    g_task_return_pointer(task, (gpointer)word, NULL);
}

/* ---- and beside it ---- */

static void look(struct box_health *health, bool opens);

static void on_looked(GObject *source, GAsyncResult *result, gpointer user)
{
    g_autoptr(GError) error = NULL;
    const char *word = g_task_propagate_pointer(G_TASK(result), &error);
    struct box_health *health = user;
    void (*on_done)(void *user);
    bool is_news, was_opening;

    if (error)
        return; /* health is gone */
    on_done = health->on_done;
    was_opening = health->opening;
    health->looking = health->opening = false;
    if (!word) /* it is in the list, and was not opened: what is known of it stays but for its absence */
        word = g_strcmp0(health->speaker, HEALTH_MISSING) == 0 ? HEALTH_OK : health->speaker;
    is_news = g_strcmp0(word, health->speaker) != 0;
    health->speaker = word;
    if (is_news)
        log_info(LOG_MEDIA, "event=check speaker=%s", word ? word : "unknown");
    if (on_done && !was_opening && !health->in_lesson) {
        look(health, true); /* what was under way when somebody asked has opened nothing */
        return;
    }
    health->on_done = NULL;
    if (on_done)
        on_done(health->done_user);
    else if (is_news)
        health->on_news(health->user);
}

static void look(struct box_health *health, bool opens)
{
    g_autoptr(GTask) task = NULL;

    if (health->looking || health->options->silent)
        return;
    health->looking = true;
    health->opening = opens;
    task = g_task_new(NULL, health->cancellable, on_looked, health);
    g_task_set_task_data(task, GINT_TO_POINTER(opens), NULL);
    g_task_run_in_thread(task, look_at_speaker);
}

static gboolean on_silent(gpointer user)
{
    struct box_health *health = user;

    health->idle = 0;
    health->on_done(health->done_user);
    health->on_done = NULL;
    return G_SOURCE_REMOVE;
}

void box_health_now(struct box_health *health, void (*on_done)(void *user), void *user)
{
    health->on_done = on_done;
    health->done_user = user;
    if (!health->options->silent)
        look(health, !health->in_lesson);
    else if (!health->idle)
        health->idle = g_idle_add(on_silent, health);
}

struct box_health *box_health_new(
    const struct player_options *options, void (*on_news)(void *user), void *user)
{
    struct box_health *health = g_new0(struct box_health, 1);

    health->options = options;
    health->on_news = on_news;
    health->user = user;
    health->cancellable = g_cancellable_new();
    look(health, true);
    return health;
}

void box_health_free(struct box_health *health)
{
    if (!health)
        return;
    if (health->idle)
        g_source_remove(health->idle);
    g_cancellable_cancel(health->cancellable);
    g_object_unref(health->cancellable);
    g_free(health);
}

void box_health_local(struct box_health *health, enum local_source_state state)
{
    health->local = state;
    health->local_known = true;
}

void box_health_tick(struct box_health *health, const struct bell_view *bell, bool in_lesson)
{
    health->in_lesson = in_lesson;
    if (in_lesson || bell->phase != BELL_CHECK || strcmp(health->checked, bell->lesson->id) == 0)
        return;
    g_strlcpy(health->checked, bell->lesson->id, sizeof(health->checked));
    look(health, true);
}

static const char *camera_word(const struct box_health *health)
{
    if (!health->local_known || strcmp(health->options->local, "none") == 0)
        return NULL;
    if (health->local == LOCAL_SOURCE_PLAYING)
        return HEALTH_OK;
    return health->local == LOCAL_SOURCE_NONE && strcmp(health->options->local, "auto") == 0
               ? HEALTH_MISSING
               : HEALTH_FAILED;
}

static const char *screen_word(void)
{
    GdkDisplay *display = gdk_display_get_default();

    return display && g_list_model_get_n_items(gdk_display_get_monitors(display)) > 0
               ? HEALTH_OK
               : HEALTH_MISSING;
}

json_t *box_health_tell(struct box_health *health)
{
    const char *camera = camera_word(health);
    json_t *told = json_pack("{s:s}", "screen", screen_word());

    if (health->speaker)
        json_object_set_new(told, "speaker", json_string(health->speaker));
    if (camera)
        json_object_set_new(told, "camera", json_string(camera));
    look(health, false);
    return told;
}
