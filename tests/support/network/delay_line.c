#include "tests/support/network/delay_line.h"

#include "common/clock.h"

#define NEVER_US INT64_MAX

void delay_line_init(struct delay_line *line)
{
    *line = (struct delay_line){.least_us = {NEVER_US, NEVER_US}};
}

void delay_line_add(struct delay_line *line, int64_t sent_us, uint64_t now_us)
{
    int64_t delay_us = (int64_t)now_us - sent_us;

    if (now_us >= line->next_second_us) {
        line->next_second_us = now_us + US_PER_S;
        line->least_us[1] = line->least_us[0];
        line->least_us[0] = NEVER_US;
    }
    if (delay_us < line->least_us[0])
        line->least_us[0] = delay_us;
    line->known_us = line->least_us[0] < line->least_us[1] ? line->least_us[0] : line->least_us[1];
}
