/*
 * What the database's words are called in CSV files, in Chinese and English, as import/ reads them; and what a school is
 * called in one. Pure; any thread.
 */
#ifndef DUET_SIGNALING_EXPORT_CSV_WORDS_H
#define DUET_SIGNALING_EXPORT_CSV_WORDS_H

#include <stdbool.h>

/* A role, a use of a room, a mode, odd and even weeks, or a lesson's state; the word itself when it is none of these. */
const char *csv_words_of(const char *word, bool english);

/* 周一 or Mon; 1 = Monday to 7. */
const char *csv_words_weekday(unsigned weekday, bool english);

/* For statements: a table of all organisations (id, name), called county/school where the school's name is there twice. */
#define CSV_WORDS_CALLED                                                                           \
    "called (id, name) AS MATERIALIZED (SELECT o.id, CASE WHEN p.id IS NOT NULL"                   \
    "  AND (SELECT count(*) FROM organisations x WHERE x.name = o.name) > 1"                       \
    "  THEN p.name || '/' || o.name ELSE o.name END"                                               \
    " FROM organisations o LEFT JOIN organisations p ON p.id = o.parent)"

#endif
