#include "relay/routing/reception.h"

#include "common/clock.h"
#include "relay/routing/live_line.h"

#include <string.h>

#define BITRATE_WINDOW_US (US_PER_S / 2)
#define MAX_LOST          0x7fffff
#define MIN_LOST          (-0x800000)

void reception_reset(struct reception *reception)
{
    memset(reception, 0, sizeof(*reception));
}

void reception_count(struct reception *reception, size_t bytes, uint64_t arrival_us)
{
    reception->bytes += bytes;
    uint64_t elapsed_us = clock_elapsed_us(arrival_us, reception->bitrate_start_us);
    if (elapsed_us >= BITRATE_WINDOW_US) {
        uint64_t bps = reception->bitrate_bytes * 8 * US_PER_S / elapsed_us;
        reception->bitrate_bps = bps > UINT32_MAX ? UINT32_MAX : (uint32_t)bps;
        reception->windows_bps[reception->window_count++ % RECEPTION_WINDOWS] =
            reception->bitrate_bps;
        reception->bitrate_bytes = 0;
        reception->bitrate_start_us = arrival_us;
    }
    reception->bitrate_bytes += bytes;
}

void reception_add(struct reception *reception, int64_t sequence, uint32_t timestamp_rtp,
    uint32_t clock_rate, size_t bytes, uint64_t arrival_us)
{
    if (!reception->started) {
        reception->started = true;
        reception->first_sequence = sequence;
        reception->highest_sequence = sequence;
        reception->bitrate_start_us = arrival_us;
    }
    if (sequence < reception->first_sequence)
        reception->first_sequence = sequence;
    if (sequence > reception->highest_sequence)
        reception->highest_sequence = sequence;
    reception->received++;
    reception_count(reception, bytes, arrival_us);

    /* packets of one frame share a timestamp and are sent apart: that is no jitter */
    if (reception->has_transit && timestamp_rtp == reception->last_timestamp_rtp)
        return;

    int64_t transit = live_line_ticks((int64_t)arrival_us, clock_rate) - (int64_t)timestamp_rtp;
    if (reception->has_transit) {
        int32_t delta = (int32_t)(uint32_t)(transit - reception->last_transit);
        uint32_t distance = delta < 0 ? 0U - (uint32_t)delta : (uint32_t)delta;
        if (distance < clock_rate) /* a timestamp jump would spoil it for minutes */
            reception->jitter_16 += distance - ((reception->jitter_16 + 8) >> 4);
    }
    reception->has_transit = true;
    reception->last_transit = transit;
    reception->last_timestamp_rtp = timestamp_rtp;
}

void reception_sender_report(struct reception *reception, uint64_t ntp, uint64_t arrival_us)
{
    reception->last_sr = (uint32_t)(ntp >> 16);
    reception->last_sr_arrival_us = arrival_us;
}

void reception_report(struct reception *reception, uint32_t ssrc, uint64_t now_us,
    struct rtcp_report_block *ret_block)
{
    uint64_t expected = 0;
    if (reception->started)
        expected = (uint64_t)(reception->highest_sequence - reception->first_sequence) + 1;
    int64_t lost = (int64_t)expected - (int64_t)reception->received;

    int64_t expected_now = (int64_t)(expected - reception->expected_prior);
    int64_t lost_now = expected_now - (int64_t)(reception->received - reception->received_prior);
    reception->expected_prior = expected;
    reception->received_prior = reception->received;

    memset(ret_block, 0, sizeof(*ret_block));
    ret_block->ssrc = ssrc;
    if (expected_now > 0 && lost_now > 0)
        ret_block->fraction_lost =
            (uint8_t)(lost_now >= expected_now ? 255 : lost_now * 256 / expected_now);
    if (lost > MAX_LOST)
        lost = MAX_LOST;
    if (lost < MIN_LOST)
        lost = MIN_LOST;
    ret_block->cumulative_lost = (int32_t)lost;
    /* numbering starts one circle up (sequence_window.c) */
    ret_block->highest_seq = (uint32_t)(reception->highest_sequence - 65536);
    ret_block->jitter_rtp = reception->jitter_16 >> 4;
    if (reception->last_sr != 0) {
        uint64_t delay_us = clock_elapsed_us(now_us, reception->last_sr_arrival_us);
        ret_block->last_sr = reception->last_sr;
        ret_block->delay_since_last_sr = (uint32_t)(delay_us * 65536 / US_PER_S);
    }
}

void reception_resume(struct reception *reception, uint32_t bitrate_bps, uint64_t now_us)
{
    reception->bitrate_bps = bitrate_bps;
    reception->windows_bps[0] = bitrate_bps;
    reception->window_count = 1;
    reception->bitrate_bytes = 0;
    reception->bitrate_start_us = now_us;
}

uint32_t reception_bitrate_bps(const struct reception *reception, uint64_t now_us)
{
    if (clock_elapsed_us(now_us, reception->bitrate_start_us) > 4 * BITRATE_WINDOW_US)
        return 0;
    return reception->bitrate_bps;
}

uint32_t reception_steady_bps(const struct reception *reception, uint64_t now_us)
{
    unsigned count =
        reception->window_count < RECEPTION_WINDOWS ? reception->window_count : RECEPTION_WINDOWS;
    uint64_t sum_bps = 0;

    if (count == 0 || reception_bitrate_bps(reception, now_us) == 0)
        return 0;
    for (unsigned i = 0; i < count; i++)
        sum_bps += reception->windows_bps[i];
    return (uint32_t)(sum_bps / count);
}
