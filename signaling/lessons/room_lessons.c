#include "signaling/lessons/room_lessons.h"

#include "signaling/lessons/lesson_delays.h"
#include "signaling/schools/bells_shelf.h"
#include "signaling/schools/organisations.h"

#include <string.h>

#define SECONDS_PER_DAY 86400

/* A lesson's row for one of its rooms; the bells that count are those of the school of the entry's room. */
#define LESSON                                                                                     \
    " SELECT l.id, l.state, e.subject, l.day, l.period, master.school, l.starts, l.ends, "
#define LESSONS                                                                                    \
    " FROM lessons l JOIN timetable_entries e ON e.id = l.entry"                                   \
    " JOIN rooms master ON master.id = e.room "
/* Another room may stand in for one lesson (substitutions.h). */
#define STAND_IN(place)                                                                            \
    " LEFT JOIN substitutions s ON s.lesson = l.id AND s.place = " place                           \
    " WHERE l.day BETWEEN ?2 - 1 AND ?2 + 1 AND l.state NOT IN ('archived', 'cancelled')"          \
    " AND ifnull(s.room, " place ") IN place"
/* Where it is played later it goes on after it has been taught. */
#define GOES_ON(delay) " AND (l.state <> 'ended' OR " delay " > 0)"

/* What was written down when the lesson had begun, else what the bells say; 0 when they have no such period. */
static int read_span(sqlite3_stmt *statement, struct bells_shelf *shelf, struct bell_span *ret_span)
{
    const struct bells *bells;
    int r;

    *ret_span =
        (struct bell_span){sqlite3_column_int64(statement, 6), sqlite3_column_int64(statement, 7)};
    if (sqlite3_column_type(statement, 6) != SQLITE_NULL)
        return 0;
    r = bells_shelf_of_school(shelf, sqlite3_column_int64(statement, 5), &bells);
    if (r == 0)
        bells_span(bells, (int32_t)sqlite3_column_int64(statement, 3),
            (unsigned)sqlite3_column_int64(statement, 4), ret_span);
    return r;
}

static int read_lesson(
    sqlite3_stmt *statement, struct bells_shelf *shelf, struct room_lesson *ret_lesson)
{
    struct room_lesson lesson = {
        .id = (const char *)sqlite3_column_text(statement, 0),
        .state = (const char *)sqlite3_column_text(statement, 1),
        .subject = (const char *)sqlite3_column_text(statement, 2),
        .room = sqlite3_column_int64(statement, 8),
    };
    int64_t delay_s = sqlite3_column_int64(statement, 9);
    int r = read_span(statement, shelf, &lesson.span);

    if (r == 0 && lesson.span.end_s != 0) {
        lesson.span.start_s += delay_s;
        lesson.span.end_s += delay_s;
    }
    *ret_lesson = lesson;
    return r;
}

int room_lessons_list(struct store *store, int64_t organisation, int64_t now_s,
    void (*on_lesson)(void *user, const struct room_lesson *lesson), void *user)
{
    sqlite3_stmt *statement = store_prepare(store,
        "WITH place (id) AS (SELECT DISTINCT d.room FROM devices d JOIN rooms r ON r.id = d.room"
        " WHERE d.revoked IS NULL AND (?1 = 0 OR r.school IN (" ORGANISATIONS_BELOW "))) " LESSON
        "ifnull(s.room, e.room), 0" LESSONS STAND_IN("e.room") GOES_ON(
            "0") " UNION ALL" LESSON "ifnull(s.room, x.room), " LESSON_DELAY("l.id", "x") LESSONS
                 "JOIN entry_rooms x ON x.entry = e.id" STAND_IN("x.room") GOES_ON(LESSON_DELAY("l.id", "x")));
    struct bells_shelf *shelf = NULL;
    struct room_lesson lesson;
    int r = bells_shelf_create(store, &shelf);

    store_bind_int(statement, 1, organisation);
    store_bind_int(statement, 2, now_s / SECONDS_PER_DAY);
    while (r == 0 && (r = store_step(store, statement)) == 1) {
        r = read_lesson(statement, shelf, &lesson);
        if (r == 0 && lesson.span.end_s != 0)
            on_lesson(user, &lesson);
    }
    store_finish(statement);
    bells_shelf_destroy(shelf);
    return r;
}

bool room_lesson_runs(const struct room_lesson *lesson, int64_t now_s)
{
    return strcmp(lesson->state, "live") == 0 ||
           (lesson->span.start_s <= now_s && now_s < lesson->span.end_s);
}
