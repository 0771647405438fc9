#include "signaling/schools/school_bells.h"

#include "signaling/schools/bells_edit.h"

#include <errno.h>
#include <stdlib.h>

struct school_bells {
    struct bells bells;
    /* owned: what the bells borrow */
    struct school_clock *clock;
    struct bell_set *sets;
    struct bell_set_label *labels; /* by index of sets */
    struct bell_exception *exceptions;
    int64_t *sayers; /* by index of exceptions */
};

struct school_bells_reader {
    struct store *store; /* borrowed */
    /* owned; bound with a school */
    sqlite3_stmt *zone, *sets, *exceptions;
};

/* ---- saying ---- */

/* In a transaction of its own. */
static int edit(struct store *store, struct bells_edit *edit, const char *by, int64_t now_s)
{
    char object[BELLS_EDIT_OBJECT_CHARS], detail[BELLS_EDIT_DETAIL_CHARS];
    struct audit_entry entry;
    int r = store_begin(store);

    if (r < 0)
        return r;
    r = bells_edit_apply(store, edit);
    entry = bells_edit_entry(edit, by, now_s, object, detail);
    return audit_log_end(store, r, &entry);
}

int school_bells_add_set(struct store *store, int64_t school, const char *name,
    const struct bell_set *set, const char *by, int64_t now_s, int64_t *ret_id)
{
    struct bells_edit add = {
        .kind = BELLS_EDIT_ADD_SET, .organisation = school, .name = name, .set = set};
    int r = edit(store, &add, by, now_s);

    if (r == 0)
        *ret_id = add.set_id;
    return r;
}

