/* Names and reasons that people type: one line of text, to be shown as it is. Pure; any thread. */
#ifndef DUET_COMMON_PLAIN_TEXT_H
#define DUET_COMMON_PLAIN_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Whether it is 1 to max_bytes bytes of UTF-8 without control characters. */
bool plain_text_fits(const char *text, size_t max_bytes);

#endif
