#include "signaling/lessons/week.h"

#include "signaling/lessons/lesson_delays.h"
#include "signaling/schools/bells_shelf.h"
#include "signaling/schools/organisations.h"

#include <errno.h>
#include <stdlib.h>

#define DAYS_PER_WEEK   7
#define SECONDS_PER_DAY 86400

/* "3:300,17:0,18:0", as group_concat() wrote it: rooms and how much later they play the lesson. */
static void read_rooms(const char *text, struct week_lesson *lesson)
{
    char *end;

    while (text && *text && lesson->receiving_count < ENTRIES_MAX_ROOMS) {
        lesson->receiving[lesson->receiving_count] = strtoll(text, &end, 10);
        lesson->delays_s[lesson->receiving_count++] = (unsigned)strtoul(end + 1, &end, 10);
        text = *end == ',' ? end + 1 : end;
    }
}

static struct week_lesson read_row(sqlite3_stmt *statement)
{
    struct week_lesson lesson = {
        .id = (const char *)sqlite3_column_text(statement, 0),
        .state = (const char *)sqlite3_column_text(statement, 1),
        .subject = (const char *)sqlite3_column_text(statement, 2),
        .entry = sqlite3_column_int64(statement, 3),
        .day = (int32_t)sqlite3_column_int64(statement, 4),
        .period = (unsigned)sqlite3_column_int64(statement, 5),
        .grade = (unsigned)sqlite3_column_int64(statement, 6),
        .room = sqlite3_column_int64(statement, 7),
        .teacher = sqlite3_column_int64(statement, 8),
        .delay_s = (unsigned)sqlite3_column_int64(statement, 11),
        .substituted = sqlite3_column_type(statement, 14) != SQLITE_NULL,
        .zone = (const char *)sqlite3_column_text(statement, 16),
    };

    lesson.reason = lesson.substituted ? (const char *)sqlite3_column_text(statement, 14)
                                       : (const char *)sqlite3_column_text(statement, 15);
    read_rooms((const char *)sqlite3_column_text(statement, 10), &lesson);
    return lesson;
}

/* What all questions ask for; delay is an expression. s stands in for the master's place, t for a receiving one. */
#define RECEIVING                                                                                  \
    "entry_rooms p LEFT JOIN substitutions t ON t.lesson = l.id AND t.place = p.room"              \
    " WHERE p.entry = e.id"
#define SELECT(delay)                                                                              \
    "SELECT l.id, l.state, e.subject, e.id, l.day, l.period, e.grade, ifnull(s.room, e.room), "    \
    "ifnull(s.teacher, e.teacher), r.school,"                                                      \
    " (SELECT group_concat(ifnull(t.room, p.room) || ':' || " LESSON_DELAY(                        \
        "l.id", "p") ") FROM " RECEIVING "), " delay                                               \
                     ", l.starts, l.ends, (SELECT reason FROM substitutions WHERE lesson = "       \
                     "l.id), l.cancel_reason,"                                                     \
                     " (SELECT zone FROM organisations WHERE id = r.school)"                       \
                     " FROM lessons l JOIN timetable_entries e ON e.id = l.entry JOIN rooms r ON " \
                     "r.id = e.room"                                                               \
                     " LEFT JOIN substitutions s ON s.lesson = l.id AND s.place = e.room"
#define ORDER " ORDER BY l.day, l.period, e.room"

static bool is_of_today(const struct bells *bells, const struct week_lesson *lesson, int64_t now_s)
{
    uint32_t second;
    int32_t today;

    school_clock_local(bells->clock, now_s, &today, &second);
    return lesson->day == today || (lesson->span.start_s <= now_s && now_s < lesson->span.end_s);
}

/* What was written down when the lesson had begun, else what the bells say; 0 when they have no such period. */
static void find_span(
    sqlite3_stmt *statement, const struct bells *bells, struct week_lesson *lesson)
{
    int32_t held;

    lesson->span = (struct bell_span){
        sqlite3_column_int64(statement, 12), sqlite3_column_int64(statement, 13)};
    if (sqlite3_column_type(statement, 12) != SQLITE_NULL)
        return;
    bells_span(bells, lesson->day, lesson->period, &lesson->span);
    lesson->holiday = !bells_held_day(bells, lesson->day, &held);
}

/* now_s: only lessons of that moment's date; 0: all. Finishes the statement. */
static int list(struct store *store, sqlite3_stmt *statement, int64_t now_s,
    void (*on_lesson)(void *user, const struct week_lesson *lesson), void *user)
{
    struct bells_shelf *shelf = NULL;
    int r = bells_shelf_create(store, &shelf);

    while (r == 0 && (r = store_step(store, statement)) == 1) {
        struct week_lesson lesson = read_row(statement);
        const struct bells *bells;

        r = bells_shelf_of_school(shelf, sqlite3_column_int64(statement, 9), &bells);
        if (r < 0)
            continue;
        find_span(statement, bells, &lesson);
        if (now_s == 0 || is_of_today(bells, &lesson, now_s))
            on_lesson(user, &lesson);
    }
    store_finish(statement);
    bells_shelf_destroy(shelf);
    return r;
}

