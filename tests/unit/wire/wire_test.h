/*
 * Small help for the wire tests: bytes from hex text and files from the fixtures folder.
 */
#ifndef DUET_TESTS_UNIT_WIRE_WIRE_TEST_H
#define DUET_TESTS_UNIT_WIRE_WIRE_TEST_H

/* clang-format off: cmocka needs these first */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* clang-format on */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

struct test_bytes {
    size_t len;
    uint8_t data[2048];
};

/* "80 60 00 01" → bytes; blanks are skipped. */
static inline struct test_bytes hex(const char *text)
{
    struct test_bytes bytes = {0};
    unsigned value;
    int used;

    while (sscanf(text, " %2x%n", &value, &used) == 1) {
        bytes.data[bytes.len++] = (uint8_t)value;
        text += used;
    }
    return bytes;
}

/* Content of a fixture, to be freed; zero-terminated. Fails the test when it is not there. */
static inline char *read_fixture(const char *name, size_t *ret_len)
{
    char path[512];
    const size_t capacity = 256 * 1024;
    char *content = calloc(1, capacity);

    assert_non_null(content);
    snprintf(path, sizeof(path), "%s/%s", WIRE_FIXTURES, name);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("cannot read %s", path);
    *ret_len = fread(content, 1, capacity - 1, file);
    fclose(file);
    return content;
}

#endif
