#include "signaling/lessons/lesson_places.h"

#include "signaling/lessons/lesson_delays.h"
#include "signaling/schools/bells_shelf.h"
#include "signaling/schools/organisations.h"

#include <string.h>

/* The places of the lessons that fit a condition, the master room first. */
#define COLUMNS(place, teacher, delay, receives)                                                   \
    "SELECT l.id, e.subject, l.state, l.cancel_reason, l.entry, l.day, l.period, l.starts, "       \
    "l.ends, r.school, " place ", ifnull(s.room, " place "), ifnull(" teacher                      \
    ", 0), ifnull(ifnull(s.teacher, " teacher "), 0), " delay ", s.lesson IS NOT NULL, "           \
    "ifnull(s.reason, ''), s.room IS NOT NULL, s.teacher IS NOT NULL, " receives " AS receives"    \
    ", l.rowid"                                                                                    \
    " FROM lessons l JOIN timetable_entries e ON e.id = l.entry JOIN rooms r ON r.id = e.room "
#define PLACES(join, condition)                                                                    \
    COLUMNS("e.room", "e.teacher", "0", "0")                                                       \
    join " JOIN substitutions s ON s.lesson = l.id AND s.place = e.room WHERE " condition          \
         " UNION ALL " COLUMNS("p.room", "p.teacher", LESSON_DELAY("l.id", "p"),                                 \
             "1") "JOIN entry_rooms p ON p.entry = e.id " join                                     \
                  " JOIN substitutions s ON s.lesson = l.id AND s.place = p.room WHERE " condition
#define OF_DAYS "l.day BETWEEN ?2 AND ?3 AND l.state != 'cancelled'"
/* Entries of the organisation ?1's rooms (own), and those that need one of their rooms or people, or one that stands in:
 * of substitutions, which are few, all count. What the first terms of an OR answer is not looked up further, so that a
 * whole county, whose entries all are its own, costs little more than its lessons: + keeps indexes from answering all. */
#define NEAR                                                                                       \
    "WITH place (id) AS MATERIALIZED (SELECT id FROM rooms WHERE school IN (" ORGANISATIONS_BELOW  \
    ")), changed (entry, room, teacher) AS MATERIALIZED (SELECT l.entry, s.room, s.teacher"        \
    "  FROM substitutions s CROSS JOIN lessons l ON l.id = s.lesson"                               \
    "  WHERE l.day BETWEEN ?2 AND ?3),"                                                            \
    " own (id) AS MATERIALIZED (SELECT id FROM timetable_entries WHERE +room IN place"             \
    "  OR +id IN (SELECT entry FROM entry_rooms WHERE room IN place)"                              \
    "  OR +id IN (SELECT entry FROM changed WHERE room IN place)),"                                \
    " room (id) AS MATERIALIZED (SELECT room FROM timetable_entries WHERE id IN own"               \
    "  UNION ALL SELECT room FROM entry_rooms WHERE entry IN own"                                  \
    "  UNION ALL SELECT room FROM changed WHERE room IS NOT NULL),"                                \
    " person (id) AS MATERIALIZED (SELECT teacher FROM timetable_entries WHERE id IN own"          \
    "  UNION ALL SELECT teacher FROM entry_rooms WHERE entry IN own AND teacher IS NOT NULL"       \
    "  UNION ALL SELECT teacher FROM changed WHERE teacher IS NOT NULL),"                          \
    " near (id) AS MATERIALIZED (SELECT id FROM timetable_entries"                                 \
    "  WHERE +id IN own OR +room IN room OR +teacher IN person"                                    \
    "  OR +id IN (SELECT entry FROM entry_rooms WHERE room IN room OR teacher IN person)"          \
    "  OR +id IN (SELECT entry FROM changed)) "

static struct held_place read_place(sqlite3_stmt *statement)
{
    struct held_place place = {
        .place = sqlite3_column_int64(statement, 10),
        .room = sqlite3_column_int64(statement, 11),
        .entry_teacher = sqlite3_column_int64(statement, 12),
        .teacher = sqlite3_column_int64(statement, 13),
        .delay_s = (unsigned)sqlite3_column_int64(statement, 14),
        .substituted = sqlite3_column_int(statement, 15) != 0,
        .is_master = sqlite3_column_int(statement, 19) == 0,
    };

    store_column_text(statement, 16, place.reason, sizeof(place.reason));
    return place;
}

/* What was written down when the lesson had begun, else what the bells say. */
static int read_span(sqlite3_stmt *statement, struct bells_shelf *shelf, struct bell_span *ret_span)
{
    const struct bells *bells;
    int r;

    *ret_span =
        (struct bell_span){sqlite3_column_int64(statement, 7), sqlite3_column_int64(statement, 8)};
    if (sqlite3_column_type(statement, 7) != SQLITE_NULL)
        return 0;
    r = bells_shelf_of_school(shelf, sqlite3_column_int64(statement, 9), &bells);
    if (r == 0)
        bells_span(bells, (int32_t)sqlite3_column_int64(statement, 5),
            (unsigned)sqlite3_column_int64(statement, 6), ret_span); /* else it stays 0 */
    return r;
}

