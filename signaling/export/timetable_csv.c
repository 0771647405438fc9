#include "signaling/export/timetable_csv.h"

#include "signaling/export/csv_writer.h"
#include "signaling/import/import.h"
#include "signaling/lessons/received_time.h"
#include "signaling/lessons/week.h"
#include "signaling/schools/bells_shelf.h"
#include "signaling/timetable/local_date.h"

#include <string.h>

#define MAX_NAME        (2 * ORGANISATIONS_MAX_NAME_BYTES + 2)
#define WEEK_COLUMNS    13
#define SECONDS_PER_MIN 60

/* By language: Chinese, English. The importer reads both (import/timetable_import.c). */
static const char *const weekdays[2][8] = {
    {"", "周一", "周二", "周三", "周四", "周五", "周六", "周日"},
    {"", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"},
};

/* A word of the database, and what it is in both languages. */
static const struct {
    const char *name;
    const char *words[2];
} words[] = {
    {"all", {"全部", "all"}},
    {"odd", {"单周", "odd"}},
    {"even", {"双周", "even"}},
    {"co_teaching", {"双师", "co-teaching"}},
    {"delivery", {"专递", "delivery"}},
    {"recorded", {"录播", "recorded"}},
    {"research", {"教研", "research"}},
    {"scheduled", {"未上", "scheduled"}},
    {"open", {"候课", "open"}},
    {"live", {"进行中", "live"}},
    {"ended", {"已下课", "ended"}},
    {"archived", {"已归档", "archived"}},
    {"cancelled", {"已取消", "cancelled"}},
    {"holiday", {"放假", "holiday"}},
};

static const char *word_of(const char *name, bool english)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i].name, name) == 0)
            return words[i].words[english];
    }
    return name;
}

/* ---- a week ---- */

struct week_writer {
    struct csv_writer csv;
    struct store *store;
    struct bells_shelf *shelf; /* owned */
    /* owned */
    sqlite3_stmt *rooms, *schools, *people;
    int64_t school; /* whose week it is: 0 for a county */
    bool english;
    int failure; /* the first one */
};

static void name_of(struct week_writer *writer, sqlite3_stmt *statement, int64_t id, char *ret_name)
{
    int r;

    ret_name[0] = '\0';
    store_reset(statement);
    store_bind_int(statement, 1, id);
    r = store_step(writer->store, statement);
    if (r == 1)
        store_column_text(statement, 0, ret_name, MAX_NAME);
    else if (r < 0 && writer->failure == 0)
        writer->failure = r;
}

static int64_t school_of(struct week_writer *writer, int64_t room)
{
    store_reset(writer->rooms);
    store_bind_int(writer->rooms, 1, room);
    return store_step(writer->store, writer->rooms) == 1 ? sqlite3_column_int64(writer->rooms, 1)
                                                         : 0;
}

/* Who teaches a lesson has its time; for the school whose week it is, what it receives is by its own bells. */
struct week_time {
    struct received_time at;
    int64_t room; /* whose school's bells these are */
    unsigned delay_s;
};

static struct week_time time_of(struct week_writer *writer, const struct week_lesson *lesson)
{
    struct week_time time = {{lesson->period, lesson->span}, lesson->room, 0};
    const struct bells *bells;

    if (writer->school == 0 || school_of(writer, lesson->room) == writer->school)
        return time;
    for (size_t i = 0; i < lesson->receiving_count; i++) {
        if (school_of(writer, lesson->receiving[i]) != writer->school ||
            bells_shelf_of_school(writer->shelf, writer->school, &bells) < 0)
            continue;
        time.room = lesson->receiving[i];
        time.delay_s = lesson->delays_s[i];
        if (lesson->span.start_s != 0)
            time.at = received_time_of(bells, lesson->day, &lesson->span, time.delay_s);
        break;
    }
    return time;
}

/* By the clock of the room's school. */
static void write_clock(struct week_writer *writer, int64_t room, int64_t utc_s)
{
    const struct bells *bells;
    char text[16] = "";
    uint32_t second;
    int32_t day;

    if (utc_s != 0 && bells_shelf_of_room(writer->shelf, room, &bells) == 0) {
        school_clock_local(bells->clock, utc_s, &day, &second);
        snprintf(text, sizeof(text), "%02u:%02u", second / 3600, second / 60 % 60);
    }
    csv_writer_cell(&writer->csv, text);
}

static void write_receiving(struct week_writer *writer, const struct week_lesson *lesson)
{
    char text[ENTRIES_MAX_ROOMS * MAX_NAME], name[MAX_NAME];
    size_t len = 0;

    text[0] = '\0';
    for (size_t i = 0; i < lesson->receiving_count && len < sizeof(text); i++) {
        name_of(writer, writer->rooms, lesson->receiving[i], name);
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i > 0 ? ";" : "", name);
    }
    csv_writer_cell(&writer->csv, text);
}

static void on_lesson(void *user, const struct week_lesson *lesson)
{
    struct week_writer *writer = user;
    struct week_time time = time_of(writer, lesson);
    bool holiday = lesson->holiday && strcmp(lesson->state, "cancelled") != 0;
    char day[LOCAL_DATE_CHARS], name[MAX_NAME];

    csv_writer_cell(&writer->csv, local_date_format(lesson->day, day));
    csv_writer_cell(&writer->csv, weekdays[writer->english][local_date_weekday(lesson->day)]);
    if (time.at.period > 0)
        csv_writer_number(&writer->csv, time.at.period);
    else
        csv_writer_cell(&writer->csv, "");
    write_clock(writer, time.room, time.at.span.start_s);
    write_clock(writer, time.room, time.at.span.end_s);
    name_of(writer, writer->rooms, lesson->room, name);
    csv_writer_cell(&writer->csv, name);
    csv_writer_cell(&writer->csv, lesson->subject);
    csv_writer_number(&writer->csv, lesson->grade);
    name_of(writer, writer->people, lesson->teacher, name);
    csv_writer_cell(&writer->csv, name);
    write_receiving(writer, lesson);
    csv_writer_cell(&writer->csv, word_of(holiday ? "holiday" : lesson->state, writer->english));
    name_of(writer, writer->schools, time.room, name);
    csv_writer_cell(&writer->csv, name);
    csv_writer_number(&writer->csv, time.delay_s / SECONDS_PER_MIN);
    csv_writer_end_row(&writer->csv);
}

