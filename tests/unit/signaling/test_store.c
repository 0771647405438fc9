/* Databases of earlier versions, and copies of databases, with real files. */
#include "signaling/store/backup.h"
#include "signaling/store/migrations.h"
#include "signaling/store/store.h"
#include "tests/unit/signaling/database_file.h"
#include "tests/unit/signaling/store_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* As duet-signaling of the first version left it. */
static void write_first_version(const char *path)
{
    sqlite3 *db = open_file(path);

    execute(db, migrations[0]);
    execute(db, "PRAGMA user_version = 1;"
                "INSERT INTO lessons VALUES ('music', '音乐', 1);"
                "INSERT INTO people VALUES (7, 'wang', 'master_teacher', 'hash', 0, 1);"
                "INSERT INTO people VALUES (8, 'root', 'admin', 'hash', 1, 2);"
                "INSERT INTO lesson_people VALUES ('music', 7);"
                "INSERT INTO tickets VALUES ('secret', 9, 8, NULL)");
    sqlite3_close(db);
}

static void an_old_database_is_brought_up_to_date_and_kept_as_it_was(void **state)
{
    const struct fixture *f = *state;
    struct config_error error;
    struct store *store;
    char kept[128];

    write_first_version(f->path);
    assert_int_equal(store_open(f->path, &store, &error), 0);
    store_close(store);
    assert_int_equal(number_in(f->path, "PRAGMA user_version"), (int64_t)migrations_count);
    assert_int_equal(number_in(f->path, "SELECT count(*) FROM lesson_people"), 1);
    assert_int_equal(number_in(f->path, "SELECT count(*) FROM tickets"), 1);
    assert_int_equal(
        number_in(f->path, "SELECT count(*) FROM people WHERE id = 8 AND name = 'root'"
                           " AND role = 'system_admin' AND disabled = 1 AND created = 2"),
        1);
    snprintf(kept, sizeof(kept), "%s.schema-1", f->path);
    assert_int_equal(number_in(kept, "PRAGMA user_version"), 1);
    assert_int_equal(number_in(kept, "SELECT id FROM people WHERE name = 'wang'"), 7);
}

static void people_are_still_referred_to_after_their_table_was_made_anew(void **state)
{
    const struct fixture *f = *state;
    struct config_error error;
    struct store *store;
    sqlite3_stmt *statement;

    write_first_version(f->path);
    assert_int_equal(store_open(f->path, &store, &error), 0);
    statement = store_prepare(store, "INSERT INTO lesson_people VALUES ('music', 99)");
    assert_int_equal(store_step(store, statement), -EEXIST);
    store_finish(statement);
    statement = store_prepare(store, "DELETE FROM people WHERE id = 7");
    assert_int_equal(store_step(store, statement), 0);
    store_finish(statement);
    store_close(store);
    assert_int_equal(number_in(f->path, "SELECT count(*) FROM lesson_people"), 0);
}

static void a_new_database_and_one_that_is_up_to_date_are_not_copied(void **state)
{
    const struct fixture *f = *state;
    struct config_error error;
    struct store *store;
    char command[160];

    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(store_open(f->path, &store, &error), 0);
        store_close(store);
    }
    snprintf(command, sizeof(command), "test $(ls %s | wc -l) = 1", f->folder);
    assert_int_equal(system(command), 0);
}

static void an_old_database_that_cannot_be_copied_is_not_touched(void **state)
{
    const struct fixture *f = *state;
    struct config_error error = {""};
    struct store *store;
    char kept[128];

    write_first_version(f->path);
    snprintf(kept, sizeof(kept), "%s.schema-1", f->path);
    assert_int_equal(mkdir(kept, 0700), 0); /* no file can take its place */
    assert_true(store_open(f->path, &store, &error) < 0);
    assert_non_null(strstr(error.text, kept));
    assert_int_equal(number_in(f->path, "PRAGMA user_version"), 1);
}

static void a_migration_that_fails_changes_nothing_and_says_why(void **state)
{
    static const struct {
        const char *before, *why;
    } databases[] = {
        {"CREATE TABLE audit_log (x)", "table audit_log already exists"},
        {"INSERT INTO lesson_people VALUES ('music', 99)", "lesson_people"},
    };
    const struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(databases) / sizeof(databases[0]); i++) {
        struct config_error error = {""};
        struct store *store;
        sqlite3 *db;

        unlink(f->path);
        write_first_version(f->path);
        db = open_file(f->path);
        execute(db, databases[i].before);
        sqlite3_close(db);
        assert_true(store_open(f->path, &store, &error) < 0);
        assert_non_null(strstr(error.text, f->path));
        assert_non_null(strstr(error.text, databases[i].why));
        assert_int_equal(number_in(f->path, "PRAGMA user_version"), 1);
        assert_int_equal(number_in(f->path, "SELECT count(*) FROM people WHERE role = 'admin'"), 1);
    }
}

