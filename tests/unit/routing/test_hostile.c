/* Strangers' numbers, broken packets, failing memory, churn: nothing grows and nobody else suffers. */
#include "tests/unit/routing/cmocka_all.h"
#include "tests/unit/routing/scene.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const teacher[] = {"teacher-camera"};

/* The linker puts these in place of the allocator's (--wrap). */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
char *__wrap_strdup(const char *text);

static long allocations_left = -1; /* −1 = no limit */
static unsigned long allocations;

static bool may_allocate(void)
{
    allocations++;
    if (allocations_left == 0)
        return false;
    if (allocations_left > 0)
        allocations_left--;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return may_allocate() ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return may_allocate() ? __real_calloc(count, size) : NULL;
}

char *__wrap_strdup(const char *text)
{
    return may_allocate() ? __real_strdup(text) : NULL;
}

struct fixture {
    struct scene scene;
    struct publisher publisher;
    struct encoder video;
    struct media_track track;
    struct viewer viewer;
};

static void fixture_init(struct fixture *f)
{
    struct media_codec codec = shape_h264(102, 103, 0x42e01f);

    memset(f, 0, sizeof(*f));
    scene_init(&f->scene);
    f->track = scene_track(MEDIA_VIDEO, &codec);
    assert_int_equal(publisher_create(&f->publisher, &f->scene, "teacher-camera", &f->track, 1), 0);
    assert_int_equal(viewer_create(&f->viewer, &f->scene, &f->track, teacher, 1), 0);
    f->viewer.keep_nothing = true;
    viewer_start(&f->viewer);
    f->video = (struct encoder){.publisher = &f->publisher,
        .codec = MEDIA_CODEC_H264,
        .payload_type = 102,
        .ssrc = 11,
        .mid = "1"};
}

static void fixture_finish(struct fixture *f)
{
    viewer_destroy(&f->viewer);
    publisher_destroy(&f->publisher);
    scene_finish(&f->scene);
}

static void a_million_ssrcs_take_no_memory_and_disturb_nobody(void **state)
{
    struct fixture f;
    const uint8_t payload[] = {0x41, 0x9a, 1};

    fixture_init(&f);
    encoder_run(&f.video, true, US_PER_S);
    size_t before = f.viewer.packet_count;
    unsigned long allocated = allocations;
    for (uint32_t i = 0; i < 1000000; i++) {
        struct scene_rtp rtp = {.payload_type = (i & 1) ? 103 : 102,
            .ssrc = 1000 + i,
            .mid = (i & 2) ? "1" : NULL,
            .sequence_number = (uint16_t)i,
            .payload = payload,
            .payload_bytes = sizeof(payload)};
        publisher_send(&f.publisher, &rtp);
    }
    assert_int_equal(allocations, allocated);
    assert_int_equal(f.viewer.packet_count, before);
    encoder_run(&f.video, false, US_PER_S);
    assert_int_equal(f.viewer.packet_count, before + 90);
    fixture_finish(&f);
}

static void a_steady_lesson_allocates_nothing(void **state)
{
    struct fixture f;

    fixture_init(&f);
    for (unsigned i = 0; i < 5; i++)
        encoder_run(&f.video, true, US_PER_S);
    unsigned long allocated = allocations;
    for (unsigned i = 0; i < 20; i++)
        encoder_run(&f.video, true, US_PER_S);
    assert_int_equal(allocations, allocated);
    fixture_finish(&f);
}

