/*
 * What a person uploads as text, made UTF-8: as Excel and WPS write CSV files in China, that is UTF-8 with or without a
 * byte order mark, GBK (read as its superset GB 18030), or UTF-16 with a mark. Pure; any thread.
 */
#ifndef DUET_SIGNALING_IMPORT_TEXT_ENCODING_H
#define DUET_SIGNALING_IMPORT_TEXT_ENCODING_H

#include <stddef.h>
#include <stdint.h>

/* Allocates the text, with a zero behind its len bytes; no other zero is in it. Returns 0, -ENOMEM, -ENOTSUP when the machine lacks the encoding's tables, or -EILSEQ for what
 * is text in none of these, with the line (1…) of the first byte that is not. */
int text_encoding_to_utf8(
    const uint8_t *data, size_t len, char **ret_text, size_t *ret_len, unsigned *ret_line);

#endif
