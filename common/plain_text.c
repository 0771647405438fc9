#include "common/plain_text.h"

#include <jansson.h>
#include <string.h>

/* White_Space of Unicode's PropList.txt, the zero-width space and the byte order mark, as UTF-8. */
static const char *const blanks[] = {"\t", "\n", "\v", "\f", "\r", " ", "\xc2\x85", "\u00a0",
    "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006", "\u2007",
    "\u2008", "\u2009", "\u200a", "\u200b", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000",
    "\ufeff"};

/* How long the blank is that the text begins with, or ends with; 0: none. */
static size_t blank_at(const char *text, size_t len, bool at_end)
{
    for (size_t i = 0; i < sizeof(blanks) / sizeof(blanks[0]); i++) {
        size_t blank = strlen(blanks[i]);

        if (blank <= len && memcmp(at_end ? text + len - blank : text, blanks[i], blank) == 0)
            return blank;
    }
    return 0;
}

/* What is left of it: ret_len bytes from there on. */
static const char *inner_of(const char *text, size_t *ret_len)
{
    size_t len = strlen(text), blank;

    for (; (blank = blank_at(text, len, false)) > 0; len -= blank)
        text += blank;
    while ((blank = blank_at(text, len, true)) > 0)
        len -= blank;
    *ret_len = len;
    return text;
}

bool plain_text_fits(const char *text, size_t max_bytes)
{
    size_t len = strlen(text), inner;
    json_t *string;

    inner_of(text, &inner);
    if (inner == 0 || len > max_bytes)
        return false;
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return false;
    }
    string = json_string(text); /* NULL unless it is UTF-8 */
    json_decref(string);
    return string != NULL;
}

void plain_text_trim(char *text)
{
    size_t len;
    const char *inner = inner_of(text, &len);

    memmove(text, inner, len);
    text[len] = '\0';
}
