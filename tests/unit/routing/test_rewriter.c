#include "tests/unit/routing/cmocka_all.h"

#include "common/clock.h"
#include "relay/routing/live_line.h"
#include "relay/routing/rewriter.h"

#define RATE 90000

static struct packet packet_of(int64_t sequence, uint32_t timestamp)
{
    return (struct packet){.sequence = sequence, .timestamp_rtp = timestamp};
}

static struct rewritten apply(struct rewriter *rewriter, int64_t sequence, uint32_t timestamp)
{
    struct packet packet = packet_of(sequence, timestamp);
    struct rewritten numbers;
    assert_true(rewriter_apply(rewriter, &packet, &numbers));
    return numbers;
}

static void the_line_is_the_least_delayed_packet_of_the_last_seconds(void **state)
{
    struct live_line line = {0};
    uint32_t timestamp;

    assert_false(live_line_at(&line, 5, &timestamp));
    uint64_t now_us = 10 * US_PER_S;
    for (unsigned i = 0; i < 300; i++) {
        uint64_t delay_us = i % 7 == 3 ? 0 : 25 * US_PER_MS;
        live_line_add(&line, 0xfffff000 + i * 3000, RATE, now_us + i * US_PER_S / 30 + delay_us);
    }
    assert_true(live_line_at(&line, now_us + 10 * US_PER_S, &timestamp));
    assert_in_range(timestamp - (0xfffff000 + 300 * 3000), 0, 10);

    /* one early packet counts for as long as its window and the next */
    live_line_reset(&line);
    live_line_add(&line, 0, RATE, US_PER_S);
    for (unsigned i = 1; i < 90; i++)
        live_line_add(&line, i * 3000, RATE, US_PER_S + i * US_PER_S / 30 + 30000);
    assert_true(live_line_at(&line, 4 * US_PER_S, &timestamp));
    assert_int_equal(timestamp, 3 * RATE);

    /* the path got 40 ms longer: known after at most four seconds */
    for (unsigned i = 90; i < 270; i++)
        live_line_add(&line, i * 3000, RATE, US_PER_S + i * US_PER_S / 30 + 40000);
    assert_true(live_line_at(&line, 10 * US_PER_S + 40000, &timestamp));
    assert_in_range(timestamp - 270 * 3000 + 5, 0, 10);
}

static void a_jump_of_the_timestamps_starts_the_line_anew(void **state)
{
    struct live_line line = {0};
    uint32_t timestamp;

    live_line_add(&line, 1000, RATE, US_PER_S);
    live_line_add(&line, 1000 + 3000000, RATE, US_PER_S + 33000);
    assert_true(live_line_at(&line, US_PER_S + 33000, &timestamp));
    assert_int_equal(timestamp, 3001000);
}

static void a_replay_lies_on_the_live_line_and_meets_it_without_a_step(void **state)
{
    struct rewriter rewriter;
    const uint32_t key = 0xffff0000;
    const uint32_t age = 19 * RATE / 10;
    const uint64_t now_us = 50 * US_PER_S;

    rewriter_init(&rewriter, 40000, 777);
    struct packet first = packet_of(100, key);
    rewriter_begin(&rewriter, &first, key + age, RATE, true, now_us);
    uint32_t start = apply(&rewriter, 100, key).timestamp_rtp;
    assert_int_equal(start, 777);

    uint32_t before = start;
    for (unsigned frame = 1; frame < 200; frame++) {
        uint32_t timestamp = key + frame * 3000;
        uint32_t out = apply(&rewriter, 100 + frame, timestamp).timestamp_rtp;
        /* a frame leaves when its replay is due, a live one when it comes */
        int64_t due = (int64_t)frame * 3000 / REPLAY_SPEED;
        int64_t comes = (int64_t)frame * 3000 - age;
        int64_t sent = due > comes ? due : comes;
        assert_in_range((int64_t)(out - start) - sent + 2, 0, 4);
        assert_true((int32_t)(out - before) > 0);
        before = out;
    }
}

