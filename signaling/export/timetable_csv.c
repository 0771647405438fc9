#include "signaling/export/timetable_csv.h"

#include "signaling/export/csv_words.h"
#include "signaling/export/csv_writer.h"
#include "signaling/import/import.h"
#include "signaling/import/receiving_cell.h"
#include "signaling/lessons/received_time.h"
#include "signaling/lessons/week.h"
#include "signaling/schools/bells_shelf.h"
#include "signaling/store/compared_text.h"
#include "signaling/timetable/local_date.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NAME        (2 * ORGANISATIONS_MAX_NAME_BYTES + 2)
#define WEEK_COLUMNS    13
#define SECONDS_PER_MIN 60

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
    csv_writer_cell(
        &writer->csv, csv_words_weekday(local_date_weekday(lesson->day), writer->english));
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
    csv_writer_cell(
        &writer->csv, csv_words_of(holiday ? "holiday" : lesson->state, writer->english));
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

/* Of the term's statement: an entry's own come first, the same in each row that it has for a receiving room. */
enum {
    ENTRY_ID,
    ENTRY_TERM,
    ENTRY_SUBJECT = ENTRY_TERM + 4,
    ENTRY_GRADE,
    ENTRY_WEEKDAY,
    ENTRY_PERIOD,
    ENTRY_WEEKS,
    ENTRY_FIRST_WEEK,
    ENTRY_LAST_WEEK,
    ENTRY_MODE,
    RECEIVING_SCHOOL,
    RECEIVING_ROOM,
    RECEIVING_TEACHER,
    RECEIVING_LIVE,
};

/* Rooms of one cell: school, room and teacher, each with as many backslashes as it has bytes. */
struct rooms_cell {
    size_t len;
    char text[ENTRIES_MAX_ROOMS * (2 * (MAX_NAME + 2 * RECEIVING_MAX_NAME_BYTES) + 3) + 1];
};

struct term_writer {
    struct csv_writer csv;
    bool english;
    int64_t entry; /* whose row waits for its last cells; 0: none */
    struct rooms_cell receiving, live;
};

static const char *text_of(sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);

    return text ? text : "";
}

static void add_text(struct rooms_cell *cell, const char *text)
{
    size_t bytes = strlen(text);

    if (cell->len + bytes < sizeof(cell->text))
        memcpy(cell->text + cell->len, text, bytes + 1);
    cell->len += bytes;
}

static void add_name(struct rooms_cell *cell, const char *name)
{
    if (cell->len < sizeof(cell->text))
        cell->len +=
            receiving_cell_write(name, cell->text + cell->len, sizeof(cell->text) - cell->len);
}

static void add_room(struct rooms_cell *cell, sqlite3_stmt *statement, bool with_teacher)
{
    const char *teacher = with_teacher ? text_of(statement, RECEIVING_TEACHER) : "";

    add_text(cell, cell->len > 0 ? ";" : "");
    add_name(cell, text_of(statement, RECEIVING_SCHOOL));
    add_text(cell, "/");
    add_name(cell, text_of(statement, RECEIVING_ROOM));
    add_text(cell, *teacher ? ":" : "");
    add_name(cell, teacher);
}

static void begin_entry(struct term_writer *writer, sqlite3_stmt *statement)
{
    struct csv_writer *csv = &writer->csv;
    char range[32];

    writer->entry = sqlite3_column_int64(statement, ENTRY_ID);
    writer->receiving = writer->live = (struct rooms_cell){.len = 0};
    for (int i = ENTRY_TERM; i <= ENTRY_SUBJECT; i++) /* term, school, room, teacher, subject */
        csv_writer_cell(csv, text_of(statement, i));
    csv_writer_number(csv, sqlite3_column_int(statement, ENTRY_GRADE));
    csv_writer_cell(csv,
        csv_words_weekday((unsigned)sqlite3_column_int(statement, ENTRY_WEEKDAY), writer->english));
    csv_writer_number(csv, sqlite3_column_int(statement, ENTRY_PERIOD));
    csv_writer_cell(csv, csv_words_of(text_of(statement, ENTRY_WEEKS), writer->english));
    snprintf(range, sizeof(range), "%d–%d", sqlite3_column_int(statement, ENTRY_FIRST_WEEK),
        sqlite3_column_int(
            statement, ENTRY_LAST_WEEK)); /* with a hyphen spreadsheets make 1-12 a date */
    csv_writer_cell(csv, range);
    csv_writer_cell(csv, csv_words_of(text_of(statement, ENTRY_MODE), writer->english));
}

