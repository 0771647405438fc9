#include "signaling/import/text_encoding.h"

#include <errno.h>
#include <glib.h>
#include <iconv.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A character of GB 18030 or UTF-16 takes two bytes or more, unless it is one of ASCII: three of UTF-8 at most. */
#define GROWTH 3
#define MOSTLY 4 /* so many times as many right bytes as wrong ones */

struct mark {
    const char *encoding; /* NULL: UTF-8 */
    size_t bytes;
};

static struct mark find_mark(const uint8_t *data, size_t len)
{
    if (len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0)
        return (struct mark){NULL, 3};
    if (len >= 2 && memcmp(data, "\xff\xfe", 2) == 0)
        return (struct mark){"UTF-16LE", 2};
    if (len >= 2 && memcmp(data, "\xfe\xff", 2) == 0)
        return (struct mark){"UTF-16BE", 2};
    return (struct mark){NULL, 0};
}

static unsigned line_of(const char *text, size_t len)
{
    unsigned line = 1;

    for (size_t i = 0; i < len; i++)
        line += text[i] == '\n';
    return line;
}

/* A byte got lost on the way: read as GB 18030 it would all become other characters, silently. Text that is GB 18030
 * has hardly a character that is one of UTF-8 too. */
static bool is_broken_utf8(const char *text, size_t len)
{
    size_t right = 0, wrong = 0;

    for (size_t i = 0; i < len;) {
        gunichar character = g_utf8_get_char_validated(text + i, (gssize)(len - i));
        size_t bytes = character < 0x110000 ? (size_t)g_unichar_to_utf8(character, NULL) : 1;

        if (character >= 0x110000)
            wrong++;
        else if (bytes > 1)
            right += bytes;
        i += bytes;
    }
    return right > MOSTLY * wrong;
}

static int copy(const char *text, size_t len, char **ret_text, size_t *ret_len)
{
    char *copied = malloc(len + 1);

    if (!copied)
        return -ENOMEM;
    memcpy(copied, text, len);
    copied[len] = '\0';
    *ret_text = copied;
    *ret_len = len;
    return 0;
}

static int convert(const char *encoding, const uint8_t *data, size_t len, char **ret_text,
    size_t *ret_len, unsigned *ret_line)
{
    iconv_t converter = iconv_open("UTF-8", encoding);
    char *from = (char *)(uintptr_t)data, *text = NULL, *to;
    size_t left = len, room = len * GROWTH;
    int err = -ENOMEM;

    if (converter == (iconv_t)-1)
        return -errno;
    text = malloc(room + 1);
    if (!text)
        goto out;
    to = text;
    if (iconv(converter, &from, &left, &to, &room) == (size_t)-1 ||
        memchr(text, 0, (size_t)(to - text))) {
        *ret_line = line_of(text, (size_t)(to - text));
        err = -EILSEQ;
        goto out;
    }
    *to = '\0';
    *ret_text = text;
    *ret_len = (size_t)(to - text);
    text = NULL;
    err = 0;
out:
    free(text);
    iconv_close(converter);
    return err;
}

int text_encoding_to_utf8(
    const uint8_t *data, size_t len, char **ret_text, size_t *ret_len, unsigned *ret_line)
{
    struct mark mark = find_mark(data, len);
    const char *text = (const char *)data + mark.bytes;
    size_t text_len = len - mark.bytes;
    const char *wrong;

    if (mark.encoding)
        return convert(mark.encoding, data + mark.bytes, text_len, ret_text, ret_len, ret_line);
    /* refuses zeros too */
    if (g_utf8_validate_len(text, text_len, &wrong))
        return copy(text, text_len, ret_text, ret_len);
    if (mark.bytes == 0 && !memchr(data, 0, len) && !is_broken_utf8(text, text_len))
        return convert("GB18030", data, len, ret_text, ret_len, ret_line);
    *ret_line = line_of(text, (size_t)(wrong - text));
    return -EILSEQ;
}
