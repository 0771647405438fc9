/* Counties, schools and their bells in a real database. */
#include "signaling/audit/audit_log.h"
#include "signaling/lessons/bell_changes.h"
#include "signaling/schools/organisations.h"
#include "signaling/schools/school_bells.h"
#include "tests/unit/signaling/store_folder.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    char folder[STORE_FOLDER_CHARS];
    struct store *store;
    int64_t county, school, other;
};

static int try_add(struct fixture *f, enum organisation_kind kind, int64_t parent, const char *name,
    const char *zone, int64_t *ret_id)
{
    struct organisation organisation = {.kind = kind, .parent = parent};

    snprintf(organisation.name, sizeof(organisation.name), "%s", name);
    snprintf(organisation.zone, sizeof(organisation.zone), "%s", zone);
    return organisations_add(f->store, &organisation, "wang", 1795653000, ret_id);
}

static int64_t add(struct fixture *f, enum organisation_kind kind, int64_t parent, const char *name)
{
    int64_t id = 0;

    assert_int_equal(try_add(f, kind, parent, name, "Asia/Shanghai", &id), 0);
    assert_true(id > 0);
    return id;
}

static int open_county(void **state)
{
    static struct fixture f;

    store_folder_make(f.folder);
    f.store = store_folder_open(f.folder);
    f.county = add(&f, ORGANISATION_COUNTY, 0, "青山县");
    f.school = add(&f, ORGANISATION_SCHOOL, f.county, "白杨教学点");
    f.other = add(&f, ORGANISATION_SCHOOL, f.county, "石沟小学");
    *state = &f;
    return 0;
}

static int remove_county(void **state)
{
    struct fixture *f = *state;
    store_close(f->store);
    return store_folder_remove(f->folder);
}

static int64_t audit_entries(struct fixture *f)
{
    struct audit_report report;

    assert_int_equal(audit_log_verify(f->store, NULL, &report), 0);
    assert_int_equal(report.broken, 0);
    return report.entries;
}

/* ---- the tree ---- */

static void write_name(void *user, const struct organisation *organisation)
{
    char *names = user;
    size_t used = strlen(names);

    snprintf(names + used, 512 - used, "%s:%s ", organisations_kind_name(organisation->kind),
        organisation->name);
}

static void children_follow_their_parents_by_name(void **state)
{
    struct fixture *f = *state;
    char names[512] = "";
    int64_t region = add(f, ORGANISATION_REGION, 0, "A");
    int64_t county = add(f, ORGANISATION_COUNTY, region, "B");

    add(f, ORGANISATION_SCHOOL, county, "D");
    add(f, ORGANISATION_SCHOOL, county, "C");
    add(f, ORGANISATION_COUNTY, region, "B 2");
    assert_int_equal(organisations_list(f->store, region, &LIST_PAGE_ALL, write_name, names), 0);
    assert_string_equal(names, "region:A county:B school:C school:D county:B 2 ");
    names[0] = '\0';
    assert_int_equal(organisations_list(f->store, 0, &LIST_PAGE_ALL, write_name, names), 0);
    assert_string_equal(names, "region:A county:B school:C school:D county:B 2 "
                               "county:青山县 school:白杨教学点 school:石沟小学 ");
}

static void who_contains_whom(void **state)
{
    struct fixture *f = *state;
    int64_t elsewhere = add(f, ORGANISATION_COUNTY, 0, "红旗县");

    assert_int_equal(organisations_contains(f->store, f->county, f->school), 1);
    assert_int_equal(organisations_contains(f->store, f->school, f->school), 1);
    assert_int_equal(organisations_contains(f->store, f->school, f->county), 0);
    assert_int_equal(organisations_contains(f->store, f->other, f->school), 0);
    assert_int_equal(organisations_contains(f->store, elsewhere, f->school), 0);
    assert_int_equal(organisations_contains(f->store, f->county, 999), 0);
    assert_int_equal(organisations_contains(f->store, 999, 999), 0);
}

