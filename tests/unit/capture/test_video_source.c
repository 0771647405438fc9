/* Real pipelines on a file that is made here, taken away and given back. */
#include "capture/video_source.h"

#include <glib/gstdio.h>
#include <gst/video/video.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/clock.h"

#define WIDTH  320u
#define HEIGHT 180u

struct watch {
    gint frames; /* atomic */
    gint64 last_us;
    gint luma; /* of the last frame's middle; atomic */
    unsigned gone;
    unsigned back;
    char text[300];
};

static char *folder;

static void on_frame(void *user, GstBuffer *buffer, uint64_t taken_us)
{
    struct watch *watch = user;
    guint8 luma = 0;
    assert_true(gst_buffer_get_size(buffer) >= WIDTH * HEIGHT * 3 / 2);
    gst_buffer_extract(buffer, WIDTH * (HEIGHT / 8) + WIDTH / 2, &luma, 1);
    g_atomic_int_set(&watch->luma, luma);
    g_atomic_int_inc(&watch->frames);
    gst_buffer_unref(buffer);
}

static void on_change(void *user, bool present, const char *text)
{
    struct watch *watch = user;
    watch->gone += !present;
    watch->back += present;
    g_strlcpy(watch->text, text, sizeof watch->text);
}

static char *path_of(const char *name)
{
    return g_build_filename(folder, name, NULL);
}

static void run_pipeline(const char *description)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GstElement) pipeline = gst_parse_launch(description, &error);
    assert_non_null(pipeline);
    gst_object_ref_sink(pipeline);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    g_autoptr(GstBus) bus = gst_pipeline_get_bus(GST_PIPELINE(pipeline));
    g_autoptr(GstMessage) message =
        gst_bus_timed_pop_filtered(bus, 20 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    assert_int_equal(message ? GST_MESSAGE_TYPE(message) : 0, GST_MESSAGE_EOS);
    gst_element_set_state(pipeline, GST_STATE_NULL);
}

static void make_clip(const char *path)
{
    g_autofree char *description =
        g_strdup_printf("videotestsrc pattern=white num-buffers=15 ! "
                        "video/x-raw,width=320,height=180,framerate=30/1 ! jpegenc ! matroskamux ! "
                        "filesink location=%s",
            path);
    run_pipeline(description);
}

static struct video_source *open_source(struct watch *watch, const char *camera)
{
    g_autoptr(GError) error = NULL;
    struct video_source_params params = {
        .camera = camera,
        .width = WIDTH,
        .height = HEIGHT,
        .fps = 30,
        .image_s = 1,
        .on_frame = on_frame,
        .on_change = on_change,
        .user = watch,
    };
    struct video_source *source = video_source_create(&params, &error);
    if (!source)
        fail_msg("%s", error->message);
    return source;
}

/* Runs the main loop until the condition holds; returns how long that took, or -1. */
static gint64 wait_for(bool (*holds)(const struct watch *), const struct watch *watch, gint64 ms)
{
    gint64 start = g_get_monotonic_time();
    while (!holds(watch)) {
        g_main_context_iteration(NULL, FALSE);
        g_usleep(5000);
        if (g_get_monotonic_time() - start > ms * 1000)
            return -1;
    }
    return (g_get_monotonic_time() - start) / 1000;
}

static bool has_ten_frames(const struct watch *watch)
{
    return g_atomic_int_get(&watch->frames) >= 10;
}

static bool is_white(const struct watch *watch)
{
    return g_atomic_int_get(&watch->luma) > 200;
}

static bool is_placeholder(const struct watch *watch)
{
    return g_atomic_int_get(&watch->luma) < 60;
}

static void a_file_is_played_over_and_over(void **state)
{
    struct watch watch = {.gone = 0};
    g_autofree char *path = path_of("loop.mkv");
    g_autofree char *camera = g_strconcat("file:", path, NULL);
    make_clip(path);
    struct video_source *source = open_source(&watch, camera);
    assert_true(wait_for(has_ten_frames, &watch, 8000) >= 0);
    gint before = g_atomic_int_get(&watch.frames);
    gint64 end = g_get_monotonic_time() + 2 * G_USEC_PER_SEC;
    while (g_get_monotonic_time() < end) {
        g_main_context_iteration(NULL, FALSE);
        g_usleep(5000);
    }
    /* In real time: half a second of file, two seconds of play; a busy machine drops some. */
    assert_in_range(g_atomic_int_get(&watch.frames) - before, 20, 75);
    assert_int_equal(watch.gone, 0);
    video_source_destroy(source);
}

