/* Real encoders on short runs of painted pictures and of silence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "capture/audio_encoder.h"
#include "capture/painter.h"
#include "capture/video_encoder.h"

#define FRAMES  30u
#define WIDTH   640u
#define HEIGHT  360u
#define WAIT_US (10 * G_USEC_PER_SEC)

struct seen {
    GMutex lock;
    GCond changed;
    unsigned frames[CAPTURE_MAX_LAYERS];
    unsigned keyframes[CAPTURE_MAX_LAYERS];
    GstClockTime last_pts[CAPTURE_MAX_LAYERS];
    guint8 profile[CAPTURE_MAX_LAYERS];
    guint8 constraints[CAPTURE_MAX_LAYERS];
    unsigned slices; /* of the last frame of the top layer */
    unsigned packets;
};

static struct seen seen;

/* Calls back for each NAL unit of a byte stream. */
static void each_nal(const guint8 *data, gsize size, unsigned layer)
{
    unsigned slices = 0;
    for (gsize i = 0; i + 6 < size; i++) {
        if (data[i] || data[i + 1] || data[i + 2] != 1)
            continue;
        unsigned type = data[i + 3] & 31;
        slices += type == 1 || type == 5;
        if (type == 7) {
            seen.profile[layer] = data[i + 4];
            seen.constraints[layer] = data[i + 5];
        }
    }
    if (layer == 0)
        seen.slices = slices;
}

static void on_encoded(void *user, unsigned layer, GstBuffer *buffer, bool keyframe)
{
    GstMapInfo map;
    g_mutex_lock(&seen.lock);
    seen.frames[layer]++;
    seen.keyframes[layer] += keyframe;
    seen.last_pts[layer] = GST_BUFFER_PTS(buffer);
    if (gst_buffer_map(buffer, &map, GST_MAP_READ)) {
        each_nal(map.data, map.size, layer);
        gst_buffer_unmap(buffer, &map);
    }
    g_cond_broadcast(&seen.changed);
    g_mutex_unlock(&seen.lock);
}

static void on_packet(void *user, GstBuffer *buffer)
{
    g_mutex_lock(&seen.lock);
    seen.packets++;
    g_cond_broadcast(&seen.changed);
    g_mutex_unlock(&seen.lock);
}

static void on_error(void *user, const GError *error)
{
    fail_msg("%s", error->message);
}

static bool wait_until(unsigned *counter, unsigned value)
{
    gint64 end = g_get_monotonic_time() + WAIT_US;
    g_mutex_lock(&seen.lock);
    while (*counter < value && g_cond_wait_until(&seen.changed, &seen.lock, end))
        ;
    bool reached = *counter >= value;
    g_mutex_unlock(&seen.lock);
    return reached;
}

static struct capture_settings settings;

