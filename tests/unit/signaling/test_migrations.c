/* What single migrations do to what is there, with real files. test_store.c has how they are run. */
#include "signaling/accounts/people.h"
#include "signaling/store/migrations.h"
#include "signaling/store/store.h"
#include "tests/unit/signaling/database_file.h"
#include "tests/unit/signaling/store_folder.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    char folder[STORE_FOLDER_CHARS];
    char path[2 * STORE_FOLDER_CHARS];
};

static int make_folder(void **state)
{
    static struct fixture f;

    store_folder_make(f.folder);
    store_folder_path(f.folder, f.path);
    *state = &f;
    return 0;
}

static int remove_folder(void **state)
{
    const struct fixture *f = *state;

    return store_folder_remove(f->folder);
}

/* As the version before the migration in which those words are left it. */
static sqlite3 *write_version_before(const char *path, const char *words)
{
    sqlite3 *db = open_file(path);
    size_t count = 0;
    char version[64];

    while (!strstr(migrations[count], words))
        execute(db, migrations[count++]);
    snprintf(version, sizeof(version), "PRAGMA user_version = %zu", count);
    execute(db, version);
    return db;
}

static void subjects_in_use_are_in_the_list_that_a_migration_makes(void **state)
{
    const struct fixture *f = *state;
    sqlite3 *db = write_version_before(f->path, "CREATE TABLE subjects");
    struct config_error error;
    struct store *store;

    execute(db, "INSERT INTO organisations VALUES (1, NULL, 'school', 'x', 'UTC', 0);"
                "INSERT INTO textbooks VALUES (1, 1, '自然', 3, 'x'), (2, 1, '音乐', 3, 'x')");
    sqlite3_close(db);
    assert_int_equal(store_open(f->path, &store, &error), 0);
    store_close(store);
    assert_int_equal(
        number_in(f->path, "SELECT count(*) FROM subjects WHERE name IN ('自然', '音乐')"), 2);
    assert_int_equal(number_in(f->path, "SELECT sum(number) FROM grades WHERE NOT retired"), 78);
}

/* Everybody logs in as before, also who differs from another in nothing but what is not compared any more. */
static void who_had_a_name_logs_in_with_it(void **state)
{
    static const struct {
        const char *login;
        int64_t person;
    } rows[] = {{"王芳", 1}, {"Wang", 2}, {"wang", 3}, {"WANG", 3}, {"ＬＩ", 4}, {"LI", 5},
        {"li", 4}, {"Straße", 6}, {"STRASSE", 6}, {" 王芳 ", 1}, {"王", 0}};
    const struct fixture *f = *state;
    sqlite3 *db = write_version_before(f->path, "people_by_login");
    struct config_error error;
    struct store *store;

    execute(db, "INSERT INTO people (id, name, role, password, created) VALUES"
                " (1, '王芳', 'inspector', 'x', 0), (2, 'Wang', 'inspector', 'x', 0),"
                " (3, 'wang', 'inspector', 'x', 0), (4, 'ＬＩ', 'inspector', 'x', 0),"
                " (5, 'LI', 'inspector', 'x', 0), (6, 'Straße', 'inspector', 'x', 0)");
    sqlite3_close(db);
    assert_int_equal(store_open(f->path, &store, &error), 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct person person = {.id = 0};

        assert_int_equal(people_find(store, rows[i].login, &person), rows[i].person != 0);
        if (person.id != rows[i].person)
            fail_msg("%s: %lld", rows[i].login, (long long)person.id);
    }
    store_close(store);
    assert_int_equal(number_in(f->path, "SELECT count(*) FROM people WHERE login = name"), 6);
}

