#include "signaling/store/compared_text.h"

#include "common/plain_text.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

/* Without case some letters are others in NFKC, and the other way round (ℌ is H, which is h): hence twice. */
char *compared_text(const char *text)
{
    g_autofree char *first = g_utf8_normalize(text, -1, G_NORMALIZE_NFKC);
    g_autofree char *folded = first ? g_utf8_casefold(first, -1) : NULL;
    g_autofree char *second = folded ? g_utf8_normalize(folded, -1, G_NORMALIZE_NFKC) : NULL;
    char *form = strdup(second ? second : text);

    if (form)
        plain_text_trim(form);
    return form;
}

static void in_sql(sqlite3_context *context, int count, sqlite3_value **values)
{
    const char *text = count == 1 ? (const char *)sqlite3_value_text(values[0]) : NULL;

    char *form = text ? compared_text(text) : NULL;

    if (form)
        sqlite3_result_text(context, form, -1, free);
    else if (text)
        sqlite3_result_error_nomem(context);
    else
        sqlite3_result_null(context);
}

int compared_text_define(sqlite3 *db)
{
    return sqlite3_create_function(db, "compared_text", 1,
        SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, NULL, in_sql, NULL, NULL);
}
