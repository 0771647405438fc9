#include "signaling/store/compared_text.h"

#include "common/plain_text.h"

#include <glib.h>

/* Without case some letters are others in NFKC, and the other way round (ℌ is H, which is h): hence twice. */
char *compared_text(const char *text)
{
    g_autofree char *first = g_utf8_normalize(text, -1, G_NORMALIZE_NFKC);
    g_autofree char *folded = first ? g_utf8_casefold(first, -1) : NULL;
    char *form = folded ? g_utf8_normalize(folded, -1, G_NORMALIZE_NFKC) : g_strdup(text);

    plain_text_trim(form);
    return form;
}

static void in_sql(sqlite3_context *context, int count, sqlite3_value **values)
{
    const char *text = count == 1 ? (const char *)sqlite3_value_text(values[0]) : NULL;

    if (text)
        sqlite3_result_text(context, compared_text(text), -1, g_free);
    else
        sqlite3_result_null(context);
}

int compared_text_define(sqlite3 *db)
{
    return sqlite3_create_function(db, "compared_text", 1,
        SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, NULL, in_sql, NULL, NULL);
}
