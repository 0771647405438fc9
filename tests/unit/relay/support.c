#define _GNU_SOURCE
#include "tests/unit/relay/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FIXTURE_BYTES (128 * 1024)

char *fixture_read(const char *name)
{
    char path[1024];
    char *text = calloc(1, FIXTURE_BYTES);
    FILE *file;

    assert_non_null(text);
    snprintf(path, sizeof(path), "%s/%s", FIXTURES, name);
    file = fopen(path, "rb");
    assert_non_null(file);
    assert_true(fread(text, 1, FIXTURE_BYTES - 1, file) > 0);
    fclose(file);
    return text;
}

char *text_replace(const char *text, const char *from, const char *to)
{
    size_t count = 0;
    const char *at = text;
    char *result;
    char *out;

    assert_non_null(strstr(text, from));
    while ((at = strstr(at, from)) != NULL) {
        count++;
        at += strlen(from);
    }
    result = calloc(1, strlen(text) + count * strlen(to) + 1);
    assert_non_null(result);
    out = result;
    while ((at = strstr(text, from)) != NULL) {
        out = mempcpy(out, text, (size_t)(at - text));
        out = stpcpy(out, to);
        text = at + strlen(from);
    }
    strcpy(out, text);
    return result;
}

size_t text_count_lines(const char *text, const char *prefix)
{
    size_t count = 0;

    while (text != NULL && *text != '\0') {
        count += strncmp(text, prefix, strlen(prefix)) == 0;
        text = strchr(text, '\n');
        text = text != NULL ? text + 1 : NULL;
    }
    return count;
}

struct session_request request_publish(const char *offer)
{
    return (struct session_request){
        .session = "00112233445566778899aabbccddeeff",
        .kind = SESSION_PUBLISH,
        .lesson = "demo",
        .source = "teacher-camera",
        .offer = offer,
    };
}

struct session_request request_watch(const char *offer)
{
    struct session_request request = request_publish(offer);

    request.kind = SESSION_WATCH;
    return request;
}
