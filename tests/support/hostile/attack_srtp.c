/* Encrypted media from a participant's own, trusted address: bad tags, many senders, numbers that
 * wrapped before they were heard, and packets that come again. */
#include "common/clock.h"
#include "common/random.h"
#include "relay/wire/rtp.h"
#include "tests/support/hostile/attacks.h"
#include "tests/support/hostile/stage.h"

#include <errno.h>
#include <string.h>

#define BAD_BYTES   220
#define TAPE        512
#define LOST_FIRST  20
#define BEFORE_WRAP 65530

static void report_number(json_t *report, const char *key, uint64_t value)
{
    json_object_set_new(report, key, json_integer((json_int_t)value));
}

/* The publisher's next numbers under a tag that is noise. */
static void send_bad_tag(struct participant *publisher, uint64_t number)
{
    uint8_t packet[BAD_BYTES];
    struct rtp_header header = {
        .payload_type = PT_H264,
        .sequence_number = (uint16_t)(publisher->video_sequence + number % 100),
        .timestamp = publisher->video_rtp,
        .ssrc = publisher->video_ssrc,
    };

    random_bytes(packet, sizeof(packet));
    rtp_write_header(packet, &header);
    if (number % 8 == 7) /* as RTCP */
        packet[1] = 200;
    participant_send_raw(publisher, packet, sizeof(packet));
}

static void send_new_ssrc(struct participant *publisher, uint64_t number)
{
    uint32_t ssrc = 0x10000000 + (uint32_t)number;
    uint8_t payload[40] = {0x41, 0x9a};

    participant_send(
        publisher, number & 1 ? PT_H264 : PT_OPUS, ssrc, 1, 1, true, payload, sizeof(payload));
    peer_client_forget_ssrc(publisher->client, ssrc);
}

/* One kind of packet, so many per second, while pictures go on. */
static int attack_with(struct arena *arena, json_t *report, uint64_t usual_count,
    uint64_t usual_rate, void (*send)(struct participant *publisher, uint64_t number))
{
    uint64_t count = arena->options.count > 0 ? arena->options.count : usual_count;
    uint64_t rate = arena->options.rate > 0 ? arena->options.rate : usual_rate;
    static struct stage stage;
    uint64_t start_us, sent = 0;
    int err = stage_open(&stage, arena);

    if (err < 0)
        return err;
    start_us = clock_now_us();
    while (sent < count) {
        uint64_t due = arena_due(arena, start_us, rate, sent);

        for (; due > 0 && sent < count; due--)
            send(stage.publisher, sent++);
        stage_turn(&stage);
    }
    report_number(report, "sent", sent);
    json_object_set_new(report, "alive", json_boolean(stage_is_alive(&stage)));
    stage_close(&stage);
    return 0;
}

int attack_tags(struct arena *arena, json_t *report)
{
    return attack_with(arena, report, 100000, 20000, send_bad_tag);
}

int attack_ssrcs(struct arena *arena, json_t *report)
{
    return attack_with(arena, report, 100000, 20000, send_new_ssrc);
}

/* ---- roll-over ---- */

struct first_numbers {
    bool started;
    uint16_t first;
    uint64_t packets;
};

static void on_first_numbers(struct participant *viewer, const uint8_t *data, size_t len)
{
    struct first_numbers *numbers = viewer->user;
    struct rtp_view view;

    if (rtp_parse(data, len, &view) < 0 || view.ssrc != viewer->answer.video_ssrc)
        return;
    if (!numbers->started)
        numbers->first = view.sequence_number;
    numbers->started = true;
    numbers->packets++;
}

/* A publisher that wraps before the relay has heard it: its twenty first packets are lost. Returns how
 * many packets of it a viewer got in a second. */
