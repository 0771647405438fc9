/* Bells of schools: a row for each period; rows of one school, name and days make a set. */
#include "common/plain_text.h"
#include "signaling/import/cells.h"
#include "signaling/import/import.h"
#include "signaling/lessons/bell_changes.h"
#include "signaling/schools/school_bells.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    COLUMN_SCHOOL,
    COLUMN_NAME,
    COLUMN_FIRST_DAY,
    COLUMN_LAST_DAY,
    COLUMN_PERIOD,
    COLUMN_START,
    COLUMN_END,
    COLUMN_COUNT,
};

static const struct sheet_column columns[COLUMN_COUNT] = {
    [COLUMN_SCHOOL] = {true, {"学校", "School"}},
    [COLUMN_NAME] = {true, {"作息", "Bells", "作息名称", "名称", "Name"}},
    [COLUMN_FIRST_DAY] = {true, {"开始日期", "First day", "起始日期", "From"}},
    [COLUMN_LAST_DAY] = {true, {"结束日期", "Last day", "截止日期", "Until"}},
    [COLUMN_PERIOD] = {true, {"节次", "Period"}},
    [COLUMN_START] = {true, {"上课时间", "Start", "上课", "开始时间"}},
    [COLUMN_END] = {true, {"下课时间", "End", "下课", "结束时间"}},
};

struct plan_set {
    int64_t school;
    const char *name; /* borrowed from the sheet */
    size_t first_row; /* of the sheet */
    size_t rows[BELLS_MAX_PERIODS];
    struct bell_set set;
};

struct plan {
    struct plan_set *sets; /* owned */
    size_t count;
};

static void destroy(void *user)
{
    struct plan *plan = user;

    if (!plan)
        return;
    free(plan->sets);
    free(plan);
}

/* ---- one row ---- */

struct row {
    int64_t school;
    const char *name;
    int32_t first_day, last_day;
    struct bell_period period;
};

static bool read_day(struct import *import, size_t row, size_t column, int32_t *ret_day)
{
    const char *text = import_required(import, row, column);

    if (text && cells_read_date(text, ret_day))
        return true;
    if (text)
        import_fault(import, row, column, "invalid_date", NULL);
    return false;
}

static bool read_days(struct import *import, size_t row, struct row *ret_row)
{
    bool right = read_day(import, row, COLUMN_FIRST_DAY, &ret_row->first_day);

    right = read_day(import, row, COLUMN_LAST_DAY, &ret_row->last_day) && right;
    if (right && ret_row->last_day < ret_row->first_day) {
        import_fault(import, row, COLUMN_LAST_DAY, "date_order", NULL);
        return false;
    }
    return right;
}

static bool read_minute(struct import *import, size_t row, size_t column, uint16_t *ret_minute)
{
    const char *text = import_required(import, row, column);
    unsigned minute;

    if (text && cells_read_time(text, &minute)) {
        *ret_minute = (uint16_t)minute;
        return true;
    }
    if (text)
        import_fault(import, row, column, "invalid_time", NULL);
    return false;
}

static bool read_number(struct import *import, size_t row, uint16_t *ret_number)
{
    const char *text = import_required(import, row, COLUMN_PERIOD);
    unsigned number;

    if (text && cells_read_period(text, &number)) {
        *ret_number = (uint16_t)number;
        return true;
    }
    if (text)
        import_fault(import, row, COLUMN_PERIOD, "invalid_period", NULL);
    return false;
}

static bool read_period(struct import *import, size_t row, struct bell_period *ret_period)
{
    struct bell_set alone = {.period_count = 1};
    bool right = read_number(import, row, &ret_period->number);
    size_t at[2];

    right = read_minute(import, row, COLUMN_START, &ret_period->start_minute) && right;
    right = read_minute(import, row, COLUMN_END, &ret_period->end_minute) && right;
    alone.periods[0] = *ret_period;
    if (right && bells_check(&alone, at) != BELL_FAULT_NONE) {
        import_fault(import, row, COLUMN_END, "period_time", NULL);
        return false;
    }
    return right;
}

static bool read_row(struct import *import, size_t row, struct row *ret_row)
{
    const char *school = import_required(import, row, COLUMN_SCHOOL);
    const struct organisation *organisation =
        school ? import_organisation(import, row, COLUMN_SCHOOL, school, IMPORT_SCHOOL) : NULL;
    bool right = organisation != NULL;

    *ret_row = (struct row){.school = right ? organisation->id : 0};
    ret_row->name = import_required(import, row, COLUMN_NAME);
    if (ret_row->name && !plain_text_fits(ret_row->name, ORGANISATIONS_MAX_NAME_BYTES)) {
        import_fault(import, row, COLUMN_NAME, "invalid_name", NULL);
        right = false;
    }
    right = read_days(import, row, ret_row) && right;
    return read_period(import, row, &ret_row->period) && right && ret_row->name;
}

/* ---- sets ---- */

static bool clash(const struct bell_period *a, const struct bell_period *b)
{
    struct bell_set pair = {.period_count = 2, .periods = {*a, *b}};
    size_t at[2];

    return bells_check(&pair, at) == BELL_FAULT_OVERLAP;
}

