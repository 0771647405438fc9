/* Packet buffers: one thread takes, any thread gives back. The threads' test is for TSan as well. */
#include "tests/unit/routing/cmocka_all.h"

#include "relay/routing/packet.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>

#define LIMIT 256

static struct packet_pool *make_pool(void)
{
    struct packet_pool *pool;

    assert_int_equal(packet_pool_create(LIMIT, &pool), 0);
    return pool;
}

static void the_limit_holds_and_what_is_given_back_is_taken_again(void **state)
{
    struct packet_pool *pool = make_pool();
    struct packet *packets[LIMIT];

    for (unsigned round = 0; round < 3; round++) {
        for (size_t i = 0; i < LIMIT; i++) {
            packets[i] = packet_pool_take(pool);
            assert_non_null(packets[i]);
            for (size_t k = 0; k < i; k++)
                assert_ptr_not_equal(packets[i], packets[k]);
        }
        assert_null(packet_pool_take(pool));
        assert_int_equal(packet_pool_in_use(pool), LIMIT);
        packet_unref(packets[7]);
        packets[7] = packet_pool_take(pool);
        assert_non_null(packets[7]);
        for (size_t i = 0; i < LIMIT; i++)
            packet_unref(packets[i]);
        assert_int_equal(packet_pool_in_use(pool), 0);
        assert_int_equal(packet_pool_allocated(pool), LIMIT);
    }
    packet_pool_destroy(pool);
}

static void a_packet_is_there_till_the_last_reference_is_gone_and_comes_back_blank(void **state)
{
    struct packet_pool *pool = make_pool();
    struct packet *packet = packet_pool_take(pool);

    packet->keyframe_start = true;
    packet->pixels = 9;
    assert_ptr_equal(packet_ref(packet), packet);
    packet_unref(packet);
    assert_int_equal(packet_pool_in_use(pool), 1);
    assert_int_equal(packet->pixels, 9);
    packet_unref(packet);
    assert_int_equal(packet_pool_in_use(pool), 0);
    packet_unref(NULL);

    bool seen = false;
    struct packet *all[LIMIT];
    for (size_t i = 0; i < LIMIT; i++) {
        all[i] = packet_pool_take(pool);
        seen = seen || all[i] == packet;
        assert_false(all[i]->keyframe_start);
        assert_int_equal(all[i]->pixels, 0);
    }
    assert_true(seen);
    for (size_t i = 0; i < LIMIT; i++)
        packet_unref(all[i]);
    packet_pool_destroy(pool);
}

/* ---- threads ---- */

#define READERS 3
#define PACKETS 100000
#define PLACES  32

/* A reader's letter box: full or empty. */
struct reader {
    _Atomic(struct packet *) places[PLACES];
    pthread_t thread;
    size_t wrong;
};

static void *read_and_give_back(void *user)
{
    struct reader *reader = user;

    for (uint32_t i = 0; i < PACKETS; i++) {
        _Atomic(struct packet *) *place = &reader->places[i % PLACES];
        struct packet *packet;

        while ((packet = atomic_load_explicit(place, memory_order_acquire)) == NULL)
            sched_yield();
        atomic_store_explicit(place, NULL, memory_order_release);
        reader->wrong += packet->timestamp_rtp != i || packet->payload[0] != (uint8_t)i ||
                         packet->payload[PACKET_PAYLOAD_BYTES - 1] != (uint8_t)i;
        packet_unref(packet);
    }
    return NULL;
}

static struct packet *take_patiently(struct packet_pool *pool)
{
    struct packet *packet;

    while ((packet = packet_pool_take(pool)) == NULL)
        sched_yield();
    return packet;
}

static void give(struct reader *reader, uint32_t i, struct packet *packet)
{
    _Atomic(struct packet *) *place = &reader->places[i % PLACES];

    while (atomic_load_explicit(place, memory_order_acquire) != NULL)
        sched_yield();
    atomic_store_explicit(place, packet_ref(packet), memory_order_release);
}

static void other_threads_give_back_what_they_have_read(void **state)
{
    static struct reader readers[READERS];
    struct packet_pool *pool = make_pool();

    for (size_t r = 0; r < READERS; r++)
        assert_int_equal(
            pthread_create(&readers[r].thread, NULL, read_and_give_back, &readers[r]), 0);
    for (uint32_t i = 0; i < PACKETS; i++) {
        struct packet *packet = take_patiently(pool);

        packet->timestamp_rtp = i;
        memset(packet->payload, (uint8_t)i, sizeof(packet->payload));
        for (size_t r = 0; r < READERS; r++)
            give(&readers[r], i, packet);
        packet_unref(packet);
    }
    for (size_t r = 0; r < READERS; r++) {
        pthread_join(readers[r].thread, NULL);
        assert_int_equal(readers[r].wrong, 0);
    }
    assert_int_equal(packet_pool_in_use(pool), 0);
    assert_in_range(packet_pool_allocated(pool), 64, LIMIT);
    packet_pool_destroy(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_limit_holds_and_what_is_given_back_is_taken_again),
        cmocka_unit_test(a_packet_is_there_till_the_last_reference_is_gone_and_comes_back_blank),
        cmocka_unit_test(other_threads_give_back_what_they_have_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
