/*
 * duet-capture's parts against a WHIP server that shares no code with Duet's: the sample lesson is
 * drawn, spoken, encoded and published for real, in small pictures.
 */
#include "capture/capture.h"

#include <gst/gst.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/whip_receiver.h"

#define TOKEN   "right.token"
#define WAIT_MS 20000

struct run {
    struct capture_settings settings;
    struct whip_receiver *receiver;
    struct capture *capture;
    struct progress *progress;
    FILE *out;
    char *text; /* what progress wrote */
    size_t text_len;
    char *stats_path;
    enum capture_end end;
    bool ended;
    char end_text[300];
};

static void on_end(void *user, enum capture_end end, const char *text)
{
    struct run *run = user;
    run->end = end;
    run->ended = true;
    g_strlcpy(run->end_text, text, sizeof run->end_text);
}

static void set(struct run *run, const char *key, const char *value)
{
    struct config_error error;
    g_autofree char *assignment = g_strdup_printf("%s=%s", key, value);
    if (config_set(capture_settings_table(), &run->settings, assignment, &error) != 0)
        fail_msg("%s", error.text);
}

static int setup(void **state)
{
    struct run *run = g_new0(struct run, 1);
    if (config_init(capture_settings_table(), &run->settings) != 0)
        return -1;
    set(run, "video.width", "640");
    set(run, "video.height", "360");
    set(run, "video.layers", "[360, 270, 180]");
    set(run, "video.preset", "ultrafast");
    set(run, "video.fps", "15");
    set(run, "video.camera", "sample");
    set(run, "audio.microphone", "sample");
    run->receiver = whip_receiver_start(TOKEN, 0);
    run->out = open_memstream(&run->text, &run->text_len);
    run->progress = progress_new(run->out, true);
    run->stats_path = g_strdup_printf("/tmp/test-capture-%d.json", (int)getpid());
    *state = run;
    return 0;
}

static int teardown(void **state)
{
    struct run *run = *state;
    capture_destroy(run->capture);
    whip_receiver_stop(run->receiver);
    progress_free(run->progress);
    fclose(run->out);
    free(run->text);
    unlink(run->stats_path);
    g_free(run->stats_path);
    config_free(capture_settings_table(), &run->settings);
    g_free(run);
    return 0;
}

static void start(struct run *run, const char *token)
{
    struct config_error config_error;
    struct layer_plan layers[CAPTURE_MAX_LAYERS];
    g_autoptr(GError) error = NULL;
    struct capture_params params = {
        .settings = &run->settings,
        .layers = layers,
        .token = token,
        .stats_path = run->stats_path,
        .progress = run->progress,
        .on_end = on_end,
        .user = run,
    };
    g_autofree char *url = whip_receiver_url(run->receiver);
    set(run, "whip.url", url);
    assert_int_equal(
        capture_settings_layers(&run->settings, layers, &params.layer_count, &config_error), 0);
    run->capture = capture_create(&params, &error);
    if (!run->capture)
        fail_msg("%s", error->message);
}

static void run_for_ms(gint64 ms)
{
    gint64 end = g_get_monotonic_time() + ms * 1000;
    while (g_get_monotonic_time() < end) {
        g_main_context_iteration(NULL, FALSE);
        g_usleep(2000);
    }
}

typedef bool (*condition)(struct run *run, const struct whip_receiver_counts *counts);

static bool wait_for(struct run *run, condition holds)
{
    struct whip_receiver_counts counts;
    for (gint64 waited_ms = 0; waited_ms < WAIT_MS; waited_ms += 20) {
        whip_receiver_read(run->receiver, &counts);
        if (holds(run, &counts))
            return true;
        run_for_ms(20);
    }
    return false;
}

static bool all_flows(struct run *run, const struct whip_receiver_counts *counts)
{
    return counts->packets[0] > 30 && counts->packets[1] > 30 && counts->packets[2] > 30 &&
           counts->packets[3] > 60;
}

static void three_layers_and_sound_reach_any_whip_server(void **state)
{
    struct run *run = *state;
    struct whip_receiver_counts counts;
    start(run, TOKEN);
    assert_true(wait_for(run, all_flows));
    whip_receiver_read(run->receiver, &counts);
    assert_int_equal(counts.posts, 1);
    assert_int_equal(counts.streams, 4);
    for (unsigned i = 0; i < 3; i++)
        assert_true(counts.keyframe_starts[i] >= 1);
    assert_true(counts.tokens_right);
    assert_non_null(strstr(run->text, "\"event\":\"live\""));
}

/* By its own last figures: a busy machine leaves out frames of the top layer, which has many packets to each. */
static bool has_encoded_frames(struct run *run, const struct whip_receiver_counts *counts)
{
    static const char mark[] = "\"frames_encoded\":{\"h\":";
    const char *last = run->text ? g_strrstr(run->text, mark) : NULL;
    return last && atoi(last + strlen(mark)) > 15 && all_flows(run, counts);
}

