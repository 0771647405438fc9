/*
 * Writing CSV (RFC 4180) for spreadsheets: a byte order mark, or Excel takes UTF-8 for something else; CR LF; and an
 * apostrophe before what a spreadsheet would calculate (= + - @, tab): a name must not run anything. Any one thread.
 */
#ifndef DUET_SIGNALING_EXPORT_CSV_WRITER_H
#define DUET_SIGNALING_EXPORT_CSV_WRITER_H

#include <stdbool.h>
#include <stdio.h>

struct csv_writer {
    FILE *file;  /* borrowed; its error indicator tells what failed */
    bool within; /* a row: the next cell needs a comma */
};

void csv_writer_init(struct csv_writer *writer, FILE *file);
void csv_writer_cell(struct csv_writer *writer, const char *text);
void csv_writer_number(struct csv_writer *writer, long long number);
void csv_writer_end_row(struct csv_writer *writer);

#endif
