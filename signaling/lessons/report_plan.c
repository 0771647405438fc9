#include "signaling/lessons/report_plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Room for one more: the array grows whenever a power of two is full. NULL without memory; then it stays. */
static void *with_room(void *array, size_t count, size_t size)
{
    if ((count & (count - 1)) != 0)
        return array;
    return reallocarray(array, count == 0 ? 1 : count * 2, size);
}

/* All of these begin with their id. */
static int by_id(const void *a, const void *b)
{
    int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;

    return (one > other) - (one < other);
}

static void *find(void *array, size_t count, size_t size, int64_t id)
{
    return count == 0 ? NULL : bsearch(&id, array, count, size, by_id);
}

/* ---- reading ---- */

static int add_room(struct report_plan *plan, sqlite3_stmt *statement)
{
    struct report_room *rooms = with_room(plan->rooms, plan->room_count, sizeof(*rooms)), *room;

    if (!rooms)
        return -ENOMEM;
    plan->rooms = rooms;
    room = &rooms[plan->room_count++];
    *room = (struct report_room){
        .id = sqlite3_column_int64(statement, 0),
        .school = sqlite3_column_int64(statement, 1),
        .in_scope = sqlite3_column_int(statement, 2) != 0,
    };
    store_column_text(statement, 3, room->name, sizeof(room->name));
    store_column_text(statement, 4, room->school_name, sizeof(room->school_name));
    return 0;
}

static int add_person(struct report_plan *plan, sqlite3_stmt *statement)
{
    struct report_person *persons = with_room(plan->persons, plan->person_count, sizeof(*persons));

    if (!persons)
        return -ENOMEM;
    plan->persons = persons;
    persons[plan->person_count].id = sqlite3_column_int64(statement, 0);
    store_column_text(
        statement, 1, persons[plan->person_count].name, sizeof(persons[plan->person_count].name));
    persons[plan->person_count].stands_in = sqlite3_column_int(statement, 2) != 0;
    plan->person_count++;
    return 0;
}

static int add_entry(struct report_plan *plan, sqlite3_stmt *statement)
{
    struct report_entry *entries = with_room(plan->entries, plan->entry_count, sizeof(*entries));
    struct report_entry *entry;

    if (!entries)
        return -ENOMEM;
    plan->entries = entries;
    entry = &entries[plan->entry_count++];
    *entry = (struct report_entry){
        .id = sqlite3_column_int64(statement, 0),
        .grade = (unsigned)sqlite3_column_int64(statement, 2),
        .room = find(plan->rooms, plan->room_count, sizeof(*plan->rooms),
            sqlite3_column_int64(statement, 3)),
        .teacher = find(plan->persons, plan->person_count, sizeof(*plan->persons),
            sqlite3_column_int64(statement, 4)),
    };
    store_column_text(statement, 1, entry->subject, sizeof(entry->subject));
    return entry->room && entry->teacher ? 0 : -EIO; /* foreign keys say that they are there */
}

/* One row for each receiving room, and one for an entry without any. */
static int add_unit(struct report_plan *plan, sqlite3_stmt *statement)
{
    struct report_unit *units = with_room(plan->units, plan->unit_count, sizeof(*units));
    struct report_entry *entry = find(plan->entries, plan->entry_count, sizeof(*plan->entries),
        sqlite3_column_int64(statement, 0));
    struct report_unit *unit;

    if (!units)
        return -ENOMEM;
    plan->units = units;
    if (!entry)
        return -EIO;
    unit = &units[plan->unit_count];
    *unit = (struct report_unit){
        .room = find(plan->rooms, plan->room_count, sizeof(*plan->rooms),
            sqlite3_column_int64(statement, 1)),
        .delay_s = (unsigned)sqlite3_column_int64(statement, 2),
        .alone = sqlite3_column_int(statement, 3) != 0,
    };
    if (!unit->room)
        return -EIO;
    unit->in_scope = unit->room->in_scope || entry->room->in_scope;
    if (entry->unit_count++ == 0)
        entry->first_unit = plan->unit_count;
    plan->unit_count++;
    return 0;
}

static int read_rows(struct report_plan *plan, struct store *store, const char *sql,
    int64_t organisation, int (*add)(struct report_plan *plan, sqlite3_stmt *statement))
{
    sqlite3_stmt *statement = store_prepare(store, sql);
    int r;

    if (organisation != 0)
        store_bind_int(statement, 1, organisation);
    while ((r = store_step(store, statement)) == 1) {
        r = add(plan, statement);
        if (r < 0)
            break;
    }
    store_finish(statement);
    return r;
}

