#include "signaling/import/sheet.h"

#include "signaling/import/csv_reader.h"
#include "signaling/import/text_encoding.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the file ---- */

/* Of .xlsx (a ZIP file) and .xls: the usual mistake deserves its own words. */
static bool is_workbook(const uint8_t *data, size_t len)
{
    return len >= 4 &&
           (memcmp(data, "PK\x03\x04", 4) == 0 || memcmp(data, "\xd0\xcf\x11\xe0", 4) == 0);
}

static int decode(
    struct sheet *sheet, const uint8_t *data, size_t len, struct faults *faults, size_t *ret_len)
{
    unsigned line = 1;
    int r;

    if (is_workbook(data, len)) {
        faults_add(faults, &(struct fault){.code = "workbook"});
        return -EBADMSG;
    }
    r = text_encoding_to_utf8(data, len, &sheet->text, ret_len, &line);
    if (r == -ENOMEM)
        return r;
    if (r < 0) {
        faults_add(faults, &(struct fault){.code = "encoding", .row = line});
        return -EBADMSG;
    }
    return 0;
}

/* Grown by doubling; NULL without memory, and then what was there is still there. */
static void *with_room(void *items, size_t count, size_t *capacity, size_t more, size_t size)
{
    size_t wanted = *capacity ? *capacity : 64;
    void *grown;

    if (items && count + more <= *capacity)
        return items;
    while (wanted < count + more)
        wanted *= 2;
    grown = reallocarray(items, wanted, size);
    if (grown)
        *capacity = wanted;
    return grown;
}

static int keep_cells(struct sheet *sheet, const struct csv_row *row, struct sheet_row *ret_row)
{
    const char **cells = with_room(
        sheet->cells, sheet->cell_count, &sheet->cell_capacity, row->count, sizeof(*cells));

    if (!cells)
        return -ENOMEM;
    sheet->cells = cells;
    memcpy(cells + sheet->cell_count, row->cells, row->count * sizeof(*cells));
    *ret_row = (struct sheet_row){row->row, sheet->cell_count, row->count};
    sheet->cell_count += row->count;
    return 0;
}

static int keep_row(struct sheet *sheet, const struct csv_row *row)
{
    struct sheet_row *rows;

    if (sheet->header.count == 0)
        return keep_cells(sheet, row, &sheet->header);
    rows = with_room(sheet->rows, sheet->row_count, &sheet->row_capacity, 1, sizeof(*rows));
    if (!rows)
        return -ENOMEM;
    sheet->rows = rows;
    return keep_cells(sheet, row, &rows[sheet->row_count++]);
}

static void add_csv_fault(struct faults *faults, const struct csv_row *row, enum csv_fault fault)
{
    static const char *const codes[] = {
        [CSV_FAULT_NONE] = NULL,
        [CSV_FAULT_OPEN_QUOTE] = "open_quote",
        [CSV_FAULT_AFTER_QUOTE] = "after_quote",
        [CSV_FAULT_CELLS] = "too_many_cells",
    };

    faults_add(faults, &(struct fault){.code = codes[fault],
                           .row = row->row,
                           .column = fault == CSV_FAULT_CELLS ? 0 : (unsigned)row->count + 1});
}

static int read_rows(struct sheet *sheet, size_t len, size_t max_rows, struct faults *faults)
{
    struct csv_reader reader;
    struct csv_row row;
    enum csv_fault fault;
    size_t wrong = 0;
    int r;

    csv_reader_init(&reader, sheet->text, len);
    while ((r = csv_reader_next(&reader, &row, &fault)) != 0) {
        if (r < 0) {
            add_csv_fault(faults, &row, fault);
            wrong++;
        } else if (wrong == 0 && sheet->row_count <= max_rows) {
            r = keep_row(sheet, &row);
            if (r < 0)
                return r;
        }
    }
    if (wrong > 0)
        return -EBADMSG;
    if (sheet->row_count == 0)
        faults_add(faults, &(struct fault){.code = "empty"});
    if (sheet->row_count > max_rows) {
        char limit[24];

        snprintf(limit, sizeof(limit), "%zu", max_rows);
        faults_add(
            faults, &(struct fault){
                        .code = "too_many_rows", .row = sheet->rows[max_rows].row, .other = limit});
        return -EBADMSG;
    }
    return 0;
}

