#include "signaling/schools/bells_edit.h"

#include "common/plain_text.h"
#include "signaling/schools/organisations.h"
#include "signaling/schools/school_bells.h"
#include "signaling/timetable/local_date.h"

#include <errno.h>
#include <stdio.h>

static bool is_day(int32_t day)
{
    return day >= LOCAL_DATE_FIRST_DAY && day <= LOCAL_DATE_LAST_DAY;
}

int bells_edit_version(struct store *store, const struct bells_edit *edit, int64_t *ret_version)
{
    sqlite3_stmt *statement =
        store_prepare(store, "SELECT version FROM bell_sets WHERE id = ? AND school = ?");
    int r;

    store_bind_int(statement, 1, edit->set_id);
    store_bind_int(statement, 2, edit->organisation);
    r = store_step(store, statement);
    if (r == 1)
        *ret_version = sqlite3_column_int64(statement, 0);
    store_finish(statement);
    return r < 0 ? r : r == 1 ? 0 : -ENOENT;
}

static int check_version(struct store *store, const struct bells_edit *edit)
{
    int64_t version;
    int r = bells_edit_version(store, edit, &version);

    return r == 0 && edit->version != 0 && edit->version != version ? -ESTALE : r;
}

/* Who wants to remove what was not there finds out. */
static int run_on_row(struct store *store, sqlite3_stmt *statement)
{
    int r = store_run(store, statement);

    return r == 0 && store_changes(store) == 0 ? -ENOENT : r;
}

/* ---- sets ---- */

static bool can_be(const struct bells_edit *edit)
{
    const struct bell_set *set = edit->set;
    size_t faulty[2];

    return plain_text_fits(edit->name, ORGANISATIONS_MAX_NAME_BYTES) && set->period_count > 0 &&
           set->period_count <= BELLS_MAX_PERIODS && is_day(set->first_day) &&
           is_day(set->last_day) && set->last_day >= set->first_day &&
           bells_check(set, faulty) == BELL_FAULT_NONE;
}

static int count_sets(struct store *store, int64_t school, int64_t *ret_count)
{
    sqlite3_stmt *statement =
        store_prepare(store, "SELECT count(*) FROM bell_sets WHERE school = ?");
    int r;

    store_bind_int(statement, 1, school);
    r = store_step(store, statement);
    if (r == 1)
        *ret_count = sqlite3_column_int64(statement, 0);
    store_finish(statement);
    return r < 0 ? r : 0;
}

static int check_school(struct store *store, int64_t school)
{
    struct organisation organisation;
    int64_t count = 0;
    int r = organisations_get(store, school, &organisation);

    if (r <= 0)
        return r < 0 ? r : -ENOENT;
    if (organisation.kind != ORGANISATION_SCHOOL)
        return -ENOENT;
    r = count_sets(store, school, &count);
    return r == 0 && count >= SCHOOL_BELLS_MAX_SETS ? -ENOSPC : r;
}

static int insert_period(struct store *store, int64_t set, const struct bell_period *period)
{
    sqlite3_stmt *statement = store_prepare(store, "INSERT INTO bell_periods (bell_set, number, "
                                                   "start_minute, end_minute) VALUES (?, ?, ?, ?)");

    store_bind_int(statement, 1, set);
    store_bind_int(statement, 2, period->number);
    store_bind_int(statement, 3, period->start_minute);
    store_bind_int(statement, 4, period->end_minute);
    return store_run(store, statement);
}

static int insert_periods(struct store *store, const struct bells_edit *edit)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < edit->set->period_count; i++)
        r = insert_period(store, edit->set_id, &edit->set->periods[i]);
    return r;
}

static int add_set(struct store *store, struct bells_edit *edit)
{
    sqlite3_stmt *statement;
    int r = can_be(edit) ? check_school(store, edit->organisation) : -EINVAL;

    if (r < 0)
        return r;
    statement = store_prepare(
        store, "INSERT INTO bell_sets (school, name, first_day, last_day) VALUES (?, ?, ?, ?)");
    store_bind_int(statement, 1, edit->organisation);
    store_bind_text(statement, 2, edit->name);
    store_bind_int(statement, 3, edit->set->first_day);
    store_bind_int(statement, 4, edit->set->last_day);
    r = store_run(store, statement);
    edit->set_id = store_last_id(store);
    return r < 0 ? r : insert_periods(store, edit);
}

static int remove_periods(struct store *store, int64_t set)
{
    sqlite3_stmt *statement = store_prepare(store, "DELETE FROM bell_periods WHERE bell_set = ?");

    store_bind_int(statement, 1, set);
    return store_run(store, statement);
}

static int change_set(struct store *store, const struct bells_edit *edit)
{
    sqlite3_stmt *statement;
    int r;

    if (!can_be(edit))
        return -EINVAL;
    r = check_version(store, edit);
    if (r < 0)
        return r;
    statement = store_prepare(store, "UPDATE bell_sets SET name = ?, first_day = ?, last_day = ?, "
                                     "version = version + 1 WHERE id = ?");
    store_bind_text(statement, 1, edit->name);
    store_bind_int(statement, 2, edit->set->first_day);
    store_bind_int(statement, 3, edit->set->last_day);
    store_bind_int(statement, 4, edit->set_id);
    r = store_run(store, statement);
    if (r == 0)
        r = remove_periods(store, edit->set_id);
    return r < 0 ? r : insert_periods(store, edit);
}

