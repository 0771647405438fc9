/* Cutting of SDP text: lines, words, numbers. */
#include "relay/wire/sdp_internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int sdp_next_line(struct sdp_lines *lines, char **ret_line)
{
    while (lines->next < lines->end) {
        char *line = lines->next;
        char *stop = memchr(line, '\n', (size_t)(lines->end - line));
        if (!stop)
            stop = lines->end;
        lines->next = stop < lines->end ? stop + 1 : stop;
        lines->number++;
        if (stop > line && stop[-1] == '\r')
            stop--;
        *stop = '\0';
        for (const char *c = line; c < stop; c++) {
            if ((unsigned char)*c < ' ' && *c != '\t')
                return -EBADMSG;
        }
        if (stop > line) {
            *ret_line = line;
            return 1;
        }
    }
    return 0;
}

char *sdp_next_word(char **text)
{
    char *word = *text;
    char *end = word + strcspn(word, " ");

    *text = end + strspn(end, " ");
    *end = '\0';
    return word;
}

bool sdp_parse_u32(const char *text, uint32_t max, uint32_t *ret_value)
{
    uint64_t value = 0;
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > 10 || text[digits] != '\0')
        return false;
    for (size_t i = 0; i < digits; i++)
        value = value * 10 + (uint64_t)(text[i] - '0');
    if (value > max)
        return false;
    *ret_value = (uint32_t)value;
    return true;
}

bool sdp_is_token(const char *text, size_t max)
{
    size_t len = 0;

    for (; text[len] != '\0'; len++) {
        if (len == max || text[len] <= ' ' || text[len] > '~')
            return false;
    }
    return len > 0;
}

/* RFC 8839 section 5.4: 4 to 256 and 22 to 256 characters. */
bool sdp_ice_ufrag_valid(const char *text)
{
    return strnlen(text, 4) == 4 && sdp_is_token(text, 256);
}

bool sdp_ice_pwd_valid(const char *text)
{
    return strnlen(text, 22) == 22 && sdp_is_token(text, 256);
}

int sdp_fail(struct sdp_error *error, size_t line, const char *format, ...)
{
    va_list arguments;
    int used = 0;

    error->line = line;
    if (line > 0)
        used = snprintf(error->text, sizeof(error->text), "line %zu: ", line);
    va_start(arguments, format);
    vsnprintf(error->text + used, sizeof(error->text) - (size_t)used, format, arguments);
    va_end(arguments);
    return -EBADMSG;
}
