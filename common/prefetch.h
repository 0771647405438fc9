/*
 * Asks the processor to have memory in its near caches soon. A hint without any effect on what a program
 * does: the address need not even be valid. Inline; any thread.
 */
#ifndef DUET_COMMON_PREFETCH_H
#define DUET_COMMON_PREFETCH_H

#include <stddef.h>

#define PREFETCH_LINE_BYTES 64

/* For reading and writing, into the second cache: the first is too small to hold what is asked for ahead. */
static inline void prefetch(const void *at, size_t bytes)
{
    for (size_t i = 0; i < bytes; i += PREFETCH_LINE_BYTES)
        __builtin_prefetch((const char *)at + i, 1, 2);
}

#endif