static int wrap_unheard(struct arena *arena, unsigned lost, uint64_t *ret_packets)
{
    struct first_numbers numbers = {0};
    struct participant *publisher, *viewer;
    int err = arena_connect(arena, false, &viewer);

    if (err < 0)
        return err;
    viewer->user = &numbers;
    viewer->on_rtp = on_first_numbers;
    err = arena_connect(arena, true, &publisher);
    if (err < 0)
        return err;
    publisher->video_sequence = BEFORE_WRAP;
    publisher->swallow = lost;
    for (int i = 0; i < 30; i++) {
        participant_send_picture(publisher, i % 10 == 0);
        arena_run(arena, 33);
    }
    *ret_packets = numbers.packets;
    arena_leave(viewer, ARENA_POLITE);
    arena_leave(publisher, ARENA_POLITE);
    return 0;
}

/* Joins that lose the first packets they are sent; their numbers must not have wrapped in them. */
static int join_deaf(struct stage *stage, uint64_t joins, json_t *report)
{
    uint64_t highest = 0, failures = 0, heard = 0;

    for (uint64_t i = 0; i < joins; i++) {
        struct first_numbers numbers = {0};
        struct participant *viewer;
        int err = arena_join(stage->arena, false, false, &viewer);

        if (err != 0)
            return err < 0 ? err : -EPERM;
        viewer->user = &numbers;
        viewer->on_rtp = on_first_numbers;
        viewer->deaf = LOST_FIRST;
        for (unsigned ms = 0; ms < 3000 && numbers.packets < 5; ms += 10)
            stage_run(stage, 10);
        heard += numbers.packets >= 5;
        failures += peer_client_counters(viewer->client)->srtp_failures;
        if (numbers.started && numbers.first > highest)
            highest = numbers.first;
        arena_leave(viewer, ARENA_POLITE);
    }
    report_number(report, "viewers", joins);
    report_number(report, "viewers_heard", heard);
    report_number(report, "viewer_srtp_failures", failures);
    report_number(report, "highest_first_number", highest);
    return 0;
}

int attack_roll_over(struct arena *arena, json_t *report)
{
    uint64_t joins = arena->options.count > 0 ? arena->options.count : 20;
    static struct stage stage;
    uint64_t whole = 0, cut = 0;
    int err = wrap_unheard(arena, 0, &whole);

    if (err == 0)
        err = wrap_unheard(arena, LOST_FIRST, &cut);
    report_number(report, "packets_over_the_wrap", whole);
    report_number(report, "packets_after_an_unheard_wrap", cut);
    if (err == 0)
        err = stage_open(&stage, arena);
    if (err < 0)
        return err;
    err = join_deaf(&stage, joins, report);
    stage_close(&stage);
    return err;
}

/* ---- replay ---- */

struct tape {
    struct stage stage;
    struct {
        uint8_t data[1600];
        size_t len;
    } packets[TAPE];
    size_t count;
};

static void on_tape(struct participant *publisher, const uint8_t *data, size_t len)
{
    struct tape *tape = (struct tape *)publisher->user;

    if (tape->count == TAPE || len == 0 || len > sizeof(tape->packets[0].data) || data[0] >> 6 != 2)
        return;
    memcpy(tape->packets[tape->count].data, data, len);
    tape->packets[tape->count++].len = len;
}

/* A capture of what the publisher sent, three times more: at once, and when it is older than any window. */
int attack_replay(struct arena *arena, json_t *report)
{
    static struct tape tape;
    uint64_t sent = 0;
    int err;

    memset(&tape, 0, sizeof(tape));
    err = stage_open(&tape.stage, arena);
    if (err < 0)
        return err;
    tape.stage.publisher->on_sent = on_tape;
    while (tape.count < TAPE)
        stage_turn(&tape.stage);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < tape.count; i++) {
            participant_send_raw(tape.stage.publisher, tape.packets[i].data, tape.packets[i].len);
            sent++;
            if (i % 10 == 0)
                stage_turn(&tape.stage);
        }
        stage_run(&tape.stage, 3000);
    }
    report_number(report, "captured", tape.count);
    report_number(report, "replayed", sent);
    report_number(report, "received", tape.stage.media_packets);
    report_number(report, "duplicates", tape.stage.duplicates);
    report_number(report, "resent", tape.stage.resent_packets);
    json_object_set_new(report, "alive", json_boolean(stage_is_alive(&tape.stage)));
    stage_close(&tape.stage);
    return 0;
}
