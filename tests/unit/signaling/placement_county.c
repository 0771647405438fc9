#include "tests/unit/signaling/placement_county.h"

#include "signaling/schools/school_bells.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

int64_t add_organisation(
    struct fixture *f, enum organisation_kind kind, int64_t parent, const char *name)
{
    struct organisation organisation = {.kind = kind, .parent = parent, .zone = "Asia/Shanghai"};
    int64_t id = 0;

    snprintf(organisation.name, sizeof(organisation.name), "%s", name);
    assert_int_equal(organisations_add(f->store, &organisation, "console", 1, &id), 0);
    return id;
}

int64_t add_room(struct fixture *f, int64_t school, enum room_use use, const char *name)
{
    struct room room = {.school = school, .use = use};
    int64_t id = 0;

    snprintf(room.name, sizeof(room.name), "%s", name);
    assert_int_equal(rooms_add(f->store, &room, "console", 1, &id), 0);
    return id;
}

int64_t add_person(struct fixture *f, const char *name, const char *role)
{
    struct person person = {.password_hash = "x"};

    snprintf(person.name, sizeof(person.name), "%s", name);
    snprintf(person.role, sizeof(person.role), "%s", role);
    assert_int_equal(people_add(f->store, &person, NULL, 0, "console", 1, &person.id), 0);
    assert_int_equal(people_find(f->store, name, &person), 1);
    return person.id;
}

void add_bells(struct fixture *f, int64_t school, unsigned first_minute)
{
    struct bell_set set = {
        .first_day = day_of("2026-09-01"), .last_day = day_of("2027-01-31"), .period_count = 4};
    int64_t id;

    for (unsigned i = 0; i < 4; i++)
        set.periods[i] = (struct bell_period){(uint16_t)(i + 1), (uint16_t)(first_minute + 50 * i),
            (uint16_t)(first_minute + 50 * i + 40)};
    assert_int_equal(school_bells_add_set(f->store, school, "秋季", &set, "console", 1, &id), 0);
}

int64_t add_term(struct fixture *f, const char *name, const char *first, const char *last)
{
    struct term_row term = {
        .organisation = f->county, .term = {.first_day = day_of(first), .last_day = day_of(last)}};
    int64_t id = 0;

    snprintf(term.name, sizeof(term.name), "%s", name);
    assert_int_equal(terms_add(f->store, &term, "console", 1, &id), 0);
    return id;
}

void pair_rooms(struct fixture *f)
{
    sqlite3_stmt *statement = store_prepare(f->store,
        "INSERT OR IGNORE INTO pairings (term, master_room, receiving_room, subject, consent, "
        "consent_by, created)"
        " SELECT t.id, m.id, r.id, '', 0, '', 0 FROM terms t, rooms m, rooms r"
        " WHERE m.use != 'receiving' AND r.use != 'master' AND m.id != r.id");

    assert_int_equal(store_run(f->store, statement), 0);
}

int open_county(void **state)
{
    static struct fixture f;

    store_folder_make(f.folder);
    f.store = store_folder_open(f.folder);
    f.county = add_organisation(&f, ORGANISATION_COUNTY, 0, "青山县");
    f.city = add_organisation(&f, ORGANISATION_SCHOOL, f.county, "实验小学");
    f.village = add_organisation(&f, ORGANISATION_SCHOOL, f.county, "白杨教学点");
    add_bells(&f, f.city, MINUTE(8, 30));
    add_bells(&f, f.village, MINUTE(8, 35));
    f.term = add_term(&f, "2026 秋", "2026-09-01", "2027-01-17");
    f.studio = add_room(&f, f.city, ROOM_MASTER, "录播教室");
    f.hall = add_room(&f, f.city, ROOM_BOTH, "礼堂");
    f.classroom = add_room(&f, f.village, ROOM_RECEIVING, "三年级");
    pair_rooms(&f);
    f.wang = add_person(&f, "王老师", "master_teacher");
    f.li = add_person(&f, "李老师", "master_teacher");
    f.zhao = add_person(&f, "赵老师", "local_teacher");
    f.now_s = 1788019200; /* 2026-08-30 00:00 in Shanghai */
    *state = &f;
    return 0;
}

int remove_county(void **state)
{
    struct fixture *f = *state;

    store_close(f->store);
    return store_folder_remove(f->folder);
}

struct timetable_entry music(const struct fixture *f, unsigned weekday, unsigned period)
{
    struct timetable_entry entry = {
        .term = f->term,
        .room = f->studio,
        .teacher = f->wang,
        .subject = "音乐",
        .grade = 3,
        .recurrence = {weekday, RECURRENCE_ALL, 1, 20},
        .period = period,
        .receiving_count = 1,
    };

    entry.receiving[0] = (struct plan_room){.room = f->classroom, .teacher = f->zhao};
    return entry;
}

int save(struct fixture *f, const struct timetable_entry *entry,
    struct placement_report *ret_report, int64_t *ret_id)
{
    return placement_save(f->store, entry, "guo", f->now_s, ret_report, ret_id);
}

int64_t must_save(struct fixture *f, const struct timetable_entry *entry)
{
    struct placement_report report;
    int64_t id = 0;

    assert_int_equal(save(f, entry, &report, &id), 0);
    assert_true(id > 0);
    return id;
}

int64_t number_of(struct fixture *f, const char *sql)
{
    sqlite3_stmt *statement = store_prepare(f->store, sql);
    int64_t number;

    assert_int_equal(store_step(f->store, statement), 1);
    number = sqlite3_column_int64(statement, 0);
    store_finish(statement);
    return number;
}

void run(struct fixture *f, const char *sql)
{
    assert_int_equal(store_run(f->store, store_prepare(f->store, sql)), 0);
}
