/* Parcels between two workers: a full and an empty ring, the turn of its indices, two threads. */
#include "tests/unit/routing/cmocka_all.h"

#include "relay/parcel_ring.h"

#include <pthread.h>
#include <sched.h>

static struct parcel_ring *make_ring(void)
{
    struct parcel_ring *ring;

    assert_int_equal(parcel_ring_create(&ring), 0);
    return ring;
}

static bool push(struct parcel_ring *ring, uint32_t number)
{
    return parcel_ring_push(
        ring, &(struct router_parcel){.stream = number, .run = ~number, .origin = (uint8_t)number});
}

static void assert_pops(struct parcel_ring *ring, uint32_t number)
{
    struct router_parcel parcel;

    assert_true(parcel_ring_pop(ring, &parcel));
    assert_int_equal(parcel.stream, number);
    assert_int_equal(parcel.run, ~number);
    assert_int_equal(parcel.origin, (uint8_t)number);
}

static void assert_empty(struct parcel_ring *ring)
{
    struct router_parcel parcel = {.stream = 12345};

    assert_false(parcel_ring_pop(ring, &parcel));
    assert_int_equal(parcel.stream, 12345);
}

static void an_empty_ring_has_nothing_to_take(void **state)
{
    struct parcel_ring *ring = make_ring();

    assert_empty(ring);
    assert_true(push(ring, 1));
    assert_pops(ring, 1);
    assert_empty(ring);
    parcel_ring_destroy(ring);
    parcel_ring_destroy(NULL);
}

static void a_full_ring_takes_nothing_till_one_was_taken_out(void **state)
{
    struct parcel_ring *ring = make_ring();

    for (uint32_t i = 0; i < PARCEL_RING_CAPACITY; i++)
        assert_true(push(ring, i));
    assert_false(push(ring, 99999));
    assert_pops(ring, 0);
    assert_true(push(ring, PARCEL_RING_CAPACITY));
    assert_false(push(ring, 99999));
    for (uint32_t i = 1; i <= PARCEL_RING_CAPACITY; i++)
        assert_pops(ring, i);
    assert_empty(ring);
    parcel_ring_destroy(ring);
}

/* Steps that do not divide the capacity, so that every place is once the first and once the last. */
static void order_is_kept_round_and_round(void **state)
{
    struct parcel_ring *ring = make_ring();
    uint32_t written = 0;
    uint32_t read = 0;

    while (written < 5 * PARCEL_RING_CAPACITY) {
        for (unsigned i = 0; i < 7001; i++)
            assert_true(push(ring, written++));
        for (unsigned i = 0; i < 7001; i++)
            assert_pops(ring, read++);
        assert_empty(ring);
    }
    parcel_ring_destroy(ring);
}

static void what_nobody_took_is_given_back(void **state)
{
    struct parcel_ring *ring = make_ring();
    struct packet_pool *pool;
    struct router_parcel parcel;

    assert_int_equal(packet_pool_create(64, &pool), 0);
    for (unsigned i = 0; i < 3; i++)
        assert_true(
            parcel_ring_push(ring, &(struct router_parcel){.packet = packet_pool_take(pool)}));
    assert_true(parcel_ring_pop(ring, &parcel));
    parcel_ring_destroy(ring);
    assert_int_equal(packet_pool_in_use(pool), 1);
    packet_unref(parcel.packet);
    packet_pool_destroy(pool);
}

/* ---- threads ---- */

#define MANY 1000000

static void *push_many(void *user)
{
    for (uint32_t i = 0; i < MANY; i++) {
        while (!push(user, i))
            sched_yield();
    }
    return NULL;
}

static void a_million_parcels_reach_another_thread_in_order(void **state)
{
    struct parcel_ring *ring = make_ring();
    pthread_t writer;
    uint32_t next = 0;
    size_t wrong = 0;

    assert_int_equal(pthread_create(&writer, NULL, push_many, ring), 0);
    while (next < MANY) {
        struct router_parcel parcel;

        if (!parcel_ring_pop(ring, &parcel)) {
            sched_yield();
            continue;
        }
        wrong += parcel.stream != next || parcel.run != ~next || parcel.origin != (uint8_t)next;
        next++;
    }
    pthread_join(writer, NULL);
    assert_int_equal(wrong, 0);
    assert_empty(ring);
    parcel_ring_destroy(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_ring_has_nothing_to_take),
        cmocka_unit_test(a_full_ring_takes_nothing_till_one_was_taken_out),
        cmocka_unit_test(order_is_kept_round_and_round),
        cmocka_unit_test(what_nobody_took_is_given_back),
        cmocka_unit_test(a_million_parcels_reach_another_thread_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
