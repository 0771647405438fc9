#include "common/backoff.h"

#include "common/random.h"

#define LONGEST_MS 7000
#define JITTER_MS  1000

uint32_t backoff_next_ms(struct backoff *backoff)
{
    static const uint16_t first_ms[] = {0, 300, 1200, 2700, 4800};
    if (backoff->attempts < sizeof(first_ms) / sizeof(first_ms[0]))
        return first_ms[backoff->attempts++];
    /* A whole school comes back from the same outage: spread it. */
    return LONGEST_MS + random_below(JITTER_MS + 1);
}

void backoff_reset(struct backoff *backoff)
{
    backoff->attempts = 0;
}
