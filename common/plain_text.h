/* Names and reasons that people type: one line of text, to be shown as it is. Pure; any thread. */
#ifndef DUET_COMMON_PLAIN_TEXT_H
#define DUET_COMMON_PLAIN_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Whether it is 1 to max_bytes bytes of UTF-8 without control characters, and not blanks alone. */
bool plain_text_fits(const char *text, size_t max_bytes);

/* Takes blanks away at both ends, in place: nobody sees them, and 三年级 beside "三年级 " is the same room twice. Blanks are
 * Unicode's white space (with the full-width one, U+3000), and what has no width at all. */
void plain_text_trim(char *text);

#endif
