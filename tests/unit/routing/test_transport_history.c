#include "tests/unit/routing/cmocka_all.h"

#include "common/clock.h"
#include "relay/routing/transport_history.h"

#include <string.h>

#define PACKETS 64
#define NOW     (5000 * US_PER_S) /* beyond 32 bits of microseconds */

static struct transport_history history;

static int open_history(void **state)
{
    return transport_history_init(&history, PACKETS);
}

static int close_history(void **state)
{
    transport_history_finish(&history);
    return 0;
}

static struct transport_result take(uint16_t sequence, bool received, uint64_t now_us)
{
    return transport_history_take(&history, sequence, received, now_us);
}

static void feedback_finds_size_time_and_cluster(void **state)
{
    transport_history_add(&history, 65535, 1234, 2, NOW);
    transport_history_add(&history, 0, 100, 0, NOW + 700);

    struct transport_result result = take(65535, true, NOW + 90000);
    assert_int_equal(result.fate, TRANSPORT_FATE_RECEIVED);
    assert_int_equal(result.sent_us, NOW);
    assert_int_equal(result.bytes, 1234);
    assert_int_equal(result.cluster, 2);
    result = take(0, false, NOW + 90000);
    assert_int_equal(result.fate, TRANSPORT_FATE_LOST);
    assert_int_equal(result.sent_us, NOW + 700);
}

static void what_was_never_sent_has_no_fate(void **state)
{
    assert_int_equal(take(7, true, NOW).fate, TRANSPORT_FATE_NONE);
    transport_history_add(&history, 7, 100, 0, NOW);
    assert_int_equal(take(7 + PACKETS, true, NOW).fate, TRANSPORT_FATE_NONE);
}

static void repeated_reports_count_once(void **state)
{
    transport_history_add(&history, 1, 100, 0, NOW);
    transport_history_add(&history, 2, 100, 0, NOW);
    assert_int_equal(take(1, true, NOW).fate, TRANSPORT_FATE_RECEIVED);
    assert_int_equal(take(1, true, NOW).fate, TRANSPORT_FATE_NONE);
    assert_int_equal(take(1, false, NOW).fate, TRANSPORT_FATE_NONE);
    assert_int_equal(take(2, false, NOW).fate, TRANSPORT_FATE_LOST);
    assert_int_equal(take(2, false, NOW).fate, TRANSPORT_FATE_NONE);
}

static void a_lost_packet_may_come_after_all(void **state)
{
    transport_history_add(&history, 3, 100, 0, NOW);
    assert_int_equal(take(3, false, NOW).fate, TRANSPORT_FATE_LOST);
    assert_int_equal(take(3, true, NOW).fate, TRANSPORT_FATE_LATE);
    assert_int_equal(take(3, true, NOW).fate, TRANSPORT_FATE_NONE);
}

static void a_full_ring_forgets_the_oldest(void **state)
{
    for (uint16_t i = 0; i <= PACKETS; i++)
        transport_history_add(&history, i, 100, 0, NOW);
    assert_int_equal(take(0, true, NOW).fate, TRANSPORT_FATE_NONE);
    assert_int_equal(take(1, true, NOW).fate, TRANSPORT_FATE_RECEIVED);
}

static void an_old_packet_is_not_taken_for_a_new_one(void **state)
{
    transport_history_add(&history, 9, 100, 0, NOW);
    assert_int_equal(
        take(9, true, NOW + TRANSPORT_HISTORY_MAX_AGE_US + 1).fate, TRANSPORT_FATE_NONE);
}

static void only_unreported_packets_are_in_flight(void **state)
{
    transport_history_add(&history, 4, 900, 0, NOW);
    assert_int_equal(transport_history_in_flight(&history, 4, NOW), 900);
    assert_int_equal(transport_history_in_flight(&history, 5, NOW), 0);
    take(4, true, NOW);
    assert_int_equal(transport_history_in_flight(&history, 4, NOW), 0);
}

static void sizes_beyond_the_field_are_cut_not_wrapped(void **state)
{
    transport_history_add(&history, 6, 5000, 0, NOW);
    assert_int_equal(take(6, true, NOW).bytes, TRANSPORT_HISTORY_MAX_BYTES);
}

static void an_entry_stays_eight_bytes(void **state)
{
    assert_int_equal(sizeof(struct transport_entry), 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            feedback_finds_size_time_and_cluster, open_history, close_history),
        cmocka_unit_test_setup_teardown(
            what_was_never_sent_has_no_fate, open_history, close_history),
        cmocka_unit_test_setup_teardown(repeated_reports_count_once, open_history, close_history),
        cmocka_unit_test_setup_teardown(
            a_lost_packet_may_come_after_all, open_history, close_history),
        cmocka_unit_test_setup_teardown(
            a_full_ring_forgets_the_oldest, open_history, close_history),
        cmocka_unit_test_setup_teardown(
            an_old_packet_is_not_taken_for_a_new_one, open_history, close_history),
        cmocka_unit_test_setup_teardown(
            only_unreported_packets_are_in_flight, open_history, close_history),
        cmocka_unit_test_setup_teardown(
            sizes_beyond_the_field_are_cut_not_wrapped, open_history, close_history),
        cmocka_unit_test(an_entry_stays_eight_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
