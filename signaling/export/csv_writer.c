#include "signaling/export/csv_writer.h"

#include <string.h>

void csv_writer_init(struct csv_writer *writer, FILE *file)
{
    *writer = (struct csv_writer){.file = file};
    fputs("\xef\xbb\xbf", file);
}

static void separate(struct csv_writer *writer)
{
    if (writer->within)
        fputc(',', writer->file);
    writer->within = true;
}

void csv_writer_cell(struct csv_writer *writer, const char *text)
{
    const char *bare =
        text + strspn(text, "'"); /* one is taken away where it stands before these */
    bool guard = *bare && strchr("=+-@\t\r", *bare);
    bool quote = guard || text[strcspn(text, ",\"\r\n\t;")] || *text == ' ';

    separate(writer);
    if (quote)
        fputc('"', writer->file);
    if (guard)
        fputc('\'', writer->file);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', writer->file);
        fputc(*text, writer->file);
    }
    if (quote)
        fputc('"', writer->file);
}

void csv_writer_number(struct csv_writer *writer, long long number)
{
    separate(writer);
    fprintf(writer->file, "%lld", number);
}

void csv_writer_end_row(struct csv_writer *writer)
{
    fputs("\r\n", writer->file);
    writer->within = false;
}
