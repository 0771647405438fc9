/* What is received to be shown later: in order, at its moment, within a bound. */
#include "media/shift_queue.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KB 1024

static const uint8_t data[64 * KB];

static int put(struct shift_queue *queue, uint64_t due_us, size_t size)
{
    struct shift_packet *packet;

    return shift_queue_put(queue, due_us, data, size, &packet);
}

/* When the one that is taken at now_us was due, 0 for none. */
static uint64_t take(struct shift_queue *queue, uint64_t now_us)
{
    struct shift_packet *packet = shift_queue_take(queue, now_us);
    uint64_t due_us = packet ? packet->due_us : 0;

    free(packet);
    return due_us;
}

/* A picture of the camera: by its timestamp, and as the relay sent it, in ms; one that a replay has is sent later. */
static void put_picture(struct shift_queue *queue, uint32_t taken_ms, uint32_t sent_ms)
{
    struct shift_packet *packet;

    assert_int_equal(shift_queue_put(queue, (uint64_t)sent_ms * 1000, &taken_ms, 4, &packet), 0);
    packet->time_ns = (uint64_t)sent_ms * 1000000;
    packet->timestamp_rtp = sent_ms * 90;
}

static void a_replay_is_due_when_it_was_taken_and_replaces_what_is_there(void **state)
{
    struct shift_store store = {.limit_bytes = 64 * KB};
    struct shift_queue queue;
    struct replay_span span = {.first_rtp = 5000 * 90, .last_rtp = 5020 * 90};
    uint32_t expected_ms = 3960;
    uint64_t before_us = 0;

    (void)state;
    shift_queue_init(&queue, &store, true);
    /* a picture each 40 ms until 4.88 s, and of those from 4.8 s on, ten times as early, a replay that ends at 5.02 s */
    for (uint32_t ms = 3960; ms <= 4880; ms += 40)
        put_picture(&queue, ms, ms);
    for (uint32_t ms = 4800; ms <= 5020; ms += 44)
        put_picture(&queue, ms, 5020 - (5020 - ms) / 11);
    put_picture(&queue, 5060, 5060);
    shift_queue_put_back(&queue, &span, 90000);
    for (struct shift_packet *packet; (packet = shift_queue_take(&queue, UINT64_MAX - 1));) {
        uint32_t taken_ms;

        memcpy(&taken_ms, packet->data, 4);
        assert_int_equal(taken_ms, expected_ms);
        assert_int_equal(packet->due_us, taken_ms * 1000);
        assert_int_equal(packet->time_ns, taken_ms * UINT64_C(1000000));
        assert_true(packet->due_us > before_us);
        before_us = packet->due_us;
        expected_ms += taken_ms < 4760 || taken_ms == 5020 ? 40 : 44;
        if (taken_ms == 4760)
            expected_ms = 4800;
        free(packet);
    }
    assert_int_equal(before_us, 5060000);
    assert_int_equal(store.used_bytes, 0);
}

static void packets_come_out_in_order_and_not_before_they_are_due(void **state)
{
    struct shift_store store = {.limit_bytes = 64 * KB};
    struct shift_queue queue;
    struct shift_packet *packet;

    (void)state;
    shift_queue_init(&queue, &store, true);
    assert_int_equal(shift_queue_due_us(&queue), UINT64_MAX);
    assert_int_equal(shift_queue_put(&queue, 1000, "abc", 3, &packet), 0);
    assert_int_equal(put(&queue, 2000, 10), 0);
    assert_int_equal(put(&queue, 1500, 10), 0); /* a timestamp that was corrected */
    assert_int_equal(shift_queue_due_us(&queue), 1000);
    assert_int_equal(shift_queue_newest_us(&queue), 1500);
    assert_null(shift_queue_take(&queue, 999));
    packet = shift_queue_take(&queue, 1000);
    assert_int_equal(packet->size, 3);
    assert_memory_equal(packet->data, "abc", 3);
    assert_false(packet->is_hole);
    free(packet);
    assert_int_equal(take(&queue, 1999), 0);
    assert_int_equal(take(&queue, 2000), 2000);
    assert_int_equal(take(&queue, 2000), 1500);
    assert_int_equal(take(&queue, 9000), 0);
    assert_int_equal(store.used_bytes, 0);
    assert_int_equal(shift_queue_newest_us(&queue), 0);
}

