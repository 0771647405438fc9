/*
 * Random bytes from the kernel, for identifiers, keys and jitter. Thread-safe; aborts the program if
 * the kernel has no randomness to give, since nothing safe can be done without.
 */
#ifndef DUET_COMMON_RANDOM_H
#define DUET_COMMON_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#define RANDOM_ID_CHARS 32 /* 128 bits as lower-case hex, without the terminating zero */

void random_bytes(void *ret_data, size_t len);
uint32_t random_u32(void);

/* Uniform in [0, bound); bound > 0. */
uint32_t random_below(uint32_t bound);

/* 128-bit identifier, e.g. for a session URL. */
void random_id(char ret_id[RANDOM_ID_CHARS + 1]);

/* chars characters of [A-Za-z0-9] and a terminating zero into ret_text. */
void random_text(char *ret_text, size_t chars);

#endif
