#include "signaling/lessons/term_changes.h"

#include "common/log.h"
#include "signaling/audit/audit_log.h"
#include "signaling/lessons/clashes.h"
#include "signaling/lessons/entry_days.h"
#include "signaling/store/row_version.h"
#include "signaling/timetable/local_date.h"

#include <errno.h>
#include <stdio.h>

#define SECONDS_PER_DAY 86400
#define VERSION         "SELECT version FROM terms WHERE id = ?1"

static int commit(struct store *store, int r, int64_t term, const char *event, const char *detail,
    const char *by, int64_t now_s)
{
    char object[32];

    snprintf(object, sizeof(object), "term %lld", (long long)term);
    return audit_log_end(store, r, &(struct audit_entry){now_s, by, event, object, "done", detail});
}

static int read_count(struct store *store, sqlite3_stmt *statement, int64_t *ret_count)
{
    int r = store_step(store, statement);

    if (r == 1)
        *ret_count = sqlite3_column_int64(statement, 0);
    store_finish(statement);
    return r < 0 ? r : 0;
}

/* ---- what is in the way ---- */

#define OUTSIDE                                                                                    \
    " FROM lessons WHERE entry IN (SELECT id FROM timetable_entries WHERE term = ?1)"              \
    " AND day NOT BETWEEN ?2 AND ?3"

static sqlite3_stmt *prepare_outside(
    struct store *store, const char *sql, const struct term_row *term)
{
    sqlite3_stmt *statement = store_prepare(store, sql);

    store_bind_int(statement, 1, term->id);
    store_bind_int(statement, 2, term->term.first_day);
    store_bind_int(statement, 3, term->term.last_day);
    return statement;
}

/* What was to be cancelled there is not even planned any more. */
static int check_outside(
    struct store *store, const struct term_row *term, int64_t now_s, int64_t *ret_count)
{
    sqlite3_stmt *statement =
        prepare_outside(store, "DELETE" OUTSIDE " AND state = 'cancelled' AND day > ?4", term);
    int r;

    store_bind_int(statement, 4, now_s / SECONDS_PER_DAY);
    r = store_run(store, statement);
    if (r == 0)
        r = read_count(store, prepare_outside(store, "SELECT count(*)" OUTSIDE, term), ret_count);
    return r < 0 ? r : *ret_count > 0 ? -ENOTEMPTY : 0;
}

static int check_weeks(struct store *store, const struct term_row *before,
    const struct term_row *after, int64_t *ret_count)
{
    sqlite3_stmt *statement;
    int r;

    if (local_date_monday(before->term.first_day) == local_date_monday(after->term.first_day))
        return 0;
    statement =
        store_prepare(store, "SELECT count(*) FROM timetable_entries WHERE term = ? AND NOT past");
    store_bind_int(statement, 1, after->id);
    r = read_count(store, statement, ret_count);
    return r < 0 ? r : *ret_count > 0 ? -EXDEV : 0;
}

/* ---- lessons on its new days ---- */

static int on_added(void *user, const struct filled_lesson *lesson)
{
    struct term_change_report *report = user;

    (void)lesson;
    report->added++;
    return 0;
}

/* Before its first day of before, and behind its last one; one that ends before it begins has none. */
static void list_new_days(
    const struct term_row *before, const struct term_row *after, struct term ret_days[static 2])
{
    ret_days[0] = (struct term){after->term.first_day, before->term.first_day - 1};
    ret_days[1] = (struct term){before->term.last_day + 1, after->term.last_day};
}

static int add_lessons(struct store *store, const struct term_row *before,
    const struct term_row *after, int64_t now_s, struct term_change_report *report)
{
    struct bells_shelf *shelf;
    struct term days[2];
    int r = bells_shelf_create(store, &shelf);

    if (r < 0)
        return r;
    list_new_days(before, after, days);
    for (size_t i = 0; r == 0 && i < 2; i++) {
        struct entry_days_wanted wanted = {
            .term = after->id, .first_day = days[i].first_day, .last_day = days[i].last_day};

        if (wanted.first_day <= wanted.last_day)
            r = entry_days_fill(store, shelf, &wanted, now_s, on_added, report);
    }
    bells_shelf_destroy(shelf);
    return r;
}

