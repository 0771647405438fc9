#include "common/secret_file.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Reads a secret from a file with that content. */
static int read_content(const char *content, size_t len, char **ret_secret)
{
    char path[] = "/tmp/duet-secret-XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, len), len);
    close(fd);
    int err = secret_file_read(path, ret_secret);
    unlink(path);
    return err;
}

static void the_first_line_is_the_secret(void **state)
{
    static const char *const contents[] = {"a key", "a key\n", "a key\r\n", "a key\nand a note\n"};

    (void)state;
    for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
        char *secret = NULL;
        assert_int_equal(read_content(contents[i], strlen(contents[i]), &secret), 0);
        assert_string_equal(secret, "a key");
        free(secret);
    }
}

static void nothing_is_no_secret(void **state)
{
    char *secret = NULL;

    (void)state;
    assert_int_equal(read_content("", 0, &secret), -ENODATA);
    assert_int_equal(read_content("\nsecond\n", 8, &secret), -ENODATA);
    assert_int_equal(secret_file_read("/nonexistent/key", &secret), -ENOENT);
    assert_int_equal(secret_file_read("/", &secret), -EISDIR);
    assert_null(secret);
}

static void a_line_is_whole_or_refused(void **state)
{
    static char line[SECRET_FILE_MAX_BYTES + 2];
    char *secret = NULL;

    (void)state;
    memset(line, 'k', sizeof(line));
    assert_int_equal(read_content(line, SECRET_FILE_MAX_BYTES, &secret), 0);
    assert_int_equal(strlen(secret), SECRET_FILE_MAX_BYTES);
    free(secret);
    secret = NULL;
    assert_int_equal(read_content(line, SECRET_FILE_MAX_BYTES + 1, &secret), -EFBIG);
    assert_null(secret);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_line_is_the_secret),
        cmocka_unit_test(nothing_is_no_secret),
        cmocka_unit_test(a_line_is_whole_or_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
