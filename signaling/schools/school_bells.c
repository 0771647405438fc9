#include "signaling/schools/school_bells.h"

#include "signaling/accounts/people.h"
#include "signaling/audit/audit_log.h"
#include "signaling/schools/organisations.h"
#include "signaling/timetable/local_date.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_OBJECT_CHARS 64

struct school_bells {
    struct bells bells;
    /* owned: what the bells borrow */
    struct school_clock *clock;
    struct bell_set *sets;
    struct bell_exception *exceptions;
};

/* ---- saying ---- */

static bool is_day(int32_t day)
{
    return day >= LOCAL_DATE_FIRST_DAY && day <= LOCAL_DATE_LAST_DAY;
}

/* "organisation 7", or "organisation 7 2026-10-01". */
static void name_object(
    char object[static MAX_OBJECT_CHARS], int64_t organisation, const int32_t *day)
{
    char date[LOCAL_DATE_CHARS];

    if (day)
        snprintf(object, MAX_OBJECT_CHARS, "organisation %lld %s", (long long)organisation,
            local_date_format(*day, date));
    else
        snprintf(object, MAX_OBJECT_CHARS, "organisation %lld", (long long)organisation);
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

static int insert_set(
    struct store *store, int64_t school, const char *name, const struct bell_set *set)
{
    sqlite3_stmt *statement = store_prepare(
        store, "INSERT INTO bell_sets (school, name, first_day, last_day) VALUES (?, ?, ?, ?)");

    store_bind_int(statement, 1, school);
    store_bind_text(statement, 2, name);
    store_bind_int(statement, 3, set->first_day);
    store_bind_int(statement, 4, set->last_day);
    return store_run(store, statement);
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

int school_bells_add_set(struct store *store, int64_t school, const char *name,
    const struct bell_set *set, const char *by, int64_t now_s, int64_t *ret_id)
{
    char object[MAX_OBJECT_CHARS];
    struct audit_entry entry = {now_s, by, "bells.add", object, "done", ""};
    size_t faulty[2];
    int64_t id = 0;
    int r;

    if (!people_is_text(name, ORGANISATIONS_MAX_NAME_BYTES) || set->period_count == 0 ||
        set->period_count > BELLS_MAX_PERIODS || !is_day(set->first_day) ||
        !is_day(set->last_day) || set->last_day < set->first_day ||
        bells_check(set, faulty) != BELL_FAULT_NONE)
        return -EINVAL;
    name_object(object, school, NULL);
    r = store_begin(store);
    if (r < 0)
        return r;
    r = check_school(store, school);
    if (r == 0)
        r = insert_set(store, school, name, set);
    id = store_last_id(store);
    for (size_t i = 0; r == 0 && i < set->period_count; i++)
        r = insert_period(store, id, &set->periods[i]);
    r = audit_log_end(store, r, &entry);
    if (r == 0)
        *ret_id = id;
    return r;
}

static int replace_exception(
    struct store *store, int64_t organisation, const struct bell_exception *exception)
{
    sqlite3_stmt *statement = store_prepare(store,
        "INSERT OR REPLACE INTO bell_exceptions (organisation, day, held_day) VALUES (?, ?, ?)");
    int r;

    store_bind_int(statement, 1, organisation);
    store_bind_int(statement, 2, exception->day);
    if (!exception->holiday) /* else it stays NULL */
        store_bind_int(statement, 3, exception->held_day);
    r = store_run(store, statement);
    return r == -EEXIST ? -ENOENT : r; /* the only constraint left is the foreign key */
}

int school_bells_set_exception(struct store *store, int64_t organisation,
    const struct bell_exception *exception, const char *by, int64_t now_s)
{
    char object[MAX_OBJECT_CHARS], detail[64], held[LOCAL_DATE_CHARS];
    struct audit_entry entry = {
        now_s, by, exception->holiday ? "holiday.set" : "day_swap.set", object, "done", ""};
    int r;

    if (!is_day(exception->day) || (!exception->holiday && !is_day(exception->held_day)))
        return -EINVAL;
    if (!exception->holiday) {
        snprintf(detail, sizeof(detail), "{\"held\":\"%s\"}",
            local_date_format(exception->held_day, held));
        entry.detail = detail;
    }
    name_object(object, organisation, &exception->day);
    r = store_begin(store);
    if (r < 0)
        return r;
    r = replace_exception(store, organisation, exception);
    return audit_log_end(store, r, &entry);
}

static int run_removal(struct store *store, sqlite3_stmt *statement)
{
    int r = store_run(store, statement);

    return r == 0 && store_changes(store) == 0 ? -ENOENT : r;
}

int school_bells_remove_set(
    struct store *store, int64_t school, int64_t set, const char *by, int64_t now_s)
{
    char object[MAX_OBJECT_CHARS];
    struct audit_entry entry = {now_s, by, "bells.remove", object, "done", ""};
    sqlite3_stmt *statement;
    int r = store_begin(store);

    if (r < 0)
        return r;
    name_object(object, school, NULL);
    statement = store_prepare(store, "DELETE FROM bell_sets WHERE id = ? AND school = ?");
    store_bind_int(statement, 1, set);
    store_bind_int(statement, 2, school);
    r = run_removal(store, statement);
    return audit_log_end(store, r, &entry);
}

int school_bells_clear_exception(
    struct store *store, int64_t organisation, int32_t day, const char *by, int64_t now_s)
{
    char object[MAX_OBJECT_CHARS];
    struct audit_entry entry = {now_s, by, "day.clear", object, "done", ""};
    sqlite3_stmt *statement;
    int r = is_day(day) ? store_begin(store) : -ENOENT;

    if (r < 0)
        return r;
    name_object(object, organisation, &day);
    statement =
        store_prepare(store, "DELETE FROM bell_exceptions WHERE organisation = ? AND day = ?");
    store_bind_int(statement, 1, organisation);
    store_bind_int(statement, 2, day);
    r = run_removal(store, statement);
    return audit_log_end(store, r, &entry);
}

/* ---- reading ---- */

/* The array with room for one more: it grows whenever a power of two is full. NULL without memory; then array stays. */
static void *with_room(void *array, size_t count, size_t size)
{
    if ((count & (count - 1)) != 0)
        return array;
    return reallocarray(array, count == 0 ? 1 : count * 2, size);
}

static int add_set(struct school_bells *bells, sqlite3_stmt *statement)
{
    struct bell_set set = {
        .first_day = (int32_t)sqlite3_column_int64(statement, 1),
        .last_day = (int32_t)sqlite3_column_int64(statement, 2),
    };
    struct bell_set *sets = with_room(bells->sets, bells->bells.set_count, sizeof(set));

    if (!sets)
        return -ENOMEM;
    bells->sets = sets;
    sets[bells->bells.set_count++] = set;
    return 0;
}

static void add_period(struct bell_set *set, sqlite3_stmt *statement)
{
    if (set->period_count == BELLS_MAX_PERIODS)
        return;
    set->periods[set->period_count++] = (struct bell_period){
        .number = (uint16_t)sqlite3_column_int64(statement, 3),
        .start_minute = (uint16_t)sqlite3_column_int64(statement, 4),
        .end_minute = (uint16_t)sqlite3_column_int64(statement, 5),
    };
}

static int read_sets(struct store *store, int64_t school, struct school_bells *bells)
{
    sqlite3_stmt *statement = store_prepare(store,
        "SELECT s.id, first_day, last_day, number, start_minute, end_minute FROM bell_sets s"
        " JOIN bell_periods p ON p.bell_set = s.id WHERE school = ? ORDER BY s.id, start_minute");
    int64_t last = 0;
    int r;

    store_bind_int(statement, 1, school);
    while ((r = store_step(store, statement)) == 1) {
        int64_t id = sqlite3_column_int64(statement, 0);

        if (id != last) {
            r = add_set(bells, statement);
            if (r < 0)
                break;
        }
        last = id;
        add_period(&bells->sets[bells->bells.set_count - 1], statement);
    }
    store_finish(statement);
    return r;
}

static int add_exception(struct school_bells *bells, sqlite3_stmt *statement)
{
    bool holiday = sqlite3_column_type(statement, 1) == SQLITE_NULL;
    struct bell_exception exception = {
        .day = (int32_t)sqlite3_column_int64(statement, 0),
        .holiday = holiday,
        .held_day = holiday ? 0 : (int32_t)sqlite3_column_int64(statement, 1),
    };
    size_t count = bells->bells.exception_count;
    struct bell_exception *exceptions;

    /* the nearest organisation comes first */
    if (count > 0 && bells->exceptions[count - 1].day == exception.day)
        return 0;
    exceptions = with_room(bells->exceptions, count, sizeof(exception));
    if (!exceptions)
        return -ENOMEM;
    bells->exceptions = exceptions;
    exceptions[bells->bells.exception_count++] = exception;
    return 0;
}

static int read_exceptions(struct store *store, int64_t school, struct school_bells *bells)
{
    sqlite3_stmt *statement =
        store_prepare(store, "WITH RECURSIVE above (id, distance) AS (VALUES (?, 0) UNION ALL"
                             " SELECT o.parent, distance + 1 FROM organisations o JOIN above a ON "
                             "o.id = a.id WHERE o.parent IS NOT NULL)"
                             " SELECT day, held_day FROM bell_exceptions JOIN above ON "
                             "organisation = id ORDER BY day, distance");
    int r;

    store_bind_int(statement, 1, school);
    while ((r = store_step(store, statement)) == 1) {
        r = add_exception(bells, statement);
        if (r < 0)
            break;
    }
    store_finish(statement);
    return r;
}

static int read_all(struct store *store, int64_t school, struct school_bells *bells)
{
    struct organisation organisation;
    int r = organisations_get(store, school, &organisation);

    if (r <= 0)
        return r < 0 ? r : -ENOENT;
    r = school_clock_create(organisation.zone, &bells->clock);
    if (r == 0)
        r = read_sets(store, school, bells);
    if (r == 0)
        r = read_exceptions(store, school, bells);
    bells->bells.clock = bells->clock;
    bells->bells.sets = bells->sets;
    bells->bells.exceptions = bells->exceptions;
    return r;
}

int school_bells_load(struct store *store, int64_t school, struct school_bells **ret_bells)
{
    struct school_bells *bells = calloc(1, sizeof(*bells));
    int r;

    if (!bells)
        return -ENOMEM;
    r = read_all(store, school, bells);
    if (r < 0) {
        school_bells_destroy(bells);
        return r;
    }
    *ret_bells = bells;
    return 0;
}

void school_bells_destroy(struct school_bells *bells)
{
    if (!bells)
        return;
    school_clock_destroy(bells->clock);
    free(bells->sets);
    free(bells->exceptions);
    free(bells);
}

const struct bells *school_bells_get(const struct school_bells *bells)
{
    return &bells->bells;
}
