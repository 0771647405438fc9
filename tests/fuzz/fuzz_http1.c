/* Request heads from strangers: never out of bounds, and the same verdict however they are cut. */
#include "signaling/http/http1.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_head(const struct http1_head *head)
{
    char text[64];

    if (head->query.len > HTTP1_MAX_PATH_CHARS ||
        (http1_query_value(head->query, "a", text, sizeof(text)) == 1 &&
            strlen(text) >= sizeof(text)))
        abort();
    if (head->path[0] != '/' || strlen(head->path) > HTTP1_MAX_PATH_CHARS)
        abort();
    for (size_t i = 0; i < head->header_count; i++) {
        struct http1_span value = head->headers[i].value;

        if (memchr(value.data, '\n', value.len) || memchr(value.data, '\0', value.len))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct http1_head head;
    enum http1_error error = HTTP1_OK;
    ssize_t len = http1_parse_head((const char *)data, size, &head, &error);

    if (len < 0 && error == HTTP1_OK)
        abort();
    if (len <= 0)
        return 0;
    if ((size_t)len > size)
        abort();
    check_head(&head);
    /* One byte less is always too little. */
    if (http1_parse_head((const char *)data, (size_t)len - 1, &head, &error) != 0)
        abort();
    return 0;
}
