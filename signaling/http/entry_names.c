#include "signaling/http/entry_names.h"

#include "signaling/accounts/people.h"
#include "signaling/schools/rooms.h"

static int add_person(struct store *store, json_t *list, int64_t id)
{
    struct person person;
    int r = id == 0 ? 0 : people_get(store, id, &person);

    if (r == 1)
        json_array_append_new(
            list, json_pack("{s:I, s:s, s:s, s:b}", "id", (json_int_t)id, "name", person.name,
                      "login", person.login, "disabled", person.disabled));
    return r;
}

static int add_room(struct store *store, json_t *list, int64_t id)
{
    struct organisation school;
    struct room room;
    int r = rooms_get(store, id, &room);

    if (r == 1)
        r = organisations_get(store, room.school, &school);
    if (r == 1)
        json_array_append_new(
            list, json_pack("{s:I, s:s, s:I, s:s}", "id", (json_int_t)id, "name", room.name,
                      "school", (json_int_t)room.school, "school_name", school.name));
    return r;
}

static json_t *unless_failed(json_t *list, int r)
{
    if (r >= 0)
        return list;
    json_decref(list);
    return NULL;
}

json_t *entry_names_people(struct store *store, const struct timetable_entry *entry)
{
    json_t *list = json_array();
    int r = add_person(store, list, entry->teacher);

    for (size_t i = 0; r >= 0 && i < entry->receiving_count; i++)
        r = add_person(store, list, entry->receiving[i].teacher);
    return unless_failed(list, r);
}

json_t *entry_names_rooms(struct store *store, const struct timetable_entry *entry)
{
    json_t *list = json_array();
    int r = add_room(store, list, entry->room);

    for (size_t i = 0; r >= 0 && i < entry->receiving_count; i++)
        r = add_room(store, list, entry->receiving[i].room);
    return unless_failed(list, r);
}

json_t *entry_names_lesson(struct store *store, int64_t entry)
{
    sqlite3_stmt *statement = store_prepare(store,
        "SELECT e.subject, e.period, o.name, p.name FROM timetable_entries e"
        " JOIN rooms r ON r.id = e.room JOIN organisations o ON o.id = r.school"
        " JOIN people p ON p.id = e.teacher WHERE e.id = ?");
    json_t *lesson = NULL;

    store_bind_int(statement, 1, entry);
    if (store_step(store, statement) == 1)
        lesson = json_pack("{s:s, s:i, s:s, s:s}", "subject", sqlite3_column_text(statement, 0),
            "period", sqlite3_column_int(statement, 1), "school_name",
            sqlite3_column_text(statement, 2), "teacher_name", sqlite3_column_text(statement, 3));
    store_finish(statement);
    return lesson;
}
