#include "relay/routing/nack_generator.h"

#include "common/clock.h"

#include <string.h>

#define MAX_TRIES       10
#define MAX_AGE_US      US_PER_S
#define REORDER_US      (10 * US_PER_MS)
#define REORDER_PACKETS 3
#define FIRST_RTT_US    (100 * US_PER_MS)
#define MIN_REPEAT_US   (20 * US_PER_MS)

void nack_generator_reset(struct nack_generator *generator)
{
    struct nack_generator fresh = {
        .asked_count = generator->asked_count,
        .recovered_count = generator->recovered_count,
        .given_up_count = generator->given_up_count,
    };

    *generator = fresh;
}

static void remove_at(struct nack_generator *generator, size_t index)
{
    generator->missing_count--;
    memmove(&generator->missing[index], &generator->missing[index + 1],
        (generator->missing_count - index) * sizeof(generator->missing[0]));
}

static void learn_rtt(struct nack_generator *generator, uint64_t sample_us)
{
    if (generator->rtt_us == 0)
        generator->rtt_us = sample_us;
    else
        generator->rtt_us = (7 * generator->rtt_us + sample_us) / 8;
}

static void arrived_late(struct nack_generator *generator, int64_t sequence, uint64_t now_us)
{
    for (size_t i = generator->missing_count; i-- > 0;) {
        struct nack_entry *entry = &generator->missing[i];
        if (entry->sequence < sequence)
            return;
        if (entry->sequence > sequence)
            continue;
        /* after repeats nobody knows which request was answered */
        if (entry->tries == 1)
            learn_rtt(generator, now_us - entry->asked_us);
        if (entry->tries > 0)
            generator->recovered_count++;
        remove_at(generator, i);
        return;
    }
}

bool nack_generator_add(struct nack_generator *generator, int64_t sequence, uint64_t now_us)
{
    if (!generator->started) {
        generator->started = true;
        generator->highest = sequence;
        return true;
    }
    if (sequence <= generator->highest) {
        arrived_late(generator, sequence, now_us);
        return true;
    }

    uint64_t gap = (uint64_t)(sequence - generator->highest - 1);
    int64_t next = generator->highest + 1;
    generator->highest = sequence;
    if (gap + generator->missing_count > NACK_MAX_MISSING) {
        generator->given_up_count += gap + generator->missing_count;
        generator->missing_count = 0;
        return false;
    }
    for (; next < sequence; next++) {
        struct nack_entry *entry = &generator->missing[generator->missing_count++];
        *entry = (struct nack_entry){.sequence = next, .missing_since_us = now_us};
    }
    return true;
}

static bool is_due(
    const struct nack_generator *generator, const struct nack_entry *entry, uint64_t now_us)
{
    if (entry->tries == 0)
        return generator->highest - entry->sequence >= REORDER_PACKETS ||
               now_us - entry->missing_since_us >= REORDER_US;

    uint64_t repeat_us = generator->rtt_us != 0 ? generator->rtt_us : FIRST_RTT_US;
    if (repeat_us < MIN_REPEAT_US)
        repeat_us = MIN_REPEAT_US;
    return now_us - entry->asked_us >= repeat_us;
}

size_t nack_generator_due(struct nack_generator *generator, uint64_t now_us,
    uint16_t ret_seqs[NACK_MAX_PER_ROUND], size_t *ret_given_up)
{
    size_t count = 0;
    size_t given_up = 0;
    size_t kept = 0;

    for (size_t i = 0; i < generator->missing_count; i++) {
        struct nack_entry entry = generator->missing[i];
        bool due = is_due(generator, &entry, now_us);
        if (now_us - entry.missing_since_us > MAX_AGE_US || (due && entry.tries >= MAX_TRIES)) {
            given_up++;
            continue;
        }
        if (due && count < NACK_MAX_PER_ROUND) {
            ret_seqs[count++] = (uint16_t)entry.sequence;
            entry.asked_us = now_us;
            entry.tries++;
        }
        generator->missing[kept++] = entry;
    }

    generator->missing_count = kept;
    generator->asked_count += count;
    generator->given_up_count += given_up;
    *ret_given_up = given_up;
    return count;
}
