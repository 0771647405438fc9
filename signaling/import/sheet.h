/*
 * A CSV file that somebody imports, as a table: its first row names the columns, in Chinese or English and in any
 * order. Pure; any one thread.
 */
#ifndef DUET_SIGNALING_IMPORT_SHEET_H
#define DUET_SIGNALING_IMPORT_SHEET_H

#include "signaling/import/faults.h"

#include <stdint.h>

#define SHEET_MAX_COLUMNS 16 /* that a kind of table may have */
#define SHEET_MAX_NAMES   6

struct sheet_column {
    bool required;
    /* what the header may call it: the template's Chinese and English name first. Case, spaces, underscores and
     * asterisks do not count. */
    const char *names[SHEET_MAX_NAMES];
};

struct sheet_row {
    unsigned row; /* as a spreadsheet counts */
    /* its cells in sheet->cells */
    size_t first;
    size_t count;
};

struct sheet {
    /* owned */
    char *text;
    const char **cells; /* of all rows, each in text */
    struct sheet_row *rows;
    /* state */
    size_t cell_count, cell_capacity;
    size_t row_count, row_capacity; /* of the table, without its header */
    struct sheet_row header;
    unsigned places[SHEET_MAX_COLUMNS]; /* of the columns in the file, 1…; 0: it has none */
};

/* Reads the file; what is wrong with it as a table goes to faults: its text, its quotation marks, its header, rows
 * beyond max_rows. Returns 0, -EBADMSG when no row of it may be looked at, or -ENOMEM. sheet_finish() is due in any
 * case. */
int sheet_init(struct sheet *sheet, const uint8_t *data, size_t len,
    const struct sheet_column *columns, size_t column_count, size_t max_rows,
    struct faults *faults);
void sheet_finish(struct sheet *sheet);

/* Borrowed; NULL when the file has no such column. The apostrophe that keeps spreadsheets from calculating what begins
 * with = + - @ is no part of it. */
const char *sheet_cell(const struct sheet *sheet, size_t row, size_t column);

/* Adds a fault of that cell of the table. */
void sheet_fault(const struct sheet *sheet, struct faults *faults, size_t row, size_t column,
    const char *code, const char *other);

#endif