static void the_session_is_deleted_at_the_end_and_the_figures_written(void **state)
{
    struct run *run = *state;
    struct whip_receiver_counts counts;
    start(run, TOKEN);
    assert_true(wait_for(run, has_encoded_frames));
    capture_destroy(run->capture);
    run->capture = NULL;
    whip_receiver_read(run->receiver, &counts);
    assert_int_equal(counts.deletes, 1);
    json_t *stats = json_load_file(run->stats_path, 0, NULL);
    json_t *encoded = json_object_get(stats, "frames_encoded");
    json_int_t top = json_integer_value(json_object_get(encoded, "h"));
    assert_true(top > 15);
    assert_true(json_integer_value(json_object_get(encoded, "l")) > 15);
    assert_int_equal(json_array_size(json_object_get(stats, "frame_log")), top);
    assert_int_equal(json_integer_value(json_object_get(stats, "connections")), 1);
    json_decref(stats);
}

static uint64_t keyframes_before[3];

static bool middle_has_one_more(struct run *run, const struct whip_receiver_counts *counts)
{
    return counts->keyframe_starts[1] > keyframes_before[1];
}

static void a_keyframe_request_reaches_its_layer_only(void **state)
{
    struct run *run = *state;
    struct whip_receiver_counts counts;
    set(run, "video.keyframe_s", "60");
    start(run, TOKEN);
    assert_true(wait_for(run, all_flows));
    whip_receiver_read(run->receiver, &counts);
    memcpy(keyframes_before, counts.keyframe_starts, sizeof keyframes_before);
    whip_receiver_request_keyframe(run->receiver, 'm');
    assert_true(wait_for(run, middle_has_one_more));
    whip_receiver_read(run->receiver, &counts);
    assert_int_equal(counts.keyframe_starts[0], keyframes_before[0]);
    assert_int_equal(counts.keyframe_starts[2], keyframes_before[2]);
}

static bool live_twice(struct run *run, const struct whip_receiver_counts *counts)
{
    const char *first = run->text ? strstr(run->text, "\"event\":\"live\"") : NULL;
    return first && strstr(first + 1, "\"event\":\"live\"");
}

static void a_server_that_drops_the_session_gets_a_new_one(void **state)
{
    struct run *run = *state;
    start(run, TOKEN);
    assert_true(wait_for(run, all_flows));
    whip_receiver_drop_sessions(run->receiver);
    assert_true(wait_for(run, live_twice));
    assert_non_null(strstr(run->text, "\"event\":\"reconnecting\""));
    assert_false(run->ended);
}

static bool ended(struct run *run, const struct whip_receiver_counts *counts)
{
    return run->ended;
}

static void a_wrong_token_ends_it_with_a_sentence(void **state)
{
    struct run *run = *state;
    struct whip_receiver_counts counts;
    start(run, "wrong.token");
    assert_true(wait_for(run, ended));
    assert_int_equal(run->end, CAPTURE_END_REFUSED);
    assert_non_null(strstr(run->end_text, "does not accept this token"));
    assert_null(strstr(run->end_text, "wrong.token"));
    run_for_ms(1500);
    whip_receiver_read(run->receiver, &counts);
    assert_int_equal(counts.posts, 1); /* and not tried again */
}

static bool was_refused(struct run *run, const struct whip_receiver_counts *counts)
{
    return counts->posts >= 1;
}

static bool was_answered(struct run *run, const struct whip_receiver_counts *counts)
{
    return counts->answers >= 1;
}

static void a_server_that_is_busy_is_asked_again_when_it_said(void **state)
{
    struct run *run = *state;
    struct whip_receiver_counts counts;
    whip_receiver_refuse(run->receiver, 503, 2);
    start(run, TOKEN);
    assert_true(wait_for(run, was_refused));
    whip_receiver_refuse(run->receiver, 0, 0);
    run_for_ms(1500);
    whip_receiver_read(run->receiver, &counts);
    assert_int_equal(counts.posts, 1); /* not before its time */
    assert_true(wait_for(run, was_answered));
    assert_false(run->ended);
}

static void a_server_that_comes_later_is_found(void **state)
{
    struct run *run = *state;
    guint port = whip_receiver_port(run->receiver);
    start(run, TOKEN);
    whip_receiver_stop(run->receiver);
    run_for_ms(500);
    run->receiver = whip_receiver_start(TOKEN, port);
    assert_true(wait_for(run, all_flows));
    assert_false(run->ended);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Read by AddressSanitizer. The search for leaks crashes at times on threads of GLib that are just ending. What GStreamer
 * keeps is not counted anyway (tests/suites.sh); the leaks of common/ are looked for in its own tests. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CASE(three_layers_and_sound_reach_any_whip_server),
        CASE(the_session_is_deleted_at_the_end_and_the_figures_written),
        CASE(a_keyframe_request_reaches_its_layer_only),
        CASE(a_server_that_drops_the_session_gets_a_new_one),
        CASE(a_wrong_token_ends_it_with_a_sentence),
        CASE(a_server_that_is_busy_is_asked_again_when_it_said),
        CASE(a_server_that_comes_later_is_found),
    };
    gst_init(&argc, &argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
