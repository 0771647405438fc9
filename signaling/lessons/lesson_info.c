#include "signaling/lessons/lesson_info.h"

#include "signaling/lessons/lesson_delays.h"
#include "signaling/schools/bells_shelf.h"

#include <stdio.h>
#include <string.h>

static void read_place(sqlite3_stmt *statement, int column, struct lesson_place *place)
{
    place->room = sqlite3_column_int64(statement, column);
    place->teacher = sqlite3_column_int64(statement, column + 1);
    place->school = sqlite3_column_int64(statement, column + 2);
    place->delay_s = (unsigned)sqlite3_column_int64(statement, column + 3);
    store_column_text(statement, column + 4, place->name, sizeof(place->name));
    store_column_text(statement, column + 5, place->teacher_name, sizeof(place->teacher_name));
}

/* With what stands in for this lesson (substitutions.h); its span is 0 unless the lesson has begun. ret_school: whose bells
 * count. ret_late_s: when the alert was given, 0 for never; it may have been for an earlier bell. */
static int read_lesson(struct store *store, const char *id, struct lesson_info *info,
    int64_t *ret_school, int64_t *ret_late_s)
{
    sqlite3_stmt *statement = store_prepare(store,
        "SELECT l.title, l.state, l.stage, ifnull(l.entry, 0), ifnull(l.day, 0),"
        " ifnull(l.period, 0), ifnull(e.grade, 0), ifnull(s.room, e.room),"
        " ifnull(s.teacher, e.teacher), r.school, 0, r.name, p.name, own.school, l.starts, l.ends,"
        " o.zone, (SELECT time FROM lesson_moments WHERE lesson = l.id AND moment = 'master_late')"
        " FROM lessons l LEFT JOIN timetable_entries e ON e.id = l.entry"
        " LEFT JOIN rooms own ON own.id = e.room"
        " LEFT JOIN substitutions s ON s.lesson = l.id AND s.place = e.room"
        " LEFT JOIN rooms r ON r.id = ifnull(s.room, e.room)"
        " LEFT JOIN people p ON p.id = ifnull(s.teacher, e.teacher)"
        " LEFT JOIN organisations o ON o.id = own.school"
        " WHERE l.id = ?");
    int r;

    store_bind_text(statement, 1, id);
    r = store_step(store, statement);
    if (r == 1) {
        snprintf(info->id, sizeof(info->id), "%s", id);
        store_column_text(statement, 0, info->title, sizeof(info->title));
        store_column_text(statement, 1, info->state, sizeof(info->state));
        store_column_text(statement, 2, info->stage, sizeof(info->stage));
        info->entry = sqlite3_column_int64(statement, 3);
        info->day = (int32_t)sqlite3_column_int64(statement, 4);
        info->period = (unsigned)sqlite3_column_int64(statement, 5);
        info->grade = (unsigned)sqlite3_column_int64(statement, 6);
        read_place(statement, 7, &info->master);
        *ret_school = sqlite3_column_int64(statement, 13);
        info->span.start_s = sqlite3_column_int64(statement, 14);
        info->span.end_s = sqlite3_column_int64(statement, 15);
        store_column_text(statement, 16, info->zone, sizeof(info->zone));
        *ret_late_s = sqlite3_column_int64(statement, 17);
    }
    store_finish(statement);
    return r;
}

static int read_receiving(struct store *store, struct lesson_info *info)
{
    sqlite3_stmt *statement = store_prepare(store,
        "SELECT r.id, ifnull(p.id, 0), r.school, " LESSON_DELAY("?2", "e") ", r.name, p.name"
        " FROM entry_rooms e LEFT JOIN substitutions s ON s.lesson = ?2 AND s.place = e.room"
        " JOIN rooms r ON r.id = ifnull(s.room, e.room)"
        " LEFT JOIN people p ON p.id = ifnull(s.teacher, e.teacher)"
        " WHERE e.entry = ?1 ORDER BY e.room");
    int r;

    store_bind_int(statement, 1, info->entry);
    store_bind_text(statement, 2, info->id);
    while ((r = store_step(store, statement)) == 1) {
        if (info->receiving_count < ENTRIES_MAX_ROOMS)
            read_place(statement, 0, &info->receiving[info->receiving_count++]);
    }
    store_finish(statement);
    return r;
}

/* Once begun it keeps its time: bell_changes.h. */
static int read_span(struct store *store, struct lesson_info *info, int64_t school)
{
    struct bells_shelf *shelf = NULL;
    const struct bells *bells;
    int r;

    if (info->span.end_s != 0)
        return 0;
    r = bells_shelf_create(store, &shelf);
    if (r == 0)
        r = bells_shelf_of_school(shelf, school, &bells);
    if (r == 0)
        bells_span(bells, info->day, info->period, &info->span); /* else it stays 0 */
    bells_shelf_destroy(shelf);
    return r;
}

int lesson_info_get(struct store *store, const char *id, struct lesson_info *ret_info)
{
    struct lesson_info info = {.entry = 0};
    int64_t school = 0, late_s = 0;
    int r = read_lesson(store, id, &info, &school, &late_s);

    if (r <= 0)
        return r;
    r = 0;
    if (info.entry > 0) {
        r = read_receiving(store, &info);
        if (r == 0)
            r = read_span(store, &info, school);
    } else if (strcmp(info.state, "scheduled") == 0) {
        snprintf(info.state, sizeof(info.state), "open");
    }
    if (r < 0)
        return r;
    info.late = late_s > info.span.start_s && strcmp(info.state, "open") == 0;
    *ret_info = info;
    return 1;
}

const struct lesson_place *lesson_info_place_of(const struct lesson_info *info, int64_t person)
{
    if (person == 0)
        return NULL;
    if (info->master.teacher == person)
        return &info->master;
    for (size_t i = 0; i < info->receiving_count; i++) {
        if (info->receiving[i].teacher == person)
            return &info->receiving[i];
    }
    return NULL;
}

static json_t *time_to_json(int64_t time_s)
{
    return time_s == 0 ? json_null() : json_integer((json_int_t)time_s);
}

static json_t *place_to_json(const struct lesson_place *place)
{
    return json_pack("{s:I, s:s, s:s, s:i}", "id", (json_int_t)place->room, "name", place->name,
        "teacher", place->teacher_name, "delay_s", (int)place->delay_s);
}

json_t *lesson_info_to_json(const struct lesson_info *info)
{
    json_t *rooms = json_array();

    for (size_t i = 0; i < info->receiving_count; i++)
        json_array_append_new(rooms, place_to_json(&info->receiving[i]));
    return json_pack("{s:s, s:s, s:s, s:b, s:s, s:i, s:o, s:o, s:s, s:o, s:o}", "id", info->id,
        "title", info->title, "state", info->state, "late", info->late, "stage", info->stage,
        "grade", (int)info->grade, "starts", time_to_json(info->span.start_s), "ends",
        time_to_json(info->span.end_s), "zone", info->zone, "room",
        info->entry > 0 ? place_to_json(&info->master) : json_null(), "rooms", rooms);
}
