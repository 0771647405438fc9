/* A lesson that is played later, with real codecs and no network: a white picture and a tone of the same moment are sent each
 * half second, and come out a shift later, together. */
#include "player/shift_player.h"

#include <gst/app/gstappsrc.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/clock.h"
#include "player/received_audio.h"
#include "player/received_video.h"

#define SHIFT_US   (1500 * US_PER_MS)
#define STEP_MS    20u /* of sound; a picture each second one */
#define FLASH_MS   500u
#define WIDTH      160
#define HEIGHT     96
#define FLASHES    64
#define VIDEO_SIZE ((size_t)WIDTH * HEIGHT * 3 / 2)
#define SOUND_SIZE (AUDIO_RATE * STEP_MS / 1000 * AUDIO_CHANNELS * sizeof(float))

/* When flashes were sent, seen and heard, in the order they came. */
struct flashes {
    uint64_t at_us[FLASHES];
    _Atomic unsigned count;
    bool was_on;
};

struct scene {
    GstElement *sender; /* the pipeline that receives, too: what a session hands out */
    GstElement *video, *sound;
    struct shift_player *player;
    GMainLoop *loop;
    GPtrArray *shown; /* struct received_video */
    GPtrArray *heard; /* struct received_audio */
    struct flashes sent, seen, listened;
    _Atomic unsigned pictures, newest_generation;
    uint64_t started_us;
    unsigned steps;
};

static void note(struct flashes *flashes, bool is_on, uint64_t now_us)
{
    unsigned count = atomic_load(&flashes->count);

    if (is_on && !flashes->was_on && count < FLASHES) {
        flashes->at_us[count] = now_us;
        atomic_store(&flashes->count, count + 1);
    }
    flashes->was_on = is_on;
}

/* ---- what comes out ---- */

static void on_picture(void *user, const struct received_picture *picture)
{
    struct scene *scene = user;
    GstBuffer *buffer = gst_sample_get_buffer(picture->sample);
    uint8_t luma = 0;

    gst_buffer_extract(buffer, WIDTH * HEIGHT / 2 + WIDTH / 2, &luma, 1);
    note(&scene->seen, luma > 128, clock_now_us());
    atomic_fetch_add(&scene->pictures, 1);
    atomic_store(&scene->newest_generation, picture->generation);
}

static void on_sound(void *user, const struct received_sound *sound)
{
    struct scene *scene = user;
    float loudest = 0;

    for (size_t i = 0; i < sound->count; i++)
        loudest = MAX(loudest, fabsf(sound->samples[i]));
    note(&scene->listened, loudest > 0.2f, clock_now_us());
}

static void on_stream(void *user, const struct whep_stream *stream)
{
    struct scene *scene = user;
    struct received_video_params video = {
        .pipeline = shift_player_pipeline(scene->player),
        .pad = stream->pad,
        .codec = stream->codec,
        .generation = stream->generation,
        .is_whole = true,
        .on_picture = on_picture,
        .user = scene,
    };
    struct received_audio_params sound = {
        .pipeline = video.pipeline,
        .pad = stream->pad,
        .codec = stream->codec,
        .generation = stream->generation,
        .on_sound = on_sound,
        .user = scene,
    };
    gpointer made = stream->is_video ? (gpointer)received_video_new(&video, NULL)
                                     : (gpointer)received_audio_new(&sound, NULL);

    assert_non_null(made);
    g_ptr_array_add(stream->is_video ? scene->shown : scene->heard, made);
}

static void on_generation_gone(void *user, unsigned generation)
{
    struct scene *scene = user;

    for (guint i = scene->shown->len; i-- > 0;) {
        if (received_video_generation(g_ptr_array_index(scene->shown, i)) == generation)
            g_ptr_array_remove_index(scene->shown, i);
    }
    for (guint i = scene->heard->len; i-- > 0;) {
        if (received_audio_generation(g_ptr_array_index(scene->heard, i)) == generation)
            g_ptr_array_remove_index(scene->heard, i);
    }
}

/* ---- what goes in ---- */

static void push(GstElement *source, size_t size, GstClockTime time, bool is_flash, bool is_video)
{
    GstBuffer *buffer = gst_buffer_new_allocate(NULL, size, NULL);
    GstMapInfo map;

    gst_buffer_map(buffer, &map, GST_MAP_WRITE);
    if (is_video) {
        memset(map.data, is_flash ? 235 : 16, (size_t)WIDTH * HEIGHT);
        memset(map.data + WIDTH * HEIGHT, 128, size - (size_t)WIDTH * HEIGHT);
    } else {
        float *samples = (float *)(void *)map.data;
        for (size_t i = 0; i < size / sizeof(float); i++)
            samples[i] = is_flash ? 0.7f * sinf((float)i * 0.1f) : 0;
    }
    gst_buffer_unmap(buffer, &map);
    GST_BUFFER_PTS(buffer) = time;
    gst_app_src_push_buffer(GST_APP_SRC(source), buffer);
}

