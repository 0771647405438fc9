/* The figures over the picture. */
#include "player/figures.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "player/words.h"

static struct receiver_now before;
static struct receiver_now now;

static int setup(void **state)
{
    memset(&before, 0, sizeof(before));
    memset(&now, 0, sizeof(now));
    now.network.round_trip_ms = -1;
    now.play.latency_ms = -1;
    return 0;
}

static void assert_shows(enum figure figure, double seconds, const char *text)
{
    char value[FIGURE_CHARS];

    figure_value(figure, &before, &now, seconds, value);
    assert_string_equal(value, text);
}

static void rates_and_loss_are_of_the_last_seconds(void **state)
{
    before.play.frames = 1000;
    now.play.frames = 1050;
    before.network.bytes_received = 5000000;
    now.network.bytes_received = 5500000;
    before.network.packets_received = 4000;
    now.network.packets_received = 4095;
    before.network.packets_lost = 300;
    now.network.packets_lost = 305;
    assert_shows(FIGURE_FRAMES, 2, "25 fps");
    assert_shows(FIGURE_RATE, 2, "2000 kbit/s");
    assert_shows(FIGURE_LOSS, 2, "5.0 %");
}

static void a_count_that_began_anew_is_no_huge_rate(void **state)
{
    before.play.frames = 1000;
    before.network.packets_lost = 7;
    assert_shows(FIGURE_FRAMES, 1, "0 fps");
    assert_shows(FIGURE_LOSS, 1, "0.0 %");
}

static void what_is_not_known_is_a_dash(void **state)
{
    assert_shows(FIGURE_PICTURE, 1, "–");
    assert_shows(FIGURE_ROUND_TRIP, 1, "–");
    assert_shows(FIGURE_GLASS, 1, "–");
    assert_shows(FIGURE_RATE, 0, "–");
}

static void sums_are_shown_as_they_are(void **state)
{
    now.play.width = 1280;
    now.play.height = 720;
    now.play.freezes = 3;
    now.play.frozen_ms = 1250;
    now.network.packets_recovered = 12;
    now.network.video_buffer_ms = 20;
    now.network.audio_buffer_ms = 60;
    now.network.round_trip_ms = 12.4;
    now.keyframes_requested = 4;
    assert_shows(FIGURE_PICTURE, 1, "1280×720");
    assert_shows(FIGURE_FREEZES, 1, "3 · 1.2 s");
    assert_shows(FIGURE_RECOVERED, 1, "12");
    assert_shows(FIGURE_BUFFERS, 1, "20 / 60 ms");
    assert_shows(FIGURE_ROUND_TRIP, 1, "12 ms");
    assert_shows(FIGURE_KEYFRAMES, 1, "4");
}

static void every_figure_has_a_name_in_both_languages(void **state)
{
    static const char *const languages[] = {"zh-CN", "en"};

    for (size_t l = 0; l < 2; l++) {
        struct words *words = words_new(languages[l], NULL);

        assert_non_null(words);
        for (int i = 0; i < FIGURE_COUNT; i++) {
            const char *id = figure_name((enum figure)i);

            assert_string_not_equal(words_get(words, id), id);
        }
        words_free(words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(rates_and_loss_are_of_the_last_seconds, setup),
        cmocka_unit_test_setup(a_count_that_began_anew_is_no_huge_rate, setup),
        cmocka_unit_test_setup(what_is_not_known_is_a_dash, setup),
        cmocka_unit_test_setup(sums_are_shown_as_they_are, setup),
        cmocka_unit_test(every_figure_has_a_name_in_both_languages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