static int count_clashes(struct store *store, const struct term_row *before,
    const struct term_row *after, int64_t *ret_count)
{
    struct term days[2];
    int r = 0;

    list_new_days(before, after, days);
    for (size_t i = 0; r == 0 && i < 2; i++) {
        struct clashes clashes = {0};

        if (days[i].first_day > days[i].last_day)
            continue;
        r = clashes_find(store, after->organisation, days[i].first_day, days[i].last_day, &clashes);
        clashes_drop_ignored(&clashes);
        *ret_count += (int64_t)clashes.count;
        clashes_finish(&clashes);
    }
    return r;
}

/* ---- changing and removing ---- */

static int update(struct store *store, const struct term_row *term)
{
    sqlite3_stmt *statement =
        store_prepare(store, "UPDATE terms SET name = ?, first_day = ?, last_day = ?, version = "
                             "version + 1 WHERE id = ?");

    store_bind_text(statement, 1, term->name);
    store_bind_int(statement, 2, term->term.first_day);
    store_bind_int(statement, 3, term->term.last_day);
    store_bind_int(statement, 4, term->id);
    return store_run(store, statement);
}

static int change(struct store *store, struct term_row *after, int64_t now_s,
    struct term_row *ret_before, struct term_change_report *report)
{
    int r = row_version_check(store, VERSION, after->id, after->version);

    if (r == 0)
        r = terms_get(store, after->id, ret_before);
    if (r < 0)
        return r;
    after->organisation = ret_before->organisation;
    r = check_weeks(store, ret_before, after, &report->counted);
    if (r == 0)
        r = check_outside(store, after, now_s, &report->outside);
    if (r == 0)
        r = update(store, after);
    return r == 0 ? add_lessons(store, ret_before, after, now_s, report) : r;
}

int term_changes_make(struct store *store, const struct term_row *term, const char *by,
    int64_t now_s, struct term_change_report *ret_report)
{
    char first[LOCAL_DATE_CHARS], last[LOCAL_DATE_CHARS], detail[96] = "";
    struct term_row after = *term, before = {0};
    int r;

    *ret_report = (struct term_change_report){0};
    if (!terms_can_be(term))
        return -EINVAL;
    r = store_begin(store);
    if (r < 0)
        return r;
    r = change(store, &after, now_s, &before, ret_report);
    if (r == 0)
        snprintf(detail, sizeof(detail), "{\"old_days\":\"%s/%s\",\"added\":%lld}",
            local_date_format(before.term.first_day, first),
            local_date_format(before.term.last_day, last), (long long)ret_report->added);
    r = commit(store, r, term->id, "term.change", detail, by, now_s);
    /* Others may write again while it is counted. What has been written is not taken back by a figure that is missing. */
    if (r == 0 && ret_report->added > 0 &&
        count_clashes(store, &before, &after, &ret_report->clashes) < 0)
        log_warn(LOG_STORE, "event=count_clashes term=%lld", (long long)term->id);
    return r;
}

static const struct hanging_look looks[] = {
    {HANGING_LESSONS,
        "SELECT max((SELECT count(*) FROM timetable_entries WHERE term = ?1), (SELECT count(*)"
        " FROM lessons WHERE entry IN (SELECT id FROM timetable_entries WHERE term = ?1)))"},
    {HANGING_PAIRINGS, "SELECT count(*) FROM pairings WHERE term = ?1"},
};

static int remove_rows(struct store *store, int64_t term)
{
    sqlite3_stmt *statement = store_prepare(store, "DELETE FROM terms WHERE id = ?");

    store_bind_int(statement, 1, term);
    return store_run(store, statement);
}

int term_changes_remove(struct store *store, const struct term_row *term, const char *by,
    int64_t now_s, struct hanging *ret_hanging)
{
    int r = store_begin(store);

    if (r < 0)
        return r;
    r = row_version_check(store, VERSION, term->id, term->version);
    if (r == 0)
        r = hanging_find(store, looks, sizeof(looks) / sizeof(looks[0]), term->id, ret_hanging);
    if (r == 0)
        r = remove_rows(store, term->id);
    return commit(store, r, term->id, "term.remove", "", by, now_s);
}