static void a_source_that_goes_is_replaced_and_comes_back(void **state)
{
    struct watch watch = {.gone = 0};
    g_autofree char *path = path_of("camera.mkv");
    g_autofree char *away = path_of("away.mkv");
    g_autofree char *camera = g_strconcat("file:", path, NULL);
    make_clip(path);
    struct video_source *source = open_source(&watch, camera);
    assert_true(wait_for(is_white, &watch, 8000) >= 0);
    /* a busy machine may have taken it away, too, before it ran */
    unsigned gone = watch.gone;
    unsigned back = watch.back;
    assert_int_equal(g_rename(path, away), 0);
    /* Up to 0.5 s until the clip ends, then 0.7 s of silence and the first placeholder. */
    assert_in_range(wait_for(is_placeholder, &watch, 8000), 0, 1900);
    assert_int_equal(watch.gone, gone + 1);
    assert_non_null(strstr(watch.text, "camera.mkv"));
    assert_false(video_source_is_present(source));
    assert_int_equal(g_rename(away, path), 0);
    assert_in_range(wait_for(is_white, &watch, 8000), 0, 3000);
    gint64 end = g_get_monotonic_time() + G_USEC_PER_SEC / 2;
    while (g_get_monotonic_time() < end)
        g_main_context_iteration(NULL, FALSE);
    assert_int_equal(watch.back, back + 1);
    assert_true(video_source_is_present(source));
    video_source_destroy(source);
}

static void what_is_not_there_is_said_at_once(void **state)
{
    static const struct {
        const char *camera;
        const char *says;
    } rows[] = {
        {"/dev/video99", "camera /dev/video99: not found; --list-devices shows what is there"},
        {"No Such Camera", "camera No Such Camera: not found"},
        {"file:/nonexistent.mkv", "file /nonexistent.mkv: not found"},
        {"file:/nonexistent.jpg", "file /nonexistent.jpg: not found"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        g_autoptr(GError) error = NULL;
        struct video_source_params params = {
            .camera = rows[i].camera,
            .width = WIDTH,
            .height = HEIGHT,
            .fps = 30,
            .image_s = 1,
            .on_frame = on_frame,
            .on_change = on_change,
        };
        assert_null(video_source_create(&params, &error));
        assert_non_null(error);
        assert_non_null(strstr(error->message, rows[i].says));
    }
}

static void images_of_a_directory_follow_each_other(void **state)
{
    struct watch watch = {.gone = 0};
    g_autofree char *directory = path_of("images");
    g_autofree char *camera = g_strconcat("file:", directory, NULL);
    assert_int_equal(g_mkdir(directory, 0700), 0);
    static const char *const patterns[] = {"black", "white"};
    for (size_t i = 0; i < 2; i++) {
        g_autofree char *description = g_strdup_printf(
            "videotestsrc pattern=%s num-buffers=1 ! video/x-raw,width=320,height=180 ! jpegenc ! "
            "filesink location=%s/%zu.jpg",
            patterns[i], directory, i);
        run_pipeline(description);
    }
    g_autofree char *broken = g_build_filename(directory, "0a.jpg", NULL);
    assert_true(g_file_set_contents(broken, "no image", -1, NULL));
    struct video_source *source = open_source(&watch, camera);
    assert_true(wait_for(is_placeholder, &watch, 3000) >= 0); /* black */
    assert_true(wait_for(is_white, &watch, 20000) >= 0);
    video_source_destroy(source);
}

static void the_sample_lesson_needs_nothing(void **state)
{
    struct watch watch = {.gone = 0};
    struct video_source *source = open_source(&watch, "sample");
    assert_true(video_source_is_sample(source));
    assert_true(wait_for(has_ten_frames, &watch, 5000) >= 0);
    video_source_destroy(source);
}

static int remove_folder(void **state)
{
    g_autofree char *command = g_strdup_printf("rm -rf '%s'", folder);
    g_free(folder);
    return g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL) ? 0 : -1;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_played_over_and_over),
        cmocka_unit_test(a_source_that_goes_is_replaced_and_comes_back),
        cmocka_unit_test(what_is_not_there_is_said_at_once),
        cmocka_unit_test(images_of_a_directory_follow_each_other),
        cmocka_unit_test(the_sample_lesson_needs_nothing),
    };
    gst_init(&argc, &argv);
    folder = g_dir_make_tmp("duet-video-source-XXXXXX", NULL);
    return folder ? cmocka_run_group_tests(tests, NULL, remove_folder) : 1;
}
