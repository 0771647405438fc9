#include "tests/unit/routing/cmocka_all.h"

#include "relay/routing/loss_summary.h"

struct group {
    unsigned viewers;
    uint8_t fraction_lost;
};

static struct loss_summary summary_of(const struct group *groups, size_t count)
{
    struct loss_summary summary;

    loss_summary_init(&summary);
    for (size_t i = 0; i < count; i++) {
        for (unsigned viewer = 0; viewer < groups[i].viewers; viewer++)
            loss_summary_add(&summary, groups[i].fraction_lost);
    }
    return summary;
}

static void the_worst_that_is_no_outlier_counts(void **state)
{
    static const struct {
        const char *what;
        struct group groups[3];
        uint8_t worst;
    } table[] = {
        {"nobody watches", {{0, 0}}, 0},
        {"one viewer", {{1, 26}}, 26},
        {"one of two is bad: no majority", {{1, 26}, {1, 0}}, 26},
        {"one of three is bad", {{1, 26}, {2, 1}}, 1},
        {"two of three are bad", {{2, 26}, {1, 0}}, 26},
        {"two bad ones, the better of them counts", {{1, 50}, {1, 20}, {8, 0}}, 20},
        {"one of forty", {{1, 26}, {39, 2}}, 2},
        {"four of a hundred", {{4, 26}, {96, 2}}, 2},
        {"five of a hundred", {{5, 26}, {95, 2}}, 26},
        {"a hopeless line alone", {{1, 200}}, 0},
        {"hopeless lines are not among those counted", {{5, 255}, {1, 26}, {1, 0}}, 26},
        {"a quarter is the last that is usable", {{1, LOSS_SUMMARY_USABLE}}, LOSS_SUMMARY_USABLE},
        {"just beyond", {{1, LOSS_SUMMARY_USABLE + 1}, {1, 3}}, 3},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct loss_summary summary = summary_of(table[i].groups, 3);
        uint8_t worst = loss_summary_worst(&summary);
        if (worst != table[i].worst)
            fail_msg("%s: %u instead of %u", table[i].what, worst, table[i].worst);
    }
}

static void the_figures_of_workers_add_up(void **state)
{
    static const struct group here[] = {{1, 26}, {5, 0}};
    static const struct group there[] = {{1, 30}, {5, 0}};
    struct loss_summary summary = summary_of(here, 2);
    struct loss_summary other = summary_of(there, 2);

    assert_int_equal(loss_summary_worst(&summary), 0);
    loss_summary_merge(&summary, &other);
    assert_int_equal(loss_summary_worst(&summary), 26);
    assert_int_equal(summary.count, 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worst_that_is_no_outlier_counts),
        cmocka_unit_test(the_figures_of_workers_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
