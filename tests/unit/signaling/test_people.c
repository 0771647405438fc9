/* People of one name: what each logs in with, and who is found by what. */
#include "signaling/accounts/credentials.h"
#include "signaling/accounts/login_names.h"
#include "tests/unit/signaling/store_folder.h"

#include <errno.h>
#include <string.h>

#define MAX_LISTED 16

struct fixture {
    char folder[STORE_FOLDER_CHARS];
    struct store *store;
};

static int open_store(void **state)
{
    static struct fixture f;

    store_folder_make(f.folder);
    f.store = store_folder_open(f.folder);
    *state = &f;
    return 0;
}

static int close_store(void **state)
{
    const struct fixture *f = *state;

    store_close(f->store);
    return store_folder_remove(f->folder);
}

static int add(const struct fixture *f, const char *name, const char *login, struct person *person)
{
    *person = (struct person){.role = "master_teacher", .password_hash = "x"};
    snprintf(person->name, sizeof(person->name), "%s", name);
    snprintf(person->login, sizeof(person->login), "%s", login);
    return people_add(f->store, person, NULL, 0, "console", 1, &person->id);
}

static int64_t add_one(const struct fixture *f, const char *name, const char *login)
{
    struct person person;

    assert_int_equal(add(f, name, login, &person), 0);
    return person.id;
}

/* 0: nobody. */
static int64_t id_of(const struct fixture *f, const char *login)
{
    struct person person = {.id = 0};

    assert_true(people_find(f->store, login, &person) >= 0);
    return person.id;
}

static void whoever_is_given_no_login_has_their_name_or_the_first_number_that_is_free(void **state)
{
    static const char *const rows[][2] = {{"王芳", "王芳"}, {"王芳", "王芳2"}, {"王芳", "王芳4"},
        {"Wang", "Wang"}, {"wang", "wang2"}, {"王芳3", "王芳32"}};
    const struct fixture *f = *state;
    struct person person;

    add_one(f, "李伟", "王芳3"); /* chosen for somebody else */
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(add(f, rows[i][0], "", &person), 0);
        assert_string_equal(person.login, rows[i][1]);
        assert_string_equal(person.name, rows[i][0]);
        assert_int_equal(id_of(f, person.login), person.id);
    }
    for (int i = 0; i < 11;
         i++) /* to a number of two digits in 64 bytes, never within a character */
        assert_int_equal(add(f, "王王王王王王王王王王王王王王王王王王王王王", "", &person), 0);
    assert_string_equal(person.login, "王王王王王王王王王王王王王王王王王王王王11");
    assert_int_equal(id_of(f, person.login), person.id);
}

static void a_login_is_one_persons_however_it_is_typed(void **state)
{
    static const char *const typed[] = {
        "wang.fang", "WANG.Fang", "ｗａｎｇ．ｆａｎｇ", " wang.fang "};
    const struct fixture *f = *state;
    int64_t id = add_one(f, "王芳", "Wang.Fang");
    struct person person;

    for (size_t i = 0; i < sizeof(typed) / sizeof(typed[0]); i++) {
        assert_int_equal(id_of(f, typed[i]), id);
        assert_int_equal(add(f, "别人", typed[i], &person), -EEXIST);
    }
    assert_int_equal(id_of(f, "王芳"), 0); /* a name alone logs nobody in */
    assert_int_equal(add(f, "王芳", "console", &person), -EINVAL);
    assert_int_equal(add(f, "王芳", "device 7", &person), -EINVAL);
}

static void a_login_is_changed_and_free_for_another_then(void **state)
{
    const struct fixture *f = *state;
    int64_t id = add_one(f, "王芳", ""), other = add_one(f, "李伟", "liwei");
    struct person before, after;

    assert_int_equal(people_get(f->store, id, &before), 1);
    after = before;
    snprintf(after.login, sizeof(after.login), "LIWEI");
    assert_int_equal(credentials_change(f->store, &before, &after, "console", 2), -EEXIST);
    snprintf(after.login, sizeof(after.login), "1001");
    snprintf(after.name, sizeof(after.name), "王方");
    assert_int_equal(credentials_change(f->store, &before, &after, "console", 2), 0);
    assert_int_equal(id_of(f, "1001"), id);
    assert_int_equal(id_of(f, "王芳"), 0);
    assert_int_equal(id_of(f, "liwei"), other);
    assert_int_equal(people_get(f->store, id, &before), 1);
    after = before;
    after.login[0] = '\0'; /* of the name, which nobody else has: the own one is not in the way */
    assert_int_equal(credentials_change(f->store, &before, &after, "console", 2), 0);
    assert_string_equal(after.login, "王方");
    add_one(f, "王芳", "1001");
}

static void a_name_that_several_have_is_nobodys_but_a_login_is(void **state)
{
    const struct fixture *f = *state;
    int64_t first = add_one(f, "王芳", "wang1"), second = add_one(f, "王芳", "wang2");
    int64_t alone = add_one(f, "李伟", "li");
    struct person person;

    assert_int_equal(people_look_up(f->store, "王芳", &person), -ENOTUNIQ);
    assert_int_equal(people_look_up(f->store, "WANG2", &person), 1);
    assert_int_equal(person.id, second);
    assert_int_equal(people_look_up(f->store, "李伟", &person), 1);
    assert_int_equal(person.id, alone);
    assert_int_equal(people_look_up(f->store, "无名", &person), 0);
    add_one(f, "赵敏", "王芳"); /* a login comes first, whatever others are called */
    assert_int_equal(people_look_up(f->store, "王芳", &person), 1);
    assert_string_equal(person.name, "赵敏");
    assert_int_not_equal(first, second);
}

struct listed {
    int64_t ids[MAX_LISTED];
    size_t count;
};

static void on_person(void *user, const struct person *person)
{
    struct listed *listed = user;

    assert_true(listed->count < MAX_LISTED);
    listed->ids[listed->count++] = person->id;
}

static void pages_of_a_list_leave_nobody_out_who_has_the_name_at_their_end(void **state)
{
    const struct fixture *f = *state;
    struct listed listed = {.count = 0};
    struct list_page page = {.limit = 2};

    for (int i = 0; i < 5; i++)
        add_one(f, "王芳", "");
    for (size_t before = 1; before != listed.count;) {
        before = listed.count;
        assert_int_equal(people_list(f->store, 0, false, &page, on_person, &listed), 0);
        page.after = listed.ids[listed.count - 1];
    }
    assert_int_equal(listed.count, 5);
    for (size_t i = 1; i < listed.count; i++)
        assert_true(listed.ids[i] > listed.ids[i - 1]);
}

#define test(function) cmocka_unit_test_setup_teardown(function, open_store, close_store)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(whoever_is_given_no_login_has_their_name_or_the_first_number_that_is_free),
        test(a_login_is_one_persons_however_it_is_typed),
        test(a_login_is_changed_and_free_for_another_then),
        test(a_name_that_several_have_is_nobodys_but_a_login_is),
        test(pages_of_a_list_leave_nobody_out_who_has_the_name_at_their_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
