/* The text that Prometheus reads, and what relays may have said. */
#include "signaling/metrics/exposition.h"
#include "signaling/metrics/relay_metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void assert_says(const struct text *out, const char *what)
{
    assert_false(out->failed);
    if (!out->data || !strstr(out->data, what))
        fail_msg("\"%s\" is not in\n%s", what, out->data ? out->data : "");
}

static void assert_silent(const struct text *out, const char *what)
{
    if (out->data && strstr(out->data, what))
        fail_msg("\"%s\" is in\n%s", what, out->data);
}

static void labels_are_escaped(void **state)
{
    const struct exposition_label labels[] = {{"a", "x\"y\\z\nw"}, {"b", ""}};
    struct text out = {0};

    exposition_sample(&out, "n", "_total", labels, 2, 3);
    assert_string_equal(out.data, "n_total{a=\"x\\\"y\\\\z\\nw\",b=\"\"} 3\n");
    text_finish(&out);
}

static void large_counts_keep_every_digit_and_small_times_theirs(void **state)
{
    struct text out = {0};

    exposition_sample(&out, "n", "", NULL, 0, 9007199254740991.0);
    exposition_sample(&out, "t", "", NULL, 0, 0.000123);
    assert_string_equal(out.data, "n 9007199254740991\nt 0.000123\n");
    text_finish(&out);
}

static void write_answer(struct text *out, const char *text)
{
    struct relay_answer answer = {.relay = "r", .stats = json_loads(text, 0, NULL)};

    assert_non_null(answer.stats);
    relay_metrics_write(out, &answer, 1);
    json_decref((json_t *)answer.stats);
}

static void figures_stand_under_relay_worker_and_lesson(void **state)
{
    struct text out = {0};

    write_answer(&out,
        "{\"workers\":[{},{\"index\":7,\"cpu_us\":1500000,\"sessions\":{\"now\":4},"
        "\"drops\":{\"srtp_auth\":3},\"tcp\":{\"untrusted\":2},\"routing\":{\"lessons\":["
        "{\"lesson\":\"music\",\"rtp_out_packets\":12,\"pictures\":[1,0,2],\"joins\":2,"
        "\"join_us\":500000,\"drops\":{\"late\":5}}]}}]}");
    assert_says(&out, "duet_relay_up{relay=\"r\"} 1\n");
    assert_says(&out, "duet_relay_worker_cpu_seconds_total{relay=\"r\",worker=\"1\"} 1.5\n");
    assert_says(&out, "duet_relay_sessions{relay=\"r\",worker=\"1\"} 4\n");
    assert_says(
        &out, "duet_relay_rtp_out_packets_total{relay=\"r\",worker=\"1\",lesson=\"music\"} 12\n");
    assert_says(
        &out, "duet_relay_pictures{relay=\"r\",worker=\"1\",lesson=\"music\",layer=\"2\"} 2\n");
    assert_says(&out, "duet_relay_packets_dropped_total{relay=\"r\",worker=\"1\",lesson=\"\","
                      "reason=\"srtp_auth\"} "
                      "3\n");
    assert_says(&out, "duet_relay_packets_dropped_total{relay=\"r\",worker=\"1\",lesson=\"\","
                      "reason=\"tcp_untrusted\"} 2\n");
    assert_says(&out, "duet_relay_packets_dropped_total{relay=\"r\",worker=\"1\",lesson=\"music\","
                      "reason=\"late\"} 5\n");
    assert_says(&out,
        "duet_relay_lesson_join_seconds_sum{relay=\"r\",worker=\"1\",lesson=\"music\"} 0.5\n");
    text_finish(&out);
}

static void buckets_add_up_to_the_count(void **state)
{
    struct text out = {0};

    write_answer(&out,
        "{\"workers\":[{\"loop\":{\"bounds_us\":[1000,25000],\"counts\":[5,3,1],\"sum_us\":40500,"
        "\"count\":999}}]}");
    assert_says(&out,
        "duet_relay_loop_turn_seconds_bucket{relay=\"r\",worker=\"0\",le=\"0.001\"} 5\n"
        "duet_relay_loop_turn_seconds_bucket{relay=\"r\",worker=\"0\",le=\"0.025\"} 8\n"
        "duet_relay_loop_turn_seconds_bucket{relay=\"r\",worker=\"0\",le=\"+Inf\"} 9\n"
        "duet_relay_loop_turn_seconds_sum{relay=\"r\",worker=\"0\"} 0.0405\n"
        "duet_relay_loop_turn_seconds_count{relay=\"r\",worker=\"0\"} 9\n");
    text_finish(&out);
}

static void what_has_a_wrong_type_is_left_out(void **state)
{
    static const char *const answers[] = {
        "{\"workers\":7}",
        "{\"workers\":[1,null,\"x\",[]]}",
        "{\"workers\":[{\"loop\":{\"bounds_us\":[1,2],\"counts\":[1]},\"sessions\":{\"now\":\"4\"},"
        "\"drops\":[],\"routing\":{\"lessons\":[{\"lesson\":5,\"viewers\":1},{\"viewers\":2},"
        "{\"lesson\":\"m\",\"drops\":{\"late\":\"x\"},\"pictures\":{}}]}}]}",
    };

    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct text out = {0};

        write_answer(&out, answers[i]);
        assert_says(&out, "duet_relay_up{relay=\"r\"} 1\n");
        assert_silent(&out, "worker=");
        text_finish(&out);
    }
}

static void a_relay_without_an_answer_is_down_and_nothing_more(void **state)
{
    struct relay_answer answer = {.relay = "gone"};
    struct text out = {0};

    relay_metrics_write(&out, &answer, 1);
    assert_says(&out, "duet_relay_up{relay=\"gone\"} 0\n");
    assert_null(strstr(strstr(out.data, "gone") + 1, "gone"));
    text_finish(&out);
}

/* A page of figures has an end, whatever a relay lists. */
static void an_endless_list_of_lessons_is_cut(void **state)
{
    json_t *lessons = json_array();
    struct relay_answer answer = {.relay = "r"};
    json_t *stats;
    struct text out = {0};

    for (int i = 0; i < 5 * RELAY_METRICS_MAX_LESSONS; i++) {
        char name[16];

        snprintf(name, sizeof(name), "l%d", i);
        json_array_append_new(lessons, json_pack("{s:s, s:i}", "lesson", name, "viewers", 1));
    }
    stats = json_pack("{s:[{s:{s:o}}]}", "workers", "routing", "lessons", lessons);
    answer.stats = stats;
    relay_metrics_write(&out, &answer, 1);
    assert_says(&out, "lesson=\"l511\"");
    assert_silent(&out, "lesson=\"l512\"");
    text_finish(&out);
    json_decref(stats);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_are_escaped),
        cmocka_unit_test(large_counts_keep_every_digit_and_small_times_theirs),
        cmocka_unit_test(figures_stand_under_relay_worker_and_lesson),
        cmocka_unit_test(buckets_add_up_to_the_count),
        cmocka_unit_test(what_has_a_wrong_type_is_left_out),
        cmocka_unit_test(a_relay_without_an_answer_is_down_and_nothing_more),
        cmocka_unit_test(an_endless_list_of_lessons_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
