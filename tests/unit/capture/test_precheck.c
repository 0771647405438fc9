/* What the check before a lesson says of cameras that are there, are not, and are broken. */
#include "capture/precheck.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "capture/sound_level.h"
#include "capture/video_source.h"
#include "media/health.h"

static char *folder;

struct seen {
    const char *camera, *microphone;
    gsize picture_bytes;
    bool ended, heard;
    int level_dbfs;
};

static void on_end(void *user, const struct precheck_result *result)
{
    struct seen *seen = user;
    seen->camera = result->camera;
    seen->microphone = result->microphone;
    seen->picture_bytes = result->picture ? gst_buffer_get_size(result->picture) : 0;
    seen->heard = result->heard;
    seen->level_dbfs = result->level_dbfs;
    seen->ended = true;
}

static struct seen check(const char *camera, const char *microphone)
{
    static const struct layer_plan layer = {.width = 320, .height = 180};
    struct seen seen = {.ended = false};
    struct capture_settings settings = {.camera = (char *)camera,
        .microphone = (char *)microphone,
        .fps = 15,
        .image_s = 1,
        .audio_channels = 1};
    struct precheck_params params = {
        .settings = &settings, .layer = &layer, .on_end = on_end, .user = &seen};
    struct precheck *precheck = precheck_begin(&params);
    gint64 begin_us = g_get_monotonic_time();
    while (!seen.ended)
        g_main_context_iteration(NULL, TRUE);
    assert_true(g_get_monotonic_time() - begin_us < (PRECHECK_LIMIT_MS + 3000) * 1000);
    precheck_free(precheck);
    return seen;
}

static char *make_clip(void)
{
    char *path = g_build_filename(folder, "clip.mkv", NULL);
    g_autofree char *text = g_strdup_printf(
        "videotestsrc num-buffers=30 ! video/x-raw,width=320,height=180,framerate=30/1 ! jpegenc ! "
        "matroskamux ! filesink location=%s",
        path);
    g_autoptr(GstElement) pipeline = gst_parse_launch(text, NULL);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    g_autoptr(GstBus) bus = gst_pipeline_get_bus(GST_PIPELINE(pipeline));
    g_autoptr(GstMessage) message =
        gst_bus_timed_pop_filtered(bus, 20 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    assert_int_equal(message ? GST_MESSAGE_TYPE(message) : 0, GST_MESSAGE_EOS);
    return path;
}

static void a_camera_that_gives_pictures_is_ok_and_there_is_one(void **state)
{
    g_autofree char *path = make_clip();
    g_autofree char *camera = g_strconcat("file:", path, NULL);
    const char *const cameras[] = {camera, "sample"};
    for (size_t i = 0; i < G_N_ELEMENTS(cameras); i++) {
        struct seen seen = check(cameras[i], "sample");
        assert_string_equal(seen.camera, HEALTH_OK);
        assert_string_equal(seen.microphone, HEALTH_OK);
        assert_int_equal(seen.picture_bytes, 320 * 180 * 3 / 2);
        assert_true(seen.heard);
        assert_in_range(-seen.level_dbfs, 1, 40); /* somebody speaks */
    }
}

static void what_is_not_there_is_missing_and_what_is_broken_has_failed(void **state)
{
    g_autofree char *path = g_build_filename(folder, "broken.mkv", NULL);
    g_autofree char *broken = g_strconcat("file:", path, NULL);
    assert_true(g_file_set_contents(path, "no video", -1, NULL));
    const struct {
        const char *camera, *word;
    } rows[] = {{"/dev/video99", HEALTH_MISSING}, {"No Such Camera", HEALTH_MISSING},
        {"file:/nonexistent.mkv", HEALTH_MISSING}, {broken, HEALTH_FAILED}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct seen seen = check(rows[i].camera, "No Such Microphone");
        assert_string_equal(seen.camera, rows[i].word);
        assert_string_equal(seen.microphone, HEALTH_MISSING);
        assert_int_equal(seen.picture_bytes, 0);
        assert_false(seen.heard);
    }
}

static void loudness_is_in_decibels_of_the_full_scale(void **state)
{
    static const int16_t samples[] = {0, 100, -3277, 3276};
    assert_int_equal(sound_level_peak(samples, 4), 3277);
    assert_int_equal(sound_level_peak(samples, 0), 0);
    assert_int_equal(sound_level_peak((const int16_t[]){INT16_MIN}, 1), 32768);
    assert_int_equal(sound_level_dbfs(32768), 0);
    assert_int_equal(sound_level_dbfs(3277), -20);
    assert_int_equal(sound_level_dbfs(1), -90);
    assert_int_equal(sound_level_dbfs(0), SOUND_LEVEL_SILENCE_DBFS);
}

static void what_is_not_used_is_not_told(void **state)
{
    struct seen seen = check("none", "none");
    assert_null(seen.camera);
    assert_null(seen.microphone);
}

static void a_look_opens_nothing_and_sees_what_is_missing(void **state)
{
    struct capture_settings settings = {
        .camera = (char *)"/dev/video99", .microphone = (char *)"sample"};
    const char *camera, *microphone;
    precheck_look(&settings, &camera, &microphone);
    assert_string_equal(camera, HEALTH_MISSING);
    assert_null(microphone);
    settings.camera = (char *)"sample";
    settings.microphone = (char *)"auto"; /* the sample lesson's voice */
    precheck_look(&settings, &camera, &microphone);
    assert_null(camera);
    assert_null(microphone);
}

/* ---- a lesson is not kept waiting ---- */

static gint frames;

static void on_frame(void *user, GstBuffer *buffer, uint64_t taken_us)
{
    g_atomic_int_inc(&frames);
    gst_buffer_unref(buffer);
}

static void on_change(void *user, bool present, const char *text)
{
}

static void a_patient_source_begins_without_its_camera(void **state)
{
    struct video_source_params params = {.camera = "/dev/video99",
        .width = 320,
        .height = 180,
        .fps = 10,
        .image_s = 1,
        .patient = true,
        .on_frame = on_frame,
        .on_change = on_change};
    struct video_source *source = video_source_create(&params, NULL);
    assert_non_null(source);
    gint64 end_us = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;
    video_source_want_picture(source);
    while (g_atomic_int_get(&frames) < 5 && g_get_monotonic_time() < end_us)
        g_main_context_iteration(NULL, TRUE);
    assert_true(g_atomic_int_get(&frames) >= 5); /* the placeholder */
    assert_string_equal(video_source_health(source), HEALTH_MISSING);
    assert_false(video_source_is_present(source));
    assert_null(video_source_take_picture(source)); /* of the camera, or none */
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
        cmocka_unit_test(a_camera_that_gives_pictures_is_ok_and_there_is_one),
        cmocka_unit_test(what_is_not_there_is_missing_and_what_is_broken_has_failed),
        cmocka_unit_test(loudness_is_in_decibels_of_the_full_scale),
        cmocka_unit_test(what_is_not_used_is_not_told),
        cmocka_unit_test(a_look_opens_nothing_and_sees_what_is_missing),
        cmocka_unit_test(a_patient_source_begins_without_its_camera),
    };
    gst_init(&argc, &argv);
    folder = g_dir_make_tmp("duet-precheck-XXXXXX", NULL);
    return cmocka_run_group_tests_name("precheck", tests, NULL, remove_folder);
}
