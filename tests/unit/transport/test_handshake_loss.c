/*
 * Hellos as large as post-quantum browsers send them, in fragments, reordered, with a tenth of all
 * datagrams lost: every handshake must end well within its ten seconds. All of them run side by side
 * in real time, since OpenSSL's retransmission timer reads the clock.
 */
#include "tests/unit/transport/harness.h"

#include "common/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HELLO_PADDING_BYTES 1500
#define AT_A_TIME           100
#define LIMIT_MS            9000

static size_t connected(const struct harness *harness)
{
    size_t count = 0;

    for (size_t i = 0; i < harness->endpoint_count; i++)
        count += transport_get_state(harness->endpoints[i]->transport) == TRANSPORT_CONNECTED &&
                 peer_client_state(harness->endpoints[i]->client) == PEER_CONNECTED;
    return count;
}

static void connect_all(size_t link_mtu_bytes, unsigned sessions, uint64_t seed)
{
    struct peer_context_params context = {
        .hello_padding_bytes = HELLO_PADDING_BYTES,
        .link_mtu_bytes = link_mtu_bytes,
    };
    struct harness harness;

    harness_init(&harness, &context, NULL);
    harness.random = seed;
    harness.loss_percent = 10;
    harness.reorder_percent = 30;
    harness.real_time = true;
    for (unsigned i = 0; i < sessions; i++)
        harness_add(&harness);
    for (unsigned ms = 0; ms < LIMIT_MS && connected(&harness) < sessions; ms += 10)
        harness_run(&harness, 10);
    assert_int_equal(connected(&harness), sessions);
    harness_finish(&harness);
}

/* A hello of a sound length with nonsense in it. */
static void inject_bad_hello(struct harness *harness, const struct transport_path *path)
{
    uint8_t hello[13 + 12 + 40];

    random_bytes(hello, sizeof(hello));
    memcpy(hello, "\x16\xfe\xfd\0\0\0\0\0\0\0\0\0\x34\1\0\0\x28\0\0\0\0\0\0\0\x28", 25);
    harness_inject(harness, path, hello, sizeof(hello));
}

/* One from a stranger and one in the name of a joining client in every millisecond. */
static void bad_hellos_at_a_thousand_per_second_stop_no_join(void **state)
{
    struct transport_path stranger = harness_path(9);
    size_t joins = getenv("DUET_TEST_LONG") != NULL ? 500 : 100;
    struct harness harness;

    harness_init(&harness, NULL, NULL);
    harness.reorder_percent = 100; /* up to 20 ms each way, so that there is time between */
    harness.real_time = true;
    for (unsigned ms = 0; ms < LIMIT_MS && connected(&harness) < joins; ms++) {
        if (harness.endpoint_count < joins)
            harness_add(&harness);
        inject_bad_hello(&harness, &stranger);
        inject_bad_hello(&harness,
            &harness.endpoints[harness_random(&harness, (uint32_t)harness.endpoint_count)]->path);
        harness_run(&harness, 1);
    }
    assert_int_equal(connected(&harness), joins);
    harness_finish(&harness);
}

static unsigned rounds(void)
{
    return getenv("DUET_TEST_LONG") != NULL ? 5 : 1;
}

static void hellos_in_two_fragments_survive_loss_and_reordering(void **state)
{
    for (unsigned i = 0; i < rounds(); i++)
        connect_all(1200, AT_A_TIME, 1000 + i);
}

static void hellos_in_many_fragments_survive_loss_and_reordering(void **state)
{
    for (unsigned i = 0; i < rounds(); i++)
        connect_all(400, AT_A_TIME, 2000 + i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hellos_in_two_fragments_survive_loss_and_reordering),
        cmocka_unit_test(bad_hellos_at_a_thousand_per_second_stop_no_join),
        cmocka_unit_test(hellos_in_many_fragments_survive_loss_and_reordering),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
