#include "relay/settings.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define KEY "relay.key=0123456789abcdef"

struct settings_case {
    const char *assignments[3];
    const char *error; /* part of it; NULL = accepted */
};

static const struct settings_case cases[] = {
    {{KEY}, NULL},
    {{NULL}, "relay.key: not set"},
    {{"relay.key=short"}, "relay.key: the key is shorter than 16"},
    {{"relay.key_file=/nonexistent/key"}, "relay.key_file: cannot read /nonexistent/key"},
    {{KEY, "signaling.url=ftp://host/"}, "signaling.url: \"ftp://host/\""},
    {{KEY, "signaling.url=wss://user:pw@host/"}, "signaling.url"},
    {{KEY, "signaling.url=wss://host:0/"}, "signaling.url"},
    {{KEY, "signaling.url=wss://host:70000/"}, "signaling.url"},
    {{KEY, "signaling.url=ws://school.example/"}, "use wss://"},
    {{KEY, "signaling.url=wss://school.example:8443/x"}, NULL},
    {{KEY, "signaling.url=ws://[::1]:8080"}, NULL},
    {{KEY, "signaling.url=ws://localhost:8080/relay-link"}, NULL},
    {{KEY, "media.listen=eth0"}, "media.listen: \"eth0\" is not an IP address"},
    {{KEY, "media.announce=[192.0.2.1, relay.example]"}, "\"relay.example\" is not an IP address"},
    {{KEY, "media.announce=[192.0.2.1, \"2001:db8::1\"]"}, NULL},
    {{KEY, "log.levels=loud"}, "log.levels: \"loud\""},
};

static void settings_that_cannot_work_are_named(void **state)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct relay_settings settings = {0};
        struct config_error error = {0};
        int err;

        assert_int_equal(config_init(relay_settings_table(), &settings), 0);
        for (size_t j = 0; j < 3 && cases[i].assignments[j] != NULL; j++)
            assert_int_equal(
                config_set(relay_settings_table(), &settings, cases[i].assignments[j], &error), 0);
        err = relay_settings_check(&settings, &error);
        if ((err < 0) != (cases[i].error != NULL) ||
            (err < 0 && strstr(error.text, cases[i].error) == NULL))
            fail_msg("case %zu: %d %s", i, err, error.text);
        config_free(relay_settings_table(), &settings);
    }
}

static void key_is_the_first_line_of_its_file(void **state)
{
    char path[] = "/tmp/duet-test-key-XXXXXX";
    char assignment[64];
    struct relay_settings settings = {0};
    struct config_error error = {0};
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_true(write(fd, "0123456789abcdefXY\r\nsecond line\n", 32) == 32);
    close(fd);
    snprintf(assignment, sizeof(assignment), "relay.key_file=%s", path);
    assert_int_equal(config_init(relay_settings_table(), &settings), 0);
    assert_int_equal(config_set(relay_settings_table(), &settings, assignment, &error), 0);
    assert_int_equal(relay_settings_check(&settings, &error), 0);
    assert_string_equal(settings.relay_key, "0123456789abcdefXY");
    config_free(relay_settings_table(), &settings);
    unlink(path);
}

static void url_is_taken_apart(void **state)
{
    struct relay_signaling_address address;

    assert_int_equal(relay_settings_parse_url("wss://school.example", &address), 0);
    assert_string_equal(address.host, "school.example");
    assert_string_equal(address.path, "/relay-link");
    assert_int_equal(address.port, 443);
    assert_true(address.tls);
    assert_int_equal(relay_settings_parse_url("ws://[::1]:8080/a/b", &address), 0);
    assert_string_equal(address.host, "::1");
    assert_string_equal(address.path, "/a/b");
    assert_int_equal(address.port, 8080);
    assert_false(address.tls);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_that_cannot_work_are_named),
        cmocka_unit_test(key_is_the_first_line_of_its_file),
        cmocka_unit_test(url_is_taken_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