static int read_all(struct report_plan *plan, struct store *store, int64_t organisation)
{
    int r = read_rows(plan, store,
        "SELECT r.id, r.school, r.school IN (" ORGANISATIONS_BELOW "), r.name, o.name FROM rooms r"
        " JOIN organisations o ON o.id = r.school ORDER BY r.id",
        organisation, add_room);

    if (r == 0)
        r = read_rows(plan, store,
            "SELECT id, name, id IN (SELECT teacher FROM substitutions) FROM people ORDER BY id", 0,
            add_person);
    if (r == 0)
        r = read_rows(plan, store,
            "SELECT id, subject, grade, room, teacher FROM timetable_entries ORDER BY id", 0,
            add_entry);
    if (r == 0)
        r = read_rows(plan, store,
            "SELECT e.id, ifnull(r.room, e.room), ifnull(r.delay_s, 0), r.room IS NULL"
            " FROM timetable_entries e LEFT JOIN entry_rooms r ON r.entry = e.id ORDER BY e.id",
            0, add_unit);
    return r;
}

/* ---- rows of the report ---- */

static struct report_key key_of(
    const struct report_entry *entry, const struct report_unit *unit, enum report_by by)
{
    switch (by) {
    case REPORT_BY_SCHOOL:
        return (struct report_key){unit->room->school, unit->room->school_name, ""};
    case REPORT_BY_ROOM:
        return (struct report_key){unit->room->id, unit->room->name, unit->room->school_name};
    case REPORT_BY_TEACHER:
        return (struct report_key){entry->teacher->id, entry->teacher->name, ""};
    case REPORT_BY_SUBJECT:
        break;
    }
    return (struct report_key){0, entry->subject, ""};
}

/* Subjects, whose id is 0, by their name. */
static int compare_keys(const void *a, const void *b)
{
    const struct report_key *one = a, *other = b;

    if (one->id != other->id)
        return one->id > other->id ? 1 : -1;
    return one->id == 0 ? strcmp(one->name, other->name) : 0;
}

static int find_rows(struct report_plan *plan, enum report_by by)
{
    struct report_key *keys = calloc(plan->unit_count + plan->person_count + 1, sizeof(*keys));
    size_t count = 0;

    if (!keys)
        return -ENOMEM;
    plan->keys = keys;
    for (size_t e = 0; e < plan->entry_count; e++) {
        const struct report_entry *entry = &plan->entries[e];

        for (size_t u = entry->first_unit; u < entry->first_unit + entry->unit_count; u++) {
            if (plan->units[u].in_scope)
                keys[count++] = key_of(entry, &plan->units[u], by);
        }
    }
    for (size_t i = 0; by == REPORT_BY_TEACHER && i < plan->person_count; i++) {
        if (plan->persons[i].stands_in)
            keys[count++] = (struct report_key){plan->persons[i].id, plan->persons[i].name, ""};
    }
    qsort(keys, count, sizeof(*keys), compare_keys);
    for (size_t i = 0; i < count; i++) {
        if (plan->key_count == 0 || compare_keys(&keys[plan->key_count - 1], &keys[i]) != 0)
            keys[plan->key_count++] = keys[i];
    }
    for (size_t e = 0; e < plan->entry_count; e++) {
        const struct report_entry *entry = &plan->entries[e];

        for (size_t u = entry->first_unit; u < entry->first_unit + entry->unit_count; u++) {
            struct report_key key = key_of(entry, &plan->units[u], by);
            const struct report_key *row =
                bsearch(&key, keys, plan->key_count, sizeof(*keys), compare_keys);

            plan->units[u].row = row ? (size_t)(row - keys) : SIZE_MAX;
        }
    }
    return 0;
}

int report_plan_init(
    struct report_plan *plan, struct store *store, int64_t organisation, enum report_by by)
{
    int r;

    *plan = (struct report_plan){0};
    r = read_all(plan, store, organisation);
    return r < 0 ? r : find_rows(plan, by);
}

void report_plan_finish(struct report_plan *plan)
{
    free(plan->rooms);
    free(plan->persons);
    free(plan->entries);
    free(plan->units);
    free(plan->keys);
    *plan = (struct report_plan){0};
}

const struct report_entry *report_plan_entry(const struct report_plan *plan, int64_t id)
{
    return find(plan->entries, plan->entry_count, sizeof(*plan->entries), id);
}

const struct report_person *report_plan_person(const struct report_plan *plan, int64_t id)
{
    return find(plan->persons, plan->person_count, sizeof(*plan->persons), id);
}

size_t report_plan_teacher_row(const struct report_plan *plan, const struct report_person *teacher)
{
    const struct report_key key = {teacher->id, teacher->name, ""};
    const struct report_key *row =
        bsearch(&key, plan->keys, plan->key_count, sizeof(*plan->keys), compare_keys);

    return row ? (size_t)(row - plan->keys) : SIZE_MAX;
}
