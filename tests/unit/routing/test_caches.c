/* Packet pool, packet cache, keyframe cache and the gathering of keyframe requests. */
#include "tests/unit/routing/cmocka_all.h"

#include "common/clock.h"
#include "relay/routing/keyframe_cache.h"
#include "relay/routing/keyframe_requests.h"
#include "relay/routing/packet_cache.h"

static struct packet_pool *pool;

static int setup(void **state)
{
    return packet_pool_create(256, &pool);
}

static int teardown(void **state)
{
    assert_int_equal(packet_pool_in_use(pool), 0);
    packet_pool_destroy(pool);
    return 0;
}

static struct packet *packet_of(int64_t sequence, uint32_t timestamp, uint64_t arrival_us)
{
    struct packet *packet = packet_pool_take(pool);
    assert_non_null(packet);
    packet->sequence = sequence;
    packet->timestamp_rtp = timestamp;
    packet->arrival_us = arrival_us;
    packet->payload_bytes = 1000;
    return packet;
}

static void cache(struct packet_cache *packets, int64_t sequence, bool expected)
{
    struct packet *packet = packet_of(sequence, 0, (uint64_t)sequence * 1000);
    assert_int_equal(packet_cache_add(packets, packet), expected);
    packet_unref(packet);
}

static void the_pool_has_a_limit_and_reuses_what_comes_back(void **state)
{
    static struct packet *taken[256];

    for (size_t i = 0; i < 256; i++) {
        taken[i] = packet_pool_take(pool);
        assert_non_null(taken[i]);
    }
    assert_null(packet_pool_take(pool));
    packet_ref(taken[0]);
    packet_unref(taken[0]);
    assert_null(packet_pool_take(pool));
    for (size_t i = 0; i < 256; i++)
        packet_unref(taken[i]);
    assert_int_equal(packet_pool_in_use(pool), 0);
    assert_int_equal(packet_pool_allocated(pool), 256);
    packet_unref(NULL);
}

static void a_ring_keeps_the_newest_and_takes_late_ones_in(void **state)
{
    struct packet_cache packets;

    assert_int_equal(packet_cache_init(&packets, 64), 0);
    cache(&packets, 100, true);
    cache(&packets, 100, false);
    cache(&packets, 90, true); /* out of order from the start */
    cache(&packets, 160, true);
    assert_null(packet_cache_get(&packets, 90));
    assert_int_equal(packet_cache_get(&packets, 100)->sequence, 100);
    assert_null(packet_cache_get(&packets, 101));
    cache(&packets, 101, true);
    cache(&packets, 96, false);
    assert_int_equal(packet_cache_get(&packets, 101)->sequence, 101);
    assert_null(packet_cache_get(&packets, 165));
    cache(&packets, 1000, true); /* farther than the ring: all others go */
    assert_int_equal(packet_pool_in_use(pool), 1);
    packet_cache_finish(&packets);
}

static void old_packets_are_let_go(void **state)
{
    struct packet_cache packets;

    assert_int_equal(packet_cache_init(&packets, 64), 0);
    cache(&packets, 10, true);
    cache(&packets, 12, true);
    packet_cache_expire(&packets, 10000 + PACKET_CACHE_AGE_US);
    assert_non_null(packet_cache_get(&packets, 10));
    packet_cache_expire(&packets, 10001 + PACKET_CACHE_AGE_US);
    assert_null(packet_cache_get(&packets, 10));
    assert_non_null(packet_cache_get(&packets, 12));
    packet_cache_expire(&packets, 100 * US_PER_S);
    assert_int_equal(packet_pool_in_use(pool), 0);
    cache(&packets, 13, true);
    assert_non_null(packet_cache_get(&packets, 13));
    packet_cache_finish(&packets);
}

static bool keyframe(struct keyframe_cache *keyframes, int64_t sequence, uint32_t timestamp,
    bool start, bool picture)
{
    struct packet *packet = packet_of(sequence, timestamp, US_PER_S);
    packet->keyframe_start = start;
    packet->has_keyframe = picture;
    int64_t newest = sequence > keyframes->newest ? sequence : keyframes->newest;
    bool fresh = keyframe_cache_add(keyframes, packet, newest);
    packet_unref(packet);
    return fresh;
}