static struct video_encoder *new_encoder(void)
{
    struct video_encoder_params params = {
        .settings = &settings,
        .layers = {{WIDTH, HEIGHT, 800}, {320, 180, 200}, {160, 90, 80}},
        .layer_count = 3,
        .on_encoded = on_encoded,
        .on_error = on_error,
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(GstClock) clock = gst_system_clock_obtain();
    params.base_time = gst_clock_get_time(clock);
    memset(&seen.frames, 0, sizeof seen - offsetof(struct seen, frames));
    struct video_encoder *encoder = video_encoder_create(&params, &error);
    if (!encoder)
        fail_msg("%s", error->message);
    return encoder;
}

static GstBuffer *picture(unsigned number)
{
    gsize size = WIDTH * HEIGHT * 3 / 2;
    GstBuffer *buffer = gst_buffer_new_allocate(NULL, size, NULL);
    GstMapInfo map;
    assert_true(gst_buffer_map(buffer, &map, GST_MAP_WRITE));
    memset(map.data, 128, size);
    for (unsigned y = 0; y < HEIGHT; y++)
        memset(map.data + y * WIDTH, (int)(16 + (y + number * 4) % 200), WIDTH);
    gst_buffer_unmap(buffer, &map);
    return buffer;
}

/* One picture of a film of 30 per second; waits until it is through all layers. */
static void push(struct video_encoder *encoder, unsigned number)
{
    unsigned before = seen.frames[2];
    video_encoder_push(encoder, picture(number), number * GST_SECOND / 30);
    assert_true(wait_until(&seen.frames[2], before + 1));
}

static void every_picture_comes_out_of_every_layer_at_once(void **state)
{
    struct video_encoder *encoder = new_encoder();
    for (unsigned i = 0; i < FRAMES; i++)
        push(encoder, i); /* waits for it: nothing is held back */
    for (unsigned layer = 0; layer < 3; layer++) {
        assert_int_equal(seen.frames[layer], FRAMES);
        assert_int_equal(seen.keyframes[layer], 1);
        assert_in_range(seen.last_pts[layer], (FRAMES - 1) * GST_SECOND / 30 - GST_USECOND,
            (FRAMES - 1) * GST_SECOND / 30 + GST_USECOND);
    }
    assert_int_equal(video_encoder_dropped(encoder), 0);
    video_encoder_destroy(encoder);
}

static void streams_are_constrained_baseline_in_one_slice(void **state)
{
    struct video_encoder *encoder = new_encoder();
    for (unsigned i = 0; i < 5; i++)
        push(encoder, i);
    for (unsigned layer = 0; layer < 3; layer++) {
        assert_int_equal(seen.profile[layer], 66);
        assert_int_equal(seen.constraints[layer] & 0x40, 0x40); /* constraint_set1 */
    }
    assert_int_equal(seen.slices, 1);
    video_encoder_destroy(encoder);
}

static void a_keyframe_comes_on_request_on_that_layer_only(void **state)
{
    struct video_encoder *encoder = new_encoder();
    for (unsigned i = 0; i < 3; i++)
        push(encoder, i);
    video_encoder_request_keyframe(encoder, 1);
    video_encoder_request_keyframe(encoder, 7); /* no such layer: nothing happens */
    push(encoder, 15);
    assert_int_equal(seen.keyframes[0], 1);
    assert_int_equal(seen.keyframes[1], 2);
    assert_int_equal(seen.keyframes[2], 1);
    video_encoder_destroy(encoder);
}

static void many_requests_make_one_keyframe(void **state)
{
    struct video_encoder *encoder = new_encoder();
    push(encoder, 0);
    for (unsigned i = 1; i <= 30; i++) {
        for (unsigned n = 0; n < 20; n++)
            video_encoder_request_keyframe(encoder, 0);
        push(encoder, i);
    }
    assert_in_range(seen.keyframes[0], 3, 5); /* the first, and one in 300 ms of a second */
    video_encoder_destroy(encoder);
}

static void sound_becomes_fifty_packets_a_second(void **state)
{
    struct audio_encoder_params params = {
        .channels = 1,
        .bitrate_bps = 48000,
        .on_encoded = on_packet,
        .on_error = on_error,
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(GstClock) clock = gst_system_clock_obtain();
    params.base_time = gst_clock_get_time(clock);
    memset(&seen.frames, 0, sizeof seen - offsetof(struct seen, frames));
    struct audio_encoder *encoder = audio_encoder_create(&params, &error);
    assert_non_null(encoder);
    for (unsigned i = 0; i < 40; i++) {
        GstBuffer *buffer = gst_buffer_new_allocate(NULL, AUDIO_RATE / 100 * 2, NULL);
        gst_buffer_memset(buffer, 0, 0, AUDIO_RATE / 100 * 2);
        audio_encoder_push(encoder, buffer, i * 10 * GST_MSECOND);
    }
    assert_true(wait_until(&seen.packets, 18));
    assert_in_range(seen.packets, 18, 20);
    audio_encoder_destroy(encoder);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_picture_comes_out_of_every_layer_at_once),
        cmocka_unit_test(streams_are_constrained_baseline_in_one_slice),
        cmocka_unit_test(a_keyframe_comes_on_request_on_that_layer_only),
        cmocka_unit_test(many_requests_make_one_keyframe),
        cmocka_unit_test(sound_becomes_fifty_packets_a_second),
    };
    gst_init(&argc, &argv);
    if (config_init(capture_settings_table(), &settings) != 0)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    config_free(capture_settings_table(), &settings);
    return failed;
}