static void a_hole_keeps_its_place(void **state)
{
    struct shift_store store = {.limit_bytes = 64 * KB};
    struct shift_queue queue;
    struct shift_packet *packet;

    (void)state;
    shift_queue_init(&queue, &store, false);
    assert_int_equal(shift_queue_put(&queue, 10, NULL, 0, &packet), 0);
    assert_true(packet->is_hole);
    packet = shift_queue_take(&queue, 10);
    assert_true(packet->is_hole);
    free(packet);
}

static void at_the_bound_what_comes_is_refused_and_sound_still_finds_room(void **state)
{
    struct shift_store store = {.limit_bytes = 64 * KB};
    struct shift_queue video, sound;
    size_t kept = 0;

    (void)state;
    shift_queue_init(&video, &store, true);
    shift_queue_init(&sound, &store, false);
    while (put(&video, 1000 + kept, 1000) == 0)
        kept++;
    assert_in_range(kept, 50, 60);
    assert_true(store.used_bytes <= store.limit_bytes);
    assert_int_equal(video.refused, 1);
    assert_int_equal(put(&sound, 1, 100), 0);
    while (put(&sound, 1, 100) == 0)
        ;
    assert_true(store.used_bytes <= store.limit_bytes);
    assert_int_equal(sound.refused, 1);
    assert_int_equal(take(&video, 5000), 1000); /* what is held is not lost: the oldest is there */
    shift_queue_finish(&video);
    shift_queue_finish(&sound);
    assert_int_equal(store.used_bytes, 0);
}

/* Taking a picture for each that is played would show one in a while, and none that can be decoded. */
static void pictures_that_were_refused_wait_until_an_eighth_is_free(void **state)
{
    struct shift_store store = {.limit_bytes = 64 * KB};
    struct shift_queue video;
    unsigned taken = 0;

    (void)state;
    shift_queue_init(&video, &store, true);
    while (put(&video, 1, 1000) == 0)
        ;
    assert_false(shift_queue_has_room(&video));
    while (!shift_queue_has_room(&video)) {
        assert_int_equal(put(&video, 1, 1000), -ENOSPC);
        assert_int_equal(take(&video, 1), 1);
        taken++;
    }
    assert_in_range(taken, 7, 9);
    assert_int_equal(put(&video, 1, 1000), 0);
    assert_true(shift_queue_has_room(&video));
    shift_queue_finish(&video);
}

static void a_packet_larger_than_the_store_is_refused(void **state)
{
    struct shift_store store = {.limit_bytes = 8 * KB};
    struct shift_queue sound;

    (void)state;
    shift_queue_init(&sound, &store, false);
    assert_int_equal(put(&sound, 1, sizeof(data)), -ENOSPC);
    assert_int_equal(put(&sound, 1, SIZE_MAX - 8), -ENOSPC);
    assert_int_equal(put(&sound, 1, 100), 0);
    shift_queue_finish(&sound);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_replay_is_due_when_it_was_taken_and_replaces_what_is_there),
        cmocka_unit_test(packets_come_out_in_order_and_not_before_they_are_due),
        cmocka_unit_test(a_hole_keeps_its_place),
        cmocka_unit_test(at_the_bound_what_comes_is_refused_and_sound_still_finds_room),
        cmocka_unit_test(pictures_that_were_refused_wait_until_an_eighth_is_free),
        cmocka_unit_test(a_packet_larger_than_the_store_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
