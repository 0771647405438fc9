/* The audit log in a real database: it grows, never changes, and shows what was done to its file. */
#include "signaling/audit/audit_queue.h"
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

static void add_person(struct fixture *f, int id, const char *name, const char *login)
{
    char sql[256];

    snprintf(sql, sizeof(sql),
        "INSERT INTO people (id, name, login, login_key, role, password, created)"
        " VALUES (%d, '%s', '%s', '%s', 'inspector', 'x', 0)",
        id, name, login, login);
    assert_int_equal(execute(f, sql), SQLITE_OK);
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
                   " object, outcome, detail, hash, person_id FROM audit_log"),
        SQLITE_CONSTRAINT);
    assert_int_equal(
        execute(f, "INSERT INTO audit_log SELECT number + 2, time, person, event, object,"
                   " outcome, detail, hash, person_id FROM audit_log"),
        SQLITE_CONSTRAINT);
    assert_int_equal(verify(f, NULL).entries, 1);
    assert_int_equal(verify(f, NULL).broken, 0);
}

static void every_change_behind_its_back_shows(void **state)
{
    static const char *const changes[] = {
        "UPDATE audit_log SET time = time + 1 WHERE number = 3",
        "UPDATE audit_log SET person = 'zhao' WHERE number = 3",
        "UPDATE audit_log SET person_id = 8 WHERE number = 3",
        "UPDATE audit_log SET person_id = NULL WHERE number = 3",
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

    add_person(f, 7, "王芳", "wang");
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

/* An id that reads as none would hide the entry from who searches for the person. */
static void an_id_that_was_put_to_an_entry_without_one_shows(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < 3; i++)
        add(f, "room.add", "x"); /* of nobody who has a login */
    take_the_locks_off(f);
    assert_int_equal(verify(f, NULL).broken, 0);
    assert_int_equal(execute(f, "UPDATE audit_log SET person_id = 0 WHERE number = 2"), SQLITE_OK);
    assert_int_equal(verify(f, NULL).broken, 2);
}

struct found {
    char people[8][32]; /* name and id of each entry */
    size_t count;
};

static void on_entry(void *user, int64_t number, const struct audit_entry *entry)
{
    struct found *found = user;

    (void)number;
    assert_true(found->count < 8);
    snprintf(
        found->people[found->count++], 32, "%s %lld", entry->person, (long long)entry->person_id);
}

static struct found search(struct fixture *f, const char *person)
{
    struct audit_filter filter = {.person = person, .event = ""};
    struct found found = {.count = 0};

    assert_int_equal(audit_log_search(f->store, &filter, 8, on_entry, &found), 0);
    return found;
}

static void of_two_of_one_name_each_has_their_own_entries(void **state)
{
    struct fixture *f = *state;
    struct found found;

    add(f, "room.add", "before there were people"); /* by "wang", who is nobody's login yet */
    add_person(f, 7, "王芳", "wang");
    add_person(f, 8, "王芳", "fang");
    add(f, "room.add", "x");
    assert_int_equal(store_begin(f->store), 0);
    assert_int_equal(store_end(f->store, audit_log_add(f->store, &(struct audit_entry){1, "fang",
                                                                     "room.add", "y", "done", ""})),
        0);
    found = search(f, "WANG");
    assert_int_equal(found.count, 1);
    assert_string_equal(found.people[0], "王芳 7");
    found = search(f, "wang"); /* and what was written under that name before */
    assert_int_equal(found.count, 2);
    assert_string_equal(found.people[1], "wang 0");
    found = search(f, "fang");
    assert_int_equal(found.count, 1);
    assert_string_equal(found.people[0], "王芳 8");
    assert_int_equal(search(f, "王芳").count, 2); /* nobody's login: all who are called so */
    assert_int_equal(verify(f, NULL).broken, 0);
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

/* ---- what waits for the database ---- */

static void wait_for_it(struct audit_queue *queue, unsigned number)
{
    char object[16];

    snprintf(object, sizeof(object), "%u", number);
    audit_queue_add(queue,
        &(struct audit_entry){1795653000 + (int64_t)number, "", "access", object, "denied", "{}"});
}

static void write_all(struct fixture *f, struct audit_queue *queue)
{
    while (!audit_queue_is_empty(queue))
        assert_int_equal(audit_queue_write(queue, f->store), 0);
}

/* The first column of a row of the log. */
static int64_t number_of(struct fixture *f, const char *sql)
{
    sqlite3_stmt *statement = store_prepare(f->store, sql);
    int64_t number;

    assert_int_equal(store_step(f->store, statement), 1);
    number = sqlite3_column_int64(statement, 0);
    store_finish(statement);
    return number;
}

static void what_came_while_another_program_wrote_follows_in_its_order(void **state)
{
    struct fixture *f = *state;
    struct store *other = store_folder_open(f->folder);
    struct audit_queue queue = {0};

    assert_int_equal(store_begin(other), 0);
    for (unsigned i = 0; i < 250; i++)
        wait_for_it(&queue, i);
    assert_int_equal(audit_queue_write(&queue, f->store), -EBUSY);
    assert_int_equal(store_end(other, 0), 0);
    store_close(other);
    write_all(f, &queue);
    assert_int_equal(verify(f, NULL).entries, 250);
    assert_int_equal(number_of(f, "SELECT count(*) FROM audit_log WHERE object = number - 1"
                                  " AND time = 1795653000 + number - 1"),
        250);
    audit_queue_finish(&queue);
}

static void nothing_waits_twice_within_a_transaction(void **state)
{
    struct fixture *f = *state;
    struct audit_queue queue = {0};

    wait_for_it(&queue, 1);
    assert_int_equal(store_begin(f->store), 0);
    assert_int_equal(audit_queue_write(&queue, f->store), -EBUSY);
    assert_int_equal(store_end(f->store, -ECANCELED), -ECANCELED);
    write_all(f, &queue);
    assert_int_equal(verify(f, NULL).entries, 1);
}

static void what_there_was_no_room_for_is_counted_where_it_would_stand(void **state)
{
    struct fixture *f = *state;
    struct audit_queue queue = {0};

    for (unsigned i = 0; i < AUDIT_QUEUE_MAX + 7; i++)
        wait_for_it(&queue, i);
    assert_int_equal(queue.count, AUDIT_QUEUE_MAX);
    assert_int_equal(audit_queue_write(&queue, f->store), 0);
    wait_for_it(&queue, 5000);
    write_all(f, &queue);
    assert_int_equal(verify(f, NULL).entries, AUDIT_QUEUE_MAX + 2);
    assert_int_equal(number_of(f, "SELECT number FROM audit_log WHERE event = 'audit.lost'"
                                  " AND detail = '{\"lost\":7}' AND time = 1795653000 + 1000"),
        AUDIT_QUEUE_MAX + 1);
    assert_int_equal(
        number_of(f, "SELECT number FROM audit_log WHERE object = '5000'"), AUDIT_QUEUE_MAX + 2);
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
        test(an_id_that_was_put_to_an_entry_without_one_shows),
        test(of_two_of_one_name_each_has_their_own_entries),
        test(an_end_that_was_cut_off_shows_by_a_hash_kept_elsewhere),
        test(what_came_while_another_program_wrote_follows_in_its_order),
        test(nothing_waits_twice_within_a_transaction),
        test(what_there_was_no_room_for_is_counted_where_it_would_stand),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