/* Beside those that the set has already. */
static void add_period(
    struct import *import, struct plan_set *to, size_t row, const struct bell_period *period)
{
    struct bell_set *set = &to->set;
    char text[16];

    for (size_t i = 0; i < set->period_count; i++) {
        bool twice = set->periods[i].number == period->number;

        if (twice || clash(&set->periods[i], period)) {
            import_fault(import, row, twice ? COLUMN_PERIOD : COLUMN_START,
                twice ? "duplicate" : "period_overlap", import_row_name(import, to->rows[i], text));
            return;
        }
    }
    if (set->period_count == BELLS_MAX_PERIODS) {
        import_fault(import, row, COLUMN_PERIOD, "too_many_periods", NULL);
        return;
    }
    to->rows[set->period_count] = row;
    set->periods[set->period_count++] = *period;
}

static struct plan_set *set_of(struct plan *plan, json_t *seen, const struct row *row, size_t index)
{
    char key[ORGANISATIONS_MAX_NAME_BYTES + 80];
    struct plan_set *set = &plan->sets[plan->count];
    size_t before;

    snprintf(key, sizeof(key), "%lld %d %d %s", (long long)row->school, row->first_day,
        row->last_day, row->name);
    if (import_seen(seen, key, plan->count, &before))
        return &plan->sets[before];
    *set = (struct plan_set){.school = row->school, .name = row->name, .first_row = index};
    set->set.first_day = row->first_day;
    set->set.last_day = row->last_day;
    plan->count++;
    return set;
}

/* What the school has already: how many sets, and whether one of that name and first day. */
static int check_set(struct import *import, sqlite3_stmt *statement, const struct plan *plan,
    const struct plan_set *set)
{
    int64_t count;
    int r;

    store_reset(statement);
    store_bind_int(statement, 1, set->school);
    store_bind_text(statement, 2, set->name);
    store_bind_int(statement, 3, set->set.first_day);
    r = store_step(import->store, statement);
    if (r < 0)
        return r;
    count = sqlite3_column_int64(statement, 0) + 1;
    for (const struct plan_set *other = plan->sets; other < set; other++)
        count += other->school == set->school;
    if (sqlite3_column_int64(statement, 1) > 0)
        import_fault(import, set->first_row, COLUMN_NAME, "taken", NULL);
    else if (count > SCHOOL_BELLS_MAX_SETS)
        import_fault(import, set->first_row, COLUMN_SCHOOL, "too_many_sets", NULL);
    return 0;
}

static int check_sets(struct import *import, const struct plan *plan)
{
    sqlite3_stmt *statement = store_prepare(import->store,
        "SELECT count(*), ifnull(sum(name = ?2 AND first_day = ?3), 0) FROM bell_sets"
        " WHERE school = ?1");
    int r = 0;

    for (size_t i = 0; r == 0 && i < plan->count; i++)
        r = check_set(import, statement, plan, &plan->sets[i]);
    store_finish(statement);
    return r;
}

static int check(struct import *import, void **ret_plan)
{
    size_t rows = import->sheet->row_count;
    struct plan *plan = calloc(1, sizeof(*plan));
    json_t *seen = json_object();
    struct row row;
    int r = -ENOMEM;

    if (plan && seen) {
        plan->sets = calloc(rows + 1, sizeof(*plan->sets));
        r = plan->sets ? 0 : -ENOMEM;
    }
    for (size_t i = 0; r == 0 && i < rows; i++) {
        if (read_row(import, i, &row))
            add_period(import, set_of(plan, seen, &row, i), i, &row.period);
    }
    if (r == 0)
        r = check_sets(import, plan);
    json_decref(seen);
    *ret_plan = plan;
    return r;
}

/* Lessons that have begun keep their time. */
static int write_set(struct import *import, const struct plan_set *set)
{
    struct bells_edit add = {.kind = BELLS_EDIT_ADD_SET,
        .organisation = set->school,
        .name = set->name,
        .set = &set->set};
    char object[BELLS_EDIT_OBJECT_CHARS], detail[BELLS_EDIT_DETAIL_CHARS];
    struct bell_changes_report report;
    struct audit_entry entry;
    int r = bell_changes_apply(import->store, &add, import->who->now_s, &report);

    if (r < 0)
        return r;
    entry = bells_edit_entry(&add, import->who->name, import->who->now_s, object, detail);
    return audit_log_add(import->store, &entry);
}

static int write_bells(struct import *import, void *user, json_t *result)
{
    struct plan *plan = user;
    int r = 0;

    for (size_t i = 0; r == 0 && i < plan->count; i++)
        r = write_set(import, &plan->sets[i]);
    if (r == 0)
        r = json_object_set_new(result, "sets", json_integer((json_int_t)plan->count));
    return r < 0 ? r : 0;
}

const struct import_kind bells_import = {
    .name = "bells",
    .columns = columns,
    .column_count = COLUMN_COUNT,
    .max_rows = 5000,
    .examples = {"示例小学,秋季作息,2026-09-01,2027-01-31,1,08:30,09:10",
        "Example School,Autumn,2026-09-01,2027-01-31,1,08:30,09:10"},
    .check = check,
    .write = write_bells,
    .destroy = destroy,
};
