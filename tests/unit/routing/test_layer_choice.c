#include "tests/unit/routing/cmocka_all.h"

#include "common/clock.h"
#include "relay/routing/layer_choice.h"

#include <string.h>

#define START   (100 * US_PER_S)
#define STEP_MS 50
#define CONTENT 0
#define CAMERA  1
#define ROOM    2
#define PAUSED  LAYER_CHOICE_PAUSED

static struct layer_choice choice;
static struct slot_demand demands[3];
static struct layer_slot slots[3];
static struct layer_choice_input input;
static uint64_t now_us;
static size_t count;

static struct slot_demand three_layers(unsigned priority)
{
    return (struct slot_demand){.priority = priority,
        .wanted = true,
        .may_pause = true,
        .layer_count = 3,
        .layers = {{true, 1500000}, {true, 500000}, {true, 150000}}};
}

/* Slots in the wrong order, so that only their priority can put them right. */
static int open_lesson(void **state)
{
    memset(&choice, 0, sizeof(choice));
    memset(slots, 0, sizeof(slots));
    input = (struct layer_choice_input){.audio_bps = 50000};
    demands[0] = three_layers(ROOM);
    demands[1] = three_layers(CAMERA);
    demands[2] = three_layers(CONTENT);
    now_us = START;
    count = 3;
    return 0;
}

/* Goes on for so long with that estimate; what is chosen goes out at once. */
static void run(uint64_t estimate_bps, uint64_t ms)
{
    input.estimate_bps = estimate_bps;
    for (uint64_t end_us = now_us + ms * US_PER_MS; now_us < end_us;
         now_us += STEP_MS * US_PER_MS) {
        layer_choice_update(&choice, demands, slots, count, &input, now_us);
        for (size_t i = 0; i < count; i++)
            demands[i].shown = slots[i].chosen;
    }
}

static void assert_chosen(int content, int camera, int stage)
{
    assert_int_equal(slots[2].chosen, content);
    assert_int_equal(slots[1].chosen, camera);
    assert_int_equal(slots[0].chosen, stage);
}

/* ---- dividing ---- */

static void the_budget_goes_by_importance(void **state)
{
    static const struct {
        uint64_t estimate_bps;
        int content, camera, stage;
    } cases[] = {
        {20000000, 0, 0, 0},
        {4550000, 0, 0, 0},     /* exactly 3 · 1.5 M and audio */
        {4540000, 0, 0, 1},     /* a little less: the stage goes down */
        {3000000, 0, 1, 1},     /* 1.5 + 0.5 + 0.5 */
        {1900000, 0, 2, 2},     /* 1.5 + 0.15 + 0.15 */
        {900000, 1, 2, 2},      /* 0.5 + 0.15 + 0.15 */
        {510000, 2, 2, 2},      /* everybody before anybody's better */
        {400000, 2, 2, PAUSED}, /* the least important stands still first */
        {210000, 2, PAUSED, PAUSED},
        {190000, PAUSED, PAUSED, PAUSED},
        {1000, PAUSED, PAUSED, PAUSED},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        open_lesson(NULL);
        run(cases[i].estimate_bps, STEP_MS);
        assert_chosen(cases[i].content, cases[i].camera, cases[i].stage);
    }
}

static void audio_and_overhead_come_first(void **state)
{
    input.audio_bps = 400000;
    input.overhead_permille = 100;
    run(4550000, STEP_MS);
    assert_chosen(0, 0, 1); /* 4,150 for 1.1 · (1,500 + 1,500 + 500) */
}

static void what_is_wanted_is_everybodys_best(void **state)
{
    input.overhead_permille = 100;
    assert_int_equal(layer_choice_wanted_bps(demands, 3, &input), 50000 + 3 * 1650000);
    demands[0].wanted = false;
    demands[1].layers[0].live = false;
    assert_int_equal(layer_choice_wanted_bps(demands, 3, &input), 50000 + 1650000 + 550000);
}

static void silent_layers_are_not_chosen(void **state)
{
    demands[2].layers[0].live = false;
    demands[2].layers[2].live = false;
    run(20000000, STEP_MS);
    assert_chosen(1, 0, 0);
    demands[2].layers[1].live = false;
    run(20000000, STEP_MS);
    assert_chosen(PAUSED, 0, 0);
}

