#include "signaling/lessons/occurrences.h"

#include "signaling/schools/rooms.h"
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
    *writer = (struct occurrence_writer){.store = store};
    writer->lesson = store_prepare(store,
        "INSERT INTO lessons (id, title, created, entry, day, period) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING");
    writer->person = store_prepare(
        store, "INSERT INTO lesson_people (lesson, person) VALUES (?, ?) ON CONFLICT DO NOTHING");
    writer->delay = store_prepare(store, "INSERT OR REPLACE INTO lesson_delays VALUES (?, ?, ?)");
}

void occurrence_writer_finish(struct occurrence_writer *writer)
{
    store_finish(writer->lesson);
    store_finish(writer->person);
    store_finish(writer->delay);
    bells_shelf_destroy(writer->shelf);
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

/* ---- rooms with other bells ---- */

static int school_of(struct store *store, int64_t room, int64_t *ret_school)
{
    struct room row;
    int r = rooms_get(store, room, &row);

    *ret_school = r == 1 ? row.school : 0;
    return r < 0 ? r : r == 1 ? 0 : -ENOENT;
}

/* Nothing happens while it is the same entry. */
static int begin_entry(struct occurrence_writer *writer, const struct timetable_entry *entry)
{
    int r = writer->shelf ? 0 : bells_shelf_create(writer->store, &writer->shelf);

    if (r < 0 || writer->entry == entry->id)
        return r;
    writer->entry = entry->id;
    r = school_of(writer->store, entry->room, &writer->school);
    for (size_t i = 0; r == 0 && i < entry->receiving_count; i++) {
        r = school_of(writer->store, entry->receiving[i].room, &writer->schools[i]);
        writer->rules[i] = (struct delay_rule){0};
    }
    return r;
}

int occurrence_writer_go_on(struct occurrence_writer *writer, const struct timetable_entry *entry)
{
    int r = begin_entry(writer, entry);

    for (size_t i = 0; r == 0 && i < entry->receiving_count; i++)
        writer->rules[i] = (struct delay_rule){true, entry->receiving[i].delay_s};
    return r;
}

static int write_delay(
    struct occurrence_writer *writer, const char *lesson, int64_t room, unsigned delay_s)
{
    store_reset(writer->delay);
    store_bind_text(writer->delay, 1, lesson);
    store_bind_int(writer->delay, 2, room);
    store_bind_int(writer->delay, 3, delay_s);
    return store_step(writer->store, writer->delay);
}

/* Of the receiving room of that index. */
static int add_delay(struct occurrence_writer *writer, const struct timetable_entry *entry,
    size_t index, const struct delayed_lesson *lesson)
{
    const struct plan_room *room = &entry->receiving[index];
    struct bell_offer offer;
    enum room_fit fit;
    int r = lesson_delays_fit(writer->shelf, lesson, writer->schools[index], &fit, &offer);

    unsigned delay_s;

    if (r < 0)
        return r;
    delay_s = lesson_delays_next(&writer->rules[index], room, fit, &offer);
    return delay_s == room->delay_s ? 0 : write_delay(writer, lesson->id, room->room, delay_s);
}

static int add_delays(struct occurrence_writer *writer, const struct timetable_entry *entry,
    const char *id, int32_t day)
{
    int r = begin_entry(writer, entry);
    struct delayed_lesson lesson = {
        .id = id, .school = writer->school, .day = day, .period = entry->period};

    for (size_t i = 0; r == 0 && i < entry->receiving_count; i++) {
        if (!entry->receiving[i].live)
            r = add_delay(writer, entry, i, &lesson);
    }
    return r;
}

/* Of a lesson that is there: it has the entry's people too when it is one of those to come, which may be held after all. */
static int is_cancelled(struct store *store, const char *id, int64_t entry)
{
    sqlite3_stmt *statement = store_prepare(
        store, "SELECT 1 FROM lessons WHERE id = ? AND entry = ? AND state = 'cancelled'");

    store_bind_text(statement, 1, id);
    store_bind_int(statement, 2, entry);
    return store_run(store, statement);
}

static int add_people(
    struct occurrence_writer *writer, const struct timetable_entry *entry, const char *id)
{
    int r = add_person(writer, id, entry->teacher);

    for (size_t i = 0; r == 0 && i < entry->receiving_count; i++)
        r = add_person(writer, id, entry->receiving[i].teacher);
    return r;
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
    if (r < 0)
        return r;
    if (store_changes(writer->store) > 0) {
        r = add_delays(writer, entry, id, day);
    } else {
        r = is_cancelled(writer->store, id, entry->id);
        if (r <= 0)
            return r;
        r = 0;
    }
    return r == 0 ? add_people(writer, entry, id) : r;
}