static void a_database_that_is_only_read_stays_as_it_is(void **state)
{
    const struct fixture *f = *state;
    struct config_error error = {""};
    struct store *store;
    char command[160];

    assert_true(store_open_to_read(f->path, &store, &error) < 0);
    assert_non_null(strstr(error.text, f->path));
    assert_int_equal(access(f->path, F_OK), -1);
    write_first_version(f->path);
    assert_int_equal(store_open_to_read(f->path, &store, &error), 0);
    assert_true(store_run(store, store_prepare(store, "DELETE FROM people")) < 0);
    store_close(store);
    assert_int_equal(number_in(f->path, "SELECT count(*) FROM people"), 2);
    assert_int_equal(number_in(f->path, "PRAGMA user_version"), 1);
    snprintf(command, sizeof(command), "test $(ls %s | wc -l) = 1", f->folder);
    assert_int_equal(system(command), 0);
}

/* ---- several programs: duet-signaling, and a command given while it starts ---- */

/* Opens the database in a program of its own, once gate has nobody that writes any more. */
static pid_t start_program(const char *path, const int gate[2])
{
    struct config_error error;
    struct store *store;
    char byte;
    pid_t program = fork();

    if (program != 0)
        return program;
    close(gate[1]);
    (void)!read(gate[0], &byte, 1);
    _exit(store_open(path, &store, &error) < 0);
}

static void assert_ended_well(pid_t program)
{
    int status;

    assert_int_equal(waitpid(program, &status, 0), program);
    assert_int_equal(status, 0);
}

static void programs_that_open_a_database_at_once_all_find_it_whole(void **state)
{
    const struct fixture *f = *state;
    char kept[128];
    pid_t programs[8];
    int gate[2];

    write_first_version(f->path);
    assert_int_equal(pipe(gate), 0);
    for (unsigned i = 0; i < 8; i++)
        programs[i] = start_program(f->path, gate);
    close(gate[0]);
    close(gate[1]);
    for (unsigned i = 0; i < 8; i++)
        assert_ended_well(programs[i]);
    assert_int_equal(number_in(f->path, "PRAGMA user_version"), (int64_t)migrations_count);
    snprintf(kept, sizeof(kept), "%s.schema-1", f->path);
    assert_int_equal(number_in(kept, "PRAGMA user_version"), 1);
}

static void a_program_that_waited_for_another_to_migrate_copies_nothing(void **state)
{
    const struct fixture *f = *state;
    char kept[128];
    sqlite3 *other;
    int gate[2];
    pid_t program;

    write_first_version(f->path);
    assert_int_equal(pipe(gate), 0);
    program = start_program(
        f->path, gate); /* now: SQLite's connections must not be there when a program forks */
    other = open_file(f->path);
    execute(other, "PRAGMA journal_mode = WAL; BEGIN IMMEDIATE");
    for (size_t next = 1; next < migrations_count; next++)
        execute(other, migrations[next]);
    snprintf(kept, sizeof(kept), "PRAGMA user_version = %zu", migrations_count);
    execute(other, kept);
    close(gate[0]);
    close(gate[1]);
    usleep(
        200000); /* it waits for the lock by then; one that comes later finds nothing to do either */
    execute(other, "COMMIT");
    assert_ended_well(program);
    sqlite3_close(other);
    snprintf(kept, sizeof(kept), "%s.schema-1", f->path);
    assert_int_equal(access(kept, F_OK), -1);
}

static void a_statement_that_cannot_be_prepared_fails_when_it_is_run(void **state)
{
    const struct fixture *f = *state;
    struct config_error error;
    struct store *store;
    sqlite3_stmt *statement;

    assert_int_equal(store_open(f->path, &store, &error), 0);
    statement = store_prepare(store, "SELECT nothing FROM nowhere WHERE x = ? AND y = ?");
    assert_null(statement);
    store_bind_int(statement, 1, 1);
    store_bind_text(statement, 2, "a");
    assert_int_equal(store_step(store, statement), -EIO);
    assert_int_equal(store_run(store, statement), -EIO);
    store_close(store);
}

/* ---- backups ---- */

