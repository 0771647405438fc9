#include "signaling/lessons/coming_lessons.h"

#include "signaling/schools/organisations.h"

#include <errno.h>

#define SECONDS_PER_DAY 86400

static int find_today(struct store *store, int64_t organisation, int64_t now_s, int32_t *ret_today)
{
    struct organisation row;
    struct school_clock *clock;
    uint32_t second;
    int r;

    *ret_today = (int32_t)(now_s / SECONDS_PER_DAY);
    if (organisation == 0)
        return 0;
    r = organisations_get(store, organisation, &row);
    if (r <= 0)
        return r < 0 ? r : -ENOENT;
    r = school_clock_create(row.zone, &clock);
    if (r < 0)
        return r;
    school_clock_local(clock, now_s, ret_today, &second);
    school_clock_destroy(clock);
    return 0;
}

/* sql: lesson and day of those since day ?1, each once. */
#define COUNTED(sql)                                                                               \
    "SELECT count(*), count(*) FILTER (WHERE day <= ?2), min(day), max(day) FROM (" sql ")"
#define TO_COME " l.day >= ?1 AND l.state IN ('scheduled', 'open', 'live')"

static int count(
    struct store *store, sqlite3_stmt *statement, int32_t today, struct coming_lessons *ret_lessons)
{
    int r;

    store_bind_int(statement, 1, today);
    store_bind_int(statement, 2, today + COMING_LESSONS_SOON_DAYS);
    r = store_step(store, statement);
    if (r == 1)
        *ret_lessons = (struct coming_lessons){
            .count = sqlite3_column_int64(statement, 0),
            .soon = sqlite3_column_int64(statement, 1),
            .first_day = (int32_t)sqlite3_column_int64(statement, 2),
            .last_day = (int32_t)sqlite3_column_int64(statement, 3),
        };
    store_finish(statement);
    return r < 0 ? r : 0;
}

int coming_lessons_of_person(struct store *store, int64_t person, int64_t organisation,
    int64_t now_s, struct coming_lessons *ret_lessons)
{
    sqlite3_stmt *statement;
    int32_t today;
    int r = find_today(store, organisation, now_s, &today);

    if (r < 0)
        return r;
    statement = store_prepare(store,
        COUNTED("SELECT l.id, l.day FROM lessons l JOIN timetable_entries e ON e.id = l.entry"
                " WHERE" TO_COME " AND (EXISTS (SELECT 1 FROM substitutions s"
                "  WHERE s.lesson = l.id AND s.teacher = ?3)"
                " OR (e.teacher = ?3 AND NOT EXISTS (SELECT 1 FROM substitutions s"
                "  WHERE s.lesson = l.id AND s.place = e.room AND s.teacher IS NOT NULL))"
                " OR EXISTS (SELECT 1 FROM entry_rooms x WHERE x.entry = e.id AND x.teacher = ?3"
                "  AND NOT EXISTS (SELECT 1 FROM substitutions s WHERE s.lesson = l.id"
                "   AND s.place = x.room AND s.teacher IS NOT NULL)))"));
    store_bind_int(statement, 3, person);
    return count(store, statement, today, ret_lessons);
}

int coming_lessons_of_pairing(struct store *store, const struct pairing *pairing, int64_t now_s,
    struct coming_lessons *ret_lessons)
{
    sqlite3_stmt *statement;
    int32_t today;
    int r = find_today(store, pairing->master_school, now_s, &today);

    if (r < 0)
        return r;
    statement = store_prepare(store,
        COUNTED("SELECT l.id, l.day FROM pairings p"
                " JOIN timetable_entries e ON e.term = p.term AND e.room = p.master_room"
                "  AND p.subject IN ('', e.subject)"
                " JOIN entry_rooms x ON x.entry = e.id AND x.room = p.receiving_room"
                " JOIN lessons l ON l.entry = e.id AND" TO_COME " WHERE p.id = ?3"
                " AND NOT EXISTS (SELECT 1 FROM pairings o WHERE o.id != p.id AND NOT o.frozen"
                "  AND o.term = p.term AND o.master_room = p.master_room"
                "  AND o.receiving_room = p.receiving_room AND o.subject IN ('', e.subject))"));
    store_bind_int(statement, 3, pairing->id);
    return count(store, statement, today, ret_lessons);
}