static int read_lesson(
    sqlite3_stmt *statement, struct bells_shelf *shelf, struct placed_lesson *lesson)
{
    store_column_text(statement, 0, lesson->id, sizeof(lesson->id));
    store_column_text(statement, 1, lesson->subject, sizeof(lesson->subject));
    store_column_text(statement, 2, lesson->state, sizeof(lesson->state));
    store_column_text(statement, 3, lesson->cancel_reason, sizeof(lesson->cancel_reason));
    lesson->entry = sqlite3_column_int64(statement, 4);
    lesson->day = (int32_t)sqlite3_column_int64(statement, 5);
    lesson->period = (unsigned)sqlite3_column_int64(statement, 6);
    return read_span(statement, shelf, &lesson->span);
}

int lesson_places_get(struct store *store, const char *id, struct placed_lesson *ret_lesson)
{
    struct bells_shelf *shelf = NULL;
    sqlite3_stmt *statement;
    int r = bells_shelf_create(store, &shelf);

    *ret_lesson = (struct placed_lesson){0};
    if (r < 0)
        return r;
    statement = store_prepare(store, PLACES("LEFT", "l.id = ?1") " ORDER BY receives, 11");
    store_bind_text(statement, 1, id);
    while (r == 0 && ret_lesson->place_count < LESSON_PLACES_MAX &&
           (r = store_step(store, statement)) == 1) {
        ret_lesson->places[ret_lesson->place_count++] = read_place(statement);
        r = read_lesson(statement, shelf, ret_lesson);
    }
    store_finish(statement);
    bells_shelf_destroy(shelf);
    return r < 0 ? r : ret_lesson->place_count > 0;
}

const struct held_place *lesson_places_find(const struct placed_lesson *lesson, int64_t place)
{
    for (size_t i = 0; i < lesson->place_count; i++) {
        if (lesson->places[i].place == place)
            return &lesson->places[i];
    }
    return NULL;
}

/* Finishes the statement. only_changed: those that stand in alone. */
static int list_needs(struct store *store, sqlite3_stmt *statement, bool only_changed,
    void (*on_need)(void *user, const struct lesson_need *need), void *user)
{
    struct bells_shelf *shelf = NULL;
    struct bell_span span = {0}; /* of the last row's lesson: mostly this one's too */
    int64_t number = -1;
    int r = bells_shelf_create(store, &shelf);

    while (r == 0 && (r = store_step(store, statement)) == 1) {
        struct held_place place = read_place(statement);
        struct lesson_need need = {
            .lesson = (const char *)sqlite3_column_text(statement, 0),
            .number = sqlite3_column_int64(statement, 20),
            .entry = sqlite3_column_int64(statement, 4),
            .day = (int32_t)sqlite3_column_int64(statement, 5),
        };

        r = need.number == number ? 0 : read_span(statement, shelf, &span);
        number = need.number;
        if (r < 0 || span.end_s == 0)
            continue;
        need.span.start_s = span.start_s + place.delay_s;
        need.span.end_s = span.end_s + place.delay_s;
        need.kind = BOOKED_ROOM;
        need.id = place.room;
        if (!only_changed || sqlite3_column_int(statement, 17))
            on_need(user, &need);
        need.kind = BOOKED_TEACHER;
        need.id = place.teacher;
        if (need.id != 0 && (!only_changed || sqlite3_column_int(statement, 18)))
            on_need(user, &need);
    }
    store_finish(statement);
    bells_shelf_destroy(shelf);
    return r;
}

int lesson_places_needs(struct store *store, int32_t first_day, int32_t last_day,
    void (*on_need)(void *user, const struct lesson_need *need), void *user)
{
    sqlite3_stmt *statement = store_prepare(store, PLACES("LEFT", OF_DAYS));

    store_bind_int(statement, 2, first_day);
    store_bind_int(statement, 3, last_day);
    return list_needs(store, statement, false, on_need, user);
}

int lesson_places_needs_near(struct store *store, int64_t organisation, int32_t first_day,
    int32_t last_day, void (*on_need)(void *user, const struct lesson_need *need), void *user)
{
    sqlite3_stmt *statement =
        store_prepare(store, NEAR PLACES("LEFT", OF_DAYS " AND l.entry IN near"));

    store_bind_int(statement, 1, organisation);
    store_bind_int(statement, 2, first_day);
    store_bind_int(statement, 3, last_day);
    return list_needs(store, statement, false, on_need, user);
}

int lesson_places_stand_ins(struct store *store, int32_t first_day, int32_t last_day,
    void (*on_need)(void *user, const struct lesson_need *need), void *user)
{
    /* substitutions are few: the lessons are found by them */
    sqlite3_stmt *statement =
        store_prepare(store, PLACES("", OF_DAYS " AND l.id IN (SELECT lesson FROM substitutions)"));

    store_bind_int(statement, 2, first_day);
    store_bind_int(statement, 3, last_day);
    return list_needs(store, statement, true, on_need, user);
}
