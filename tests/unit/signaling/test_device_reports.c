/* What boxes tell of themselves, on its way to a real database. */
#include "common/clock.h"
#include "signaling/accounts/device_reports.h"
#include "signaling/accounts/devices.h"
#include "tests/unit/signaling/store_folder.h"

#include <errno.h>
#include <string.h>

#define BOXES 2000

struct fixture {
    char folder[STORE_FOLDER_CHARS];
    struct store *store;
    struct device_reports *reports;
};

static void run_sql(struct fixture *f, const char *sql)
{
    assert_int_equal(store_run(f->store, store_prepare(f->store, sql)) < 0, 0);
}

static int64_t ask(struct store *store, const char *sql)
{
    sqlite3_stmt *statement = store_prepare(store, sql);
    int64_t value;

    assert_int_equal(store_step(store, statement), 1);
    value = sqlite3_column_int64(statement, 0);
    store_finish(statement);
    return value;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    store_folder_make(f->folder);
    f->store = store_folder_open(f->folder);
    run_sql(f, "INSERT INTO organisations (id, parent, kind, name, zone, created)"
               " VALUES (1, NULL, 'school', 's', 'Asia/Shanghai', 1)");
    run_sql(f, "INSERT INTO rooms (id, school, name, use, created) VALUES (1, 1, 'r', 'both', 1)");
    run_sql(f, "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
               " INSERT INTO devices (id, room, kind, name, public_key, enrolled, seen, version,"
               " health) SELECT i, 1, 'player', 'x', randomblob(32), 1, 1, '1', '' FROM n");
    f->reports = device_reports_create(f->store);
    assert_non_null(f->reports);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    int r;

    device_reports_destroy(f->reports);
    store_close(f->store);
    r = store_folder_remove(f->folder);
    free(f);
    return r;
}

static void add(struct fixture *f, int64_t device, const char *health, int64_t now_s)
{
    assert_int_equal(device_reports_add(f->reports, device, "1", health, now_s), 0);
}

static void reports_are_written_within_a_second_and_at_once_for_who_looks(void **state)
{
    struct fixture *f = *state;

    device_reports_tick(f->reports, 10 * US_PER_S);
    add(f, 1, "{\"camera\":\"ok\"}", 100);
    device_reports_tick(f->reports, 10 * US_PER_S);
    assert_int_equal(ask(f->store, "SELECT seen FROM devices WHERE id = 1"), 100);
    add(f, 1, NULL, 130);
    device_reports_tick(f->reports, 10 * US_PER_S + US_PER_S / 2);
    assert_int_equal(ask(f->store, "SELECT seen FROM devices WHERE id = 1"), 100);
    device_reports_tick(f->reports, 11 * US_PER_S);
    assert_int_equal(ask(f->store, "SELECT seen FROM devices WHERE id = 1"), 130);
    add(f, 1, NULL, 160);
    device_reports_flush(f->reports);
    assert_int_equal(ask(f->store, "SELECT seen FROM devices WHERE id = 1"), 160);
    assert_int_equal(
        ask(f->store, "SELECT health = '{\"camera\":\"ok\"}' FROM devices WHERE id = 1"), 1);
}

static void what_changed_between_two_writes_is_in_the_log(void **state)
{
    struct fixture *f = *state;

    add(f, 1, "{\"camera\":\"ok\"}", 100);
    add(f, 1, "{\"camera\":\"busy\"}", 101);
    add(f, 1, "{\"camera\":\"busy\"}", 102);
    add(f, 1, "{\"camera\":\"ok\"}", 103);
    device_reports_flush(f->reports);
    assert_int_equal(ask(f->store, "SELECT count(*) FROM device_events WHERE device = 1"), 3);
    assert_int_equal(ask(f->store, "SELECT max(time) FROM device_events WHERE device = 1"), 103);
}

static void reports_wait_while_the_database_takes_none_and_not_without_end(void **state)
{
    struct fixture *f = *state;

    run_sql(f, "PRAGMA query_only = ON");
    for (int i = 0; i < DEVICE_REPORTS_MAX_WAITING; i++)
        add(f, i % BOXES + 1, NULL, 100 + i);
    device_reports_flush(f->reports);
    device_reports_tick(f->reports, 10 * US_PER_S);
    assert_int_equal(device_reports_add(f->reports, 1, "1", NULL, 9999), -EBUSY);
    run_sql(f, "PRAGMA query_only = OFF");
    device_reports_tick(f->reports, 11 * US_PER_S);
    assert_int_equal(ask(f->store, "SELECT count(*) FROM devices WHERE seen > 1"),
        DEVICE_REPORTS_TURN); /* nobody waits for more than that */
    device_reports_flush(f->reports);
    assert_int_equal(
        ask(f->store, "SELECT max(seen) FROM devices"), 99 + DEVICE_REPORTS_MAX_WAITING);
    add(f, 1, NULL, 9999);
}

static void a_stop_writes_what_waits(void **state)
{
    struct fixture *f = *state;

    add(f, 7, NULL, 100);
    device_reports_destroy(f->reports);
    f->reports = device_reports_create(f->store);
    assert_int_equal(ask(f->store, "SELECT seen FROM devices WHERE id = 7"), 100);
}

static void a_period_of_two_thousand_boxes_costs_the_loop_little(void **state)
{
    struct fixture *f = *state;
    uint64_t began_us = clock_now_us(), one_by_one_us, longest_us = 0;
    uint64_t turns = 0;

    for (int i = 1; i <= BOXES; i++)
        assert_int_equal(devices_see(f->store, i, "1", "{\"camera\":\"ok\"}", false, 100), 0);
    one_by_one_us = clock_now_us() - began_us;
    began_us = clock_now_us();
    for (int i = 1; i <= BOXES; i++)
        add(f, i, "{\"camera\":\"ok\"}", 130);
    while (ask(f->store, "SELECT min(seen) FROM devices") != 130) {
        uint64_t turn_us = clock_now_us();

        device_reports_tick(f->reports, 10 * US_PER_S);
        turn_us = clock_now_us() - turn_us;
        longest_us = turn_us > longest_us ? turn_us : longest_us;
        turns++;
    }
    print_message("2000 reports: %llu ms one by one, %llu ms in %llu turns of %llu ms at most\n",
        (unsigned long long)one_by_one_us / 1000,
        (unsigned long long)(clock_now_us() - began_us) / 1000, (unsigned long long)turns,
        (unsigned long long)longest_us / 1000);
    assert_int_equal(turns, BOXES / DEVICE_REPORTS_TURN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            reports_are_written_within_a_second_and_at_once_for_who_looks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            what_changed_between_two_writes_is_in_the_log, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            reports_wait_while_the_database_takes_none_and_not_without_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_stop_writes_what_waits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_period_of_two_thousand_boxes_costs_the_loop_little, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