static gboolean send_step(gpointer data)
{
    struct scene *scene = data;
    GstClockTime base = gst_element_get_base_time(scene->sender);

    /* a busy machine catches up, at the moments that were meant */
    while (scene->started_us + scene->steps * STEP_MS * US_PER_MS <= clock_now_us()) {
        uint64_t at_us = scene->started_us + scene->steps * STEP_MS * US_PER_MS;
        GstClockTime time = at_us * GST_USECOND - base;
        bool flash = scene->steps * STEP_MS % FLASH_MS < 100 && scene->steps > 0;

        note(&scene->sent, flash, at_us);
        push(scene->sound, SOUND_SIZE, time, flash, false);
        if (scene->steps % 2 == 0)
            push(scene->video, VIDEO_SIZE, time, flash, true);
        scene->steps++;
    }
    return G_SOURCE_CONTINUE;
}

static gboolean on_tick(gpointer data)
{
    struct scene *scene = data;

    shift_player_tick(scene->player, clock_now_us());
    return G_SOURCE_CONTINUE;
}

/* One connection: encoders whose packets stand for what a session receives. */
static void connect_line(struct scene *scene, unsigned generation)
{
    g_autoptr(GError) error = NULL;
    GstElement *line = gst_parse_bin_from_description(
        "appsrc name=video is-live=true format=time caps=video/x-raw,format=I420,width=160,"
        "height=96,framerate=25/1 ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=10 "
        "bitrate=200 ! rtph264pay name=video-rtp pt=102 "
        "appsrc name=sound is-live=true format=time caps=audio/x-raw,format=F32LE,"
        "layout=interleaved,rate=48000,channels=2 ! audioconvert ! opusenc ! "
        "rtpopuspay name=sound-rtp pt=111",
        FALSE, &error);
    static const char *const names[] = {"video-rtp", "sound-rtp"};

    assert_null(error);
    gst_bin_add(GST_BIN(scene->sender), line);
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GstElement) payloader = gst_bin_get_by_name(GST_BIN(line), names[i]);
        g_autoptr(GstPad) target = gst_element_get_static_pad(payloader, "src");
        GstPad *pad = gst_ghost_pad_new(names[i], target);
        struct whep_stream stream = {
            .generation = generation,
            .slot = i,
            .is_video = i == 0,
            .codec = i == 0 ? "H264" : "OPUS",
            .pad = pad,
        };

        gst_element_add_pad(line, pad);
        shift_player_stream(scene->player, &stream, &error);
        assert_null(error);
    }
    g_clear_object(&scene->video);
    g_clear_object(&scene->sound);
    scene->video = gst_bin_get_by_name(GST_BIN(line), "video");
    scene->sound = gst_bin_get_by_name(GST_BIN(line), "sound");
    gst_element_sync_state_with_parent(line);
}

static void video_free(gpointer video)
{
    received_video_free(video);
}

static void audio_free(gpointer audio)
{
    received_audio_free(audio);
}

static void scene_start(struct scene *scene, size_t max_bytes)
{
    g_autoptr(GstClock) clock = gst_system_clock_obtain();

    *scene = (struct scene){.steps = 0};
    scene->loop = g_main_loop_new(NULL, FALSE);
    scene->shown = g_ptr_array_new_with_free_func(video_free);
    scene->heard = g_ptr_array_new_with_free_func(audio_free);
    scene->sender = gst_object_ref_sink(gst_pipeline_new("sender"));
    gst_pipeline_use_clock(GST_PIPELINE(scene->sender), clock);
    gst_element_set_state(scene->sender, GST_STATE_PLAYING);
    struct shift_player_params params = {
        .received = GST_BIN(scene->sender),
        .shift_us = SHIFT_US,
        .max_bytes = max_bytes,
        .on_stream = on_stream,
        .on_generation_gone = on_generation_gone,
        .user = scene,
    };
    scene->player = shift_player_new(&params);
    connect_line(scene, 1);
    scene->started_us = clock_now_us();
}

static gboolean on_time(gpointer loop)
{
    g_main_loop_quit(loop);
    return G_SOURCE_REMOVE;
}

/* sends: packets go in meanwhile. */
static void run_for(struct scene *scene, unsigned ms, bool sends)
{
    guint sending = sends ? g_timeout_add(STEP_MS / 2, send_step, scene) : 0;
    guint ticking = g_timeout_add(50, on_tick, scene);

    g_timeout_add(ms, on_time, scene->loop);
    g_main_loop_run(scene->loop);
    if (sending)
        g_source_remove(sending);
    g_source_remove(ticking);
}

static void scene_stop(struct scene *scene)
{
    gst_element_set_state(scene->sender, GST_STATE_NULL);
    shift_player_stop(scene->player);
    g_ptr_array_unref(scene->shown);
    g_ptr_array_unref(scene->heard);
    shift_player_free(scene->player);
    g_clear_object(&scene->video);
    g_clear_object(&scene->sound);
    gst_object_unref(scene->sender);
    g_main_loop_unref(scene->loop);
}

