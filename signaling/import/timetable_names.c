#include "signaling/import/timetable_names.h"

#include "signaling/accounts/login_names.h"
#include "signaling/import/receiving_cell.h"
#include "signaling/lessons/terms.h"
#include "signaling/schools/rooms.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct timetable_names {
    struct import *import; /* borrowed */
    /* owned */
    struct term_row *terms;
    size_t term_count;
    sqlite3_stmt *rooms;
    sqlite3_stmt *people;
    bool failed; /* there was no memory for a term */
};

static void on_term(void *user, const struct term_row *term)
{
    struct timetable_names *names = user;
    struct term_row *terms = reallocarray(names->terms, names->term_count + 1, sizeof(*terms));

    if (!terms) {
        names->failed = true;
        return;
    }
    names->terms = terms;
    terms[names->term_count++] = *term;
}

int timetable_names_create(struct import *import, struct timetable_names **ret_names)
{
    struct timetable_names *names = calloc(1, sizeof(*names));
    int r;

    if (!names)
        return -ENOMEM;
    names->import = import;
    r = terms_list(import->store, import->who->root, &LIST_PAGE_ALL, on_term, names);
    if (r < 0 || names->failed) {
        timetable_names_destroy(names);
        return r < 0 ? r : -ENOMEM;
    }
    names->rooms = store_prepare(import->store,
        "SELECT id, use, school FROM rooms WHERE name = ?1 AND (?2 = 0 OR school = ?2)");
    names->people = store_prepare(import->store,
        "SELECT id, ifnull(organisation, 0), name = ?1, (login_key = ?1) + (login_key IN (?1, ?2)),"
        " login FROM people WHERE (name = ?1 OR login_key IN (?1, ?2)) AND NOT disabled ORDER BY "
        "id");
    *ret_names = names;
    return 0;
}

void timetable_names_destroy(struct timetable_names *names)
{
    if (!names)
        return;
    store_finish(names->rooms);
    store_finish(names->people);
    free(names->terms);
    free(names);
}

static bool is_own(const struct import *import, int64_t organisation)
{
    for (size_t i = 0; i < import->organisation_count; i++) {
        if (import->organisations[i].id == organisation)
            return true;
    }
    return import->who->root == 0;
}

/* ---- terms ---- */

/* Of the school or of an organisation above it. */
static int find_term(struct timetable_names *names, size_t row, int64_t school, int64_t *ret_term)
{
    struct import *import = names->import;
    const char *name = import_required(import, row, TIMETABLE_TERM);
    unsigned found = 0;

    if (!name || school == 0)
        return 0;
    for (size_t i = 0; i < names->term_count; i++) {
        int r;

        if (strcmp(names->terms[i].name, name) != 0)
            continue;
        r = organisations_contains(import->store, names->terms[i].organisation, school);
        if (r < 0)
            return r;
        if (r == 1 && found++ == 0)
            *ret_term = names->terms[i].id;
    }
    if (found != 1)
        import_fault(
            import, row, TIMETABLE_TERM, found == 0 ? "unknown_term" : "ambiguous_term", NULL);
    return 0;
}

/* ---- rooms and people ---- */

struct found_room {
    unsigned count; /* how many of that name */
    int64_t id;
    int64_t school;
    enum room_use use;
};

struct found_person {
    int64_t id;     /* 0: nobody, or several */
    bool ambiguous; /* several: who is meant must be said by their login */
    char other[PEOPLE_MAX_NAME_BYTES +
               1]; /* login of another whose name is the login that was written; "" for none */
};

/* school 0: of any of the person's schools. */
static int find_room(
    struct timetable_names *names, int64_t school, const char *name, struct found_room *ret_room)
{
    char use[16];
    int r;

    *ret_room = (struct found_room){0};
    store_reset(names->rooms);
    store_bind_text(names->rooms, 1, name);
    store_bind_int(names->rooms, 2, school);
    while ((r = store_step(names->import->store, names->rooms)) == 1) {
        if (!is_own(names->import, sqlite3_column_int64(names->rooms, 2)))
            continue;
        ret_room->count++;
        ret_room->id = sqlite3_column_int64(names->rooms, 0);
        ret_room->school = sqlite3_column_int64(names->rooms, 2);
        store_column_text(names->rooms, 1, use, sizeof(use));
        rooms_use_of(use, &ret_room->use);
    }
    return r;
}

/* Who is called so: in the school, and anywhere in the person's part of the tree. */
struct namesakes {
    unsigned in_school, anywhere;
    int64_t of_school, of_any; /* the first of each */
    int by_login; /* 2: whose login it is as it is written, 1: without case, 0: nobody's */
};

static void count_person(
    struct namesakes *found, sqlite3_stmt *row, int64_t school, struct found_person *person)
{
    int64_t id = sqlite3_column_int64(row, 0);
    int by_login = sqlite3_column_int(row, 3);