static void broken_packets_are_counted_and_forgotten(void **state)
{
    struct fixture f;
    uint8_t data[1500];

    fixture_init(&f);
    encoder_run(&f.video, true, US_PER_S / 2);
    srand(1);
    for (unsigned i = 0; i < 50000; i++) {
        size_t len = (size_t)rand() % sizeof(data);
        for (size_t k = 0; k < len && k < 64; k++)
            data[k] = (uint8_t)rand();
        if (len > 12 && (i & 1)) { /* else hardly any gets past the header */
            data[0] = 0x80 | (data[0] & 0x30);
            data[1] = 102 + (data[1] & 0x81);
            bytes_put_u32(data + 8, 11 + (data[11] & 1));
        }
        if (len > 8 && !(i & 1)) {
            data[0] = 0x80 | (data[0] & 0x3f);
            data[1] = (uint8_t)(200 + data[1] % 8);
            bytes_put_u16(data + 2, (uint16_t)(len / 4 - 1));
        }
        stream_receive_rtp(f.publisher.stream, data, len, f.scene.now_us);
        scene_fan_out(&f.scene);
        stream_receive_rtcp(f.publisher.stream, data, len, f.scene.now_us);
        subscriber_receive_rtcp(f.viewer.subscriber, data, len, f.scene.now_us);
        if (i % 100 == 0)
            scene_advance(&f.scene, 10 * US_PER_MS);
    }
    scene_advance(&f.scene, US_PER_S);
    f.video.sequence_number = 9;
    encoder_run(&f.video, true, US_PER_S);
    size_t before = f.viewer.packet_count;
    encoder_run(&f.video, true, US_PER_S);
    assert_true(f.viewer.packet_count >= before + 90);
    fixture_finish(&f);
}

static void every_failing_allocation_is_survived(void **state)
{
    struct scene scene;
    struct publisher publisher;
    struct viewer viewer;
    struct router *router = NULL;
    struct media_codec codec = shape_h264(102, 103, 0x42e01f);
    struct media_track track = scene_track(MEDIA_VIDEO, &codec);
    int err = -ENOMEM;

    for (long i = 0; err != 0; i++) {
        allocations_left = i;
        err = router_create(NULL, &router);
        allocations_left = -1;
        assert_true(err == 0 ? i > 2 : err == -ENOMEM);
    }
    router_destroy(router);

    scene_init(&scene);
    track.rid_count = 2;
    strcpy(track.rids[0], "h");
    strcpy(track.rids[1], "l");
    err = -ENOMEM;
    for (long i = 0; err != 0; i++) {
        allocations_left = i;
        err = publisher_create(&publisher, &scene, "teacher-camera", &track, 1);
        allocations_left = -1;
        assert_true(err == 0 ? i > 2 : err == -ENOMEM);
    }
    track.rid_count = 0;
    err = -ENOMEM;
    for (long i = 0; err != 0; i++) {
        allocations_left = i;
        err = viewer_create(&viewer, &scene, &track, teacher, 1);
        allocations_left = -1;
        assert_true(err == 0 ? i > 2 : err == -ENOMEM);
    }
    allocations_left = 0;
    assert_int_equal(subscriber_set_slot(viewer.subscriber, 0, "another", scene.now_us), -ENOMEM);
    allocations_left = -1;

    viewer_destroy(&viewer);
    publisher_destroy(&publisher);
    scene_finish(&scene);
}

static void without_memory_for_packets_nothing_is_forwarded_and_nothing_breaks(void **state)
{
    struct fixture f;

    fixture_init(&f);
    allocations_left = 0;
    for (unsigned i = 0; i < 100; i++)
        encoder_frame(&f.video, i == 0, 3, 3000);
    assert_in_range(f.viewer.packet_count, 1, 64); /* the first slab */
    allocations_left = -1;
    scene_advance(&f.scene, 3 * US_PER_S);
    encoder_run(&f.video, true, US_PER_S);
    assert_true(f.viewer.packet_count > 90);
    fixture_finish(&f);
}

