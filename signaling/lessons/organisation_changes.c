#include "signaling/lessons/organisation_changes.h"

#include "common/plain_text.h"
#include "signaling/audit/audit_log.h"
#include "signaling/lessons/bell_changes.h"
#include "signaling/store/row_version.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define VERSION "SELECT version FROM organisations WHERE id = ?1"

static int commit(struct store *store, int r, int64_t organisation, const char *event,
    const char *by, int64_t now_s)
{
    char object[48];

    snprintf(object, sizeof(object), "organisation %lld", (long long)organisation);
    return audit_log_end(store, r, &(struct audit_entry){now_s, by, event, object, "done", ""});
}

static int rename_to(struct store *store, const struct organisation *organisation)
{
    sqlite3_stmt *statement = store_prepare(
        store, "UPDATE organisations SET name = ?, version = version + 1 WHERE id = ?");

    store_bind_text(statement, 1, organisation->name);
    store_bind_int(statement, 2, organisation->id);
    return store_run(store, statement);
}

/* Of what holds no lessons: schools have zones of their own. */
static int set_zone(struct store *store, const struct organisation *organisation)
{
    sqlite3_stmt *statement =
        store_prepare(store, "UPDATE organisations SET zone = ? WHERE id = ?");

    store_bind_text(statement, 1, organisation->zone);
    store_bind_int(statement, 2, organisation->id);
    return store_run(store, statement);
}

static int move_to_zone(
    struct store *store, const struct organisation *organisation, int64_t now_s, int64_t *ret_moved)
{
    struct bells_edit edit = {
        .kind = BELLS_EDIT_SET_ZONE, .organisation = organisation->id, .zone = organisation->zone};
    struct bell_changes_report report = {0};
    int r = bell_changes_apply(store, &edit, now_s, &report);

    *ret_moved = report.moved;
    bell_changes_report_finish(&report);
    return r;
}

static int change(
    struct store *store, const struct organisation *organisation, int64_t now_s, int64_t *ret_moved)
{
    struct organisation before;
    int r = row_version_check(store, VERSION, organisation->id, organisation->version);

    if (r == 0)
        r = organisations_get(store, organisation->id, &before);
    if (r == 1)
        r = rename_to(store, organisation);
    if (r == 0 && strcmp(before.zone, organisation->zone) != 0)
        r = before.kind == ORGANISATION_SCHOOL ? move_to_zone(store, organisation, now_s, ret_moved)
                                               : set_zone(store, organisation);
    return r;
}

int organisation_changes_make(struct store *store, const struct organisation *organisation,
    const char *by, int64_t now_s, int64_t *ret_moved)
{
    int r;

    *ret_moved = 0;
    if (!plain_text_fits(organisation->name, ORGANISATIONS_MAX_NAME_BYTES) ||
        !organisations_is_zone(organisation->zone))
        return -EINVAL;
    r = store_begin(store);
    if (r < 0)
        return r;
    r = change(store, organisation, now_s, ret_moved);
    return commit(store, r, organisation->id, "organisation.change", by, now_s);
}

static const struct hanging_look looks[] = {
    {HANGING_SCHOOLS, "SELECT count(*) FROM organisations WHERE parent = ?1"},
    {HANGING_ROOMS, "SELECT count(*) FROM rooms WHERE school = ?1"},
    {HANGING_PEOPLE, "SELECT count(*) FROM people WHERE organisation = ?1"},
    {HANGING_TERMS, "SELECT count(*) FROM terms WHERE organisation = ?1"},
    {HANGING_BELLS, "SELECT (SELECT count(*) FROM bell_sets WHERE school = ?1)"
                    " + (SELECT count(*) FROM bell_exceptions WHERE organisation = ?1)"},
    {HANGING_TEXTBOOKS, "SELECT count(*) FROM textbooks WHERE school = ?1"},
};

static int remove_rows(struct store *store, int64_t organisation)
{
    static const char *const statements[] = {
        "DELETE FROM calendars WHERE kind = 'organisation' AND subject = ?",
        "DELETE FROM organisations WHERE id = ?",
    };
    int r = 0;

    for (size_t i = 0; r == 0 && i < sizeof(statements) / sizeof(statements[0]); i++) {
        sqlite3_stmt *statement = store_prepare(store, statements[i]);

        store_bind_int(statement, 1, organisation);
        r = store_run(store, statement);
    }
    return r;
}

int organisation_changes_remove(struct store *store, const struct organisation *organisation,
    const char *by, int64_t now_s, struct hanging *ret_hanging)
{
    int r = store_begin(store);

    if (r < 0)
        return r;
    r = row_version_check(store, VERSION, organisation->id, organisation->version);
    if (r == 0)
        r = hanging_find(
            store, looks, sizeof(looks) / sizeof(looks[0]), organisation->id, ret_hanging);
    if (r == 0)
        r = remove_rows(store, organisation->id);
    return commit(store, r, organisation->id, "organisation.remove", by, now_s);
}
