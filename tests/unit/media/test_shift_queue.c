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
        cmocka_unit_test(packets_come_out_in_order_and_not_before_they_are_due),
        cmocka_unit_test(a_hole_keeps_its_place),
        cmocka_unit_test(at_the_bound_what_comes_is_refused_and_sound_still_finds_room),
        cmocka_unit_test(pictures_that_were_refused_wait_until_an_eighth_is_free),
        cmocka_unit_test(a_packet_larger_than_the_store_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