static void a_keyframe_counts_from_its_first_packet_and_once(void **state)
{
    struct keyframe_cache keyframes = {0};

    assert_false(keyframe(&keyframes, 5, 100, false, false));
    assert_true(keyframe(&keyframes, 10, 3000, true, false)); /* SPS */
    assert_false(keyframe_cache_can_serve(&keyframes, 0, US_PER_S));
    assert_false(keyframe(&keyframes, 11, 3000, true, true)); /* IDR */
    assert_true(keyframe_cache_can_serve(&keyframes, 0, US_PER_S));
    assert_int_equal(keyframes.first, 10);
    assert_false(keyframe(&keyframes, 12, 6000, false, false));
    assert_true(keyframe(&keyframes, 13, 9000, true, true));
    assert_int_equal(keyframes.first, 13);
}

static void a_keyframe_whose_beginning_comes_late_begins_there(void **state)
{
    struct keyframe_cache keyframes = {0};

    assert_true(keyframe(&keyframes, 10, 3000, true, true));
    keyframe(&keyframes, 12, 6000, false, true); /* the parameter sets, 11, are missing */
    assert_true(keyframe(&keyframes, 11, 6000, true, false));
    assert_int_equal(keyframes.first, 11);
    assert_int_equal(keyframes.newest, 12);
    assert_true(keyframe_cache_can_serve(&keyframes, 0, US_PER_S));
}

static void a_loss_is_served_only_while_it_may_be_repaired(void **state)
{
    struct keyframe_cache keyframes = {0};

    keyframe(&keyframes, 10, 3000, true, true);
    keyframe(&keyframes, 12, 6000, false, false);
    assert_false(keyframe_cache_can_serve(&keyframes, 0, US_PER_S));
    assert_true(keyframe_cache_can_serve(&keyframes, 1, US_PER_S));
    keyframe(&keyframes, 11, 3000, false, true);
    assert_true(keyframe_cache_can_serve(&keyframes, 0, US_PER_S));
}

static void two_seconds_and_two_megabytes_are_the_limit(void **state)
{
    struct keyframe_cache keyframes = {0};

    keyframe(&keyframes, 0, 3000, true, true);
    assert_true(keyframe_cache_can_serve(&keyframes, 0, US_PER_S + KEYFRAME_CACHE_AGE_US));
    assert_false(keyframe_cache_can_serve(&keyframes, 0, US_PER_S + KEYFRAME_CACHE_AGE_US + 1));
    for (int64_t i = 1; i < KEYFRAME_CACHE_BYTES / 1000; i++)
        keyframe(&keyframes, i, 6000, false, false);
    assert_true(keyframe_cache_can_serve(&keyframes, 0, US_PER_S));
    keyframe(&keyframes, 2000, 6000, false, false);
    assert_false(keyframe_cache_can_serve(&keyframes, 0, US_PER_S));
}

static void requests_are_two_seconds_apart_and_slow_down_when_ignored(void **state)
{
    struct keyframe_requests requests = {0};
    unsigned sent = 0;

    assert_false(keyframe_requests_due(&requests, 0));
    for (uint64_t ms = 0; ms < 10000; ms += 10) {
        keyframe_requests_want(&requests);
        sent += keyframe_requests_due(&requests, ms * US_PER_MS);
    }
    assert_int_equal(sent, 5);
    for (uint64_t ms = 10000; ms < 22000; ms += 10)
        sent += keyframe_requests_due(&requests, ms * US_PER_MS);
    assert_int_equal(sent, 8);
    keyframe_requests_answered(&requests, 22 * US_PER_S);
    assert_false(keyframe_requests_due(&requests, 100 * US_PER_S));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            the_pool_has_a_limit_and_reuses_what_comes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_ring_keeps_the_newest_and_takes_late_ones_in, setup, teardown),
        cmocka_unit_test_setup_teardown(old_packets_are_let_go, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_keyframe_counts_from_its_first_packet_and_once, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_keyframe_whose_beginning_comes_late_begins_there, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_loss_is_served_only_while_it_may_be_repaired, setup, teardown),
        cmocka_unit_test_setup_teardown(
            two_seconds_and_two_megabytes_are_the_limit, setup, teardown),
        cmocka_unit_test(requests_are_two_seconds_apart_and_slow_down_when_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
