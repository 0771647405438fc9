#include "relay/routing/loss_summary.h"

#include <string.h>

#define TOO_FEW_FOR_OUTLIERS 2
#define LEAST_COMPANY        2
#define ONE_IN               20

void loss_summary_init(struct loss_summary *summary)
{
    memset(summary, 0, sizeof(*summary));
}

void loss_summary_add(struct loss_summary *summary, uint8_t fraction_lost)
{
    if (fraction_lost > LOSS_SUMMARY_USABLE)
        return;
    summary->viewers[fraction_lost]++;
    summary->count++;
}

void loss_summary_merge(struct loss_summary *summary, const struct loss_summary *other)
{
    for (unsigned i = 0; i <= LOSS_SUMMARY_USABLE; i++)
        summary->viewers[i] += other->viewers[i];
    summary->count += other->count;
}

/* How many viewers must lose so much, or more, for it to count. */
static uint32_t company(uint32_t count)
{
    if (count <= TOO_FEW_FOR_OUTLIERS)
        return 1;
    uint32_t share = (count + ONE_IN - 1) / ONE_IN;
    return share > LEAST_COMPANY ? share : LEAST_COMPANY;
}

uint8_t loss_summary_worst(const struct loss_summary *summary)
{
    uint32_t needed = company(summary->count);
    uint32_t seen = 0;

    for (unsigned fraction = LOSS_SUMMARY_USABLE; fraction > 0; fraction--) {
        seen += summary->viewers[fraction];
        if (seen >= needed)
            return (uint8_t)fraction;
    }
    return 0;
}
