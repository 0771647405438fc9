/* SDP text out, line by line. */
#include "relay/wire/sdp.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void sdp_writer_init(struct sdp_writer *writer, char *data, size_t capacity)
{
    *writer = (struct sdp_writer){.data = data, .capacity = capacity, .failed = capacity == 0};
    if (capacity > 0)
        data[0] = '\0';
}

void sdp_write_line(struct sdp_writer *writer, const char *format, ...)
{
    const size_t tail = 3; /* CR, LF and the terminating zero */
    va_list arguments;

    if (writer->failed)
        return;
    char *line = writer->data + writer->len;
    size_t room = writer->capacity - writer->len;
    va_start(arguments, format);
    int len = vsnprintf(line, room, format, arguments);
    va_end(arguments);
    /* A line break inside would let an offered value add lines to the answer. */
    if (len < 0 || (size_t)len + tail > room || strpbrk(line, "\r\n")) {
        line[0] = '\0';
        writer->failed = true;
        return;
    }
    memcpy(line + len, "\r\n", tail);
    writer->len += (size_t)len + 2;
}