static void a_layer_nobody_measured_is_guessed(void **state)
{
    demands[2].layers[0].bps = 0; /* three times the next: 1.5 M */
    run(1900000, STEP_MS);
    assert_chosen(0, 2, 2);
    open_lesson(NULL);
    demands[2].layers[0].bps = 0;
    run(1700000, STEP_MS);
    assert_int_equal(slots[2].chosen, 1);
}

static void who_may_not_pause_keeps_the_lowest(void **state)
{
    demands[2].may_pause = false;
    run(60000, STEP_MS);
    assert_chosen(2, PAUSED, PAUSED);
}

static void an_empty_slot_costs_nothing(void **state)
{
    demands[2].wanted = false;
    run(3100000, STEP_MS);
    assert_chosen(PAUSED, 0, 0);
}

/* ---- down ---- */

static void far_too_little_is_answered_at_once(void **state)
{
    run(5000000, 1000);
    assert_chosen(0, 0, 0);
    run(1000000, STEP_MS);
    assert_chosen(1, 2, 2);
}

static void a_little_too_little_is_borne_for_a_moment(void **state)
{
    run(5000000, 1000);
    run(4100000, 250);
    assert_chosen(0, 0, 0);
    run(5000000, STEP_MS); /* it was a dip */
    run(4100000, 250);
    assert_chosen(0, 0, 0);
    run(4100000, 100);
    assert_chosen(0, 0, 1);
}

static void an_estimate_just_below_the_need_changes_nothing(void **state)
{
    run(5000000, 1000);
    run(4400000, 10000); /* 97% */
    assert_chosen(0, 0, 0);
}

static void a_backlog_lowers_though_the_estimate_would_do(void **state)
{
    run(5000000, 1000);
    input.backlog_ms = 500;
    run(5000000, STEP_MS);
    assert_chosen(0, 0, 1);
    run(5000000, 400); /* time to empty */
    assert_chosen(0, 0, 1);
}

static void a_backlog_takes_no_picture_away_that_fits(void **state)
{
    run(600000, 1000);
    assert_chosen(2, 2, 2);
    input.backlog_ms = 500;
    run(600000, 3000);
    assert_chosen(2, 2, 2);
    run(350000, STEP_MS); /* but one that does not */
    assert_chosen(2, 2, PAUSED);
}

/* ---- up ---- */

static void up_needs_room_and_patience(void **state)
{
    count = 1;
    run(700000, 1000);
    assert_int_equal(slots[0].chosen, 1);
    run(650000, STEP_MS);
    slots[0].lowered_us = now_us; /* it has been down before */
    run(1650000, 5000);           /* 1.07 times the need */
    assert_int_equal(slots[0].chosen, 1);
    run(1900000, 1900);
    assert_int_equal(slots[0].chosen, 1);
    run(1900000, 200);
    assert_int_equal(slots[0].chosen, 0);
}

static void a_dip_begins_the_wait_anew(void **state)
{
    count = 1;
    run(700000, 1000);
    slots[0].lowered_us = now_us;
    run(1900000, 1500);
    run(1500000, STEP_MS);
    run(1900000, 1500);
    assert_int_equal(slots[0].chosen, 1);
}

static void out_of_a_pause_in_half_a_second(void **state)
{
    count = 1;
    run(60000, 5000);
    assert_int_equal(slots[0].chosen, PAUSED);
    run(400000, 450);
    assert_int_equal(slots[0].chosen, PAUSED);
    run(400000, 150);
    assert_int_equal(slots[0].chosen, 2);
}

static void one_slot_after_the_other(void **state)
{
    run(700000, 1000);
    assert_chosen(2, 2, 2);
    run(20000000, 600);
    assert_chosen(0, 2, 2);
    run(20000000, 500);
    assert_chosen(0, 0, 2);
    run(20000000, 500);
    assert_chosen(0, 0, 0);
}