int week_list(struct store *store, int64_t organisation, int32_t monday,
    void (*on_lesson)(void *user, const struct week_lesson *lesson), void *user)
{
    sqlite3_stmt *statement = store_prepare(store,
        "WITH place (id) AS (SELECT id FROM rooms WHERE school IN (" ORGANISATIONS_BELOW
        ")) " SELECT("0") " WHERE l.day BETWEEN ?2 AND ?3 AND (e.room IN place OR EXISTS"
                          " (SELECT 1 FROM entry_rooms WHERE entry = e.id AND room IN place) OR"
                          " EXISTS (SELECT 1 FROM substitutions WHERE lesson = l.id AND room IN "
                          "place))" ORDER);

    store_bind_int(statement, 1, organisation);
    store_bind_int(statement, 2, monday);
    store_bind_int(statement, 3, monday + DAYS_PER_WEEK - 1);
    return list(store, statement, 0, on_lesson, user);
}

int week_first_school(
    struct store *store, int64_t organisation, int32_t monday, int64_t *ret_school)
{
    sqlite3_stmt *statement = store_prepare(store,
        "WITH held (entry) AS MATERIALIZED (SELECT DISTINCT entry FROM lessons"
        "  WHERE day BETWEEN ?2 AND ?3),"
        " used (room) AS (SELECT room FROM timetable_entries WHERE id IN held"
        "  UNION SELECT room FROM entry_rooms WHERE entry IN held),"
        " school (id, name, busy, bells) AS (SELECT o.id, o.name,"
        "  EXISTS (SELECT 1 FROM rooms r WHERE r.school = o.id AND r.id IN used),"
        "  EXISTS (SELECT 1 FROM bell_sets b WHERE b.school = o.id AND b.first_day <= ?3"
        "   AND b.last_day >= ?2)"
        "  FROM organisations o WHERE o.kind = 'school' AND o.id IN (" ORGANISATIONS_BELOW "))"
        " SELECT id FROM school WHERE busy OR bells ORDER BY busy DESC, name LIMIT 1");
    int r;

    store_bind_int(statement, 1, organisation);
    store_bind_int(statement, 2, monday);
    store_bind_int(statement, 3, monday + DAYS_PER_WEEK - 1);
    r = store_step(store, statement);
    *ret_school = r == 1 ? sqlite3_column_int64(statement, 0) : 0;
    store_finish(statement);
    return r < 0 ? r : 0;
}

/* Every device asks for its room's days all day: lessons are found by the room's own entries and what stands in there, not
 * among all that a county has on those days. */
#define MAY_BE_IN_ROOM                                                                             \
    " l.id IN (SELECT id FROM lessons INDEXED BY lessons_by_entry WHERE day BETWEEN ?2 AND ?3"     \
    " AND entry IN (SELECT id FROM timetable_entries WHERE room = ?1"                              \
    " UNION SELECT entry FROM entry_rooms WHERE room = ?1)"                                        \
    " UNION SELECT lesson FROM substitutions WHERE room = ?1)"

int week_list_room(struct store *store, int64_t room, int32_t first_day, int32_t last_day,
    void (*on_lesson)(void *user, const struct week_lesson *lesson), void *user)
{
    sqlite3_stmt *statement = store_prepare(store,
        SELECT("ifnull((SELECT " LESSON_DELAY("l.id",
            "p") " FROM " RECEIVING
                 " AND ifnull(t.room, p.room) = ?1), 0)") " WHERE" MAY_BE_IN_ROOM
                                                          " AND +l.day BETWEEN ?2 AND ?3"
                                                          " AND l.state != 'cancelled'"
                                                          " AND (ifnull(s.room, e.room) = ?1"
                                                          " OR EXISTS (SELECT 1 FROM " RECEIVING
                                                          " AND ifnull(t.room, p.room) = "
                                                          "?1))" ORDER);

    store_bind_int(statement, 1, room);
    store_bind_int(statement, 2, first_day);
    store_bind_int(statement, 3, last_day);
    return list(store, statement, 0, on_lesson, user);
}

int week_list_person(struct store *store, int64_t person, int32_t monday,
    void (*on_lesson)(void *user, const struct week_lesson *lesson), void *user)
{
    sqlite3_stmt *statement = store_prepare(store,
        SELECT("ifnull((SELECT max(" LESSON_DELAY("l.id",
            "p") ") FROM " RECEIVING
                 " AND ifnull(t.teacher, p.teacher) = ?1), 0)") " WHERE l.day BETWEEN ?2 AND ?3"
                                                                " AND l.id IN (SELECT lesson FROM "
                                                                "lesson_people WHERE person = "
                                                                "?1)" ORDER);

    store_bind_int(statement, 1, person);
    store_bind_int(statement, 2, monday);
    store_bind_int(statement, 3, monday + DAYS_PER_WEEK - 1);
    return list(store, statement, 0, on_lesson, user);
}

int week_list_today(struct store *store, int64_t person, int64_t now_s,
    void (*on_lesson)(void *user, const struct week_lesson *lesson), void *user)
{
    /* it is yesterday, today or tomorrow of UTC everywhere */
    sqlite3_stmt *statement = store_prepare(store,
        SELECT("0") " WHERE l.day BETWEEN ?2 - 1 AND ?2 + 1"
                    " AND l.id IN (SELECT lesson FROM lesson_people WHERE person = ?1)" ORDER);

    store_bind_int(statement, 1, person);
    store_bind_int(statement, 2, now_s / SECONDS_PER_DAY);
    return list(store, statement, now_s, on_lesson, user);
}
