/* Copies on a schedule, and putting one back, with real files. */
#include "common/clock.h"
#include "signaling/store/backup_keeper.h"
#include "signaling/store/restore.h"
#include "signaling/store/serving_lock.h"
#include "signaling/store/store.h"
#include "tests/unit/signaling/store_folder.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define DAY_S 86400

struct fixture {
    char folder[STORE_FOLDER_CHARS];
    char database[2 * STORE_FOLDER_CHARS];
    char backups[96];
};

static int make_folder(void **state)
{
    static struct fixture f;

    store_folder_make(f.folder);
    store_folder_path(f.folder, f.database);
    snprintf(f.backups, sizeof(f.backups), "%s/copies", f.folder);
    *state = &f;
    return 0;
}

static int remove_folder(void **state)
{
    const struct fixture *f = *state;

    return store_folder_remove(f->folder);
}

static struct store *open_store(const char *path)
{
    struct config_error error;
    struct store *store = NULL;

    assert_int_equal(store_open(path, &store, &error), 0);
    return store;
}

static void add_lesson(struct store *store, const char *id)
{
    sqlite3_stmt *statement =
        store_prepare(store, "INSERT INTO lessons (id, title, created) VALUES (?, 'x', 1)");

    store_bind_text(statement, 1, id);
    assert_int_equal(store_run(store, statement), 0);
}

static int64_t lessons_in(const char *path)
{
    struct config_error error;
    struct store *store = NULL;
    sqlite3_stmt *statement;
    int64_t count;

    assert_int_equal(store_open_to_read(path, &store, &error), 0);
    statement = store_prepare(store, "SELECT count(*) FROM lessons");
    assert_int_equal(store_step(store, statement), 1);
    count = sqlite3_column_int64(statement, 0);
    store_finish(statement);
    store_close(store);
    return count;
}

static bool lesson_is_in(const char *path, const char *id)
{
    struct store *store = open_store(path);
    sqlite3_stmt *statement = store_prepare(store, "SELECT 1 FROM lessons WHERE id = ?");
    int r;

    store_bind_text(statement, 1, id);
    r = store_run(store, statement);
    store_close(store);
    return r == 1;
}

/* ---- which are kept ---- */

static void the_newest_are_kept_and_one_of_each_day_before(void **state)
{
    static const struct backup_plan plan = {.keep = 2, .keep_days = 2};
    const int64_t today = INT64_C(20000) * DAY_S;
    const int64_t times[] = {today + 900, today, today - 1, today - 900, today - DAY_S + 5,
        today - DAY_S - 1, today - DAY_S - 2, today - 2 * DAY_S - 1};
    const bool expected[] = {true, true, true, false, false, true, false, false};
    bool keep[8];

    (void)state;
    backup_keeper_choose(&plan, times, 8, keep);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(keep[i], expected[i]);
}

static void a_name_tells_its_time_and_others_are_no_copies(void **state)
{
    static const char *const others[] = {"duet-20261127T081500Z.sqlite.part", "duet.sqlite", "",
        "duet-20261327T081500Z.sqlite", "duet-20261127T081500Z", "xduet-20261127T081500Z.sqlite"};
    char name[BACKUP_KEEPER_NAME_CHARS];
    int64_t time_s = 0;

    (void)state;
    backup_keeper_name(1795767300, name);
    assert_string_equal(name, "duet-20261127T081500Z.sqlite");
    assert_true(backup_keeper_time(name, &time_s));
    assert_int_equal(time_s, 1795767300);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_false(backup_keeper_time(others[i], &time_s));
}

/* ---- copies ---- */

static void wait_for_copy(struct backup_keeper *keeper, struct backup_state *ret_state)
{
    uint64_t limit_us = clock_now_us() + 20 * US_PER_S;

    do {
        backup_keeper_read(keeper, ret_state);
        usleep(5000);
    } while (ret_state->checked_s == 0 && !ret_state->failed && clock_now_us() < limit_us);
}

