#include "signaling/export/county_csv.h"

#include "common/name_table.h"
#include "signaling/export/csv_words.h"
#include "signaling/export/csv_writer.h"
#include "signaling/import/import.h"
#include "signaling/timetable/local_date.h"

static const char *const names[] = {
    [COUNTY_CSV_SCHOOLS] = "schools",
    [COUNTY_CSV_PEOPLE] = "people",
    [COUNTY_CSV_ROOMS] = "rooms",
    [COUNTY_CSV_BELLS] = "bells",
};

NAME_TABLE_FUNCTIONS(names, enum county_csv, county_csv_name, county_csv_of)

/* What a column of the statement holds. */
enum cell {
    CELL_NONE,
    CELL_TEXT,
    CELL_NUMBER,
    CELL_WORD,
    CELL_DAY,
    CELL_MINUTE,
};

#define MAX_CELLS 8

/* The columns of each kind are those of its import, in their order. */
static const struct {
    const struct import_kind *columns;
    const char *sql; /* ?1: the organisation */
    enum cell cells[MAX_CELLS];
} tables[] = {
    [COUNTY_CSV_SCHOOLS] = {&schools_import,
        "WITH " CSV_WORDS_CALLED " SELECT c.name, s.name, s.zone FROM organisations s"
        " JOIN called c ON c.id = s.parent"
        " WHERE s.kind = 'school' AND s.id IN (" ORGANISATIONS_BELOW ") ORDER BY c.name, s.name",
        {CELL_TEXT, CELL_TEXT, CELL_TEXT}},
    [COUNTY_CSV_PEOPLE] = {&people_import,
        "WITH " CSV_WORDS_CALLED " SELECT p.name, p.role, o.name, p.login FROM people p"
        " JOIN called o ON o.id = p.organisation"
        " WHERE p.role IN ('coordinator', 'master_teacher', 'local_teacher', 'inspector')"
        "  AND NOT p.disabled AND p.organisation IN (" ORGANISATIONS_BELOW ")"
        " ORDER BY o.name, p.name, p.id",
        {CELL_TEXT, CELL_WORD, CELL_TEXT, CELL_TEXT}},
    [COUNTY_CSV_ROOMS] = {&rooms_import,
        "WITH " CSV_WORDS_CALLED " SELECT o.name, r.name, r.use FROM rooms r"
        " JOIN called o ON o.id = r.school"
        " WHERE r.school IN (" ORGANISATIONS_BELOW ") ORDER BY o.name, r.name",
        {CELL_TEXT, CELL_TEXT, CELL_WORD}},
    [COUNTY_CSV_BELLS] = {&bells_import,
        "WITH " CSV_WORDS_CALLED " SELECT o.name, s.name, s.first_day, s.last_day, p.number,"
        "  p.start_minute, p.end_minute"
        " FROM bell_sets s JOIN called o ON o.id = s.school JOIN bell_periods p ON p.bell_set = "
        "s.id"
        " WHERE s.school IN (" ORGANISATIONS_BELOW ") ORDER BY o.name, s.first_day, s.id, p.number",
        {CELL_TEXT, CELL_TEXT, CELL_DAY, CELL_DAY, CELL_NUMBER, CELL_MINUTE, CELL_MINUTE}},
};

static void write_cell(
    struct csv_writer *csv, sqlite3_stmt *statement, int column, enum cell cell, bool english)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    int number = sqlite3_column_int(statement, column);
    char day[LOCAL_DATE_CHARS], time[16];

    switch (cell) {
    case CELL_NUMBER:
        csv_writer_number(csv, number);
        return;
    case CELL_WORD:
        csv_writer_cell(csv, csv_words_of(text ? text : "", english));
        return;
    case CELL_DAY:
        csv_writer_cell(csv, local_date_format(number, day));
        return;
    case CELL_MINUTE: /* to 47:59 for what ends on the next day */
        snprintf(time, sizeof(time), "%02d:%02d", number / 60, number % 60);
        csv_writer_cell(csv, time);
        return;
    case CELL_NONE:
    case CELL_TEXT:
        break;
    }
    csv_writer_cell(csv, text ? text : "");
}

int county_csv_write(
    struct store *store, enum county_csv kind, int64_t organisation, bool english, FILE *file)
{
    sqlite3_stmt *statement = store_prepare(store, tables[kind].sql);
    const struct import_kind *columns = tables[kind].columns;
    struct csv_writer csv;
    int r;

    csv_writer_init(&csv, file);
    for (size_t i = 0; i < columns->column_count; i++)
        csv_writer_cell(&csv, columns->columns[i].names[english]);
    csv_writer_end_row(&csv);
    store_bind_int(statement, 1, organisation);
    while ((r = store_step(store, statement)) == 1) {
        for (size_t i = 0; i < columns->column_count; i++)
            write_cell(&csv, statement, (int)i, tables[kind].cells[i], english);
        csv_writer_end_row(&csv);
    }
    store_finish(statement);
    return r;
}