static void what_cannot_be_is_not_added(void **state)
{
    struct fixture *f = *state;
    int64_t before = audit_entries(f), id = -1;

    assert_int_equal(
        try_add(f, ORGANISATION_SCHOOL, f->county, "白杨教学点", "Asia/Shanghai", &id), -EEXIST);
    assert_int_equal(try_add(f, ORGANISATION_COUNTY, 0, "青山县", "Asia/Shanghai", &id), -EEXIST);
    assert_int_equal(try_add(f, ORGANISATION_SCHOOL, 999, "x", "Asia/Shanghai", &id), -ENOENT);
    assert_int_equal(try_add(f, ORGANISATION_SCHOOL, 0, "x", "Asia/Shanghai", &id), -EINVAL);
    assert_int_equal(
        try_add(f, ORGANISATION_SCHOOL, f->school, "x", "Asia/Shanghai", &id), -EINVAL);
    assert_int_equal(
        try_add(f, ORGANISATION_COUNTY, f->county, "x", "Asia/Shanghai", &id), -EINVAL);
    assert_int_equal(try_add(f, ORGANISATION_SCHOOL, f->county, "", "Asia/Shanghai", &id), -EINVAL);
    assert_int_equal(
        try_add(f, ORGANISATION_SCHOOL, f->county, "x", "Asia/Atlantis", &id), -EINVAL);
    assert_int_equal(id, -1);
    assert_int_equal(audit_entries(f), before);
    /* the same name elsewhere is another school */
    add(f, ORGANISATION_SCHOOL, add(f, ORGANISATION_COUNTY, 0, "红旗县"), "白杨教学点");
    assert_int_equal(audit_entries(f), before + 2);
}

static void the_tree_has_a_limited_depth(void **state)
{
    struct fixture *f = *state;
    int64_t id = 0;

    for (int i = 0; i < ORGANISATIONS_MAX_DEPTH; i++)
        id = add(f, ORGANISATION_REGION, id, "r");
    assert_int_equal(try_add(f, ORGANISATION_REGION, id, "r", "Asia/Shanghai", &id), -EINVAL);
}

/* ---- bells ---- */

static const struct bell_set autumn = {
    .period_count = 2, .periods = {{2, 560, 600}, {1, 510, 550}}};

static int64_t add_bells(struct fixture *f, int64_t school, const char *first, const char *last)
{
    struct bell_set set = autumn;
    int64_t id = 0;

    set.first_day = day_of(first);
    set.last_day = day_of(last);
    assert_int_equal(school_bells_add_set(f->store, school, "秋季", &set, "wang", 1, &id), 0);
    return id;
}

static struct school_bells *load(struct fixture *f, int64_t school)
{
    struct school_bells *bells;

    assert_int_equal(school_bells_load(f->store, school, &bells), 0);
    return bells;
}

static void bells_come_back_as_they_were_saved(void **state)
{
    struct fixture *f = *state;
    struct school_bells *bells;
    struct bell_span span;

    add_bells(f, f->school, "2026-09-01", "2027-01-31");
    add_bells(f, f->school, "2027-03-01", "2027-07-10");
    bells = load(f, f->school);
    assert_int_equal(school_bells_get(bells)->set_count, 2);
    assert_int_equal(school_bells_get(bells)->sets[0].period_count, 2);
    assert_int_equal(bells_span(school_bells_get(bells), day_of("2026-11-26"), 1, &span), 0);
    assert_int_equal(span.start_s, 1795653000); /* 08:30 in Shanghai */
    assert_int_equal(span.end_s - span.start_s, 2400);
    assert_int_equal(bells_span(school_bells_get(bells), day_of("2027-02-10"), 1, &span), -ENOENT);
    school_bells_destroy(bells);

    bells = load(f, f->other); /* has none yet */
    assert_int_equal(bells_span(school_bells_get(bells), day_of("2026-11-26"), 1, &span), -ENOENT);
    school_bells_destroy(bells);
    assert_int_equal(school_bells_load(f->store, 999, &bells), -ENOENT);
}

static void faulty_bells_are_not_saved(void **state)
{
    struct fixture *f = *state;
    struct bell_set set = autumn;
    int64_t before = audit_entries(f), id = -1;

    assert_int_equal(school_bells_add_set(f->store, f->county, "x", &set, "wang", 1, &id), -ENOENT);
    assert_int_equal(school_bells_add_set(f->store, 999, "x", &set, "wang", 1, &id), -ENOENT);
    set.last_day = -1;
    assert_int_equal(school_bells_add_set(f->store, f->school, "x", &set, "wang", 1, &id), -EINVAL);
    set = autumn;
    set.periods[0].start_minute = 549;
    assert_int_equal(school_bells_add_set(f->store, f->school, "x", &set, "wang", 1, &id), -EINVAL);
    set.period_count = 0;
    assert_int_equal(school_bells_add_set(f->store, f->school, "x", &set, "wang", 1, &id), -EINVAL);
    assert_int_equal(id, -1);
    assert_int_equal(audit_entries(f), before);
    for (int i = 0; i < SCHOOL_BELLS_MAX_SETS; i++)
        add_bells(f, f->school, "2026-09-01", "2027-01-31");
    assert_int_equal(
        school_bells_add_set(f->store, f->school, "x", &autumn, "wang", 1, &id), -ENOSPC);
}

static void set_exception(
    struct fixture *f, int64_t organisation, const char *date, const char *held)
{
    struct bell_exception exception = {.day = day_of(date), .holiday = !held};

