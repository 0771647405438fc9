#include "signaling/lessons/lessons.h"

#include "signaling/accounts/token.h"
#include "signaling/audit/audit_log.h"

#include <errno.h>
#include <string.h>

bool lessons_is_id(const char *text)
{
    return token_is_name(text) && strcmp(text, "sessions") != 0;
}

static int insert_lesson(struct store *store, const char *id, const char *title, int64_t now_s)
{
    sqlite3_stmt *statement =
        store_prepare(store, "INSERT INTO lessons (id, title, created) VALUES (?, ?, ?)");

    store_bind_text(statement, 1, id);
    store_bind_text(statement, 2, title);
    store_bind_int(statement, 3, now_s);
    return store_run(store, statement);
}

int lessons_add(
    struct store *store, const char *id, const char *title, const char *by, int64_t now_s)
{
    struct audit_entry entry = {now_s, by, "lesson.add", id, "done", ""};
    int r;

    if (!lessons_is_id(id) || !*title || strlen(title) > LESSONS_MAX_TITLE_BYTES)
        return -EINVAL;
    r = store_begin(store);
    if (r < 0)
        return r;
    r = insert_lesson(store, id, title, now_s);
    return audit_log_end(store, r, &entry);
}

int lessons_exists(struct store *store, const char *id)
{
    sqlite3_stmt *statement = store_prepare(store, "SELECT 1 FROM lessons WHERE id = ?");

    store_bind_text(statement, 1, id);
    return store_run(store, statement);
}

int lessons_list(struct store *store, int64_t person,
    void (*on_lesson)(void *user, const char *id, const char *title), void *user)
{
    /* a condition for both would look at every lesson of a county for each page that somebody opens */
    sqlite3_stmt *statement = store_prepare(
        store, person == 0 ? "SELECT id, title FROM lessons ORDER BY id"
                           : "SELECT id, title FROM lessons WHERE day IS NULL AND id IN"
                             " (SELECT lesson FROM lesson_people WHERE person = ?) ORDER BY id");
    int r;

    if (person != 0)
        store_bind_int(statement, 1, person);
    while ((r = store_step(store, statement)) == 1)
        on_lesson(user, (const char *)sqlite3_column_text(statement, 0),
            (const char *)sqlite3_column_text(statement, 1));
    store_finish(statement);
    return r;
}

int lessons_has_person(struct store *store, const char *id, int64_t person)
{
    sqlite3_stmt *statement =
        store_prepare(store, "SELECT 1 FROM lesson_people p JOIN lessons l ON l.id = p.lesson"
                             " WHERE p.lesson = ? AND p.person = ? AND l.state != 'cancelled'");

    store_bind_text(statement, 1, id);
    store_bind_int(statement, 2, person);
    return store_run(store, statement);
}
