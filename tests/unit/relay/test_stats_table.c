/* The table of `duet-relay --stats` from two answers. */
#include "relay/stats_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static json_t *answer(const char *out_packets, const char *counts, const char *count)
{
    char text[2048];
    json_t *json;

    snprintf(text, sizeof(text),
        "{\"version\":\"0.1.0\",\"process\":{\"resident_bytes\":10485760,\"cpu_us\":2500000,"
        "\"open_descriptors\":12,\"max_descriptors\":1024},\"workers\":[{\"index\":0,"
        "\"cpu_us\":1000000,\"sessions\":{\"now\":3,\"rtp_out_packets\":%s},"
        "\"loop\":{\"bounds_us\":[1000,10000],\"counts\":%s,\"count\":%s},"
        "\"drops\":{\"malformed\":0,\"srtp_auth\":7},\"routing\":{\"lessons\":[{\"lesson\":"
        "\"music\",\"viewers\":2,\"joins\":2,\"join_us\":90000,\"pictures\":[1,0,1]}],"
        "\"lessons_left_out\":4,\"totals\":{\"drops\":{\"forbidden\":2}}}}]}",
        out_packets, counts, count);
    json = json_loads(text, 0, NULL);
    assert_non_null(json);
    return json;
}

static char *table(json_t *before, json_t *now, double seconds)
{
    char *text = stats_table(before, now, seconds);

    assert_non_null(text);
    json_decref(before);
    json_decref(now);
    return text;
}

static void assert_says(const char *text, const char *what)
{
    if (strstr(text, what) == NULL)
        fail_msg("\"%s\" is not in\n%s", what, text);
}

static void rates_are_what_grew_in_between(void **state)
{
    char *text = table(answer("1000", "[5,0,0]", "5"), answer("1500", "[5,99,1]", "105"), 2.0);

    assert_says(text, "       250 ");
    assert_says(text, " 10.00 ms"); /* half of the new turns */
    free(text);
}

static void slow_turns_are_not_hidden_by_a_long_history(void **state)
{
    char *text =
        table(answer("0", "[100000,0,0]", "100000"), answer("0", "[100010,0,5]", "100015"), 1.0);

    assert_says(text, "  1.00 ms  over 1 s");
    free(text);
}

static void lessons_and_drops_are_named(void **state)
{
    char *text = table(answer("0", "[0,0,0]", "0"), answer("0", "[0,0,0]", "0"), 1.0);

    assert_says(text, "duet-relay 0.1.0   memory 10.0 MiB   processor 2.5 s");
    assert_says(text, "music");
    assert_says(text, "1/0/1");
    assert_says(text, "     45\n"); /* ms to join, on average */
    assert_says(text, "… and 4 more on worker 0");
    assert_says(text, "dropped on worker 0: srtp_auth 7\n");
    assert_says(text, "dropped on worker 0: forbidden 2\n");
    assert_null(strstr(text, "malformed"));
    free(text);
}

static void an_empty_answer_is_a_table_without_rows(void **state)
{
    char *text = table(json_object(), json_object(), 0);

    assert_says(text, "worker");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_are_what_grew_in_between),
        cmocka_unit_test(slow_turns_are_not_hidden_by_a_long_history),
        cmocka_unit_test(lessons_and_drops_are_named),
        cmocka_unit_test(an_empty_answer_is_a_table_without_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
