/*
 * Texts that are one and the same to who types them: Wang and wang, ＷＡＮＧ and WANG. What is compared is the text in
 * NFKC without case (GLib), without blanks at its ends. Pure; any thread.
 */
#ifndef DUET_SIGNALING_STORE_COMPARED_TEXT_H
#define DUET_SIGNALING_STORE_COMPARED_TEXT_H

#include <sqlite3.h>

/* SQL: whether a column with compared forms has that of a text (a numbered parameter, or a column), or the text itself: some logins from before there were compared
 * forms are found only as they are written (migration 30). */
#define COMPARED_TEXT_IS(column, text) column " IN (" text ", compared_text(" text "))"

/* The compared form, for free(); NULL without memory; of what is no UTF-8 the text itself. At most 11 times as long as the text. */
char *compared_text(const char *text);

/* Gives SQL the function compared_text(TEXT), in every connection of store.h. Returns SQLite's code. */
int compared_text_define(sqlite3 *db);

#endif
