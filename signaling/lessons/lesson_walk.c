#include "signaling/lessons/lesson_walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MASTER_SOURCE "teacher-camera"
#define FEW_DAYS      14

enum column {
    COLUMN_ROWID,
    COLUMN_ID,
    COLUMN_ENTRY,
    COLUMN_DAY,
    COLUMN_PERIOD,
    COLUMN_STATE,
    COLUMN_REASON,
    COLUMN_STARTS,
    COLUMN_ENDS,
    COLUMN_SOURCE,
    COLUMN_ROOM,
    COLUMN_JOINED,
    COLUMN_LEFT,
};

struct walk {
    /* borrowed */
    const struct report_plan *plan;
    int (*on_lesson)(void *user, struct walked_lesson *lesson);
    void *user;
    /* owned */
    struct bells_shelf *shelf;
    char *id, *state, *reason;
    struct walked_stand_in *stand_ins; /* of all lessons, by lesson */
    struct walked_delay *delays;       /* the same */
    struct presence *masters, *scratch;
    struct room_presence *rooms;
    /* state */
    struct walked_lesson lesson; /* the one whose rows are being read; number 0 before the first */
    int64_t rowid;
    size_t number;
    size_t capacity; /* of masters, rooms and scratch */
    size_t stand_in_count;
    size_t delay_count;
};

/* ---- stand-ins ---- */

static int add_stand_in(struct walk *walk, sqlite3_stmt *statement)
{
    struct walked_stand_in *row;

    if ((walk->stand_in_count & (walk->stand_in_count - 1)) == 0) {
        size_t capacity = walk->stand_in_count == 0 ? 1 : 2 * walk->stand_in_count;
        struct walked_stand_in *rows = reallocarray(walk->stand_ins, capacity, sizeof(*rows));

        if (!rows)
            return -ENOMEM;
        walk->stand_ins = rows;
    }
    row = &walk->stand_ins[walk->stand_in_count++];
    store_column_text(statement, 0, row->lesson, sizeof(row->lesson));
    row->place = sqlite3_column_int64(statement, 1);
    row->room = sqlite3_column_int64(statement, 2); /* 0 for NULL */
    row->teacher = sqlite3_column_int64(statement, 3);
    return 0;
}

static int read_stand_ins(
    struct walk *walk, struct store *store, int32_t first_day, int32_t last_day)
{
    sqlite3_stmt *statement = store_prepare(store,
        "SELECT s.lesson, s.place, s.room, s.teacher FROM substitutions s"
        " JOIN lessons l ON l.id = s.lesson WHERE l.day BETWEEN ? AND ? ORDER BY s.lesson");
    int r;

    store_bind_int(statement, 1, first_day);
    store_bind_int(statement, 2, last_day);
    while ((r = store_step(store, statement)) == 1) {
        r = add_stand_in(walk, statement);
        if (r < 0)
            break;
    }
    store_finish(statement);
    return r;
}

static int compare_lessons(const void *key, const void *element)
{
    return strcmp(key, ((const struct walked_stand_in *)element)->lesson);
}

/* Those of the lesson whose id was just read. */
static void find_stand_ins(struct walk *walk)
{
    const struct walked_stand_in *first = NULL, *end;
    struct walked_lesson *lesson = &walk->lesson;

    if (walk->stand_in_count > 0)
        first = bsearch(
            walk->id, walk->stand_ins, walk->stand_in_count, sizeof(*first), compare_lessons);
    lesson->stand_ins = NULL;
    lesson->stand_in_count = 0;
    lesson->teacher = lesson->entry->teacher;
    if (!first)
        return;
    while (first > walk->stand_ins && strcmp(first[-1].lesson, walk->id) == 0)
        first--;
    lesson->stand_ins = first;
    end = walk->stand_ins + walk->stand_in_count;
    for (; first < end && strcmp(first->lesson, walk->id) == 0; first++) {
        lesson->stand_in_count++;
        if (first->place == lesson->entry->room->id && first->teacher != 0)
            lesson->teacher = report_plan_person(walk->plan, first->teacher);
    }
}

/* ---- delays ---- */

static int add_delay(struct walk *walk, sqlite3_stmt *statement)
{
    if ((walk->delay_count & (walk->delay_count - 1)) == 0) {
        size_t capacity = walk->delay_count == 0 ? 1 : 2 * walk->delay_count;
        struct walked_delay *delays = reallocarray(walk->delays, capacity, sizeof(*delays));

        if (!delays)
            return -ENOMEM;
        walk->delays = delays;
    }
    walk->delays[walk->delay_count++] = (struct walked_delay){
        .lesson = sqlite3_column_int64(statement, 0),
        .place = sqlite3_column_int64(statement, 1),
        .delay_s = (unsigned)sqlite3_column_int64(statement, 2),
    };
    return 0;
}

