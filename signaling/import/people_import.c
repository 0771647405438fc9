/* People: each gets a one-time password, which is told once, in the answer to the import. */
#include "signaling/accounts/credentials.h"
#include "signaling/accounts/login_names.h"
#include "signaling/import/cells.h"
#include "signaling/import/import.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    COLUMN_NAME,
    COLUMN_ROLE,
    COLUMN_ORGANISATION,
    COLUMN_LOGIN,
    COLUMN_COUNT,
};

static const struct sheet_column columns[COLUMN_COUNT] = {
    [COLUMN_NAME] = {true, {"姓名", "Name"}},
    [COLUMN_ROLE] = {true, {"角色", "Role", "身份", "岗位"}},
    [COLUMN_ORGANISATION] = {true, {"学校", "School", "单位", "Organisation", "Organization"}},
    [COLUMN_LOGIN] = {false, {"账号", "Login", "用户名", "登录名", "Account"}},
};

/* Administrators are few, and made by hand. */
enum role {
    ROLE_COORDINATOR,
    ROLE_MASTER_TEACHER,
    ROLE_LOCAL_TEACHER,
    ROLE_INSPECTOR,
};

static const char *const role_names[] = {
    [ROLE_COORDINATOR] = "coordinator",
    [ROLE_MASTER_TEACHER] = "master_teacher",
    [ROLE_LOCAL_TEACHER] = "local_teacher",
    [ROLE_INSPECTOR] = "inspector",
};

static const struct cell_choice roles[] = {
    {ROLE_COORDINATOR, {"coordinator", "排课管理员", "教务", "教务员", "协调员"}},
    {ROLE_MASTER_TEACHER, {"master teacher", "主讲教师", "主讲", "主讲老师"}},
    {ROLE_LOCAL_TEACHER, {"local teacher", "辅助教师", "助教", "辅助老师", "辅教"}},
    {ROLE_INSPECTOR, {"inspector", "教研员", "督导", "督导员", "巡视"}},
};

struct plan {
    struct person *people; /* owned */
    size_t count;
};

static void destroy(void *user)
{
    struct plan *plan = user;

    if (!plan)
        return;
    free(plan->people);
    free(plan);
}

/* ---- checking ---- */

/* For the length of one check. */
struct checking {
    struct import *import;
    json_t *logins; /* compared forms of those that the file gives, with the row */
    json_t *names;  /* "school name", with the row */
    sqlite3_stmt *there;
};

static void check_name(struct import *import, size_t row, struct person *person)
{
    const char *name = import_required(import, row, COLUMN_NAME);

    if (name && !people_is_name(name))
        import_fault(import, row, COLUMN_NAME, "invalid_name", NULL);
    else if (name)
        snprintf(person->name, sizeof(person->name), "%s", name);
}

/* 0 or an error of the store. */
static int check_login(struct checking *checking, size_t row, struct person *person)
{
    const char *login = import_optional(checking->import, row, COLUMN_LOGIN);
    char key[LOGIN_NAMES_KEY_BYTES + 1], text[16];
    size_t before;
    int r;

    if (!*login)
        return 0;
    if (!people_is_name(login)) {
        import_fault(checking->import, row, COLUMN_LOGIN, "invalid_login", NULL);
        return 0;
    }
    login_names_key(login, key);
    if (import_seen(checking->logins, key, row, &before)) {
        import_fault(checking->import, row, COLUMN_LOGIN, "duplicate",
            import_row_name(checking->import, before, text));
        return 0;
    }
    snprintf(person->login, sizeof(person->login), "%s", login);
    r = login_names_taken(checking->import->store, login, 0);
    if (r == 1)
        import_fault(checking->import, row, COLUMN_LOGIN, "login_taken", NULL);
    return r < 0 ? r : 0;
}

static int is_there(struct checking *checking, const struct person *person)
{
    store_reset(checking->there);
    store_bind_text(checking->there, 1, person->name);
    store_bind_int(checking->there, 2, person->organisation);
    return store_step(checking->import->store, checking->there);
}

/* A login of its own says that somebody is another person than whom the school has under that name. */
static int check_others(struct checking *checking, size_t row, const struct person *person)
{
    char key[PEOPLE_MAX_NAME_BYTES + 32], text[16];
    size_t before;
    bool twice;
    int r;

    if (!*person->name || person->organisation == 0)
        return 0;
    snprintf(key, sizeof(key), "%lld %s", (long long)person->organisation, person->name);
    twice = import_seen(checking->names, key, row, &before);
    if (*person->login)
        return 0;
    r = is_there(checking, person);
    if (r == 1)
        import_fault(checking->import, row, COLUMN_NAME, "person_there", NULL);
    else if (r == 0 && twice)
        import_warning(checking->import, row, COLUMN_NAME, "same_name",
            import_row_name(checking->import, before, text));
    return r < 0 ? r : 0;
}

