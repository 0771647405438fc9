/*
 * A growing text, for headers and bodies of answers. One failed allocation makes it fail for good, so
 * callers append freely and check once. Not thread-safe.
 */
#ifndef DUET_SIGNALING_HTTP_TEXT_H
#define DUET_SIGNALING_HTTP_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text {
    char *data; /* owned; zero-terminated when not NULL */
    size_t len;
    size_t capacity;
    bool failed;
};

void text_append(struct text *text, const void *data, size_t len);
void text_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_finish(struct text *text);

#endif