static void a_backup_is_whole_while_another_program_writes(void **state)
{
    const struct fixture *f = *state;
    struct config_error error;
    struct store *store;
    struct stat info;
    char copy[128];
    sqlite3 *db, *writer;

    assert_int_equal(store_open(f->path, &store, &error), 0);
    store_close(store);
    snprintf(copy, sizeof(copy), "%s/copy.db", f->folder);
    db = open_file(f->path);
    writer = open_file(f->path);
    execute(db, "INSERT INTO lessons (id, title, created) VALUES ('a', 'a', 1)");
    execute(
        writer, "BEGIN IMMEDIATE; INSERT INTO lessons (id, title, created) VALUES ('b', 'b', 1)");
    assert_int_equal(backup_write(db, copy, &error), 0);
    assert_int_equal(number_in(copy, "SELECT count(*) FROM lessons"), 1);
    execute(writer, "COMMIT");
    assert_int_equal(backup_write(db, copy, &error), 0); /* over the other one */
    assert_int_equal(number_in(copy, "SELECT count(*) FROM lessons"), 2);
    assert_int_equal(stat(copy, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    sqlite3_close(db);
    sqlite3_close(writer);
}

static void a_backup_that_fails_leaves_the_last_one_and_names_the_file(void **state)
{
    const struct fixture *f = *state;
    struct config_error error = {""};
    char copy[128], nowhere[128], part[160];
    sqlite3 *db;

    write_first_version(f->path);
    db = open_file(f->path);
    snprintf(copy, sizeof(copy), "%s/copy.db", f->folder);
    assert_int_equal(backup_write(db, copy, &error), 0);
    snprintf(nowhere, sizeof(nowhere), "%s/none/copy.db", f->folder);
    assert_int_equal(backup_write(db, nowhere, &error), -ENOENT);
    assert_non_null(strstr(error.text, nowhere));
    assert_int_equal(backup_write(db, f->path, &error), -EINVAL);
    assert_non_null(strstr(error.text, "the database itself"));
    assert_int_equal(number_of(db, "SELECT count(*) FROM lessons"), 1);

    /* a page of the database that is no page any more */
    execute(db, "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = 99 WHERE name = "
                "'lessons'");
    sqlite3_close(db);
    db = open_file(f->path);
    assert_true(backup_write(db, copy, &error) < 0);
    sqlite3_close(db);
    assert_int_equal(number_in(copy, "SELECT count(*) FROM lessons"), 1);
    snprintf(part, sizeof(part), "%s.part", copy);
    assert_int_equal(access(part, F_OK), -1);
}

/* Whether another program finds the file locked where SQLite locks it while a connection is open. */
static bool is_locked(const char *path)
{
    struct flock lock = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0x40000000, .l_len = 512};
    int status = 0;

    if (fork() == 0) {
        int fd = open(path, O_RDWR);

        _exit(fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK ? 1 : 0);
    }
    assert_true(wait(&status) > 0 && WIFEXITED(status));
    return WEXITSTATUS(status) == 1;
}

/* The locks of a file are a program's, not a descriptor's: to close any one of it takes them all, and the next program
 * to leave would take itself for the last one, and delete the write-ahead log of this one. */
static void a_second_connection_that_ends_leaves_the_first_ones_locks_alone(void **state)
{
    const struct fixture *f = *state;
    struct config_error error;
    struct store *first, *second;

    assert_int_equal(store_open(f->path, &first, &error), 0);
    assert_true(is_locked(f->path));
    assert_int_equal(store_open(f->path, &second, &error), 0);
    store_close(second);
    assert_true(is_locked(f->path));
    store_close(first);
    assert_false(is_locked(f->path));
}

#define test(function) cmocka_unit_test_setup_teardown(function, make_folder, remove_folder)

/* ---- one transaction within another ---- */

static int add_row(struct store *store, const char *id)
{
    sqlite3_stmt *statement =
        store_prepare(store, "INSERT INTO lessons (id, title, created) VALUES (?, '', 0)");

    store_bind_text(statement, 1, id);
    return store_run(store, statement);
}

static void what_is_taken_back_within_leaves_the_rest(void **state)
{
    const struct fixture *f = *state;
    struct config_error error;
    struct store *store;
    sqlite3 *db;

    assert_int_equal(store_open(f->path, &store, &error), 0);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_end(store, add_row(store, "kept")), 0);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(add_row(store, "taken-back"), 0);
    assert_int_equal(store_end(store, -ENOENT), -ENOENT);
    db = open_file(f->path);
    assert_int_equal(
        number_of(db, "SELECT count(*) FROM lessons"), 0); /* not before the outer end */
    assert_int_equal(store_end(store, 0), 0);
    assert_int_equal(number_of(db, "SELECT count(*) FROM lessons WHERE id = 'kept'"), 1);
    assert_int_equal(number_of(db, "SELECT count(*) FROM lessons"), 1);

    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_end(store, add_row(store, "within")), 0);
    assert_int_equal(store_end(store, -EIO), -EIO);
    assert_int_equal(number_of(db, "SELECT count(*) FROM lessons"), 1);
    assert_int_equal(store_begin(store), 0); /* and the next one is a transaction again */
    assert_int_equal(store_end(store, add_row(store, "after")), 0);
    assert_int_equal(number_of(db, "SELECT count(*) FROM lessons"), 2);
    sqlite3_close(db);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(an_old_database_is_brought_up_to_date_and_kept_as_it_was),
        test(people_are_still_referred_to_after_their_table_was_made_anew),
        test(a_new_database_and_one_that_is_up_to_date_are_not_copied),
        test(an_old_database_that_cannot_be_copied_is_not_touched),
        test(a_migration_that_fails_changes_nothing_and_says_why),
        test(a_database_that_is_only_read_stays_as_it_is),
        test(programs_that_open_a_database_at_once_all_find_it_whole),
        test(a_program_that_waited_for_another_to_migrate_copies_nothing),
        test(a_statement_that_cannot_be_prepared_fails_when_it_is_run),
        test(a_backup_is_whole_while_another_program_writes),
        test(a_backup_that_fails_leaves_the_last_one_and_names_the_file),
        test(a_second_connection_that_ends_leaves_the_first_ones_locks_alone),
        test(what_is_taken_back_within_leaves_the_rest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
