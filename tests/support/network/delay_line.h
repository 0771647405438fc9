/*
 * The clock of a receiver: the least that arrivals lay behind the sender's clock in the last one to two
 * seconds, as a jitter buffer estimates it. By value; pure.
 */
#ifndef DUET_TESTS_SUPPORT_NETWORK_DELAY_LINE_H
#define DUET_TESTS_SUPPORT_NETWORK_DELAY_LINE_H

#include <stdint.h>

struct delay_line {
    int64_t least_us[2]; /* of this second and the last */
    int64_t known_us;    /* the less of both; stays when nothing comes */
    uint64_t next_second_us;
};

void delay_line_init(struct delay_line *line);

/* Something of sent_us on the sender's clock came now. */
void delay_line_add(struct delay_line *line, int64_t sent_us, uint64_t now_us);

/* What is to be taken from now for the sender's clock without delay. */
static inline int64_t delay_line_us(const struct delay_line *line)
{
    return line->known_us;
}

#endif