    if (by_login > found->by_login) {
        found->by_login = by_login;
        person->id = id;
    }
    if (!sqlite3_column_int(row, 2))
        return;
    if (found->anywhere++ == 0)
        found->of_any = id;
    if (sqlite3_column_int64(row, 1) == school && found->in_school++ == 0)
        found->of_school = id;
    if (by_login == 0 && !*person->other)
        store_column_text(row, 4, person->other, sizeof(person->other));
}

/* A login comes first: it is one person's. Then a name, of the school (0: of none) before others. */
static int look_for_person(struct timetable_names *names, int64_t school, const char *name,
    struct found_person *ret_person)
{
    struct found_person person = {0};
    struct namesakes found = {0};
    char key[LOGIN_NAMES_KEY_BYTES + 1];
    int r;

    login_names_key(name, key);
    store_reset(names->people);
    store_bind_text(names->people, 1, name);
    store_bind_text(names->people, 2, key);
    while ((r = store_step(names->import->store, names->people)) == 1) {
        if (is_own(names->import, sqlite3_column_int64(names->people, 1)))
            count_person(&found, names->people, school, &person);
    }
    if (found.by_login == 0) {
        person.other[0] = '\0';
        person.ambiguous = found.in_school > 1 || (found.in_school == 0 && found.anywhere > 1);
        if (!person.ambiguous)
            person.id = found.in_school > 0 ? found.of_school : found.of_any;
    }
    *ret_person = person;
    return r;
}

/* A fault when it is nobody, or not clear who; a warning when it is the login of one and the name of another. other: as
 * faults have it. */
static void tell_person(struct timetable_names *names, size_t row, size_t column,
    const struct found_person *person, const char *other)
{
    if (person->id == 0)
        import_fault(names->import, row, column,
            person->ambiguous ? "ambiguous_person" : "unknown_person", other);
    else if (*person->other)
        import_warning(names->import, row, column, "login_and_name", person->other);
}

static int find_teacher(
    struct timetable_names *names, size_t row, int64_t school, int64_t *ret_person)
{
    const char *name = import_required(names->import, row, TIMETABLE_TEACHER);
    struct found_person person;
    int r = name ? look_for_person(names, school, name, &person) : 0;

    if (name && r == 0) {
        tell_person(names, row, TIMETABLE_TEACHER, &person, NULL);
        *ret_person = person.id;
    }
    return r;
}

static int find_master_room(
    struct timetable_names *names, size_t row, int64_t school, int64_t *ret_room)
{
    const char *name = import_required(names->import, row, TIMETABLE_ROOM);
    struct found_room room;
    int r;

    if (!name || school == 0)
        return 0;
    r = find_room(names, school, name, &room);
    if (r < 0)
        return r;
    if (room.count == 0)
        import_fault(names->import, row, TIMETABLE_ROOM, "unknown_room", NULL);
    else if (room.use == ROOM_RECEIVING)
        import_fault(names->import, row, TIMETABLE_ROOM, "not_for_master", NULL);
    else
        *ret_room = room.id;
    return 0;
}

/* ---- receiving rooms ---- */

struct receiving {
    struct receiving_room text; /* as it was understood */
    struct found_room room;
    struct found_person teacher; /* id 0: nobody */
};

static void room_fault(struct timetable_names *names, size_t row, size_t column, const char *code,
    const struct receiving_room *room)
{
    char other[3 * RECEIVING_MAX_NAME_BYTES + 16];

    snprintf(other, sizeof(other), "%s%s%s", room->school, *room->school ? "/" : "", room->room);
    import_fault(names->import, row, column, code, other);
}

/* One way to read it: 1 when all that it names is there, and once; 0, or an error of the store. */
static int look_at(struct timetable_names *names, struct receiving *receiving)
{
    const struct receiving_room *text = &receiving->text;
    const struct organisation *school = NULL;
    int r;

    receiving->teacher = (struct found_person){0};
    if (*text->school) {
        school = import_find_organisation(names->import, text->school, IMPORT_SCHOOL);
        if (!school)
            return 0;
    }
    r = find_room(names, school ? school->id : 0, text->room, &receiving->room);
    if (r < 0 || receiving->room.count != 1)
        return r;
    if (!*text->teacher)
        return 1;
    r = look_for_person(names, receiving->room.school, text->teacher, &receiving->teacher);
    return r < 0 ? r : receiving->teacher.id != 0;
}

/* Names have slashes and colons in them, too (三/四年级复式班): of all ways but the usual one those that name what is
 * there. How many, or an error of the store; in ret_receiving the first. */
static int look_further(struct timetable_names *names, const struct receiving_item *item,
    struct receiving *ret_receiving)
{
    struct receiving receiving;
    int found = 0;

    for (size_t way = 1;; way++) {
        int r = receiving_item_read(item, way, &receiving.text);

        if (r == 0)
            return found;
        if (r == -EBADMSG)
            continue;
        r = look_at(names, &receiving);
        if (r < 0)
            return r;
        if (r == 0 || (found > 0 && receiving.room.id == ret_receiving->room.id &&
                          receiving.teacher.id == ret_receiving->teacher.id))
            continue;
        if (found++ == 0)
            *ret_receiving = receiving;
    }
}

