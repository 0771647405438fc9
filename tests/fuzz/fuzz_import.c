/* A file that somebody imports as a table of any kind, and what its cells say. */
#include "signaling/import/cells.h"
#include "signaling/import/import.h"
#include "signaling/import/receiving_cell.h"
#include "signaling/timetable/bells.h"
#include "signaling/timetable/local_date.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_ways(const struct receiving_item *item)
{
    struct receiving_room room;
    int r;

    for (size_t way = 0; (r = receiving_item_read(item, way, &room)) != 0 || way == 0; way++) {
        if (r > 0 && !*room.room)
            abort();
    }
}

static void read_rooms(const char *text)
{
    const char *cursor = text, *end = text + strlen(text);
    struct receiving_item item;

    while (receiving_cell_next(&cursor, &item)) {
        /* each step goes on, and what it found lies in the cell */
        if (cursor > end || item.start >= item.end || item.end > cursor)
            abort();
        read_ways(&item);
    }
    if (cursor != end)
        abort();
}

static void write_name(const char *text)
{
    size_t size = 2 * strlen(text) + 1;
    char *written = malloc(size);

    if (written && receiving_cell_write(text, written, size) >= size)
        abort();
    free(written);
}

static void read_cell(const char *text)
{
    unsigned first = 0, last = 0;
    int32_t day = 0;

    if (cells_read_date(text, &day) && (day < LOCAL_DATE_FIRST_DAY || day > LOCAL_DATE_LAST_DAY))
        abort();
    if (cells_read_time(text, &first) && first > BELLS_MAX_MINUTE)
        abort();
    if (cells_read_period(text, &first) && first < 1)
        abort();
    if (cells_read_grade(text, &first) && (first < 1 || first > 12))
        abort();
    if (cells_read_weekday(text, &first) && (first < 1 || first > 7))
        abort();
    if (cells_read_week_range(text, &first, &last) && (first < 1 || last < first))
        abort();
    read_rooms(text);
    write_name(text);
}

static void read_sheet(const struct sheet *sheet, size_t columns)
{
    for (size_t i = 0; i < sheet->row_count; i++) {
        for (size_t j = 0; j < columns; j++) {
            const char *text = sheet_cell(sheet, i, j);

            if (text)
                read_cell(text);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct import_kind *const kinds[] = {
        &people_import, &rooms_import, &bells_import, &timetable_import, &schools_import};
    const struct import_kind *kind;
    struct faults faults;
    struct sheet sheet;
    int r;

    if (size == 0)
        return 0;
    kind = kinds[data[0] % 5];
    if (faults_init(&faults) < 0)
        return 0;
    r = sheet_init(
        &sheet, data + 1, size - 1, kind->columns, kind->column_count, kind->max_rows, &faults);
    if (r == 0)
        read_sheet(&sheet, kind->column_count);
    else if (faults.count == 0)
        abort(); /* what is refused is told */
    faults_sort(&faults);
    if (faults.failed || json_array_size(faults.list) > FAULTS_MAX_LISTED)
        abort();
    faults_finish(&faults);
    sheet_finish(&sheet);
    return 0;
}
