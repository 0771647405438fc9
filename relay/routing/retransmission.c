#include "relay/routing/retransmission.h"

#include "common/clock.h"

#include <string.h>

#define UNKNOWN_RTT_US     (50 * US_PER_MS)
#define MIN_RTT_US         (5 * US_PER_MS)
#define MAX_RTT_US         (2 * US_PER_S)
#define REPEAT_PERCENT     95 /* of a round trip: the viewer's idea of it may be a shorter one */
#define FLOOR_BYTES_PER_S  20000
#define MAX_BUDGET_BYTES   500000
#define FIRST_BUDGET_BYTES 100000

void retransmission_init(struct retransmission *retransmission, uint64_t now_us)
{
    memset(retransmission, 0, sizeof(*retransmission));
    retransmission->budget_bytes = FIRST_BUDGET_BYTES;
    retransmission->refilled_us = now_us;
}

static void refill(struct retransmission *retransmission, uint64_t bytes)
{
    retransmission->budget_bytes += bytes;
    if (retransmission->budget_bytes > MAX_BUDGET_BYTES)
        retransmission->budget_bytes = MAX_BUDGET_BYTES;
}

void retransmission_credit(struct retransmission *retransmission, size_t bytes)
{
    refill(retransmission, bytes / 2);
}

void retransmission_rtt_sample(struct retransmission *retransmission, uint32_t rtt_65536)
{
    uint64_t sample_us = (uint64_t)rtt_65536 * US_PER_S / 65536;
    if (sample_us > MAX_RTT_US)
        return; /* clocks that ran apart, or nonsense */
    if (!retransmission->reported)
        retransmission->rtt_us = sample_us;
    else
        retransmission->rtt_us = (7 * retransmission->rtt_us + sample_us) / 8;
    if (retransmission->rtt_us == 0)
        retransmission->rtt_us = 1;
    retransmission->reported = true;
}

bool retransmission_take(struct retransmission *retransmission, size_t bytes, uint64_t now_us)
{
    uint64_t earned =
        clock_elapsed_us(now_us, retransmission->refilled_us) * FLOOR_BYTES_PER_S / US_PER_S;

    if (earned > 0) {
        refill(retransmission, earned);
        retransmission->refilled_us = now_us;
    }
    if (retransmission->budget_bytes < bytes) {
        retransmission->refused_budget++;
        return false;
    }
    retransmission->budget_bytes -= bytes;
    return true;
}

void retransmission_guess_rtt(struct retransmission *retransmission, uint64_t rtt_us)
{
    if (!retransmission->reported && rtt_us <= MAX_RTT_US)
        retransmission->rtt_us = rtt_us;
}

static bool is_repeat(const struct retransmission *retransmission, const struct sent_packet *sent,
    uint64_t rtt_us, uint32_t now_ms)
{
    if (!sent->resent || retransmission->copying)
        return false;
    return now_ms - sent->resent_ms < rtt_us * REPEAT_PERCENT / 100 / US_PER_MS;
}

bool retransmission_allow(
    struct retransmission *retransmission, struct sent_packet *sent, size_t bytes, uint64_t now_us)
{
    uint64_t rtt_us = retransmission->rtt_us != 0 ? retransmission->rtt_us : UNKNOWN_RTT_US;
    uint32_t now_ms = (uint32_t)(now_us / US_PER_MS);

    if (rtt_us < MIN_RTT_US)
        rtt_us = MIN_RTT_US;
    if (now_ms - sent->sent_ms > RETRANSMISSION_AGE_MS)
        return false;
    if (is_repeat(retransmission, sent, rtt_us, now_ms)) {
        retransmission->refused_repeat++;
        return false;
    }
    if (!retransmission_take(retransmission, bytes, now_us))
        return false;
    sent->resent = true;
    sent->resent_ms = now_ms;
    return true;
}