static void a_copy_is_made_at_the_start_and_not_again_while_it_is_fresh(void **state)
{
    const struct fixture *f = *state;
    struct backup_plan plan = {
        .database = f->database, .folder = f->backups, .every_s = 900, .keep = 4};
    struct store *store = open_store(f->database);
    struct backup_state copied;
    struct backup_keeper *keeper;
    struct config_error error;
    struct stat info;
    char newest[256], again[256];
    int64_t time_s;

    add_lesson(store, "a");
    assert_int_equal(backup_keeper_newest(f->backups, newest, sizeof(newest), &time_s), 0);
    assert_int_equal(backup_keeper_create(&plan, &keeper, &error), 0);
    wait_for_copy(keeper, &copied);
    backup_keeper_destroy(keeper);
    assert_false(copied.failed);
    assert_true(copied.disk_bytes > copied.disk_free_bytes && copied.disk_free_bytes > 0);
    assert_int_equal(backup_keeper_newest(f->backups, newest, sizeof(newest), &time_s), 1);
    assert_int_equal(time_s, copied.last_s);
    assert_int_equal(lessons_in(newest), 1);
    assert_int_equal(stat(f->backups, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);

    add_lesson(store, "b");
    assert_int_equal(backup_keeper_create(&plan, &keeper, &error), 0);
    backup_keeper_destroy(keeper);
    assert_int_equal(backup_keeper_newest(f->backups, again, sizeof(again), &time_s), 1);
    assert_string_equal(again, newest);
    store_close(store);
}

static void a_folder_that_cannot_be_is_named(void **state)
{
    const struct fixture *f = *state;
    struct backup_plan plan = {
        .database = f->database, .folder = "/none/copies", .every_s = 900, .keep = 1};
    struct config_error error = {""};
    struct backup_keeper *keeper = NULL;

    assert_int_equal(backup_keeper_create(&plan, &keeper, &error), -ENOENT);
    assert_non_null(strstr(error.text, "backup.folder: /none/copies"));
}

static void a_copy_that_fails_is_told_and_leaves_the_others(void **state)
{
    const struct fixture *f = *state;
    struct backup_plan plan = {
        .database = f->database, .folder = f->backups, .every_s = 900, .keep = 1};
    struct backup_state copied;
    struct backup_keeper *keeper;
    struct config_error error;
    char old[256], newest[256];
    int64_t time_s;
    FILE *file;

    assert_int_equal(mkdir(f->backups, 0700), 0);
    snprintf(old, sizeof(old), "%s/duet-20200101T000000Z.sqlite", f->backups);
    file = fopen(old, "w");
    assert_non_null(file);
    fclose(file);
    file = fopen(f->database, "w");
    assert_non_null(file);
    fputs("no database at all, but longer than the header of one: "
          "0123456789012345678901234567890123456789012345678901234567890123456789",
        file);
    fclose(file);
    assert_int_equal(backup_keeper_create(&plan, &keeper, &error), 0);
    wait_for_copy(keeper, &copied);
    backup_keeper_destroy(keeper);
    assert_true(copied.failed);
    assert_true(*copied.error != '\0');
    assert_int_equal(backup_keeper_newest(f->backups, newest, sizeof(newest), &time_s), 1);
    assert_string_equal(newest, old);
}

/* ---- restoring ---- */

static void a_backup_takes_the_place_of_the_database_which_is_kept_whole(void **state)
{
    const struct fixture *f = *state;
    struct store *store = open_store(f->database);
    struct config_error error;
    char copy[128], kept[256];

    snprintf(copy, sizeof(copy), "%s/copy.db", f->folder);
    add_lesson(store, "a");
    assert_int_equal(store_back_up(store, copy, &error), 0);
    add_lesson(store,
        "b"); /* stands in the write-ahead log: the store is never closed, as after kill -9 */
    assert_int_equal(restore_from(copy, f->database, 77, kept, sizeof(kept), &error), 0);
    assert_int_equal(lessons_in(f->database), 1);
    assert_non_null(strstr(kept, ".before-77"));
    assert_int_equal(lessons_in(kept), 2);
    store_close(store);
    store = open_store(f->database);
    add_lesson(store, "c");
    store_close(store);
    assert_int_equal(lessons_in(f->database), 2);
}

/* In a program of its own, which is killed: what it wrote stands in the write-ahead log alone. */
static void write_and_die(const char *path, const char *id)
{
    pid_t child = fork();

    if (child == 0) {
        add_lesson(open_store(path), id);
        _exit(0);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
}

/* Lesson "a" is in the database and in copy, "b" in the log. A restore is cut off after its first step or its second. */
static void cut_a_restore_off(const struct fixture *f, const char *copy, bool log_is_away)
{
    struct store *store = open_store(f->database);
    struct config_error error;
    char kept[256], log[256], kept_log[264];

    add_lesson(store, "a");
    assert_int_equal(store_back_up(store, copy, &error), 0);
    store_close(store);
    write_and_die(f->database, "b");
    snprintf(kept, sizeof(kept), "%s.before-77", f->database);
    snprintf(log, sizeof(log), "%s-wal", f->database);
    snprintf(kept_log, sizeof(kept_log), "%s-wal", kept);
    assert_int_equal(link(f->database, kept), 0);
    if (log_is_away)
        assert_int_equal(rename(log, kept_log), 0);
}

static void check_that_it_is_undone(const struct fixture *f, const char *last)
{
    char kept[256];

    snprintf(kept, sizeof(kept), "%s.before-77", f->database);
    assert_int_equal(restore_undo(f->database), 0);
    assert_int_equal(access(kept, F_OK), -1);
    assert_int_equal(lessons_in(f->database), 2);
    assert_true(lesson_is_in(f->database, last));
}

static void a_restore_that_was_cut_off_after_its_first_step_is_undone(void **state)
{
    const struct fixture *f = *state;
    char copy[128];

    snprintf(copy, sizeof(copy), "%s/copy.db", f->folder);
    cut_a_restore_off(f, copy, false);
    check_that_it_is_undone(f, "b");
}

static void a_restore_that_was_cut_off_after_its_second_step_is_undone(void **state)
{
    const struct fixture *f = *state;
    char copy[128];

    snprintf(copy, sizeof(copy), "%s/copy.db", f->folder);
    cut_a_restore_off(f, copy, true);
    check_that_it_is_undone(f, "b");
}

static void a_log_that_was_left_behind_is_not_put_back_onto_what_was_written_since(void **state)
{
    const struct fixture *f = *state;
    struct store *store;
    char copy[128];

    snprintf(copy, sizeof(copy), "%s/copy.db", f->folder);
    cut_a_restore_off(f, copy, true);
    usleep(50000); /* files know their time to some milliseconds */
    store = open_store(f->database);
    add_lesson(store, "c");
    store_close(store);
    check_that_it_is_undone(f, "c");
}

static void a_restore_goes_through_after_one_that_was_cut_off(void **state)
{
    const struct fixture *f = *state;
    struct config_error error = {""};
    char copy[128], kept[256];

    snprintf(copy, sizeof(copy), "%s/copy.db", f->folder);
    cut_a_restore_off(f, copy, true);
    /* in the same second, too: its name for the old database is taken */
    assert_int_equal(restore_from(copy, f->database, 77, kept, sizeof(kept), &error), 0);
    assert_int_equal(lessons_in(f->database), 1);
    assert_int_equal(lessons_in(kept), 2);
}

static void what_is_no_backup_changes_nothing(void **state)
{
    const struct fixture *f = *state;
    static const char *const contents[] = {"", "this is not a database, only a text of some length "
                                               "that was named so by somebody in a hurry"};
    struct store *store = open_store(f->database);
    struct config_error error = {""};
    char other[128], kept[256];
    sqlite3 *db;

    add_lesson(store, "a");
    store_close(store);
    snprintf(other, sizeof(other), "%s/other.db", f->folder);
    for (size_t i = 0; i < 2; i++) {
        FILE *file = fopen(other, "w");

        assert_non_null(file);
        fputs(contents[i], file);
        fclose(file);
        assert_true(restore_from(other, f->database, 1, kept, sizeof(kept), &error) < 0);
        assert_non_null(strstr(error.text, other));
    }
    unlink(other);
    assert_true(restore_from(other, f->database, 1, kept, sizeof(kept), &error) == -ENOENT);
    assert_int_equal(sqlite3_open(other, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "PRAGMA user_version = 3; CREATE TABLE songs (x)", NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(restore_from(other, f->database, 1, kept, sizeof(kept), &error), -EINVAL);
    assert_int_equal(
        restore_from(f->database, f->database, 1, kept, sizeof(kept), &error), -EINVAL);
    assert_int_equal(lessons_in(f->database), 1);
    assert_int_equal(access(kept, F_OK), -1);
}

/* ---- damage and locks ---- */

/* One page of 4096 bytes, as a bad sector leaves it. */
static void damage(const char *path, int64_t page)
{
    FILE *file = fopen(path, "r+");
    char noise[4096];

    assert_non_null(file);
    memset(noise, 0x5a, sizeof(noise));
    assert_int_equal(fseek(file, (long)(page - 1) * 4096, SEEK_SET), 0);
    assert_int_equal(fwrite(noise, sizeof(noise), 1, file), 1);
    fclose(file);
}

static int64_t page_of_lessons(struct store *store)
{
    sqlite3_stmt *statement =
        store_prepare(store, "SELECT rootpage FROM sqlite_schema WHERE name = 'lessons'");
    int64_t page;

    assert_int_equal(store_step(store, statement), 1);
    page = sqlite3_column_int64(statement, 0);
    store_finish(statement);
    return page;
}

static void damage_is_found_and_nothing_is_written_any_more(void **state)
{
    const struct fixture *f = *state;
    struct store *store = open_store(f->database);
    struct config_error error = {""};
    int64_t page = page_of_lessons(store);

    assert_int_equal(store_check(store, f->database, &error), 0);
    store_close(store);
    damage(f->database, page);
    store = open_store(f->database);
    assert_false(store_is_damaged(store));
    assert_int_equal(store_check(store, f->database, &error), -EIO);
    assert_non_null(strstr(error.text, f->database));
    assert_true(store_run(store, store_prepare(store, "INSERT INTO lessons (id, title, created) "
                                                      "VALUES ('a', 'a', 1)")) < 0);
    assert_true(store_is_damaged(store));
    assert_int_equal(store_run(store, store_prepare(store, "CREATE TABLE new (x)")), -EROFS);
    store_close(store);
}

static void one_program_serves_a_database(void **state)
{
    const struct fixture *f = *state;
    struct config_error error = {""};
    char pid[32];
    int first = -1, second = -1;

    assert_int_equal(serving_lock_take(f->database, &first, &error), 0);
    assert_int_equal(serving_lock_take(f->database, &second, &error), -EBUSY);
    snprintf(pid, sizeof(pid), "process %d", (int)getpid());
    assert_non_null(strstr(error.text, pid));
    serving_lock_release(first);
    assert_int_equal(serving_lock_take(f->database, &second, &error), 0);
    serving_lock_release(second);
    serving_lock_release(-1);
}

#define test(function) cmocka_unit_test_setup_teardown(function, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_are_kept_and_one_of_each_day_before),
        cmocka_unit_test_setup_teardown(
            a_restore_that_was_cut_off_after_its_first_step_is_undone, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(
            a_restore_that_was_cut_off_after_its_second_step_is_undone, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(
            a_log_that_was_left_behind_is_not_put_back_onto_what_was_written_since, make_folder,
            remove_folder),
        cmocka_unit_test_setup_teardown(
            a_restore_goes_through_after_one_that_was_cut_off, make_folder, remove_folder),
        cmocka_unit_test(a_name_tells_its_time_and_others_are_no_copies),
        test(a_copy_is_made_at_the_start_and_not_again_while_it_is_fresh),
        test(a_folder_that_cannot_be_is_named),
        test(a_copy_that_fails_is_told_and_leaves_the_others),
        test(a_backup_takes_the_place_of_the_database_which_is_kept_whole),
        test(what_is_no_backup_changes_nothing),
        test(damage_is_found_and_nothing_is_written_any_more),
        test(one_program_serves_a_database),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
