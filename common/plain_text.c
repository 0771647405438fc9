#include "common/plain_text.h"

#include <jansson.h>
#include <string.h>

bool plain_text_fits(const char *text, size_t max_bytes)
{
    size_t len = strlen(text);
    json_t *string;

    if (len == 0 || len > max_bytes)
        return false;
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return false;
    }
    string = json_string(text); /* NULL unless it is UTF-8 */
    json_decref(string);
    return string != NULL;
}
