#include "signaling/schools/textbooks.h"

#include "common/plain_text.h"
#include "signaling/audit/audit_log.h"
#include "signaling/schools/catalogue.h"
#include "signaling/schools/organisations.h"

#include <errno.h>
#include <stdio.h>

static void read_row(sqlite3_stmt *statement, struct textbook *ret_textbook)
{
    *ret_textbook = (struct textbook){
        .id = sqlite3_column_int64(statement, 0),
        .school = sqlite3_column_int64(statement, 1),
        .grade = (unsigned)sqlite3_column_int64(statement, 3),
    };
    store_column_text(statement, 2, ret_textbook->subject, sizeof(ret_textbook->subject));
    store_column_text(statement, 4, ret_textbook->edition, sizeof(ret_textbook->edition));
}

int textbooks_get(struct store *store, int64_t id, struct textbook *ret_textbook)
{
    sqlite3_stmt *statement = store_prepare(
        store, "SELECT id, school, subject, grade, edition FROM textbooks WHERE id = ?");
    int r;

    store_bind_int(statement, 1, id);
    r = store_step(store, statement);
    if (r == 1)
        read_row(statement, ret_textbook);
    store_finish(statement);
    return r;
}

int textbooks_list(struct store *store, int64_t organisation,
    void (*on_textbook)(void *user, const struct textbook *textbook), void *user)
{
    sqlite3_stmt *statement =
        store_prepare(store, "SELECT id, school, subject, grade, edition FROM textbooks"
                             " WHERE ?1 = 0 OR school IN (" ORGANISATIONS_BELOW ")"
                             " ORDER BY school, subject, grade");
    struct textbook textbook;
    int r;

    store_bind_int(statement, 1, organisation);
    while ((r = store_step(store, statement)) == 1) {
        read_row(statement, &textbook);
        on_textbook(user, &textbook);
    }
    store_finish(statement);
    return r;
}

int textbooks_edition(struct store *store, int64_t room, const char *subject, unsigned grade,
    char ret_edition[TEXTBOOKS_MAX_EDITION_BYTES + 1])
{
    sqlite3_stmt *statement = store_prepare(store,
        "SELECT t.edition FROM textbooks t JOIN rooms r ON r.school = t.school"
        " WHERE r.id = ? AND t.subject = ? AND t.grade IN (0, ?) ORDER BY t.grade DESC"
        " LIMIT 1");
    int r;

    store_bind_int(statement, 1, room);
    store_bind_text(statement, 2, subject);
    store_bind_int(statement, 3, grade);
    r = store_step(store, statement);
    if (r == 1)
        store_column_text(statement, 0, ret_edition, TEXTBOOKS_MAX_EDITION_BYTES + 1);
    store_finish(statement);
    return r;
}

/* ---- changing ---- */

static int commit(
    struct store *store, int r, int64_t id, const char *event, const char *by, int64_t now_s)
{
    char object[32];

    snprintf(object, sizeof(object), "textbook %lld", (long long)id);
    return audit_log_end(store, r, &(struct audit_entry){now_s, by, event, object, "done", ""});
}

static int write(struct store *store, const struct textbook *textbook, int64_t *ret_id)
{
    struct organisation school;
    sqlite3_stmt *statement;
    int r = organisations_get(store, textbook->school, &school);

    if (r <= 0 || school.kind != ORGANISATION_SCHOOL)
        return r < 0 ? r : -ENOENT;
    r = catalogue_has(store, textbook->subject, textbook->grade);
    if (r != 1)
        return r < 0 ? r : -EINVAL;
    statement = store_prepare(store,
        "INSERT INTO textbooks (school, subject, grade, edition) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET edition = excluded.edition RETURNING id");
    store_bind_int(statement, 1, textbook->school);
    store_bind_text(statement, 2, textbook->subject);
    store_bind_int(statement, 3, textbook->grade);
    store_bind_text(statement, 4, textbook->edition);
    r = store_step(store, statement);
    if (r == 1)
        *ret_id = sqlite3_column_int64(statement, 0);
    store_finish(statement);
    return r < 0 ? r : 0;
}

int textbooks_set(struct store *store, const struct textbook *textbook, const char *by,
    int64_t now_s, int64_t *ret_id)
{
    int64_t id = 0;
    int r;

    if (!plain_text_fits(textbook->subject, TEXTBOOKS_MAX_SUBJECT_BYTES) ||
        !plain_text_fits(textbook->edition, TEXTBOOKS_MAX_EDITION_BYTES) ||
        textbook->grade > TEXTBOOKS_MAX_GRADE)
        return -EINVAL;
    r = store_begin(store);
    if (r < 0)
        return r;
    r = write(store, textbook, &id);
    r = commit(store, r, id, "textbook.set", by, now_s);
    if (r == 0)
        *ret_id = id;
    return r;
}

int textbooks_remove(struct store *store, int64_t id, const char *by, int64_t now_s)
{
    sqlite3_stmt *statement;
    int r = store_begin(store);

    if (r < 0)
        return r;
    statement = store_prepare(store, "DELETE FROM textbooks WHERE id = ?");
    store_bind_int(statement, 1, id);
    r = store_run(store, statement);
    if (r == 0 && store_changes(store) == 0)
        r = -ENOENT;
    return commit(store, r, id, "textbook.remove", by, now_s);
}