/* Once all that the file gives are known. */
static int choose_login(struct checking *checking, size_t row, struct person *person)
{
    char key[LOGIN_NAMES_KEY_BYTES + 1];
    size_t before;
    int r;

    if (*person->login || !*person->name)
        return 0;
    r = login_names_choose(
        checking->import->store, person->name, 0, checking->logins, person->login);
    if (r == 0) {
        login_names_key(person->login, key);
        import_seen(checking->logins, key, row, &before);
    }
    return r;
}

static void check_role(struct import *import, size_t row, struct person *person)
{
    const char *text = import_required(import, row, COLUMN_ROLE);
    unsigned role;

    if (!text)
        return;
    if (!cells_read_choice(text, roles, sizeof(roles) / sizeof(roles[0]), &role))
        import_fault(import, row, COLUMN_ROLE,
            import->who->only_teachers ? "invalid_teacher_role" : "invalid_role", NULL);
    else if (import->who->only_teachers && role != ROLE_MASTER_TEACHER &&
             role != ROLE_LOCAL_TEACHER)
        import_fault(import, row, COLUMN_ROLE, "role_not_yours", NULL);
    else
        snprintf(person->role, sizeof(person->role), "%s", role_names[role]);
}

static void check_organisation(struct import *import, size_t row, struct person *person)
{
    const char *text = import_required(import, row, COLUMN_ORGANISATION);
    const struct organisation *organisation =
        text ? import_organisation(import, row, COLUMN_ORGANISATION, text, IMPORT_ANYWHERE) : NULL;

    if (organisation)
        person->organisation = organisation->id;
}

static int check_rows(struct checking *checking, struct plan *plan)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < plan->count; i++) {
        struct person *person = &plan->people[i];

        check_name(checking->import, i, person);
        check_role(checking->import, i, person);
        check_organisation(checking->import, i, person);
        r = check_login(checking, i, person);
        if (r == 0)
            r = check_others(checking, i, person);
    }
    for (size_t i = 0; r == 0 && i < plan->count; i++)
        r = choose_login(checking, i, &plan->people[i]);
    return r;
}

static int check(struct import *import, void **ret_plan)
{
    struct plan *plan = calloc(1, sizeof(*plan));
    struct checking checking = {import, json_object(), json_object(), NULL};
    int r = -ENOMEM;

    if (plan && checking.logins && checking.names) {
        checking.there = store_prepare(
            import->store, "SELECT 1 FROM people WHERE name = ? AND organisation = ?");
        plan->count = import->sheet->row_count;
        plan->people = calloc(plan->count + 1, sizeof(*plan->people));
        r = plan->people ? check_rows(&checking, plan) : -ENOMEM;
    }
    store_finish(checking.there);
    json_decref(checking.logins);
    json_decref(checking.names);
    *ret_plan = plan;
    return r;
}

/* ---- writing ---- */

static int write_person(
    struct import *import, struct person *person, const char *organisation, json_t *told)
{
    char password[CREDENTIALS_ONE_TIME_CHARS + 1];
    int64_t id = 0;
    int r;

    credentials_make_one_time(password, person->one_time_hash);
    r = people_insert(import->store, person, import->who->name, import->who->now_s, &id);
    if (r == 0 && json_array_append_new(
                      told, json_pack("{s:I, s:s, s:s, s:s, s:s, s:s}", "id", (json_int_t)id,
                                "name", person->name, "login", person->login, "role", person->role,
                                "organisation", organisation, "password", password)) < 0)
        r = -ENOMEM;
    explicit_bzero(password, sizeof(password));
    return r;
}

static int write_people(struct import *import, void *user, json_t *result)
{
    struct plan *plan = user;
    json_t *told = json_array();
    int r = 0;

    for (size_t i = 0; r == 0 && i < plan->count; i++)
        r = write_person(
            import, &plan->people[i], sheet_cell(import->sheet, i, COLUMN_ORGANISATION), told);
    if (r < 0)
        json_decref(told);
    else
        r = json_object_set_new(result, "people", told) < 0 ? -ENOMEM : 0;
    return r;
}

const struct import_kind people_import = {
    .name = "people",
    .columns = columns,
    .column_count = COLUMN_COUNT,
    .max_rows = 5000,
    .examples = {"王小明,主讲教师,示例小学,wangxiaoming",
        "Anna Smith,master teacher,Example School,anna"},
    .check = check,
    .write = write_people,
    .destroy = destroy,
};