static void a_step_that_failed_waits_longer_each_time(void **state)
{
    static const uint64_t waits_ms[] = {5000, 10000, 20000, 40000, 40000};

    count = 1;
    run(700000, 1000);
    for (size_t i = 0; i < sizeof(waits_ms) / sizeof(waits_ms[0]); i++) {
        run(1900000, 50000); /* up, wherever the wait stands */
        slots[0].raised_us = now_us;
        assert_int_equal(slots[0].chosen, 0);
        slots[0].failed_raises = (unsigned)i;
        run(700000, STEP_MS); /* and down within ten seconds */
        assert_int_equal(slots[0].chosen, 1);
        assert_int_equal(slots[0].failed_raises, i + 1);
        run(1900000, waits_ms[i] - 200);
        assert_int_equal(slots[0].chosen, 1);
        run(1900000, 300);
        assert_int_equal(slots[0].chosen, 0);
    }
}

static void what_failed_holds_up_no_worse_layer(void **state)
{
    count = 1;
    run(700000, 1000);
    run(1900000, 3000);
    assert_int_equal(slots[0].chosen, 0);
    run(60000, 1000); /* the best failed, and there is nothing for a while */
    assert_int_equal(slots[0].chosen, PAUSED);
    run(1900000, 600);
    assert_int_equal(slots[0].chosen, 1);
    run(1900000, 3000);
    assert_int_equal(slots[0].chosen, 1); /* not before its time */
    run(1900000, 500);
    assert_int_equal(slots[0].chosen, 0);
    run(1900000, 10200);
    assert_int_equal(slots[0].failed_raises, 0);
}

static void a_worse_layer_that_holds_forgives_no_better_one(void **state)
{
    count = 1;
    run(700000, 1000);
    slots[0].failed_raises = 4;
    slots[0].failed_layer = 0;
    slots[0].lowered_us = now_us;
    run(60000, 1000);
    run(1900000, 20000);
    assert_int_equal(slots[0].chosen, 1);
    assert_int_equal(slots[0].failed_raises, 4);
}

static void a_step_that_held_for_ten_seconds_is_forgiven(void **state)
{
    count = 1;
    run(700000, 1000);
    slots[0].failed_raises = 3;
    run(1900000, 25000);
    assert_int_equal(slots[0].chosen, 0);
    assert_int_equal(slots[0].failed_raises, 0);
    run(700000, STEP_MS);
    assert_int_equal(slots[0].failed_raises, 0);
}

static void ten_seconds_count_from_the_keyframe(void **state)
{
    count = 1;
    run(700000, 1000);
    input.estimate_bps = 1900000;
    for (int i = 0; i < 400; i++, now_us += STEP_MS * US_PER_MS) {
        demands[0].shown = 1; /* the keyframe does not come */
        layer_choice_update(&choice, demands, slots, 1, &input, now_us);
    }
    assert_int_equal(slots[0].chosen, 0);
    run(1900000, 5000); /* now it has come */
    run(700000, STEP_MS);
    assert_int_equal(slots[0].failed_raises, 1);
}

static void the_important_take_from_the_others(void **state)
{
    demands[2].layers[0].live = false;
    run(2500000, 1000);
    assert_chosen(1, 0, 2);
    demands[2].layers[0].live = true; /* the courseware's best layer begins */
    run(2500000, 5000);
    assert_chosen(0, 1, 2);
}

static void noise_around_a_limit_does_not_make_it_flap(void **state)
{
    unsigned changes = 0;
    uint32_t random = 1;

    count = 1;
    run(1900000, 1000);
    int before = slots[0].chosen;
    for (int i = 0; i < 60 * 20; i++) {
        random = random * 1664525 + 1013904223;
        run(1450000 + random % 300000, STEP_MS); /* around the need of 1.55 M */
        changes += slots[0].chosen != before;
        before = slots[0].chosen;
    }
    assert_true(changes <= 1);
}

static void priorities_follow_the_names(void **state)
{
    assert_int_equal(layer_choice_priority("teacher-content"), CONTENT);
    assert_int_equal(layer_choice_priority("teacher-camera"), CAMERA);
    assert_int_equal(layer_choice_priority("room-7"), ROOM);
    assert_int_equal(layer_choice_priority(""), ROOM);
}

/* ---- pictures that would be gone ---- */

static void open_plain_camera(void)
{
    count = 1;
    demands[0] = (struct slot_demand){.priority = CAMERA,
        .wanted = true,
        .may_pause = true,
        .layer_count = 1,
        .layers = {{true, 2000000}}};
    run(3000000, 1000);
    assert_int_equal(slots[0].chosen, 0);
}

