/* A viewer that asks without end, and a publisher whose payloads no depayloader should see. */
#include "common/bytes.h"
#include "common/clock.h"
#include "relay/wire/rtcp.h"
#include "tests/support/hostile/attacks.h"
#include "tests/support/hostile/stage.h"

#include <errno.h>
#include <string.h>

#define RTCP_BYTES  400
#define ASKED       100
#define OWN_SSRC    77
#define FLOOR_BYTES 20000
#define FIRST_BYTES 100000

static void report_number(json_t *report, const char *key, uint64_t value)
{
    json_object_set_new(report, key, json_integer((json_int_t)value));
}

static void send_rtcp(struct participant *viewer, struct byte_writer *writer)
{
    if (!writer->failed)
        peer_client_send_rtcp(viewer->client, writer->data, writer->len);
}

static void send_keyframe_request(struct stage *stage, uint64_t number)
{
    uint32_t ssrc = stage->viewer->answer.video_ssrc;
    uint8_t buffer[RTCP_BYTES + PEER_TRAILER_BYTES];
    struct byte_writer writer;

    byte_writer_init(&writer, buffer, RTCP_BYTES);
    rtcp_write_rr(&writer, OWN_SSRC, NULL, 0);
    if (number & 1)
        rtcp_write_pli(&writer, OWN_SSRC, ssrc);
    else
        rtcp_write_fir(&writer, OWN_SSRC, &(struct rtcp_fir_entry){ssrc, (uint8_t)(number / 2)});
    send_rtcp(stage->viewer, &writer);
}

/* The newest packets, all of them, again and again. */
static void send_nack(struct stage *stage, uint64_t number)
{
    uint8_t buffer[RTCP_BYTES + PEER_TRAILER_BYTES];
    uint16_t sequences[ASKED];
    struct byte_writer writer;

    (void)number;
    for (uint16_t i = 0; i < ASKED; i++)
        sequences[i] = (uint16_t)(stage->last_sequence - ASKED + 1 + i);
    byte_writer_init(&writer, buffer, RTCP_BYTES);
    rtcp_write_rr(&writer, OWN_SSRC, NULL, 0);
    rtcp_write_nack(&writer, OWN_SSRC, stage->viewer->answer.video_ssrc, sequences, ASKED);
    send_rtcp(stage->viewer, &writer);
}

struct asking {
    struct stage stage;
    uint64_t asked;
    uint64_t elapsed_us;
};

static int ask(struct asking *asking, struct arena *arena, uint64_t usual_count,
    void (*send)(struct stage *stage, uint64_t number))
{
    uint64_t count = arena->options.count > 0 ? arena->options.count : usual_count;
    uint64_t rate = arena->options.rate > 0 ? arena->options.rate : 1000;
    struct stage *stage = &asking->stage;
    uint64_t start_us;
    int err;

    memset(asking, 0, sizeof(*asking));
    err = stage_open(stage, arena);
    if (err < 0)
        return err;
    stage_run(stage, 200);
    stage->keyframe_requests = 0;
    start_us = clock_now_us();
    while (asking->asked < count) {
        uint64_t due = arena_due(arena, start_us, rate, asking->asked);

        for (; due > 0 && asking->asked < count; due--)
            send(stage, asking->asked++);
        stage_turn(stage);
    }
    asking->elapsed_us = clock_elapsed_us(clock_now_us(), stage->viewer->joined_us);
    return 0;
}

int attack_keyframes(struct arena *arena, json_t *report)
{
    static struct asking asking;
    int err = ask(&asking, arena, 5000, send_keyframe_request);

    if (err < 0)
        return err;
    report_number(report, "asked", asking.asked);
    report_number(report, "elapsed_ms", asking.elapsed_us / US_PER_MS);
    report_number(report, "publisher_asked", asking.stage.keyframe_requests);
    json_object_set_new(report, "alive", json_boolean(stage_is_alive(&asking.stage)));
    stage_close(&asking.stage);
    return 0;
}

int attack_nacks(struct arena *arena, json_t *report)
{
    static struct asking asking;
    uint64_t allowed;
    int err = ask(&asking, arena, 5000, send_nack);

    if (err < 0)
        return err;
    /* docs/forwarding.md: half of the media sent, 20 kB/s, and what a session begins with. */
    allowed =
        asking.stage.media_bytes / 2 + asking.elapsed_us * FLOOR_BYTES / US_PER_S + FIRST_BYTES;
    report_number(report, "asked_packets", asking.asked * ASKED);
    report_number(report, "resent_packets", asking.stage.resent_packets);
    report_number(report, "resent_bytes", asking.stage.resent_bytes);
    report_number(report, "allowed_bytes", allowed);
    report_number(report, "media_bytes", asking.stage.media_bytes);
    json_object_set_new(report, "alive", json_boolean(stage_is_alive(&asking.stage)));
    stage_close(&asking.stage);
    return 0;
}

/* ---- payloads ---- */

static void send_payload(struct participant *publisher, const uint8_t *payload, size_t len)
{
    participant_send(publisher, PT_H264, publisher->video_ssrc, publisher->video_sequence++,
        publisher->video_rtp, false, payload, len);
}

/* MTAP16 and MTAP24, the interleaved FU-B and STAP-B, the reserved types; and such a unit inside a STAP-A
 * and inside a FU-A. */
static unsigned send_forbidden(struct participant *publisher)
{
    static const uint8_t types[] = {0, 25, 26, 27, 29, 30, 31};
    static const uint8_t inside_stap[] = {0x78, 0, 3, 0x7a, 1, 2};
    static const uint8_t inside_fu[] = {0x7c, 0x80 | 27, 1, 2};
    uint8_t payload[60];

    memset(payload, 0xff, sizeof(payload));
    for (size_t i = 0; i < sizeof(types); i++) {
        payload[0] = 0x60 | types[i];
        send_payload(publisher, payload, sizeof(payload));
    }
    send_payload(publisher, inside_stap, sizeof(inside_stap));
    send_payload(publisher, inside_fu, sizeof(inside_fu));
    return sizeof(types) + 2;
}

/* What was taken out must leave no hole: the viewer would ask for it for ever. */
static uint64_t count_holes(const struct stage *stage, uint16_t first)
{
    uint64_t holes = 0;

    for (uint16_t i = first; i != stage->last_sequence; i++)
        holes += !stage->seen[0][i];
    return holes;
}

int attack_payloads(struct arena *arena, json_t *report)
{
    uint64_t rounds = arena->options.count > 0 ? arena->options.count : 100;
    static struct stage stage;
    uint64_t sent = 0;
    uint16_t first;
    int err = stage_open(&stage, arena);

    if (err < 0)
        return err;
    first = stage.last_sequence;
    for (uint64_t i = 0; i < rounds; i++) {
        sent += send_forbidden(stage.publisher);
        stage_run(&stage, 10);
    }
    json_object_set_new(report, "alive", json_boolean(stage_is_alive(&stage)));
    report_number(report, "forbidden_sent", sent);
    report_number(report, "forbidden_received", stage.forbidden);
    report_number(report, "received", stage.media_packets);
    report_number(report, "holes", count_holes(&stage, first));
    stage_close(&stage);
    return 0;
}
