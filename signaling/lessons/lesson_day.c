#include "signaling/lessons/lesson_day.h"

#include "signaling/schools/bells_shelf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AROUND " BETWEEN ?1 / 86400 - 2 AND ?1 / 86400 + 1"
#define MOVING " AND l.state NOT IN ('archived', 'cancelled')" /* as the index has it */
#define HELD   " AND l.state != 'cancelled'"

#define LESSONS(which)                                                                             \
    "SELECT l.id, l.state, e.id, e.version, l.day, l.period, r.school,"                            \
    " (SELECT count(*) FROM entry_rooms WHERE entry = e.id),"                                      \
    " (SELECT time FROM lesson_moments WHERE lesson = l.id AND moment = 'master_late'),"           \
    " (SELECT time FROM lesson_moments WHERE lesson = l.id AND moment = 'takeover')"               \
    " FROM lessons l JOIN timetable_entries e ON e.id = l.entry JOIN rooms r ON r.id = e.room"     \
    " WHERE l.day" AROUND which " ORDER BY l.id"

#define STAYS(which)                                                                               \
    "SELECT l.id, ifnull(s.room, e.room) FROM lessons l"                                           \
    " JOIN timetable_entries e ON e.id = l.entry"                                                  \
    " LEFT JOIN substitutions s ON s.lesson = l.id AND s.place = e.room"                           \
    " WHERE l.day" AROUND which " UNION ALL SELECT l.id, ifnull(s.room, x.room) FROM lessons l"    \
    " JOIN entry_rooms x ON x.entry = l.entry"                                                     \
    " LEFT JOIN substitutions s ON s.lesson = l.id AND s.place = x.room"                           \
    " WHERE l.day" AROUND which

/* A lesson in one of its rooms: what the next lesson there is found by. */
struct stay {
    int64_t room;
    int64_t starts_s;
    size_t lesson;
};

void lesson_day_finish(struct lesson_day *day)
{
    free(day->lessons);
    *day = (struct lesson_day){.count = 0};
}

int lesson_day_version(struct store *store, int64_t *ret_version)
{
    sqlite3_stmt *statement = store_prepare(store, "SELECT version FROM timetable_version");
    int r = store_step(store, statement);

    if (r == 1)
        *ret_version = sqlite3_column_int64(statement, 0);
    store_finish(statement);
    return r < 0 ? r : r == 0 ? -EIO : 0;
}

static int read_bell(sqlite3_stmt *statement, struct bells_shelf *shelf, struct lesson_bell *bell)
{
    int32_t day = (int32_t)sqlite3_column_int64(statement, 4);
    const struct bells *bells;
    struct bell_span span;
    uint32_t second;
    int r = bells_shelf_of_school(shelf, sqlite3_column_int64(statement, 6), &bells);

    *bell = (struct lesson_bell){.alone = sqlite3_column_int64(statement, 7) == 0};
    if (r < 0 || bells_span(bells, day, (unsigned)sqlite3_column_int64(statement, 5), &span) < 0)
        return r;
    bell->starts_s = span.start_s;
    bell->ends_s = span.end_s;
    school_clock_local(bells->clock, span.end_s, &day, &second);
    bell->archive_s = school_clock_utc(bells->clock, day + 1, 0);
    return 0;
}

static int read_lesson(
    sqlite3_stmt *statement, struct bells_shelf *shelf, struct day_lesson *ret_lesson)
{
    struct day_lesson lesson = {.entry = sqlite3_column_int64(statement, 2)};
    char state[16];
    int r = read_bell(statement, shelf, &lesson.bell);

    store_column_text(statement, 0, lesson.id, sizeof(lesson.id));
    store_column_text(statement, 1, state, sizeof(state));
    lesson.version = sqlite3_column_int64(statement, 3);
    lesson_state_of(state, &lesson.clock.state);
    /* of an earlier bell they count no more */
    lesson.clock.late = sqlite3_column_int64(statement, 8) > lesson.bell.starts_s;
    lesson.clock.takeover = sqlite3_column_int64(statement, 9) > lesson.bell.starts_s;
    if (r == 0)
        *ret_lesson = lesson;
    return r;
}

