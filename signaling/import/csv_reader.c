#include "signaling/import/csv_reader.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define IDEOGRAPHIC_SPACE       "\xe3\x80\x80" /* U+3000, what the space bar gives in Chinese input */
#define IDEOGRAPHIC_SPACE_BYTES 3

void csv_reader_init(struct csv_reader *reader, char *text, size_t len)
{
    size_t line = strcspn(text, "\r\n");
    bool tabs = memchr(text, '\t', line) && !memchr(text, ',', line);

    *reader = (struct csv_reader){
        .next = text, .end = text + len, .line = 1, .row = 1, .separator = tabs ? '\t' : ','};
}

/* ---- characters ---- */

/* Steps over one line break at the reader's place, if there is one. */
static bool skip_break(struct csv_reader *reader)
{
    if (reader->next == reader->end || (*reader->next != '\r' && *reader->next != '\n'))
        return false;
    if (*reader->next == '\r' && reader->next + 1 < reader->end && reader->next[1] == '\n')
        reader->next++;
    reader->next++;
    reader->line++;
    return true;
}

static size_t space_bytes(const struct csv_reader *reader, const char *at)
{
    if (*at == ' ' || (*at == '\t' && reader->separator != '\t'))
        return 1;
    return strncmp(at, IDEOGRAPHIC_SPACE, IDEOGRAPHIC_SPACE_BYTES) == 0 ? IDEOGRAPHIC_SPACE_BYTES
                                                                        : 0;
}

static void skip_spaces(struct csv_reader *reader)
{
    size_t bytes;

    while (reader->next < reader->end && (bytes = space_bytes(reader, reader->next)) > 0)
        reader->next += bytes;
}

static char *without_spaces_behind(const struct csv_reader *reader, char *start, char *end)
{
    for (;;) {
        if (end > start && space_bytes(reader, end - 1) == 1)
            end--;
        else if (end - start >= IDEOGRAPHIC_SPACE_BYTES &&
                 space_bytes(reader, end - IDEOGRAPHIC_SPACE_BYTES) == IDEOGRAPHIC_SPACE_BYTES)
            end -= IDEOGRAPHIC_SPACE_BYTES;
        else
            return end;
    }
}

static bool ends_cell(const struct csv_reader *reader)
{
    return reader->next == reader->end || *reader->next == reader->separator ||
           *reader->next == '\r' || *reader->next == '\n';
}

static void skip_line(struct csv_reader *reader)
{
    while (reader->next < reader->end && !skip_break(reader))
        reader->next++;
}

/* ---- cells ---- */

/* NULL when nothing closes it. */
static const char *find_closing_quote(const char *from, const char *end)
{
    while (from < end) {
        if (*from != '"')
            from++;
        else if (from[1] == '"')
            from += 2;
        else
            return from;
    }
    return NULL;
}

/* From behind the opening quote to behind the closing one; what is between moves to the left over doubled quotes. An
 * open one changes nothing: it would have swallowed the rest, which may hold many rows. */
static enum csv_fault read_quoted(struct csv_reader *reader, char **ret_end)
{
    const char *closing = find_closing_quote(reader->next, reader->end);
    char *to = reader->next;

    if (!closing)
        return CSV_FAULT_OPEN_QUOTE;
    while (reader->next < closing) {
        if (skip_break(reader)) {
            *to++ = '\n';
            continue;
        }
        if (*reader->next == '"')
            reader->next++;
        *to++ = *reader->next++;
    }
    reader->next++;
    *ret_end = to;
    return CSV_FAULT_NONE;
}

/* Leaves the reader at what ends the cell, which is not yet overwritten. */
static enum csv_fault read_cell(struct csv_reader *reader, const char **ret_cell, char **ret_end)
{
    char *start;

    skip_spaces(reader);
    start = reader->next;
    if (start < reader->end && *start == '"') {
        enum csv_fault fault;

        reader->next++;
        *ret_cell = reader->next;
        fault = read_quoted(reader, ret_end);
        if (fault != CSV_FAULT_NONE)
            return fault;
        skip_spaces(reader);
        return ends_cell(reader) ? CSV_FAULT_NONE : CSV_FAULT_AFTER_QUOTE;
    }
    while (!ends_cell(reader))
        reader->next++;
    *ret_cell = start;
    *ret_end = without_spaces_behind(reader, start, reader->next);
    return CSV_FAULT_NONE;
}

/* ---- rows ---- */

static enum csv_fault read_row(struct csv_reader *reader, struct csv_row *row)
{
    bool more = true;

    row->count = 0;
    while (more) {
        enum csv_fault fault;
        char *end;

        if (row->count == CSV_MAX_CELLS)
            return CSV_FAULT_CELLS;
        fault = read_cell(reader, &row->cells[row->count], &end);
        if (fault != CSV_FAULT_NONE)
            return fault;
        more = reader->next < reader->end && *reader->next == reader->separator;
        if (more)
            reader->next++;
        else
            skip_break(reader);
        /* only now: the end of the cell may be the separator or the break that was looked at */
        *end = '\0';
        row->count++;
    }
    return CSV_FAULT_NONE;
}

static bool is_blank(const struct csv_row *row)
{
    for (size_t i = 0; i < row->count; i++) {
        if (*row->cells[i])
            return false;
    }
    return true;
}

int csv_reader_next(struct csv_reader *reader, struct csv_row *ret_row, enum csv_fault *ret_fault)
{
    struct csv_row row;

    while (reader->next < reader->end) {
        enum csv_fault fault;

        row.line = reader->line;
        row.row = reader->row++;
        fault = read_row(reader, &row);
        if (fault != CSV_FAULT_NONE) {
            skip_line(reader);
            *ret_row = row;
            *ret_fault = fault;
            return -EBADMSG;
        }
        if (!is_blank(&row)) {
            *ret_row = row;
            return 1;
        }
    }
    return 0;
}
