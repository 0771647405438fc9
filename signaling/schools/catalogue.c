#include "signaling/schools/catalogue.h"

#include "common/plain_text.h"
#include "signaling/audit/audit_log.h"

#include <errno.h>
#include <stdio.h>

/* ---- looking ---- */

int catalogue_list_subjects(struct store *store,
    void (*on_subject)(void *user, const struct catalogue_subject *subject), void *user)
{
    sqlite3_stmt *statement =
        store_prepare(store, "SELECT id, name, retired FROM subjects ORDER BY id");
    int r;

    while ((r = store_step(store, statement)) == 1) {
        struct catalogue_subject subject = {
            .id = sqlite3_column_int64(statement, 0),
            .retired = sqlite3_column_int(statement, 2) != 0,
        };

        store_column_text(statement, 1, subject.name, sizeof(subject.name));
        on_subject(user, &subject);
    }
    store_finish(statement);
    return r;
}

int catalogue_list_grades(
    struct store *store, void (*on_grade)(void *user, unsigned grade, bool retired), void *user)
{
    sqlite3_stmt *statement =
        store_prepare(store, "SELECT number, retired FROM grades ORDER BY number");
    int r;

    while ((r = store_step(store, statement)) == 1)
        on_grade(user, (unsigned)sqlite3_column_int(statement, 0),
            sqlite3_column_int(statement, 1) != 0);
    store_finish(statement);
    return r;
}

int catalogue_has(struct store *store, const char *subject, unsigned grade)
{
    sqlite3_stmt *statement = store_prepare(store,
        "SELECT 1 WHERE ?1 IN (SELECT '' UNION ALL SELECT name FROM subjects WHERE NOT retired)"
        " AND ?2 IN (SELECT 0 UNION ALL SELECT number FROM grades WHERE NOT retired)");

    store_bind_text(statement, 1, subject);
    store_bind_int(statement, 2, grade);
    return store_run(store, statement);
}

/* ---- changing ---- */

static int commit(struct store *store, int r, const char *kind, int64_t id, const char *event,
    const char *by, int64_t now_s)
{
    char object[32];

    snprintf(object, sizeof(object), "%s %lld", kind, (long long)id);
    return audit_log_end(store, r, &(struct audit_entry){now_s, by, event, object, "done", ""});
}

/* Whether another subject has that name. */
static int check_name(struct store *store, int64_t id, const char *name)
{
    sqlite3_stmt *statement =
        store_prepare(store, "SELECT 1 FROM subjects WHERE name = ? AND id != ?");
    int r;

    store_bind_text(statement, 1, name);
    store_bind_int(statement, 2, id);
    r = store_run(store, statement);
    return r == 1 ? -EEXIST : r;
}

static int insert(struct store *store, const char *name, int64_t *ret_id)
{
    sqlite3_stmt *statement;
    int r = check_name(store, 0, name);

    if (r < 0)
        return r;
    statement = store_prepare(store, "INSERT INTO subjects (name) VALUES (?) RETURNING id");
    store_bind_text(statement, 1, name);
    r = store_step(store, statement);
    if (r == 1)
        *ret_id = sqlite3_column_int64(statement, 0);
    store_finish(statement);
    return r < 0 ? r : 0;
}

int catalogue_add_subject(
    struct store *store, const char *name, const char *by, int64_t now_s, int64_t *ret_id)
{
    int64_t id = 0;
    int r;

    if (!plain_text_fits(name, CATALOGUE_MAX_NAME_BYTES))
        return -EINVAL;
    r = store_begin(store);
    if (r < 0)
        return r;
    r = insert(store, name, &id);
    r = commit(store, r, "subject", id, "subject.add", by, now_s);
    if (r == 0)
        *ret_id = id;
    return r;
}

/* Where a subject's name stands; lessons have it as their title. */
static const char *const renames[] = {
    "UPDATE lessons SET title = ?2 WHERE entry IN (SELECT e.id FROM timetable_entries e"
    " JOIN subjects s ON s.name = e.subject WHERE s.id = ?1)",
    "UPDATE timetable_entries SET subject = ?2"
    " WHERE subject = (SELECT name FROM subjects WHERE id = ?1)",
    "UPDATE pairings SET subject = ?2 WHERE subject = (SELECT name FROM subjects WHERE id = ?1)",
    "UPDATE textbooks SET subject = ?2 WHERE subject = (SELECT name FROM subjects WHERE id = ?1)",
    "UPDATE subjects SET name = ?2, retired = ?3 WHERE id = ?1",
};

static bool is_renamed(struct store *store, const struct catalogue_subject *subject, int *ret_error)
{
    sqlite3_stmt *statement =
        store_prepare(store, "SELECT 1 FROM subjects WHERE id = ? AND name = ?");

    store_bind_int(statement, 1, subject->id);
    store_bind_text(statement, 2, subject->name);
    *ret_error = store_run(store, statement);
    return *ret_error == 0;
}

static int change(struct store *store, const struct catalogue_subject *subject)
{
    const size_t count = sizeof(renames) / sizeof(renames[0]);
    int r = check_name(store, subject->id, subject->name);
    size_t first;

    if (r < 0)
        return r;
    first = is_renamed(store, subject, &r) ? 0 : count - 1;
    for (size_t i = first; r >= 0 && i < count; i++) {
        sqlite3_stmt *statement = store_prepare(store, renames[i]);

        store_bind_int(statement, 1, subject->id);
        store_bind_text(statement, 2, subject->name);
        if (i == count - 1)
            store_bind_int(statement, 3, subject->retired);
        r = store_run(store, statement);
    }
    return r < 0 ? r : store_changes(store) == 0 ? -ENOENT : 0;
}

int catalogue_change_subject(
    struct store *store, const struct catalogue_subject *subject, const char *by, int64_t now_s)
{
    int r;

    if (!plain_text_fits(subject->name, CATALOGUE_MAX_NAME_BYTES))
        return -EINVAL;
    r = store_begin(store);
    if (r < 0)
        return r;
    r = change(store, subject);
    return commit(store, r, "subject", subject->id,
        subject->retired ? "subject.retire" : "subject.change", by, now_s);
}

int catalogue_change_grade(
    struct store *store, unsigned grade, bool retired, const char *by, int64_t now_s)
{
    sqlite3_stmt *statement;
    int r = store_begin(store);

    if (r < 0)
        return r;
    statement = store_prepare(store, "UPDATE grades SET retired = ? WHERE number = ?");
    store_bind_int(statement, 1, retired);
    store_bind_int(statement, 2, grade);
    r = store_run(store, statement);
    if (r == 0 && store_changes(store) == 0)
        r = -ENOENT;
    return commit(store, r, "grade", grade, retired ? "grade.retire" : "grade.change", by, now_s);
}
