#include "tests/bench/load/gro_receiver.h"

#include "tests/unit/bench/bench_test.h"

#include <string.h>

struct seen {
    size_t count;
    size_t lens[16];
    const uint8_t *starts[16];
    uint64_t arrival_ns;
};

static void note(void *user, uint8_t *data, size_t len, uint64_t arrival_ns)
{
    struct seen *seen = user;

    assert_true(seen->count < COUNT_OF(seen->lens));
    seen->lens[seen->count] = len;
    seen->starts[seen->count] = data;
    seen->arrival_ns = arrival_ns;
    seen->count++;
}

static void a_run_is_cut_into_equal_packets_and_a_shorter_last_one(void **state)
{
    static const struct {
        size_t len, segment, count, last;
    } cases[] = {
        {3600, 1200, 3, 1200},
        {3500, 1200, 3, 1100},
        {1200, 1200, 1, 1200},
        {1200, 0, 1, 1200},
        {1000, 1200, 1, 1000},
        {1201, 1200, 2, 1},
        {0, 1200, 0, 0},
        {0, 0, 0, 0},
    };
    uint8_t data[3600];

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct seen seen = {0};

        assert_int_equal(
            gro_split(data, cases[i].len, cases[i].segment, 77, note, &seen), cases[i].count);
        assert_int_equal(seen.count, cases[i].count);
        for (size_t j = 0; j < seen.count; j++) {
            assert_ptr_equal(seen.starts[j], data + j * cases[i].segment);
            assert_int_equal(seen.lens[j], j + 1 < seen.count ? cases[i].segment : cases[i].last);
        }
        if (seen.count > 0)
            assert_int_equal(seen.arrival_ns, 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_is_cut_into_equal_packets_and_a_shorter_last_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