/* ---- its columns ---- */

static bool counts(char c)
{
    return c != ' ' && c != '_' && c != '*';
}

static bool is_name(const char *text, const char *name)
{
    for (;;) {
        while (*text && !counts(*text))
            text++;
        while (*name && !counts(*name))
            name++;
        if (tolower((unsigned char)*text) != tolower((unsigned char)*name))
            return false;
        if (!*text)
            return true;
        text++;
        name++;
    }
}

static bool find_column(
    const struct sheet_column *columns, size_t count, const char *text, size_t *ret_column)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < SHEET_MAX_NAMES && columns[i].names[j]; j++) {
            if (is_name(text, columns[i].names[j])) {
                *ret_column = i;
                return true;
            }
        }
    }
    return false;
}

static void read_header(
    struct sheet *sheet, const struct sheet_column *columns, size_t count, struct faults *faults)
{
    for (size_t i = 0; i < sheet->header.count; i++) {
        const char *text = sheet->cells[sheet->header.first + i];
        struct fault fault = {
            .row = sheet->header.row, .column = (unsigned)i + 1, .name = text, .value = text};
        size_t column;

        if (!*text)
            continue;
        if (!find_column(columns, count, text, &column))
            fault.code = "unknown_column";
        else if (sheet->places[column] != 0)
            fault.code = "duplicate_column";
        else
            sheet->places[column] = (unsigned)i + 1;
        if (fault.code)
            faults_add(faults, &fault);
    }
    for (size_t i = 0; i < count; i++) {
        if (columns[i].required && sheet->places[i] == 0)
            faults_add(faults, &(struct fault){.code = "missing_column",
                                   .row = sheet->header.row,
                                   .value = columns[i].names[0],
                                   .other = columns[i].names[1]});
    }
}

/* A comma that should have been in quotation marks shifts what is behind it. */
static void look_for_extra_cells(const struct sheet *sheet, struct faults *faults)
{
    for (size_t i = 0; i < sheet->row_count; i++) {
        const struct sheet_row *row = &sheet->rows[i];

        for (size_t j = 0; j < row->count; j++) {
            const char *text = sheet->cells[row->first + j];
            bool named = j < sheet->header.count && *sheet->cells[sheet->header.first + j];

            if (!named && *text) {
                faults_add(faults, &(struct fault){.code = "extra_cell",
                                       .row = row->row,
                                       .column = (unsigned)j + 1,
                                       .value = text});
                break;
            }
        }
    }
}

int sheet_init(struct sheet *sheet, const uint8_t *data, size_t len,
    const struct sheet_column *columns, size_t column_count, size_t max_rows, struct faults *faults)
{
    size_t text_len = 0;
    int r;

    *sheet = (struct sheet){.text = NULL};
    r = decode(sheet, data, len, faults, &text_len);
    if (r == 0)
        r = read_rows(sheet, text_len, max_rows, faults);
    if (r < 0)
        return r;
    read_header(sheet, columns, column_count, faults);
    look_for_extra_cells(sheet, faults);
    return 0;
}

void sheet_finish(struct sheet *sheet)
{
    free(sheet->text);
    free(sheet->cells);
    free(sheet->rows);
}

/* ---- its cells ---- */

const char *sheet_cell(const struct sheet *sheet, size_t row, size_t column)
{
    const struct sheet_row *at = &sheet->rows[row];
    unsigned place = sheet->places[column];
    const char *text, *behind;

    if (place == 0)
        return NULL;
    text = place <= at->count ? sheet->cells[at->first + place - 1] : "";
    behind = text + strspn(text, "'");
    return behind > text && *behind && strchr("=+-@", *behind) ? text + 1 : text;
}

void sheet_fault(const struct sheet *sheet, struct faults *faults, size_t row, size_t column,
    const char *code, const char *other)
{
    unsigned place = sheet->places[column];

    faults_add(faults, &(struct fault){
                           .code = code,
                           .row = sheet->rows[row].row,
                           .column = place,
                           .name = place > 0 ? sheet->cells[sheet->header.first + place - 1] : NULL,
                           .value = sheet_cell(sheet, row, column),
                           .other = other,
                       });
}
