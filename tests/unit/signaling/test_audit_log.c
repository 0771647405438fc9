/* The audit log in a real database: it grows, never changes, and shows what was done to its file. */
#include "signaling/audit/audit_log.h"
#include "tests/unit/signaling/store_folder.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    char folder[STORE_FOLDER_CHARS];
    char path[2 * STORE_FOLDER_CHARS];
    struct store *store;
};

static int open_database(void **state)
{
    static struct fixture f;

    store_folder_make(f.folder);
    store_folder_path(f.folder, f.path);
    f.store = store_folder_open(f.folder);
    *state = &f;
    return 0;
}

static int remove_database(void **state)
{
    struct fixture *f = *state;

    store_close(f->store);
    return store_folder_remove(f->folder);
}

static void add(struct fixture *f, const char *event, const char *object)
{
    struct audit_entry entry = {1795653000, "wang", event, object, "done", "{\"why\":\"代课\"}"};

    assert_int_equal(store_begin(f->store), 0);
    assert_int_equal(store_end(f->store, audit_log_add(f->store, &entry)), 0);
}

static struct audit_report verify(struct fixture *f, const char *expected)
{
    struct audit_report report;

    memset(&report, 0xff, sizeof(report));
    assert_int_equal(audit_log_verify(f->store, expected, &report), 0);
    return report;
}

/* As somebody would with the file in hand. */
static int execute(struct fixture *f, const char *sql)
{
    sqlite3 *db;
    int code;

    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    code = sqlite3_exec(db, sql, NULL, NULL, NULL);
    sqlite3_close(db);
    return code;
}

static void take_the_locks_off(struct fixture *f)
{
    assert_int_equal(
        execute(f, "DROP TRIGGER audit_log_never_changes; DROP TRIGGER audit_log_never_shrinks;"
                   "DROP TRIGGER audit_log_only_grows"),
        SQLITE_OK);
}

static void an_empty_log_is_whole(void **state)
{
    struct audit_report report = verify(*state, NULL);

    assert_int_equal(report.entries, 0);
    assert_int_equal(report.broken, 0);
    assert_string_equal(report.head, "");
}

static void each_entry_leads_to_the_next(void **state)
{
    struct fixture *f = *state;
    struct audit_report first, last;

    add(f, "person.add", "li");
    first = verify(f, NULL);
    assert_int_equal(first.entries, 1);
    assert_int_equal(strlen(first.head), AUDIT_HASH_CHARS);
    add(f, "person.disable", "li");
    add(f, "person.disable", "li"); /* the same again is another entry */
    last = verify(f, first.head);
    assert_int_equal(last.entries, 3);
    assert_int_equal(last.broken, 0);
    assert_true(last.has_expected);
    assert_string_not_equal(last.head, first.head);
}

static void what_is_rolled_back_was_never_written(void **state)
{
    struct fixture *f = *state;
    struct audit_entry entry = {0, "", "a", "", "failed", ""};

    add(f, "person.add", "li");
    assert_int_equal(store_begin(f->store), 0);
    assert_int_equal(audit_log_add(f->store, &entry), 0);
    assert_int_equal(store_end(f->store, -EIO), -EIO);
    add(f, "person.add", "zhao");
    assert_int_equal(verify(f, NULL).entries, 2);
    assert_int_equal(verify(f, NULL).broken, 0);
}

static void the_database_refuses_to_change_or_delete(void **state)
{
    struct fixture *f = *state;

    add(f, "person.add", "li");
    assert_int_equal(execute(f, "UPDATE audit_log SET person = 'zhao'"), SQLITE_CONSTRAINT);
    assert_int_equal(execute(f, "DELETE FROM audit_log"), SQLITE_CONSTRAINT);
    assert_int_equal(
        execute(f, "INSERT OR REPLACE INTO audit_log SELECT number, time, 'zhao', event,"
                   " object, outcome, detail, hash FROM audit_log"),
        SQLITE_CONSTRAINT);
    assert_int_equal(
        execute(f, "INSERT INTO audit_log SELECT number + 2, time, person, event, object,"
                   " outcome, detail, hash FROM audit_log"),
        SQLITE_CONSTRAINT);
    assert_int_equal(verify(f, NULL).entries, 1);
    assert_int_equal(verify(f, NULL).broken, 0);
}

static void every_change_behind_its_back_shows(void **state)
{
    static const char *const changes[] = {
        "UPDATE audit_log SET time = time + 1 WHERE number = 3",
        "UPDATE audit_log SET person = 'zhao' WHERE number = 3",
        "UPDATE audit_log SET event = 'person.enable' WHERE number = 3",
        "UPDATE audit_log SET object = 'zhao' WHERE number = 3",
        "UPDATE audit_log SET outcome = 'denied' WHERE number = 3",
        "UPDATE audit_log SET detail = '' WHERE number = 3",
        "UPDATE audit_log SET person = person || char(0) || ' and others' WHERE number = 3",
        /* from one field into its neighbour */
        "UPDATE audit_log SET event = 'room.addx', object = '' WHERE number = 3",
        "UPDATE audit_log SET hash = (SELECT hash FROM audit_log WHERE number = 2) WHERE number = "
        "3",
        "DELETE FROM audit_log WHERE number = 3",
        "DELETE FROM audit_log WHERE number = 3;"
        "UPDATE audit_log SET number = number - 1 WHERE number > 3",
    };
    struct fixture *f = *state;

    for (unsigned i = 0; i < 5; i++)
        add(f, "room.add", "x");
    take_the_locks_off(f);
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        assert_int_equal(execute(f, "CREATE TABLE kept AS SELECT * FROM audit_log"), SQLITE_OK);
        assert_int_equal(execute(f, changes[i]), SQLITE_OK);
        assert_int_equal(verify(f, NULL).broken, 3);
        assert_int_equal(verify(f, NULL).entries, 2);
        assert_int_equal(execute(f, "DELETE FROM audit_log;"
                                    "INSERT INTO audit_log SELECT * FROM kept; DROP TABLE kept"),
            SQLITE_OK);
        assert_int_equal(verify(f, NULL).broken, 0);
    }
}

static void an_end_that_was_cut_off_shows_by_a_hash_kept_elsewhere(void **state)
{
    struct fixture *f = *state;
    struct audit_report before, after;

    for (unsigned i = 0; i < 3; i++)
        add(f, "room.add", "x");
    before = verify(f, NULL);
    take_the_locks_off(f);
    assert_int_equal(execute(f, "DELETE FROM audit_log WHERE number = 3"), SQLITE_OK);
    add(f, "room.add", "another");
    after = verify(f, before.head);
    assert_int_equal(after.broken, 0);
    assert_int_equal(after.entries, 3);
    assert_false(after.has_expected);
}

#define test(function) cmocka_unit_test_setup_teardown(function, open_database, remove_database)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(an_empty_log_is_whole),
        test(each_entry_leads_to_the_next),
        test(what_is_rolled_back_was_never_written),
        test(the_database_refuses_to_change_or_delete),
        test(every_change_behind_its_back_shows),
        test(an_end_that_was_cut_off_shows_by_a_hash_kept_elsewhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