static int read_delays(struct walk *walk, struct store *store, int32_t first_day, int32_t last_day)
{
    sqlite3_stmt *statement = store_prepare(store,
        "SELECT l.rowid, d.room, d.delay_s FROM lesson_delays d JOIN lessons l ON l.id = d.lesson"
        " WHERE l.day BETWEEN ? AND ? ORDER BY l.rowid");
    int r;

    store_bind_int(statement, 1, first_day);
    store_bind_int(statement, 2, last_day);
    while ((r = store_step(store, statement)) == 1) {
        r = add_delay(walk, statement);
        if (r < 0)
            break;
    }
    store_finish(statement);
    return r;
}

/* Those of the lesson whose row was just read. */
static void find_delays(struct walk *walk)
{
    struct walked_lesson *lesson = &walk->lesson;
    size_t from = 0, to = walk->delay_count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (walk->delays[middle].lesson < walk->rowid)
            from = middle + 1;
        else
            to = middle;
    }
    lesson->delays = walk->delays ? walk->delays + from : NULL;
    lesson->delay_count = 0;
    while (from < walk->delay_count && walk->delays[from++].lesson == walk->rowid)
        lesson->delay_count++;
}

unsigned lesson_walk_delay(const struct walked_lesson *lesson, const struct report_unit *unit)
{
    for (size_t i = 0; i < lesson->delay_count; i++) {
        if (lesson->delays[i].place == unit->room->id)
            return lesson->delays[i].delay_s;
    }
    return unit->delay_s;
}

/* ---- lessons and who was there ---- */

/* Until when attendance tells nothing. */
static int read_recorded_since(struct store *store, int64_t *ret_since_s)
{
    sqlite3_stmt *statement =
        store_prepare(store, "SELECT joined FROM attendance ORDER BY id LIMIT 1");
    int r = store_step(store, statement);

    *ret_since_s = r == 1 ? sqlite3_column_int64(statement, 0) : INT64_MAX;
    store_finish(statement);
    return r < 0 ? r : 0;
}

static int grow(struct walk *walk)
{
    size_t capacity = walk->capacity == 0 ? 16 : 2 * walk->capacity;
    struct presence *masters = reallocarray(walk->masters, capacity, sizeof(*masters));
    struct presence *scratch;
    struct room_presence *rooms;

    if (!masters)
        return -ENOMEM;
    walk->masters = masters;
    scratch = reallocarray(walk->scratch, capacity, sizeof(*scratch));
    if (!scratch)
        return -ENOMEM;
    walk->scratch = scratch;
    rooms = reallocarray(walk->rooms, capacity, sizeof(*rooms));
    if (!rooms)
        return -ENOMEM;
    walk->rooms = rooms;
    walk->capacity = capacity;
    return 0;
}

static int add_presence(struct walk *walk, sqlite3_stmt *statement)
{
    const char *source = (const char *)sqlite3_column_text(statement, COLUMN_SOURCE);
    struct walked_lesson *lesson = &walk->lesson;
    struct presence presence = {
        .joined_s = sqlite3_column_int64(statement, COLUMN_JOINED),
        .left_s = sqlite3_column_type(statement, COLUMN_LEFT) == SQLITE_NULL
                      ? INT64_MAX
                      : sqlite3_column_int64(statement, COLUMN_LEFT),
    };
    int r = 0;

    if (!source)
        return 0; /* nobody was there */
    if (lesson->master_count == walk->capacity || lesson->room_count == walk->capacity)
        r = grow(walk);
    if (r < 0)
        return r;
    if (strcmp(source, MASTER_SOURCE) == 0)
        walk->masters[lesson->master_count++] = presence;
    else if (sqlite3_column_type(statement, COLUMN_ROOM) != SQLITE_NULL)
        walk->rooms[lesson->room_count++] =
            (struct room_presence){sqlite3_column_int64(statement, COLUMN_ROOM), presence};
    return 0;
}

static int copy_text(char **text, sqlite3_stmt *statement, int column)
{
    free(*text);
    *text = strdup((const char *)sqlite3_column_text(statement, column));
    return *text ? 0 : -ENOMEM;
}

/* The lesson of this row, without who was there. */
static int begin_lesson(
    struct walk *walk, sqlite3_stmt *statement, const struct report_entry *entry)
{
    struct walked_lesson *lesson = &walk->lesson;
    const struct bells *bells;
    int32_t held;
    int r = copy_text(&walk->id, statement, COLUMN_ID);

    if (r == 0)
        r = copy_text(&walk->state, statement, COLUMN_STATE);
    if (r == 0)
        r = copy_text(&walk->reason, statement, COLUMN_REASON);
    if (r == 0)
        r = bells_shelf_of_school(walk->shelf, entry->room->school, &bells);
    if (r < 0)
        return r;
    lesson->number = ++walk->number;
    lesson->entry = entry;
    lesson->master_count = lesson->room_count = 0;
    lesson->day = (int32_t)sqlite3_column_int64(statement, COLUMN_DAY);
    lesson->period = (unsigned)sqlite3_column_int64(statement, COLUMN_PERIOD);
    lesson->cancelled = strcmp(walk->state, "cancelled") == 0;
    lesson->span = (struct bell_span){sqlite3_column_int64(statement, COLUMN_STARTS),
        sqlite3_column_int64(statement, COLUMN_ENDS)};
    lesson->holiday = lesson->span.start_s == 0 && !bells_held_day(bells, lesson->day, &held);
    if (lesson->span.start_s == 0)
        bells_span(bells, lesson->day, lesson->period, &lesson->span); /* else it stays 0 */
    find_stand_ins(walk);
    find_delays(walk);
    return 0;
}

