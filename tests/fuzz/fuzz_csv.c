/* A file that a coordinator uploads: decoded, and read row by row. */
#include "signaling/import/csv_reader.h"
#include "signaling/import/text_encoding.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_row(const struct csv_row *row, const char *text, size_t len, bool complete)
{
    bool blank = true;

    if (row->count > CSV_MAX_CELLS || (complete && row->count == 0))
        abort();
    for (size_t i = 0; i < row->count; i++) {
        if (row->cells[i] < text || row->cells[i] + strlen(row->cells[i]) > text + len)
            abort();
        blank = blank && !*row->cells[i];
    }
    if (complete && blank)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct csv_reader reader;
    struct csv_row row;
    enum csv_fault fault;
    unsigned line = 0, breaks = 1;
    char *text;
    size_t len;
    int r;

    if (text_encoding_to_utf8(data, size, &text, &len, &line) < 0) {
        if (line == 0)
            abort();
        return 0;
    }
    if (strlen(text) != len)
        abort();
    for (size_t i = 0; i < len; i++)
        breaks += text[i] == '\n' || text[i] == '\r';
    line = 0;
    csv_reader_init(&reader, text, len);
    while ((r = csv_reader_next(&reader, &row, &fault)) != 0) {
        /* each row or fault begins further down, and never below the file's last line */
        if (row.line <= line || row.line > breaks)
            abort();
        line = row.line;
        check_row(&row, text, len, r > 0);
    }
    free(text);
    return 0;
}