static void the_only_picture_outlasts_a_short_shortage(void **state)
{
    open_plain_camera();
    for (unsigned i = 0; i < 5; i++) {
        run(1750000, 1450); /* 85% of what it takes, as after a queue of a moment */
        assert_int_equal(slots[0].chosen, 0);
        run(1980000, 500);
    }
    run(1750000, 1600);
    assert_int_equal(slots[0].chosen, PAUSED);
    open_lesson(NULL);
    open_plain_camera();
    run(1450000, STEP_MS); /* far too little */
    assert_int_equal(slots[0].chosen, PAUSED);
    open_lesson(NULL);
    open_plain_camera();
    input.backlog_ms = 400; /* its packets pile up */
    run(1750000, STEP_MS);
    assert_int_equal(slots[0].chosen, PAUSED);
}

static void what_an_outage_took_away_is_back_when_it_is_over(void **state)
{
    open_plain_camera();
    for (unsigned i = 0; i < 8; i++) {
        input.outage = true;
        run(1000000, 400);
        run(50000, 400);
        assert_int_equal(slots[0].chosen, PAUSED);
        input.outage = false;
        run(1980000, STEP_MS);
        assert_int_equal(slots[0].chosen, 0);
        run(2300000, 3000);
    }
    input.outage = true;
    run(50000, 400);
    input.outage = false;
    run(1500000, STEP_MS); /* the line that came back is another one */
    assert_int_equal(slots[0].chosen, PAUSED);
    run(1980000, 2000); /* and it is that one which counts from now on */
    assert_int_equal(slots[0].chosen, PAUSED);
    run(2300000, 600);
    assert_int_equal(slots[0].chosen, 0);
}

static void after_an_outage_the_more_important_is_back_first(void **state)
{
    count = 3;
    run(20000000, 1000);
    assert_chosen(0, 0, 0);
    input.outage = true;
    run(50000, 400);
    assert_chosen(PAUSED, PAUSED, PAUSED);
    input.outage = false;
    run(3000000, STEP_MS);
    assert_chosen(0, 0, PAUSED);
    run(3000000, 600);
    assert_chosen(0, 1, 1);
}

#define LESSON_TEST(name) cmocka_unit_test_setup(name, open_lesson)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LESSON_TEST(the_budget_goes_by_importance),
        LESSON_TEST(audio_and_overhead_come_first),
        LESSON_TEST(what_is_wanted_is_everybodys_best),
        LESSON_TEST(silent_layers_are_not_chosen),
        LESSON_TEST(a_layer_nobody_measured_is_guessed),
        LESSON_TEST(who_may_not_pause_keeps_the_lowest),
        LESSON_TEST(an_empty_slot_costs_nothing),
        LESSON_TEST(far_too_little_is_answered_at_once),
        LESSON_TEST(a_little_too_little_is_borne_for_a_moment),
        LESSON_TEST(an_estimate_just_below_the_need_changes_nothing),
        LESSON_TEST(a_backlog_lowers_though_the_estimate_would_do),
        LESSON_TEST(a_backlog_takes_no_picture_away_that_fits),
        LESSON_TEST(up_needs_room_and_patience),
        LESSON_TEST(a_dip_begins_the_wait_anew),
        LESSON_TEST(out_of_a_pause_in_half_a_second),
        LESSON_TEST(one_slot_after_the_other),
        LESSON_TEST(a_step_that_failed_waits_longer_each_time),
        LESSON_TEST(what_failed_holds_up_no_worse_layer),
        LESSON_TEST(a_worse_layer_that_holds_forgives_no_better_one),
        LESSON_TEST(a_step_that_held_for_ten_seconds_is_forgiven),
        LESSON_TEST(ten_seconds_count_from_the_keyframe),
        LESSON_TEST(the_important_take_from_the_others),
        LESSON_TEST(noise_around_a_limit_does_not_make_it_flap),
        LESSON_TEST(priorities_follow_the_names),
        LESSON_TEST(the_only_picture_outlasts_a_short_shortage),
        LESSON_TEST(what_an_outage_took_away_is_back_when_it_is_over),
        LESSON_TEST(after_an_outage_the_more_important_is_back_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