/* The smallest distance of both from a shift after the sending; what a busy machine adds differs from flash to flash. */
static int64_t best_ms(const struct flashes *flashes, const struct flashes *from, int64_t shift_us)
{
    int64_t best_us = INT64_MAX;

    for (unsigned i = 0; i < flashes->count && i < from->count; i++) {
        int64_t off_us = (int64_t)(flashes->at_us[i] - from->at_us[i]) - shift_us;
        if (llabs(off_us) < llabs(best_us))
            best_us = off_us;
    }
    return best_us / 1000;
}

/* ---- */

static void pictures_and_sound_of_one_moment_come_out_together_a_shift_later(void **state)
{
    struct scene scene;

    (void)state;
    scene_start(&scene, SHIFT_PLAYER_MAX_BYTES);
    run_for(&scene, 1200, true);
    assert_int_equal(scene.pictures, 0); /* not before its time */
    run_for(&scene, 5000, true);
    assert_in_range(scene.seen.count, 7, 12);
    assert_in_range(scene.listened.count, 7, 12);
    int64_t seen_ms = best_ms(&scene.seen, &scene.sent, (int64_t)SHIFT_US);
    int64_t heard_ms = best_ms(&scene.listened, &scene.sent, (int64_t)SHIFT_US);
    int64_t apart_ms = best_ms(&scene.listened, &scene.seen, 0);
    print_message("seen %+d ms, heard %+d ms, sound %+d ms after its picture\n", (int)seen_ms,
        (int)heard_ms, (int)apart_ms);
    assert_true(seen_ms >= -5 && seen_ms < 100);
    assert_true(heard_ms >= -30 && heard_ms < 130);
    assert_true(llabs(apart_ms) < 60);
    scene_stop(&scene);
}

static void a_line_that_breaks_does_not_touch_what_is_shown(void **state)
{
    struct scene scene;
    struct shift_figures figures;

    (void)state;
    scene_start(&scene, SHIFT_PLAYER_MAX_BYTES);
    run_for(&scene, 2500, true);
    unsigned sent = scene.sent.count;
    unsigned before = scene.pictures;
    shift_player_gone(scene.player, 1, true);
    run_for(&scene, 1200, false); /* what is kept goes on */
    assert_true(scene.pictures - before >= 20);
    connect_line(&scene, 2);
    scene.started_us = clock_now_us() - scene.steps * STEP_MS * US_PER_MS;
    run_for(&scene, 3500, true);
    assert_int_equal(scene.newest_generation, 2);
    assert_true(scene.seen.count > sent); /* all that came, and what came after */
    shift_player_read(scene.player, &figures);
    assert_int_equal(figures.seen_generation, 2);
    assert_int_equal(figures.refused, 0);
    shift_player_gone(scene.player, 2, true);
    run_for(&scene, 3500, false); /* the end: it is played out, and the decoders go */
    assert_true(scene.seen.count >= scene.sent.count - 1);
    assert_int_equal(scene.shown->len, 0);
    shift_player_read(scene.player, &figures);
    assert_int_equal(figures.kept_bytes, 0);
    scene_stop(&scene);
}

static void what_was_not_needed_is_never_shown(void **state)
{
    struct scene scene;

    (void)state;
    scene_start(&scene, SHIFT_PLAYER_MAX_BYTES);
    run_for(&scene, 1000, true);
    shift_player_gone(scene.player, 1, false);
    run_for(&scene, 2000, false);
    assert_int_equal(scene.pictures, 0);
    scene_stop(&scene);
}

/* What comes in a shift does not fit into this. */
static void a_full_store_leaves_pictures_out_and_goes_on(void **state)
{
    struct scene scene;
    struct shift_figures figures;
    struct received_audio *sound;

    (void)state;
    scene_start(&scene, 20 * 1024);
    run_for(&scene, 6000, true);
    shift_player_read(scene.player, &figures);
    print_message("refused %u, kept %zu bytes, pictures %u, flashes heard %u\n",
        (unsigned)figures.refused, figures.kept_bytes, scene.pictures, scene.listened.count);
    assert_true(figures.refused > 0);
    assert_true(figures.kept_bytes <= 20 * 1024);
    assert_true(scene.pictures > 10);
    assert_true(scene.listened.count >= 7); /* sound is whole */
    sound = g_ptr_array_index(scene.heard, 0);
    assert_int_equal(received_audio_generation(sound), 1);
    scene_stop(&scene);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_and_sound_of_one_moment_come_out_together_a_shift_later),
        cmocka_unit_test(a_line_that_breaks_does_not_touch_what_is_shown),
        cmocka_unit_test(what_was_not_needed_is_never_shown),
        cmocka_unit_test(a_full_store_leaves_pictures_out_and_goes_on),
    };

    gst_init(&argc, &argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