static void a_new_source_goes_on_where_time_has_come_to(void **state)
{
    struct rewriter rewriter;
    const uint64_t now_us = 50 * US_PER_S;

    rewriter_init(&rewriter, 7, 1000);
    struct packet first = packet_of(100, 5000);
    rewriter_begin(&rewriter, &first, 5000, RATE, true, now_us);
    struct rewritten one = apply(&rewriter, 100, 5000);
    assert_int_equal(one.sequence_number, 7);
    assert_int_equal(apply(&rewriter, 103, 8000).sequence_number, 10);

    struct packet other = packet_of(9000, 0xfffffff0);
    rewriter_begin(&rewriter, &other, 0xfffffff0, RATE, true, now_us + 2 * US_PER_S);
    struct rewritten two = apply(&rewriter, 9000, 0xfffffff0);
    assert_int_equal(two.sequence_number, 11);
    assert_int_equal(two.timestamp_rtp, 1000 + 2 * RATE);

    struct rewritten numbers;
    struct packet late = packet_of(8999, 0xfffffff0);
    assert_false(rewriter_apply(&rewriter, &late, &numbers));
}

static void time_never_goes_back_and_the_excess_is_not_kept(void **state)
{
    struct rewriter rewriter;
    uint64_t now_us = 50 * US_PER_S;

    rewriter_init(&rewriter, 7, 1000);
    struct packet first = packet_of(1, 0);
    rewriter_begin(&rewriter, &first, 0, 48000, false, now_us);
    apply(&rewriter, 1, 0);
    uint32_t newest = apply(&rewriter, 2, 4800).timestamp_rtp; /* 100 ms early */
    now_us += 20 * US_PER_MS;
    struct packet other = packet_of(50, 0);
    rewriter_begin(&rewriter, &other, 960, 48000, false, now_us); /* 20 ms late */
    uint32_t out = apply(&rewriter, 50, 0).timestamp_rtp;
    assert_in_range(out - newest, 1, 48);

    /* the next source is back on the line */
    now_us += US_PER_S;
    rewriter_follow(&rewriter, 960 + 48000, now_us);
    struct packet third = packet_of(70, 0);
    rewriter_begin(&rewriter, &third, 0, 48000, false, now_us);
    assert_int_equal(apply(&rewriter, 70, 0).timestamp_rtp, 1000 + 48960);
}

static void hours_later_the_compression_does_not_come_back(void **state)
{
    struct rewriter rewriter;

    rewriter_init(&rewriter, 0, 0);
    struct packet first = packet_of(0, 0);
    rewriter_begin(&rewriter, &first, RATE, RATE, true, US_PER_S);
    uint32_t offset = 0;
    for (uint32_t minute = 1; minute < 1500; minute++) {
        uint32_t out = apply(&rewriter, minute, minute * 60 * RATE).timestamp_rtp;
        if (minute == 1)
            offset = out - 60 * RATE;
        assert_int_equal(out, minute * 60 * RATE + offset);
    }
}

static void picture_ids_go_on_in_their_width(void **state)
{
    struct rewriter rewriter;
    struct rewritten numbers;

    rewriter_init(&rewriter, 0, 0);
    struct packet packet = packet_of(0, 0);
    packet.picture_id_offset = 2;
    packet.picture_id_bits = 15;
    packet.picture_id = 0x7fff;
    packet.tl0picidx = 255;
    rewriter_begin(&rewriter, &packet, 0, RATE, true, US_PER_S);
    assert_true(rewriter_apply(&rewriter, &packet, &numbers));
    assert_int_equal(numbers.picture_id, 0x7fff);
    packet.sequence = 500;
    packet.picture_id = 17;
    packet.tl0picidx = 3;
    packet.timestamp_rtp = 90;
    rewriter_begin(&rewriter, &packet, 90, RATE, true, 2 * US_PER_S);
    assert_true(rewriter_apply(&rewriter, &packet, &numbers));
    assert_int_equal(numbers.picture_id & 0x7fff, 0);
    assert_int_equal(numbers.tl0picidx, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_line_is_the_least_delayed_packet_of_the_last_seconds),
        cmocka_unit_test(a_jump_of_the_timestamps_starts_the_line_anew),
        cmocka_unit_test(a_replay_lies_on_the_live_line_and_meets_it_without_a_step),
        cmocka_unit_test(a_new_source_goes_on_where_time_has_come_to),
        cmocka_unit_test(time_never_goes_back_and_the_excess_is_not_kept),
        cmocka_unit_test(hours_later_the_compression_does_not_come_back),
        cmocka_unit_test(picture_ids_go_on_in_their_width),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
