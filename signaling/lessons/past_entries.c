#include "signaling/lessons/past_entries.h"

#include "signaling/lessons/occurrences.h"

#include <errno.h>
#include <string.h>

#define SECONDS_PER_DAY 86400
#define HAS_BEGUN       "(day < ?2 OR state IN ('live', 'ended', 'archived'))"

/* ---- an entry that changes ---- */

/* 1 with the moment at which the entry's lesson of that day begins, 0 when it has none or no time. */
static int find_start(struct store *store, struct bells_shelf *shelf, int64_t entry, int32_t day,
    int64_t *ret_start_s)
{
    sqlite3_stmt *statement =
        store_prepare(store, "SELECT ifnull(l.starts, 0), e.room, l.period FROM lessons l"
                             " JOIN timetable_entries e ON e.id = l.entry"
                             " WHERE l.entry = ? AND l.day = ?");
    struct bell_span span = {0};
    const struct bells *bells;
    int r;

    store_bind_int(statement, 1, entry);
    store_bind_int(statement, 2, day);
    r = store_step(store, statement);
    if (r == 1) {
        span.start_s = sqlite3_column_int64(statement, 0);
        r = bells_shelf_of_room(shelf, sqlite3_column_int64(statement, 1), &bells);
        if (r == 0 && span.start_s == 0)
            bells_span(bells, day, (unsigned)sqlite3_column_int64(statement, 2), &span);
    }
    store_finish(statement);
    if (r < 0)
        return r;
    *ret_start_s = span.start_s;
    return span.start_s != 0;
}

int past_entries_first_day(struct store *store, struct bells_shelf *shelf, int64_t entry,
    int32_t today, int64_t now_s, int32_t *ret_day)
{
    int64_t start_s;
    int r = find_start(store, shelf, entry, today, &start_s);

    if (r < 0)
        return r;
    *ret_day = r == 1 && start_s <= now_s ? today + 1 : today;
    return 0;
}

/* Whether all that lessons know by their entry is the same. */
static bool is_taught_alike(const struct timetable_entry *a, const struct timetable_entry *b)
{
    if (a->room != b->room || a->teacher != b->teacher || a->grade != b->grade ||
        a->mode != b->mode || strcmp(a->subject, b->subject) != 0 ||
        a->receiving_count != b->receiving_count)
        return false;
    for (size_t i = 0; i < a->receiving_count; i++) {
        const struct plan_room *room = &a->receiving[i];
        bool found = false;

        for (size_t j = 0; j < b->receiving_count && !found; j++)
            found = b->receiving[j].room == room->room &&
                    b->receiving[j].teacher == room->teacher &&
                    b->receiving[j].delay_s == room->delay_s && b->receiving[j].live == room->live;
        if (!found)
            return false;
    }
    return true;
}

static int run_for(struct store *store, const char *sql, int64_t entry, int64_t number)
{
    sqlite3_stmt *statement = store_prepare(store, sql);

    store_bind_int(statement, 1, entry);
    if (sqlite3_bind_parameter_count(statement) > 1)
        store_bind_int(statement, 2, number);
    return store_run(store, statement);
}

static int set_past(struct store *store, int64_t entry)
{
    return run_for(store, "UPDATE timetable_entries SET past = 1 WHERE id = ?1", entry, 0);
}

static int give_lessons(struct store *store, int64_t from, int64_t to, int32_t first_day)
{
    sqlite3_stmt *statement =
        store_prepare(store, "UPDATE lessons SET entry = ?3 WHERE entry = ?1 AND " HAS_BEGUN);

    store_bind_int(statement, 1, from);
    store_bind_int(statement, 2, first_day);
    store_bind_int(statement, 3, to);
    return store_run(store, statement);
}

int past_entries_keep(
    struct store *store, const struct timetable_entry *changed, int32_t first_day, int64_t now_s)
{
    struct timetable_entry old;
    int64_t copy = 0;
    int r = entries_get(store, changed->id, &old);

    if (r <= 0 || is_taught_alike(&old, changed))
        return r < 0 ? r : 0;
    r = run_for(store, "SELECT 1 FROM lessons WHERE entry = ?1 AND " HAS_BEGUN " LIMIT 1", old.id,
        first_day);
    if (r <= 0)
        return r;
    r = entries_insert(store, &old, now_s, &copy);
    if (r == 0)
        r = set_past(store, copy);
    return r < 0 ? r : give_lessons(store, old.id, copy, first_day);
}

/* ---- an entry that goes ---- */

int past_entries_retire(struct store *store, int64_t entry, int64_t now_s)
{
    int r = occurrences_remove(store, entry, 0);

    /* what was to be cancelled is not even planned any more */
    if (r == 0)
        r = run_for(store,
            "DELETE FROM lessons WHERE entry = ?1 AND day > ?2 AND state = 'cancelled'", entry,
            now_s / SECONDS_PER_DAY);
    if (r == 0)
        r = run_for(store, "SELECT 1 FROM lessons WHERE entry = ?1 LIMIT 1", entry, 0);
    if (r != 0)
        return r < 0 ? r : set_past(store, entry);
    return run_for(store, "DELETE FROM timetable_entries WHERE id = ?1", entry, 0);
}

int past_entries_coming(struct store *store, int64_t entry, struct coming_lessons *ret_coming)
{
    sqlite3_stmt *statement =
        store_prepare(store, "SELECT count(*), min(day), max(day) FROM lessons WHERE entry = ?"
                             " AND state IN ('scheduled', 'open')");
    int r;

    store_bind_int(statement, 1, entry);
    r = store_step(store, statement);
    if (r == 1)
        *ret_coming = (struct coming_lessons){
            .count = (unsigned)sqlite3_column_int(statement, 0),
            .first_day = sqlite3_column_int(statement, 1),
            .last_day = sqlite3_column_int(statement, 2),
        };
    store_finish(statement);
    return r < 0 ? r : 0;
}
