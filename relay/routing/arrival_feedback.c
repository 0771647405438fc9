#include "relay/routing/arrival_feedback.h"

#include "common/clock.h"
#include "relay/wire/transport_feedback.h"

#include <string.h>

#define INTERVAL_US      (100 * US_PER_MS)
#define FAST_INTERVAL_US (50 * US_PER_MS)
#define FAST_PACKETS     40  /* so many in 50 ms are worth an earlier report */
#define MAX_PENDING      200 /* at most this many per report */

static uint64_t *arrival_of(struct arrival_feedback *feedback, int64_t sequence)
{
    return &feedback->arrivals_us[(uint64_t)sequence % ARRIVAL_FEEDBACK_PACKETS];
}

void arrival_feedback_add(struct arrival_feedback *feedback, uint16_t sequence, uint64_t now_us)
{
    bool first = !feedback->unwrapper.started;
    int64_t before = feedback->unwrapper.newest;
    int64_t value = seq_unwrap(&feedback->unwrapper, sequence);

    if (first) {
        feedback->next = value;
        feedback->reported_us = now_us;
    } else if (value > before) {
        int64_t clear = before + 1;
        if (value - clear >= ARRIVAL_FEEDBACK_PACKETS)
            clear = value - ARRIVAL_FEEDBACK_PACKETS + 1;
        for (; clear < value; clear++)
            *arrival_of(feedback, clear) = 0;
    } else if (before - value >= ARRIVAL_FEEDBACK_PACKETS / 2 || value < 0 ||
               *arrival_of(feedback, value) != 0) {
        return;
    }

    *arrival_of(feedback, value) = now_us != 0 ? now_us : 1;
    feedback->pending++;
    /* reported as lost before it came: say it again from there */
    if (value < feedback->next)
        feedback->next = value;
    if (feedback->unwrapper.newest - feedback->next >= ARRIVAL_FEEDBACK_PACKETS)
        feedback->next = feedback->unwrapper.newest - ARRIVAL_FEEDBACK_PACKETS + 1;
}

bool arrival_feedback_due(const struct arrival_feedback *feedback, uint64_t now_us)
{
    if (feedback->pending == 0)
        return false;
    uint64_t elapsed_us = clock_elapsed_us(now_us, feedback->reported_us);
    return feedback->pending >= MAX_PENDING || elapsed_us >= INTERVAL_US ||
           (feedback->pending >= FAST_PACKETS && elapsed_us >= FAST_INTERVAL_US);
}

bool arrival_feedback_write(struct arrival_feedback *feedback, struct byte_writer *writer,
    uint32_t sender_ssrc, uint32_t media_ssrc, uint64_t now_us)
{
    struct transport_feedback_builder builder;
    int64_t sequence = feedback->next;

    feedback->reported_us = now_us;
    feedback->pending = 0;
    transport_feedback_builder_init(&builder, (uint16_t)sequence);
    for (; sequence <= feedback->unwrapper.newest; sequence++) {
        uint64_t arrival_us = *arrival_of(feedback, sequence);
        if (arrival_us == 0)
            continue;
        if (transport_feedback_builder_add(&builder, (uint16_t)sequence, arrival_us))
            continue;
        if (builder.received > 0)
            break;
        /* the gap before the first arrival is wider than one feedback: begin behind it */
        transport_feedback_builder_init(&builder, (uint16_t)sequence);
        if (!transport_feedback_builder_add(&builder, (uint16_t)sequence, arrival_us))
            continue;
    }
    feedback->next = sequence;
    if (builder.received == 0)
        return false;
    transport_feedback_builder_write(&builder, writer, sender_ssrc, media_ssrc, feedback->count++);
    return true;
}
