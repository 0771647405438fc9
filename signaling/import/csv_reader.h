/*
 * Rows of a CSV file (RFC 4180): cells between commas, or between tabs when the first line has tabs and no comma (what
 * Excel calls Unicode text), in double quotes when they hold commas, quotes (doubled) or line
 * breaks; lines end with CR LF, LF or CR. Spaces around a cell that is not quoted are none of it, and rows without
 * anything in them are left out. Pure; any thread.
 */
#ifndef DUET_SIGNALING_IMPORT_CSV_READER_H
#define DUET_SIGNALING_IMPORT_CSV_READER_H

#include <stddef.h>

#define CSV_MAX_CELLS 64

struct csv_reader {
    /* borrowed; written to: cells are put together and ended where they stand */
    char *next;
    char *end;
    /* state */
    unsigned line; /* of next, 1… */
    unsigned row;  /* the same, as a spreadsheet counts */
    char separator;
};

struct csv_row {
    unsigned line; /* where it begins, as an editor counts */
    unsigned
        row; /* as a spreadsheet counts: line breaks in quotes are none, empty lines are rows */
    size_t count;
    const char *cells[CSV_MAX_CELLS]; /* UTF-8, borrowed from the text */
};

enum csv_fault {
    CSV_FAULT_NONE,
    CSV_FAULT_OPEN_QUOTE,  /* a quote that nothing closes */
    CSV_FAULT_AFTER_QUOTE, /* something between a closing quote and the comma */
    CSV_FAULT_CELLS,       /* more than CSV_MAX_CELLS */
};

/* text[len] must be a zero, and no zero before it. */
void csv_reader_init(struct csv_reader *reader, char *text, size_t len);

/* 1 with a row, 0 at the end. -EBADMSG with a fault, for which row tells the line, and by count the cell, 0…; reading goes
 * on with the next line, to find more faults. Of a file with a fault no row may be kept: what looks like one may be the
 * inside of a cell. */
int csv_reader_next(struct csv_reader *reader, struct csv_row *ret_row, enum csv_fault *ret_fault);

#endif
