#include "relay/routing/rewriter.h"

#include "relay/routing/live_line.h"
#include "relay/wire/sequence.h"

#include <string.h>

#define FORGET_COMPRESSION_S 10

void rewriter_init(struct rewriter *rewriter, uint16_t sequence, uint32_t timestamp_rtp)
{
    memset(rewriter, 0, sizeof(*rewriter));
    /* one circle up, so that late packets keep positive numbers */
    rewriter->highest = 65536 + (sequence & 0x7fff) - 1;
    rewriter->newest_rtp = timestamp_rtp;
}

static uint32_t line_at(const struct rewriter *rewriter, uint32_t clock_rate, uint64_t now_us)
{
    int64_t elapsed_us = (int64_t)(now_us - rewriter->line_us);
    return rewriter->line_rtp + (uint32_t)live_line_ticks(elapsed_us, clock_rate);
}

static void begin_picture_ids(struct rewriter *rewriter, const struct packet *packet)
{
    if (packet->picture_id_offset == 0)
        return;
    if (rewriter->has_picture_id) {
        rewriter->picture_id_offset =
            (uint16_t)(rewriter->newest_picture_id + 1 - packet->picture_id);
        rewriter->tl0picidx_offset = (uint8_t)(rewriter->newest_tl0picidx + 1 - packet->tl0picidx);
    }
    rewriter->newest_picture_id = (uint16_t)(packet->picture_id + rewriter->picture_id_offset);
    rewriter->newest_tl0picidx = (uint8_t)(packet->tl0picidx + rewriter->tl0picidx_offset);
    rewriter->has_picture_id = true;
}

void rewriter_begin(struct rewriter *rewriter, const struct packet *packet, uint32_t live_rtp,
    uint32_t clock_rate, bool compress, uint64_t now_us)
{
    uint32_t line_rtp =
        rewriter->started ? line_at(rewriter, clock_rate, now_us) : rewriter->newest_rtp;
    uint32_t age = live_rtp - packet->timestamp_rtp;

    rewriter->first = packet->sequence;
    rewriter->sequence_offset = rewriter->highest + 1 - packet->sequence;
    rewriter->timestamp_offset = line_rtp - live_rtp;
    rewriter->clock_rate = clock_rate;
    rewriter->line_us = now_us;
    rewriter->line_rtp = line_rtp;
    rewriter->skew_rtp = 0;
    rewriter->compressing = compress;
    rewriter->caught_up_rtp =
        packet->timestamp_rtp + (uint32_t)((uint64_t)age * REPLAY_SPEED / (REPLAY_SPEED - 1));

    /* a source that runs late must not go back behind what was sent of the one before */
    uint32_t begin_rtp = rewriter_timestamp(rewriter, packet->timestamp_rtp);
    if (rewriter->started && !timestamp_newer(begin_rtp, rewriter->newest_rtp)) {
        rewriter->skew_rtp = rewriter->newest_rtp + clock_rate / 1000 - begin_rtp;
        rewriter->timestamp_offset += rewriter->skew_rtp;
    }
    begin_picture_ids(rewriter, packet);
}

void rewriter_follow(struct rewriter *rewriter, uint32_t live_rtp, uint64_t now_us)
{
    rewriter->line_us = now_us;
    rewriter->line_rtp = live_rtp + rewriter->timestamp_offset - rewriter->skew_rtp;
}

uint32_t rewriter_timestamp(const struct rewriter *rewriter, uint32_t timestamp_rtp)
{
    int64_t behind = timestamp_distance(rewriter->caught_up_rtp, timestamp_rtp);
    if (rewriter->compressing && behind > 0)
        timestamp_rtp = rewriter->caught_up_rtp - (uint32_t)(behind / REPLAY_SPEED);
    return timestamp_rtp + rewriter->timestamp_offset;
}

uint32_t rewriter_report_timestamp(const struct rewriter *rewriter, uint32_t timestamp_rtp)
{
    return timestamp_rtp + rewriter->timestamp_offset;
}

static void note_picture_id(
    struct rewriter *rewriter, const struct packet *packet, const struct rewritten *numbers)
{
    if (packet->picture_id_offset == 0)
        return;
    rewriter->newest_picture_id = numbers->picture_id;
    rewriter->newest_tl0picidx = numbers->tl0picidx;
    rewriter->has_picture_id = true;
}

bool rewriter_apply(
    struct rewriter *rewriter, const struct packet *packet, struct rewritten *ret_numbers)
{
    if (packet->sequence < rewriter->first)
        return false;
    if (rewriter->compressing &&
        timestamp_distance(packet->timestamp_rtp, rewriter->caught_up_rtp) >
            (int64_t)FORGET_COMPRESSION_S * rewriter->clock_rate)
        rewriter->compressing = false;

    int64_t sequence = packet->sequence + rewriter->sequence_offset;
    ret_numbers->sequence_number = (uint16_t)sequence;
    ret_numbers->timestamp_rtp = rewriter_timestamp(rewriter, packet->timestamp_rtp);
    ret_numbers->picture_id = (uint16_t)(packet->picture_id + rewriter->picture_id_offset);
    ret_numbers->tl0picidx = (uint8_t)(packet->tl0picidx + rewriter->tl0picidx_offset);

    if (sequence > rewriter->highest) {
        rewriter->highest = sequence;
        note_picture_id(rewriter, packet, ret_numbers);
    }
    if (!rewriter->started || timestamp_newer(ret_numbers->timestamp_rtp, rewriter->newest_rtp))
        rewriter->newest_rtp = ret_numbers->timestamp_rtp;
    rewriter->started = true;
    return true;
}
