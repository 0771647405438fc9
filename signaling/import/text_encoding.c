#include "signaling/import/text_encoding.h"

#include <errno.h>
#include <glib.h>
#include <iconv.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A character of GB 18030 or UTF-16 takes two bytes or more, unless it is one of ASCII: three of UTF-8 at most. */
#define GROWTH 3

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

/* Lines end with CR LF, LF or CR, as csv_reader.h has it. */
static unsigned line_of(const char *text, size_t len)
{
    unsigned line = 1;

    for (size_t i = 0; i < len; i++)
        line += text[i] == '\n' ? i == 0 || text[i - 1] != '\r' : text[i] == '\r';
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
    return right > wrong;
}

static bool is_ascii_letter(unsigned char c)
{
    return g_ascii_isalpha(c);
}

/* A few common words of GBK are valid UTF-8 too: 学校 as ѧУ. Text in which nothing takes three bytes, as Chinese does in
 * UTF-8, and every pair of bytes is of GB 2312 and stands away from Latin letters (in José it would not), is GBK. */
static bool is_rather_gbk(const char *text, size_t len)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t pairs = 0;

    for (size_t i = 0; i < len; i++) {
        if (bytes[i] < 0x80)
            continue;
        if (bytes[i] >= 0xe0 || bytes[i + 1] < 0xa1 || (i > 0 && is_ascii_letter(bytes[i - 1])) ||
            (i + 2 < len && is_ascii_letter(bytes[i + 2])))
            return false;
        pairs++;
        i++;
    }
    return pairs > 0;
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
    char *from = (char *)(uintptr_t)data, *text = NULL, *to, *zero;
    size_t left = len, room = len * GROWTH, done;
    int err = -ENOMEM;

    if (converter == (iconv_t)-1)
        return -ENOTSUP;
    text = malloc(room + 1);
    if (!text)
        goto out;
    to = text;
    done = iconv(converter, &from, &left, &to, &room);
    zero = memchr(text, 0, (size_t)(to - text));
    if (done == (size_t)-1 || zero) {
        *ret_line = line_of(text, (size_t)((zero ? zero : to) - text));
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
        return mark.bytes == 0 && is_rather_gbk(text, text_len)
                   ? convert("GB18030", data, len, ret_text, ret_len, ret_line)
                   : copy(text, text_len, ret_text, ret_len);
    if (mark.bytes == 0 && !memchr(data, 0, len) && !is_broken_utf8(text, text_len))
        return convert("GB18030", data, len, ret_text, ret_len, ret_line);
    *ret_line = line_of(text, (size_t)(wrong - text));
    return -EILSEQ;
}
