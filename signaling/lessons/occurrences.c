#include "signaling/lessons/occurrences.h"

#include "signaling/timetable/local_date.h"

#include <errno.h>
#include <stdio.h>

const char *occurrences_id(int64_t entry, int32_t day, char id[static OCCURRENCES_ID_CHARS])
{
    char date[LOCAL_DATE_CHARS];

    snprintf(id, OCCURRENCES_ID_CHARS, "e%lld-%s", (long long)entry, local_date_format(day, date));
    return id;
}

int occurrences_remove(struct store *store, int64_t entry, int32_t from_day)
{
    sqlite3_stmt *statement = store_prepare(store,
        "DELETE FROM lessons WHERE entry = ? AND day >= ? AND state IN ('scheduled', 'open')");

    store_bind_int(statement, 1, entry);
    store_bind_int(statement, 2, from_day);
    return store_run(store, statement);
}

void occurrence_writer_init(struct occurrence_writer *writer, struct store *store)
{
    writer->store = store;
    writer->lesson = store_prepare(store,
        "INSERT INTO lessons (id, title, created, entry, day, period) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING");
    writer->person = store_prepare(
        store, "INSERT INTO lesson_people (lesson, person) VALUES (?, ?) ON CONFLICT DO NOTHING");
}

void occurrence_writer_finish(struct occurrence_writer *writer)
{
    store_finish(writer->lesson);
    store_finish(writer->person);
}

static int add_person(struct occurrence_writer *writer, const char *lesson, int64_t person)
{
    if (person == 0)
        return 0;
    store_reset(writer->person);
    store_bind_text(writer->person, 1, lesson);
    store_bind_int(writer->person, 2, person);
    return store_step(writer->store, writer->person);
}

int occurrence_writer_add(struct occurrence_writer *writer, const struct timetable_entry *entry,
    int32_t day, int64_t now_s)
{
    char id[OCCURRENCES_ID_CHARS];
    int r;

    occurrences_id(entry->id, day, id);
    store_reset(writer->lesson);
    store_bind_text(writer->lesson, 1, id);
    store_bind_text(writer->lesson, 2, entry->subject);
    store_bind_int(writer->lesson, 3, now_s);
    store_bind_int(writer->lesson, 4, entry->id);
    store_bind_int(writer->lesson, 5, day);
    store_bind_int(writer->lesson, 6, entry->period);
    r = store_step(writer->store, writer->lesson);
    if (r == 0)
        r = add_person(writer, id, entry->teacher);
    for (size_t i = 0; r == 0 && i < entry->receiving_count; i++)
        r = add_person(writer, id, entry->receiving[i].teacher);
    return r;
}