static void churn_leaves_nothing_behind(void **state)
{
    struct fixture f;
    struct viewer viewers[4];

    fixture_init(&f);
    memset(viewers, 0, sizeof(viewers));
    srand(3);
    for (unsigned i = 0; i < 2000; i++) {
        struct viewer *viewer = &viewers[(size_t)rand() % 4];
        if (viewer->subscriber != NULL) {
            viewer_destroy(viewer);
        } else {
            assert_int_equal(viewer_create(viewer, &f.scene, &f.track, teacher, 1), 0);
            viewer->keep_nothing = true;
            viewer_start(viewer);
        }
        if (rand() % 5 == 0) {
            publisher_destroy(&f.publisher);
            assert_int_equal(
                publisher_create(&f.publisher, &f.scene, "teacher-camera", &f.track, 1), 0);
            f.video.ssrc++;
        }
        if (rand() % 7 == 0)
            subscriber_set_slot(
                f.viewer.subscriber, 0, (rand() & 1) ? "" : "teacher-camera", f.scene.now_us);
        encoder_frame(&f.video, rand() % 4 == 0, 3, 3000);
        if (i % 3 == 0)
            scene_advance(&f.scene, 15 * US_PER_MS);
    }
    for (size_t i = 0; i < 4; i++) {
        if (viewers[i].subscriber != NULL)
            viewer_destroy(&viewers[i]);
    }
    fixture_finish(&f); /* asserts that every packet and name came back */
}

/* ---- destroying from callbacks ---- */

struct suicide {
    struct scene *scene;
    struct subscriber *subscriber;
    struct subscriber *victim;
    struct stream *stream;
};

static void on_event_destroy(void *user, enum subscriber_event event, size_t slot)
{
    struct suicide *suicide = user;
    subscriber_destroy(suicide->victim);
    suicide->victim = NULL;
    subscriber_destroy(suicide->subscriber);
    suicide->subscriber = NULL;
}

static int on_rtp_ignore(void *user, const struct rtp_pieces *pieces)
{
    return 0;
}

static void on_rtcp_ignore(void *user, uint8_t *data, size_t len)
{
}

static void on_active_destroy(void *user, bool active)
{
    struct suicide *suicide = user;
    stream_destroy(suicide->stream);
    suicide->stream = NULL;
}

static void sessions_may_be_destroyed_by_their_own_events(void **state)
{
    struct scene scene;
    struct suicide suicide = {.scene = &scene};
    struct media_codec codec = shape_h264(102, 0, 0x42e01f);
    struct media_track track = scene_track(MEDIA_VIDEO, &codec);
    struct subscriber_slot_params slot = {&track, "teacher-camera"};
    uint8_t packet[] = {0x80, 102, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9, 0x67, 0x42};

    scene_init(&scene);
    track.send_ssrc = 5;
    struct stream_params stream_params = {.lesson = "lesson",
        .source = "teacher-camera",
        .tracks = &track,
        .track_count = 1,
        .on_active = on_active_destroy,
        .user = &suicide};
    struct subscriber_params params = {.lesson = "lesson",
        .cname = "relay",
        .slots = &slot,
        .slot_count = 1,
        .send_rtp = on_rtp_ignore,
        .send_rtcp = on_rtcp_ignore,
        .on_event = on_event_destroy,
        .user = &suicide};
    assert_int_equal(stream_create(scene.router, &stream_params, scene.now_us, &suicide.stream), 0);
    assert_int_equal(
        subscriber_create(scene.router, &params, scene.now_us, &suicide.subscriber), 0);
    assert_int_equal(subscriber_create(scene.router, &params, scene.now_us, &suicide.victim), 0);
    subscriber_start(suicide.subscriber, scene.now_us);
    stream_receive_rtp(suicide.stream, packet, sizeof(packet), scene.now_us);
    scene_fan_out(&scene);
    scene_advance(&scene, 20 * US_PER_MS);
    assert_null(suicide.stream);
    assert_null(suicide.subscriber);
    scene_finish(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_million_ssrcs_take_no_memory_and_disturb_nobody),
        cmocka_unit_test(a_steady_lesson_allocates_nothing),
        cmocka_unit_test(broken_packets_are_counted_and_forgotten),
        cmocka_unit_test(every_failing_allocation_is_survived),
        cmocka_unit_test(without_memory_for_packets_nothing_is_forwarded_and_nothing_breaks),
        cmocka_unit_test(churn_leaves_nothing_behind),
        cmocka_unit_test(sessions_may_be_destroyed_by_their_own_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