static int end_lesson(struct walk *walk)
{
    struct walked_lesson *lesson = &walk->lesson;

    if (lesson->number == 0)
        return 0;
    lesson->id = walk->id;
    lesson->state = walk->state;
    lesson->cancel_reason = walk->reason;
    lesson->masters = walk->masters;
    lesson->rooms = walk->rooms;
    lesson->scratch = walk->scratch;
    lesson->shelf = walk->shelf;
    return walk->on_lesson(walk->user, lesson);
}

/* One row for each presence in a lesson, and one for a lesson without any; those of a lesson follow each other. */
static int add_row(struct walk *walk, sqlite3_stmt *statement)
{
    int64_t rowid = sqlite3_column_int64(statement, COLUMN_ROWID);
    const struct report_entry *entry;
    int r = 0;

    if (rowid != walk->rowid) {
        r = end_lesson(walk);
        walk->lesson.number = 0;
        walk->rowid = rowid;
        entry = report_plan_entry(walk->plan, sqlite3_column_int64(statement, COLUMN_ENTRY));
        if (r == 0 && entry)
            r = begin_lesson(walk, statement, entry);
    }
    return r == 0 && walk->lesson.number != 0 ? add_presence(walk, statement) : r;
}

#define SELECT(index)                                                                              \
    "SELECT l.rowid, l.id, l.entry, l.day, l.period, l.state, l.cancel_reason, l.starts, l.ends,"  \
    " a.source, a.room, a.joined, a.left FROM lessons l INDEXED BY " index                         \
    " LEFT JOIN attendance a ON a.lesson = l.id"                                                   \
    " WHERE l.day BETWEEN ? AND ? AND l.entry IS NOT NULL"

/* Rows and ids lie entry by entry: in the order of days each of many lessons would be on another page. */
static const char by_entry[] = SELECT("lessons_by_entry") " ORDER BY l.entry, l.day";
static const char by_day[] = SELECT("lessons_by_day") " ORDER BY l.day, l.rowid";

static int walk_rows(struct walk *walk, struct store *store, int32_t first_day, int32_t last_day)
{
    sqlite3_stmt *statement =
        store_prepare(store, last_day - first_day < FEW_DAYS ? by_day : by_entry);
    int r;

    store_bind_int(statement, 1, first_day);
    store_bind_int(statement, 2, last_day);
    while ((r = store_step(store, statement)) == 1) {
        r = add_row(walk, statement);
        if (r < 0)
            break;
    }
    store_finish(statement);
    return r < 0 ? r : end_lesson(walk);
}

int lesson_walk(struct store *store, const struct report_plan *plan, int32_t first_day,
    int32_t last_day, int64_t now_s, int (*on_lesson)(void *user, struct walked_lesson *lesson),
    void *user)
{
    struct walk walk = {
        .plan = plan, .on_lesson = on_lesson, .user = user, .lesson = {.now_s = now_s}};
    int r = read_recorded_since(store, &walk.lesson.recorded_s);

    if (r == 0)
        r = grow(&walk);
    if (r == 0)
        r = bells_shelf_create(store, &walk.shelf);
    if (r == 0)
        r = read_stand_ins(&walk, store, first_day, last_day);
    if (r == 0)
        r = read_delays(&walk, store, first_day, last_day);
    if (r == 0)
        r = walk_rows(&walk, store, first_day, last_day);
    bells_shelf_destroy(walk.shelf);
    free(walk.id);
    free(walk.state);
    free(walk.reason);
    free(walk.stand_ins);
    free(walk.delays);
    free(walk.masters);
    free(walk.scratch);
    free(walk.rooms);
    return r;
}

int64_t lesson_walk_room(const struct walked_lesson *lesson, const struct report_unit *unit)
{
    for (size_t i = 0; i < lesson->stand_in_count; i++) {
        if (lesson->stand_ins[i].place == unit->room->id && lesson->stand_ins[i].room != 0)
            return lesson->stand_ins[i].room;
    }
    return unit->room->id;
}

struct outcome lesson_walk_outcome(struct walked_lesson *lesson, const struct report_unit *unit)
{
    int64_t room = lesson_walk_room(lesson, unit);
    struct outcome outcome;
    struct lesson_facts facts = {
        .span = lesson->span,
        .delay_s = lesson_walk_delay(lesson, unit),
        .cancelled = lesson->cancelled,
        .alone = unit->alone,
        .now_s = lesson->now_s,
        .recorded_s = lesson->recorded_s,
        .master = {lesson->masters, lesson->master_count},
        .room = {lesson->scratch, 0},
    };

    for (size_t i = 0; i < lesson->room_count; i++) {
        if (lesson->rooms[i].room == room)
            facts.room.list[facts.room.count++] = lesson->rooms[i].presence;
    }
    outcome = outcome_of(&facts);
    lesson->master_count = facts.master.count; /* they are in order now */
    return outcome;
}