int school_bells_set_exception(struct store *store, int64_t organisation,
    const struct bell_exception *exception, const char *by, int64_t now_s)
{
    struct bells_edit say = {
        .kind = BELLS_EDIT_SET_DAY, .organisation = organisation, .exception = *exception};

    return edit(store, &say, by, now_s);
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
    size_t count = bells->bells.set_count;
    struct bell_set *sets = with_room(bells->sets, count, sizeof(set));
    struct bell_set_label *labels;

    if (!sets)
        return -ENOMEM;
    bells->sets = sets;
    labels = with_room(bells->labels, count, sizeof(*labels));
    if (!labels)
        return -ENOMEM;
    bells->labels = labels;
    sets[count] = set;
    labels[count].id = sqlite3_column_int64(statement, 0);
    labels[count].version = sqlite3_column_int64(statement, 7);
    store_column_text(statement, 6, labels[count].name, sizeof(labels[count].name));
    bells->bells.set_count++;
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

static int read_zone(struct school_bells_reader *reader, struct school_bells *bells)
{
    char zone[SCHOOL_CLOCK_MAX_ZONE_BYTES + 1];
    int r = store_step(reader->store, reader->zone);

    if (r <= 0)
        return r < 0 ? r : -ENOENT;
    store_column_text(reader->zone, 0, zone, sizeof(zone));
    return school_clock_create(zone, &bells->clock);
}

static int read_sets(struct school_bells_reader *reader, struct school_bells *bells)
{
    sqlite3_stmt *statement = reader->sets;
    int64_t last = 0;
    int r;

    while ((r = store_step(reader->store, statement)) == 1) {
        int64_t id = sqlite3_column_int64(statement, 0);

        if (id != last) {
            r = add_set(bells, statement);
            if (r < 0)
                break;
        }
        last = id;
        add_period(&bells->sets[bells->bells.set_count - 1], statement);
    }
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
    int64_t *sayers;

    /* the nearest organisation comes first */
    if (count > 0 && bells->exceptions[count - 1].day == exception.day)
        return 0;
    exceptions = with_room(bells->exceptions, count, sizeof(exception));
    if (!exceptions)
        return -ENOMEM;
    bells->exceptions = exceptions;
    sayers = with_room(bells->sayers, count, sizeof(*sayers));
    if (!sayers)
        return -ENOMEM;
    bells->sayers = sayers;
    exceptions[count] = exception;
    sayers[count] = sqlite3_column_int64(statement, 2);
    bells->bells.exception_count++;
    return 0;
}

static int read_exceptions(struct school_bells_reader *reader, struct school_bells *bells)
{
    int r;

    while ((r = store_step(reader->store, reader->exceptions)) == 1) {
        r = add_exception(bells, reader->exceptions);
        if (r < 0)
            break;
    }
    return r;
}

static int read_all(struct school_bells_reader *reader, struct school_bells *bells)
{
    int r = read_zone(reader, bells);

    if (r == 0)
        r = read_sets(reader, bells);
    if (r == 0)
        r = read_exceptions(reader, bells);
    bells->bells.clock = bells->clock;
    bells->bells.sets = bells->sets;
    bells->bells.exceptions = bells->exceptions;
    return r;
}

static int prepare(struct school_bells_reader *reader)
{
    reader->zone = store_prepare(reader->store, "SELECT zone FROM organisations WHERE id = ?");
    if (!reader->zone)
        return store_error(reader->store);
    reader->sets = store_prepare(reader->store,
        "SELECT s.id, first_day, last_day, number, start_minute, end_minute, name, version"
        " FROM bell_sets s JOIN bell_periods p ON p.bell_set = s.id WHERE school = ?"
        " ORDER BY s.id, start_minute");
    if (!reader->sets)
        return store_error(reader->store);
    reader->exceptions = store_prepare(reader->store,
        "WITH RECURSIVE above (id, distance) AS (VALUES (?, 0) UNION ALL"
        " SELECT o.parent, distance + 1 FROM organisations o JOIN above a ON "
        "o.id = a.id WHERE o.parent IS NOT NULL)"
        " SELECT day, held_day, organisation FROM bell_exceptions JOIN above ON "
        "organisation = id ORDER BY day, distance");
    return reader->exceptions ? 0 : store_error(reader->store);
}

int school_bells_reader_create(struct store *store, struct school_bells_reader **ret_reader)
{
    struct school_bells_reader *reader = calloc(1, sizeof(*reader));
    int r;

    if (!reader)
        return -ENOMEM;
    reader->store = store;
    r = prepare(reader);
    if (r < 0) {
        school_bells_reader_destroy(reader);
        return r;
    }
    *ret_reader = reader;
    return 0;
}

void school_bells_reader_destroy(struct school_bells_reader *reader)
{
    if (!reader)
        return;
    store_finish(reader->zone);
    store_finish(reader->sets);
    store_finish(reader->exceptions);
    free(reader);
}

int school_bells_read(
    struct school_bells_reader *reader, int64_t school, struct school_bells **ret_bells)
{
    sqlite3_stmt *const statements[] = {reader->zone, reader->sets, reader->exceptions};
    struct school_bells *bells = calloc(1, sizeof(*bells));
    int r;

    if (!bells)
        return -ENOMEM;
    for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++)
        store_bind_int(statements[i], 1, school);
    r = read_all(reader, bells);
    for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++)
        store_reset(statements[i]);
    if (r < 0) {
        school_bells_destroy(bells);
        return r;
    }
    *ret_bells = bells;
    return 0;
}

int school_bells_load(struct store *store, int64_t school, struct school_bells **ret_bells)
{
    struct school_bells_reader *reader;
    int r = school_bells_reader_create(store, &reader);

    if (r < 0)
        return r;
    r = school_bells_read(reader, school, ret_bells);
    school_bells_reader_destroy(reader);
    return r;
}

void school_bells_destroy(struct school_bells *bells)
{
    if (!bells)
        return;
    school_clock_destroy(bells->clock);
    free(bells->sets);
    free(bells->labels);
    free(bells->exceptions);
    free(bells->sayers);
    free(bells);
}

const struct bells *school_bells_get(const struct school_bells *bells)
{
    return &bells->bells;
}

const struct bell_set_label *school_bells_label(const struct school_bells *bells, size_t set)
{
    return &bells->labels[set];
}

int64_t school_bells_sayer(const struct school_bells *bells, size_t exception)
{
    return bells->sayers[exception];
}