    if (held)
        exception.held_day = day_of(held);
    assert_int_equal(school_bells_set_exception(f->store, organisation, &exception, "wang", 1), 0);
}

static void the_nearest_word_about_a_date_counts(void **state)
{
    struct fixture *f = *state;
    struct school_bells *bells;
    int32_t held = 0;

    set_exception(f, f->county, "2026-10-01", NULL);
    set_exception(f, f->county, "2026-10-02", NULL);
    set_exception(f, f->school, "2026-10-02", "2026-10-02"); /* this school works */
    set_exception(f, f->county, "2026-10-10", "2026-10-06");
    set_exception(f, f->county, "2026-10-10", "2026-10-07"); /* thought better of it */
    set_exception(f, f->other, "2026-10-05", NULL);
    bells = load(f, f->school);
    assert_int_equal(school_bells_get(bells)->exception_count, 3);
    assert_false(bells_held_day(school_bells_get(bells), day_of("2026-10-01"), &held));
    assert_true(bells_held_day(school_bells_get(bells), day_of("2026-10-02"), &held));
    assert_int_equal(held, day_of("2026-10-02"));
    assert_true(bells_held_day(school_bells_get(bells), day_of("2026-10-10"), &held));
    assert_int_equal(held, day_of("2026-10-07"));
    assert_true(bells_held_day(school_bells_get(bells), day_of("2026-10-05"), &held));
    school_bells_destroy(bells);

    bells = load(f, f->other);
    assert_false(bells_held_day(school_bells_get(bells), day_of("2026-10-02"), &held));
    assert_false(bells_held_day(school_bells_get(bells), day_of("2026-10-05"), &held));
    school_bells_destroy(bells);
}

static void only_days_of_the_calendar_and_known_schools_have_exceptions(void **state)
{
    struct fixture *f = *state;
    struct bell_exception exception = {.day = 20000, .held_day = INT32_MAX};

    assert_int_equal(
        school_bells_set_exception(f->store, f->school, &exception, "wang", 1), -EINVAL);
    exception.held_day = 20001;
    assert_int_equal(school_bells_set_exception(f->store, 999, &exception, "wang", 1), -ENOENT);
}

static int make(struct fixture *f, struct bells_edit *edit)
{
    struct bell_changes_report report;
    int r = bell_changes_make(f->store, edit, false, "wang", 1, &report);

    if (r == 0)
        bell_changes_report_finish(&report);
    return r;
}

static void what_was_said_can_be_taken_back(void **state)
{
    struct fixture *f = *state;
    struct bells_edit remove = {.kind = BELLS_EDIT_REMOVE_SET, .organisation = f->other};
    struct bells_edit clear = {.kind = BELLS_EDIT_CLEAR_DAY, .organisation = f->school};
    int64_t id = add_bells(f, f->school, "2026-09-01", "2027-01-31");
    int64_t before = audit_entries(f);
    struct school_bells *bells;

    set_exception(f, f->school, "2026-10-01", NULL);
    remove.set_id = id;
    assert_int_equal(make(f, &remove), -ENOENT);
    remove.organisation = f->school;
    assert_int_equal(make(f, &remove), 0);
    assert_int_equal(make(f, &remove), -ENOENT);
    clear.exception.day = day_of("2026-10-02");
    assert_int_equal(make(f, &clear), -ENOENT);
    clear.exception.day = day_of("2026-10-01");
    assert_int_equal(make(f, &clear), 0);
    bells = load(f, f->school);
    assert_int_equal(school_bells_get(bells)->set_count, 0);
    assert_int_equal(school_bells_get(bells)->exception_count, 0);
    school_bells_destroy(bells);
    assert_int_equal(audit_entries(f), before + 3);
}

/* The full name of a school in a county of a province has more than twenty characters. */
static void a_long_name_is_a_name(void **state)
{
    struct fixture *f = *state;
    char name[ORGANISATIONS_MAX_NAME_BYTES + 2];
    int64_t id = 0;

    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    assert_int_equal(try_add(f, ORGANISATION_SCHOOL, f->county, name + 1, "Asia/Shanghai", &id), 0);
}

#define test(function) cmocka_unit_test_setup_teardown(function, open_county, remove_county)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(children_follow_their_parents_by_name),
        test(who_contains_whom),
        test(what_cannot_be_is_not_added),
        test(the_tree_has_a_limited_depth),
        test(bells_come_back_as_they_were_saved),
        test(faulty_bells_are_not_saved),
        test(the_nearest_word_about_a_date_counts),
        test(only_days_of_the_calendar_and_known_schools_have_exceptions),
        test(what_was_said_can_be_taken_back),
        test(a_long_name_is_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