static void end_entry(struct term_writer *writer)
{
    if (writer->entry == 0)
        return;
    csv_writer_cell(&writer->csv, writer->receiving.text);
    csv_writer_cell(&writer->csv, writer->live.text);
    csv_writer_end_row(&writer->csv);
}

static void write_row(struct term_writer *writer, sqlite3_stmt *statement)
{
    if (sqlite3_column_int64(statement, ENTRY_ID) != writer->entry) {
        end_entry(writer);
        begin_entry(writer, statement);
    }
    if (sqlite3_column_type(statement, RECEIVING_ROOM) == SQLITE_NULL)
        return;
    add_room(&writer->receiving, statement, true);
    if (sqlite3_column_int(statement, RECEIVING_LIVE))
        add_room(&writer->live, statement, false);
}

/* What importing finds this person by: the name unless it is another's as well, or what another logs in with. */
#define PERSON_CELL(p)                                                                             \
    "iif(EXISTS (SELECT 1 FROM people x WHERE x.id != " p ".id AND (x.name = " p ".name"           \
    " OR " COMPARED_TEXT_IS("x.login_key", p ".name") ")), " p ".login, " p ".name)"

int timetable_csv_term(
    struct store *store, int64_t organisation, int64_t term, bool english, FILE *file)
{
    sqlite3_stmt *statement = store_prepare(store,
        "WITH " CSV_WORDS_CALLED
        ", place (id) AS MATERIALIZED (SELECT id FROM rooms WHERE school IN"
        "  (" ORGANISATIONS_BELOW "))"
        " SELECT e.id, m.name, o.name, r.name, " PERSON_CELL(
            "t") ", e.subject, e.grade, e.weekday, e.period,"
                 "  e.weeks, e.first_week, e.last_week, e.mode, os.name, rr.name, " PERSON_CELL(
                     "lt") ", er.live"
                           " FROM timetable_entries e JOIN terms m ON m.id = e.term JOIN rooms r "
                           "ON r.id = e.room"
                           " JOIN called o ON o.id = r.school JOIN people t ON t.id = e.teacher"
                           " LEFT JOIN entry_rooms er ON er.entry = e.id LEFT JOIN rooms rr ON "
                           "rr.id = er.room"
                           " LEFT JOIN called os ON os.id = rr.school LEFT JOIN people lt ON lt.id "
                           "= er.teacher"
                           " WHERE e.term = ?2 AND NOT e.past AND e.room IN place"
                           " ORDER BY o.name, r.name, e.weekday, e.period, e.id, os.name, rr.name");
    struct term_writer *writer = calloc(1, sizeof(*writer));
    int r = writer ? 0 : -ENOMEM;

    if (r == 0) {
        writer->english = english;
        csv_writer_init(&writer->csv, file);
        for (size_t i = 0; i < timetable_import.column_count; i++)
            csv_writer_cell(&writer->csv, timetable_import.columns[i].names[english]);
        csv_writer_end_row(&writer->csv);
        store_bind_int(statement, 1, organisation);
        store_bind_int(statement, 2, term);
        while ((r = store_step(store, statement)) == 1)
            write_row(writer, statement);
        end_entry(writer);
    }
    store_finish(statement);
    free(writer);
    return r;
}