/* A person with something in each table that refers to people. */
static const char one_of_all[] =
    "INSERT INTO organisations (id, kind, name, zone, created) VALUES (1, 'school', 'x', "
    "'UTC', "
    "0);"
    "INSERT INTO people (id, name, login, login_key, role, organisation, password,"
    " one_time_hash, must_change, password_set, disabled, created, tokens_from, language,"
    " version) VALUES (7, 'wang', 'wang', 'wang', 'master_teacher', 1, 'hash', 'once', 1, 5, 1,"
    " 6, 9, 'en', 4);"
    "INSERT INTO lessons (id, title, created) VALUES ('music', '音乐', 1);"
    "INSERT INTO lesson_people VALUES ('music', 7);"
    "INSERT INTO browser_sessions (secret_hash, person, created, used) VALUES ('a', 7, 1, 1);"
    "INSERT INTO logins (id, person, begun) VALUES ('a', 7, 1);"
    "INSERT INTO tickets VALUES ('secret', 9, 7, NULL);"
    "INSERT INTO idempotent_answers VALUES (7, 'k', 'r', 1, 201, x'00');"
    "INSERT INTO calendars (kind, subject, english, owner, secret_hash, created)"
    " VALUES ('teacher', 7, 0, 7, 's', 1);"
    "INSERT INTO rooms VALUES (1, 1, 'r', 'both', 0, 1);"
    "INSERT INTO terms VALUES (1, 1, 't', 1, 99, 1);"
    "INSERT INTO timetable_entries (id, term, subject, grade, mode, room, teacher, weekday,"
    " period, weeks, first_week, last_week, created)"
    " VALUES (1, 1, 'x', 1, 'delivery', 1, 7, 1, 1, 'all', 1, 1, 0);"
    "INSERT INTO entry_rooms (entry, room, teacher, delay_s) VALUES (1, 1, 7, 0);"
    "INSERT INTO substitutions VALUES ('music', 1, 1, 7, '', 'x', 1)";

/* All that refers to people, from before their table was made anew, and what they have. */
static void people_keep_what_is_theirs_when_names_may_be_there_twice(void **state)
{
    static const char *const kept[] = {
        "SELECT count(*) FROM people WHERE id = 7 AND name = 'wang' AND role = 'master_teacher'"
        " AND organisation = 1 AND password = 'hash' AND one_time_hash = 'once' AND must_change = 1"
        " AND password_set = 5 AND disabled = 1 AND created = 6 AND tokens_from = 9"
        " AND language = 'en' AND version = 4 AND login = 'wang' AND login_key = 'wang'",
        "SELECT count(*) FROM lesson_people WHERE person = 7",
        "SELECT count(*) FROM browser_sessions WHERE person = 7",
        "SELECT count(*) FROM logins WHERE person = 7",
        "SELECT count(*) FROM tickets WHERE person = 7",
        "SELECT count(*) FROM idempotent_answers WHERE person = 7",
        "SELECT count(*) FROM calendars WHERE owner = 7",
        "SELECT count(*) FROM timetable_entries WHERE teacher = 7",
        "SELECT count(*) FROM entry_rooms WHERE teacher = 7",
        "SELECT count(*) FROM substitutions WHERE teacher = 7",
    };
    const struct fixture *f = *state;
    sqlite3 *db = write_version_before(f->path, "people_of_31");
    struct config_error error = {""};
    struct store *store;

    execute(db, one_of_all);
    sqlite3_close(db);
    if (store_open(f->path, &store, &error) < 0)
        fail_msg("%s", error.text);
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        if (number_in(f->path, kept[i]) != 1)
            fail_msg("%s", kept[i]);
    }
    /* a second one of the name may come, and what refers to people still does */
    assert_int_equal(
        store_run(store, store_prepare(store, "INSERT INTO people (name, login, login_key, role,"
                                              " password, created) VALUES ('wang', 'wang2', "
                                              "'wang2', 'inspector', 'x', 0)")),
        0);
    assert_int_equal(
        store_run(store, store_prepare(store, "INSERT INTO lesson_people VALUES ('music', 99)")),
        -EEXIST);
    assert_int_equal(
        store_run(store, store_prepare(store, "DELETE FROM people WHERE id = 7")), -EEXIST);
    store_close(store);
}

#define test(function) cmocka_unit_test_setup_teardown(function, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(subjects_in_use_are_in_the_list_that_a_migration_makes),
        test(who_had_a_name_logs_in_with_it),
        test(people_keep_what_is_theirs_when_names_may_be_there_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
