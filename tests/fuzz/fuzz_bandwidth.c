/*
 * A viewer that answers with any transport-wide feedback: the estimator must keep its figures within
 * bounds and its memory, whatever it is told and whenever. The input is a list of steps: one byte
 * what, two bytes how much, then for feedback that many bytes.
 *
 *   0 feedback (its FCI), 1 packets sent, 2 milliseconds pass, 3 REMB in kbit/s, 4 a report of loss,
 *   5 what is wanted in kbit/s, 6 all that a probe asks for is sent, 7 feedback of what was really sent
 */
#include "common/bytes.h"
#include "common/clock.h"
#include "relay/routing/bandwidth_estimator.h"
#include "relay/routing/pacer.h"

#include <stdlib.h>

#define STEPS       8
#define MAX_STEPS   2000
#define MAX_PACKETS 600
#define MAX_FCI     1400

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct viewer {
    struct bandwidth_estimator estimator;
    struct pacer pacer;
    uint64_t now_us;
    uint16_t sequence;
    uint16_t reported; /* by step 7 */
    uint8_t feedback_count;
};

static void send_packets(struct viewer *viewer, unsigned count, size_t bytes)
{
    for (unsigned i = 0; i < count; i++) {
        bandwidth_estimator_on_sent(
            &viewer->estimator, viewer->sequence++, bytes, viewer->now_us + i);
        pacer_spend(&viewer->pacer, bytes, viewer->now_us + i);
    }
}

static void give_feedback(struct viewer *viewer, const uint8_t *fci, size_t fci_bytes)
{
    const struct rtcp_feedback common = {
        .type = RTCP_RTPFB,
        .format = RTCP_RTPFB_TRANSPORT_CC,
        .fci = fci,
        .fci_bytes = fci_bytes,
    };
    struct transport_feedback feedback;

    if (transport_feedback_parse(&common, &feedback) == 0)
        bandwidth_estimator_on_feedback(&viewer->estimator, &feedback, viewer->now_us);
}

/* A true report, so that the input gets deep; spread of arrivals by how_much. */
static void give_true_feedback(struct viewer *viewer, uint16_t how_much)
{
    struct transport_feedback_builder builder;
    uint8_t data[TRANSPORT_FEEDBACK_BUILDER_BYTES + 64];
    struct byte_writer writer;
    uint64_t arrival_us = viewer->now_us;

    transport_feedback_builder_init(&builder, viewer->reported);
    for (; viewer->reported != viewer->sequence; viewer->reported++, arrival_us += how_much) {
        if (how_much % 7 == 3 && viewer->reported % 5 == 0)
            continue;
        if (!transport_feedback_builder_add(&builder, viewer->reported, arrival_us))
            break;
    }
    byte_writer_init(&writer, data, sizeof(data));
    transport_feedback_builder_write(&builder, &writer, 1, 2, viewer->feedback_count++);
    if (!writer.failed)
        give_feedback(viewer, data + 12, writer.len - 12);
}

static void send_padding(struct viewer *viewer)
{
    size_t packet_bytes;
    size_t due = bandwidth_estimator_padding(&viewer->estimator, viewer->now_us, &packet_bytes);

    if (due > 0 && packet_bytes == 0)
        abort();
    if (due > 0)
        send_packets(viewer, (unsigned)((due + packet_bytes - 1) / packet_bytes), packet_bytes);
}

static void step(
    struct viewer *viewer, unsigned what, uint16_t how_much, struct byte_reader *reader)
{
    size_t left = byte_reader_left(reader);
    size_t bytes = how_much % (MAX_FCI + 1) < left ? how_much % (MAX_FCI + 1) : left;

    switch (what) {
    case 0:
        give_feedback(viewer, byte_reader_bytes(reader, bytes), bytes);
        break;
    case 1:
        send_packets(viewer, how_much % MAX_PACKETS, how_much % 3000);
        break;
    case 2:
        viewer->now_us += how_much * US_PER_MS;
        break;
    case 3:
        bandwidth_estimator_on_remb(&viewer->estimator, how_much * 1000ULL, viewer->now_us);
        break;
    case 4:
        bandwidth_estimator_on_report(&viewer->estimator, (uint8_t)how_much, viewer->now_us);
        break;
    case 5:
        bandwidth_estimator_set_wanted(&viewer->estimator, how_much * 1000ULL);
        break;
    case 6:
        send_padding(viewer);
        break;
    default:
        give_true_feedback(viewer, how_much);
        break;
    }
}

static void check(struct viewer *viewer)
{
    uint64_t bps = bandwidth_estimator_bps(&viewer->estimator);
    uint64_t pacing_bps = bandwidth_estimator_pacing_bps(&viewer->estimator);
    double loss = bandwidth_estimator_loss(&viewer->estimator);

    if (bps < RATE_CONTROL_MIN_BPS || bps > RATE_CONTROL_MAX_BPS)
        abort();
    if (pacing_bps == 0 || pacing_bps > 10ULL * RATE_CONTROL_MAX_BPS)
        abort();
    if (!(loss >= 0 && loss <= 1))
        abort();
    pacer_set_rate(&viewer->pacer, pacing_bps, viewer->now_us);
    if (pacer_next_us(&viewer->pacer, viewer->now_us) > viewer->now_us + 60 * US_PER_S)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct viewer viewer = {.now_us = 100 * US_PER_S, .sequence = 65000, .reported = 65000};
    struct byte_reader reader;

    byte_reader_init(&reader, data, size);
    bool transport_cc = byte_reader_u8(&reader) % 8 != 0;
    if (bandwidth_estimator_init(&viewer.estimator, transport_cc, viewer.now_us) < 0)
        abort();
    pacer_init(&viewer.pacer, bandwidth_estimator_pacing_bps(&viewer.estimator), viewer.now_us);
    for (unsigned i = 0; i < MAX_STEPS && byte_reader_left(&reader) > 0; i++) {
        unsigned what = byte_reader_u8(&reader) % STEPS;
        step(&viewer, what, byte_reader_u16(&reader), &reader);
        bandwidth_estimator_tick(&viewer.estimator, viewer.now_us);
        check(&viewer);
    }
    bandwidth_estimator_finish(&viewer.estimator);
    return 0;
}