int timetable_csv_week(
    struct store *store, int64_t organisation, int32_t monday, bool english, FILE *file)
{
    static const char *const headers[2][WEEK_COLUMNS] = {
        {"日期", "星期", "节次", "上课", "下课", "教室", "学科", "年级", "教师", "听课教室", "状态",
            "按哪所学校的作息", "推迟分钟"},
        {"Date", "Weekday", "Period", "Start", "End", "Room", "Subject", "Grade", "Teacher",
            "Receiving", "State", "By the bells of", "Minutes later"},
    };
    struct week_writer writer = {.store = store, .english = english};
    struct organisation of;
    int r = organisations_get(store, organisation, &of);

    if (r == 1 && of.kind == ORGANISATION_SCHOOL)
        writer.school = organisation;
    if (r >= 0)
        r = bells_shelf_create(store, &writer.shelf);
    if (r < 0)
        return r;
    csv_writer_init(&writer.csv, file);
    for (size_t i = 0; i < WEEK_COLUMNS; i++)
        csv_writer_cell(&writer.csv, headers[english][i]);
    csv_writer_end_row(&writer.csv);
    writer.rooms = store_prepare(store, "SELECT o.name || '/' || r.name, r.school FROM rooms r"
                                        " JOIN organisations o ON o.id = r.school WHERE r.id = ?");
    writer.schools =
        store_prepare(store, "SELECT o.name FROM rooms r"
                             " JOIN organisations o ON o.id = r.school WHERE r.id = ?");
    writer.people = store_prepare(store, "SELECT name FROM people WHERE id = ?");
    r = week_list(store, organisation, monday, on_lesson, &writer);
    store_finish(writer.rooms);
    store_finish(writer.schools);
    store_finish(writer.people);
    bells_shelf_destroy(writer.shelf);
    return r < 0 ? r : writer.failure;
}

/* ---- a term ---- */

static void write_text(struct csv_writer *csv, sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);

    csv_writer_cell(csv, text ? text : "");
}

static void write_entry(struct csv_writer *csv, sqlite3_stmt *statement, bool english)
{
    char range[32];

    for (int i = 0; i < 5; i++)
        write_text(csv, statement, i); /* term, school, room, teacher, subject */
    csv_writer_number(csv, sqlite3_column_int(statement, 5));
    csv_writer_cell(csv, weekdays[english][sqlite3_column_int(statement, 6) & 7]);
    csv_writer_number(csv, sqlite3_column_int(statement, 7));
    csv_writer_cell(csv, word_of((const char *)sqlite3_column_text(statement, 8), english));
    snprintf(range, sizeof(range), "%d–%d", sqlite3_column_int(statement, 9),
        sqlite3_column_int(statement, 10)); /* with a hyphen spreadsheets make 1-12 a date */
    csv_writer_cell(csv, range);
    csv_writer_cell(csv, word_of((const char *)sqlite3_column_text(statement, 11), english));
    write_text(csv, statement, 12);
    write_text(csv, statement, 13);
    csv_writer_end_row(csv);
}

int timetable_csv_term(
    struct store *store, int64_t organisation, int64_t term, bool english, FILE *file)
{
    sqlite3_stmt *statement = store_prepare(store,
        "WITH place (id) AS (SELECT id FROM rooms WHERE school IN (" ORGANISATIONS_BELOW "))"
        " SELECT m.name, o.name, r.name, t.name, e.subject, e.grade, e.weekday, e.period, e.weeks,"
        "  e.first_week, e.last_week, e.mode,"
        "  (SELECT group_concat(os.name || '/' || rr.name || ifnull(':' || lt.name, ''), ';')"
        "   FROM entry_rooms er JOIN rooms rr ON rr.id = er.room"
        "   JOIN organisations os ON os.id = rr.school LEFT JOIN people lt ON lt.id = er.teacher"
        "   WHERE er.entry = e.id),"
        "  (SELECT group_concat(os.name || '/' || rr.name, ';')"
        "   FROM entry_rooms er JOIN rooms rr ON rr.id = er.room"
        "   JOIN organisations os ON os.id = rr.school WHERE er.entry = e.id AND er.live)"
        " FROM timetable_entries e JOIN terms m ON m.id = e.term JOIN rooms r ON r.id = e.room"
        " JOIN organisations o ON o.id = r.school JOIN people t ON t.id = e.teacher"
        " WHERE e.term = ?2 AND NOT e.past AND e.room IN place ORDER BY o.name, r.name, e.weekday, "
        "e.period, "
        "e.id");
    struct csv_writer csv;
    int r;

    csv_writer_init(&csv, file);
    for (size_t i = 0; i < timetable_import.column_count; i++)
        csv_writer_cell(&csv, timetable_import.columns[i].names[english]);
    csv_writer_end_row(&csv);
    store_bind_int(statement, 1, organisation);
    store_bind_int(statement, 2, term);
    while ((r = store_step(store, statement)) == 1)
        write_entry(&csv, statement, english);
    store_finish(statement);
    return r;
}