static int read_lessons(
    struct store *store, int64_t now_s, bool with_archived, struct lesson_day *day)
{
    sqlite3_stmt *statement = store_prepare(store, with_archived ? LESSONS(HELD) : LESSONS(MOVING));
    struct bells_shelf *shelf = NULL;
    size_t capacity = 0;
    int r = bells_shelf_create(store, &shelf);

    store_bind_int(statement, 1, now_s);
    while (r == 0 && (r = store_step(store, statement)) == 1) {
        if (day->count == capacity) {
            struct day_lesson *more;

            capacity = capacity == 0 ? 64 : 2 * capacity;
            more = reallocarray(day->lessons, capacity, sizeof(*more));
            if (!more) {
                r = -ENOMEM;
                break;
            }
            day->lessons = more;
        }
        r = read_lesson(statement, shelf, &day->lessons[day->count]);
        day->count += r == 0 ? 1 : 0;
    }
    store_finish(statement);
    bells_shelf_destroy(shelf);
    return r;
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct day_lesson *)a)->id, ((const struct day_lesson *)b)->id);
}

struct day_lesson *lesson_day_find(const struct lesson_day *day, const char *id)
{
    struct day_lesson key = {.entry = 0};

    if (day->count == 0)
        return NULL;
    snprintf(key.id, sizeof(key.id), "%s", id);
    return bsearch(&key, day->lessons, day->count, sizeof(key), by_id);
}

static int by_room(const void *a, const void *b)
{
    const struct stay *first = a, *second = b;

    if (first->room != second->room)
        return first->room < second->room ? -1 : 1;
    return (first->starts_s > second->starts_s) - (first->starts_s < second->starts_s);
}

static int read_stays(struct store *store, int64_t now_s, bool with_archived,
    const struct lesson_day *day, struct stay **ret_stays, size_t *ret_count)
{
    sqlite3_stmt *statement = store_prepare(store, with_archived ? STAYS(HELD) : STAYS(MOVING));
    size_t capacity = 0;
    int r;

    store_bind_int(statement, 1, now_s);
    while ((r = store_step(store, statement)) == 1) {
        const struct day_lesson *lesson =
            lesson_day_find(day, (const char *)sqlite3_column_text(statement, 0));

        if (!lesson || lesson->bell.starts_s == 0)
            continue;
        if (*ret_count == capacity) {
            struct stay *more;

            capacity = capacity == 0 ? 64 : 2 * capacity;
            more = reallocarray(*ret_stays, capacity, sizeof(*more));
            if (!more) {
                r = -ENOMEM;
                break;
            }
            *ret_stays = more;
        }
        (*ret_stays)[(*ret_count)++] = (struct stay){sqlite3_column_int64(statement, 1),
            lesson->bell.starts_s, (size_t)(lesson - day->lessons)};
    }
    store_finish(statement);
    return r;
}

/* The first lesson of one of its rooms that begins after it. */
static int find_next(struct store *store, int64_t now_s, bool with_archived, struct lesson_day *day)
{
    struct stay *stays = NULL;
    size_t count = 0;
    int r = read_stays(store, now_s, with_archived, day, &stays, &count);

    if (r == 0 && count > 0)
        qsort(stays, count, sizeof(*stays), by_room);
    for (size_t i = 0; r == 0 && i + 1 < count; i++) {
        struct lesson_bell *bell = &day->lessons[stays[i].lesson].bell;
        size_t next = i + 1;

        while (next < count && stays[next].room == stays[i].room &&
               stays[next].starts_s == stays[i].starts_s)
            next++;
        if (next < count && stays[next].room == stays[i].room &&
            (bell->next_s == 0 || stays[next].starts_s < bell->next_s))
            bell->next_s = stays[next].starts_s;
    }
    free(stays);
    return r;
}

int lesson_day_read(
    struct store *store, int64_t now_s, bool with_archived, struct lesson_day *ret_day)
{
    struct lesson_day day = {.count = 0};
    int r = lesson_day_version(store, &day.version);

    if (r == 0)
        r = read_lessons(store, now_s, with_archived, &day);
    if (r == 0)
        r = find_next(store, now_s, with_archived, &day);
    if (r < 0) {
        lesson_day_finish(&day);
        return r;
    }
    *ret_day = day;
    return 0;
}