/* What is wrong with the usual way to read it, when no other is right. */
static int tell_usual(
    struct timetable_names *names, size_t row, size_t column, const struct receiving_room *text)
{
    const struct organisation *school = NULL;
    struct found_room room;
    struct found_person teacher;
    int r;

    if (*text->school) {
        school = import_organisation(names->import, row, column, text->school, IMPORT_SCHOOL);
        if (!school)
            return 0;
    }
    r = find_room(names, school ? school->id : 0, text->room, &room);
    if (r < 0)
        return r;
    if (room.count == 1) {
        r = look_for_person(names, room.school, text->teacher, &teacher);
        if (r == 0)
            tell_person(names, row, column, &teacher, text->teacher);
        return r;
    }
    room_fault(names, row, column, room.count == 0 ? "unknown_room" : "ambiguous_room", text);
    return 0;
}

/* 1, 0 with a fault, or an error of the store. */
static int resolve_item(struct timetable_names *names, size_t row, size_t column,
    const struct receiving_item *item, struct receiving *ret_receiving)
{
    struct receiving_room usual;
    int readable = receiving_item_read(item, 0, &usual);
    int r;

    if (readable == 1) {
        ret_receiving->text = usual;
        r = look_at(names, ret_receiving);
        if (r != 0)
            return r;
    }
    r = look_further(names, item, ret_receiving);
    if (r < 0 || r == 1)
        return r;
    if (r > 1)
        room_fault(names, row, column, "ambiguous_room", &ret_receiving->text);
    else if (readable != 1)
        import_fault(names->import, row, column, "invalid_receiving", NULL);
    else
        return tell_usual(names, row, column, &usual);
    return 0;
}

static bool has_room(const struct timetable_entry *entry, int64_t room)
{
    for (size_t i = 0; i < entry->receiving_count; i++) {
        if (entry->receiving[i].room == room)
            return true;
    }
    return entry->room == room;
}

static void add_receiving(struct timetable_names *names, size_t row,
    const struct receiving *receiving, struct timetable_entry *entry)
{
    const char *code = NULL;

    if (receiving->room.use == ROOM_MASTER)
        code = "not_for_receiving";
    else if (has_room(entry, receiving->room.id))
        code = "room_twice";
    else if (entry->receiving_count == ENTRIES_MAX_ROOMS)
        code = "too_many_rooms";
    if (code)
        room_fault(names, row, TIMETABLE_RECEIVING, code, &receiving->text);
    if (entry->receiving_count < ENTRIES_MAX_ROOMS)
        entry->receiving[entry->receiving_count++] =
            (struct plan_room){.room = receiving->room.id, .teacher = receiving->teacher.id};
    if (*receiving->text.teacher)
        tell_person(names, row, TIMETABLE_RECEIVING, &receiving->teacher, receiving->text.teacher);
}

/* Which of the receiving rooms keep to the lesson's own bell, written as they are. */
static void set_live(struct timetable_names *names, size_t row, const struct receiving *receiving,
    struct timetable_entry *entry)
{
    for (size_t i = 0; i < entry->receiving_count; i++) {
        if (entry->receiving[i].room == receiving->room.id) {
            entry->receiving[i].live = true;
            return;
        }
    }
    room_fault(names, row, TIMETABLE_LIVE, "not_receiving", &receiving->text);
}

static int read_rooms(struct timetable_names *names, size_t row, size_t column,
    void (*on_room)(struct timetable_names *names, size_t row, const struct receiving *receiving,
        struct timetable_entry *entry),
    struct timetable_entry *entry)
{
    const char *cursor = import_optional(names->import, row, column);
    struct receiving receiving;
    struct receiving_item item;

    while (receiving_cell_next(&cursor, &item)) {
        int r = resolve_item(names, row, column, &item, &receiving);

        if (r < 0)
            return r;
        if (r == 1)
            on_room(names, row, &receiving, entry);
    }
    return 0;
}

int timetable_names_resolve(
    struct timetable_names *names, size_t row, struct timetable_entry *entry)
{
    struct import *import = names->import;
    const char *name = import_required(import, row, TIMETABLE_SCHOOL);
    const struct organisation *school =
        name ? import_organisation(import, row, TIMETABLE_SCHOOL, name, IMPORT_SCHOOL) : NULL;
    int64_t id = school ? school->id : 0;
    int r = find_term(names, row, id, &entry->term);

    if (r == 0)
        r = find_master_room(names, row, id, &entry->room);
    if (r == 0)
        r = find_teacher(names, row, id, &entry->teacher);
    if (r == 0)
        r = read_rooms(names, row, TIMETABLE_RECEIVING, add_receiving, entry);
    return r == 0 ? read_rooms(names, row, TIMETABLE_LIVE, set_live, entry) : r;
}