static int remove_set(struct store *store, const struct bells_edit *edit)
{
    sqlite3_stmt *statement;
    int r = check_version(store, edit);

    if (r < 0)
        return r;
    statement = store_prepare(store, "DELETE FROM bell_sets WHERE id = ?");
    store_bind_int(statement, 1, edit->set_id);
    return store_run(store, statement);
}

/* ---- days ---- */

static int set_day(struct store *store, const struct bells_edit *edit)
{
    const struct bell_exception *exception = &edit->exception;
    sqlite3_stmt *statement;
    int r;

    if (!is_day(exception->day) || (!exception->holiday && !is_day(exception->held_day)))
        return -EINVAL;
    statement = store_prepare(store,
        "INSERT OR REPLACE INTO bell_exceptions (organisation, day, held_day) VALUES (?, ?, ?)");
    store_bind_int(statement, 1, edit->organisation);
    store_bind_int(statement, 2, exception->day);
    if (!exception->holiday) /* else it stays NULL */
        store_bind_int(statement, 3, exception->held_day);
    r = store_run(store, statement);
    return r == -EEXIST ? -ENOENT : r; /* the only constraint left is the foreign key */
}

static int clear_day(struct store *store, const struct bells_edit *edit)
{
    sqlite3_stmt *statement;

    if (!is_day(edit->exception.day))
        return -ENOENT;
    statement =
        store_prepare(store, "DELETE FROM bell_exceptions WHERE organisation = ? AND day = ?");
    store_bind_int(statement, 1, edit->organisation);
    store_bind_int(statement, 2, edit->exception.day);
    return run_on_row(store, statement);
}

/* ---- the clock ---- */

static int set_zone(struct store *store, const struct bells_edit *edit)
{
    sqlite3_stmt *statement;

    if (!organisations_is_zone(edit->zone))
        return -EINVAL;
    statement = store_prepare(store, "UPDATE organisations SET zone = ? WHERE id = ?");
    store_bind_text(statement, 1, edit->zone);
    store_bind_int(statement, 2, edit->organisation);
    return run_on_row(store, statement);
}

/* ---- all of them ---- */

int bells_edit_apply(struct store *store, struct bells_edit *edit)
{
    switch (edit->kind) {
    case BELLS_EDIT_ADD_SET:
        return add_set(store, edit);
    case BELLS_EDIT_CHANGE_SET:
        return change_set(store, edit);
    case BELLS_EDIT_REMOVE_SET:
        return remove_set(store, edit);
    case BELLS_EDIT_SET_DAY:
        return set_day(store, edit);
    case BELLS_EDIT_CLEAR_DAY:
        return clear_day(store, edit);
    case BELLS_EDIT_SET_ZONE:
        return set_zone(store, edit);
    }
    return -EINVAL;
}

static const char *event_of(const struct bells_edit *edit)
{
    switch (edit->kind) {
    case BELLS_EDIT_ADD_SET:
        return "bells.add";
    case BELLS_EDIT_CHANGE_SET:
        return "bells.change";
    case BELLS_EDIT_REMOVE_SET:
        return "bells.remove";
    case BELLS_EDIT_SET_DAY:
        return edit->exception.holiday ? "holiday.set" : "day_swap.set";
    case BELLS_EDIT_SET_ZONE:
        return "organisation.change";
    case BELLS_EDIT_CLEAR_DAY:
        break;
    }
    return "day.clear";
}

/* object: "organisation 7", or "organisation 7 2026-10-01". */
struct audit_entry bells_edit_entry(const struct bells_edit *edit, const char *by, int64_t now_s,
    char object[static BELLS_EDIT_OBJECT_CHARS], char detail[static BELLS_EDIT_DETAIL_CHARS])
{
    char date[LOCAL_DATE_CHARS] = "";
    bool of_day = edit->kind == BELLS_EDIT_SET_DAY || edit->kind == BELLS_EDIT_CLEAR_DAY;

    *detail = '\0';
    if (of_day && is_day(edit->exception.day))
        local_date_format(edit->exception.day, date);
    snprintf(object, BELLS_EDIT_OBJECT_CHARS, "organisation %lld%s%s",
        (long long)edit->organisation, *date ? " " : "", date);
    if (!of_day)
        snprintf(detail, BELLS_EDIT_DETAIL_CHARS, "{\"set\":%lld}", (long long)edit->set_id);
    else if (edit->kind == BELLS_EDIT_SET_DAY && !edit->exception.holiday &&
             is_day(edit->exception.held_day))
        snprintf(detail, BELLS_EDIT_DETAIL_CHARS, "{\"held\":\"%s\"}",
            local_date_format(edit->exception.held_day, date));
    return (struct audit_entry){now_s, by, event_of(edit), object, "done", detail};
}
