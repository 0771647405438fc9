/* People: each gets a one-time password, which is told once, in the answer to the import. */
#include "signaling/accounts/credentials.h"
#include "signaling/accounts/people.h"
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
    COLUMN_COUNT,
};

static const struct sheet_column columns[COLUMN_COUNT] = {
    [COLUMN_NAME] = {true, {"姓名", "Name", "用户名", "账号"}},
    [COLUMN_ROLE] = {true, {"角色", "Role", "身份", "岗位"}},
    [COLUMN_ORGANISATION] = {true, {"学校", "School", "单位", "Organisation", "Organization"}},
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

/* Names are those people log in with, so each is there once. 1, 0, or an error of the store. */
static int is_taken(struct import *import, sqlite3_stmt *statement, const char *name)
{
    store_reset(statement);
    store_bind_text(statement, 1, name);
    return store_step(import->store, statement);
}

static int check_name(
    struct import *import, sqlite3_stmt *taken, json_t *seen, size_t row, struct person *person)
{
    const char *name = import_required(import, row, COLUMN_NAME);
    char text[16];
    size_t before;
    int r;

    if (!name)
        return 0;
    if (!people_is_name(name)) {
        import_fault(import, row, COLUMN_NAME, "invalid_name", NULL);
        return 0;
    }
    if (import_seen(seen, name, row, &before)) {
        import_fault(import, row, COLUMN_NAME, "duplicate", import_row_name(import, before, text));
        return 0;
    }
    snprintf(person->name, sizeof(person->name), "%s", name);
    r = is_taken(import, taken, name);
    if (r == 1)
        import_fault(import, row, COLUMN_NAME, "taken", NULL);
    return r < 0 ? r : 0;
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

static int check_rows(struct import *import, json_t *seen, struct plan *plan)
{
    sqlite3_stmt *taken = store_prepare(import->store, "SELECT 1 FROM people WHERE name = ?");
    int r = 0;

    for (size_t i = 0; r == 0 && i < plan->count; i++) {
        r = check_name(import, taken, seen, i, &plan->people[i]);
        check_role(import, i, &plan->people[i]);
        check_organisation(import, i, &plan->people[i]);
    }
    store_finish(taken);
    return r;
}

static int check(struct import *import, void **ret_plan)
{
    struct plan *plan = calloc(1, sizeof(*plan));
    json_t *seen = json_object();
    int r = -ENOMEM;

    if (plan && seen) {
        plan->count = import->sheet->row_count;
        plan->people = calloc(plan->count + 1, sizeof(*plan->people));
        r = plan->people ? check_rows(import, seen, plan) : -ENOMEM;
    }
    json_decref(seen);
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
    if (r == 0 &&
        json_array_append_new(told,
            json_pack("{s:I, s:s, s:s, s:s, s:s}", "id", (json_int_t)id, "name", person->name,
                "role", person->role, "organisation", organisation, "password", password)) < 0)
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
    .examples = {"王小明,主讲教师,示例小学", "Anna Smith,master teacher,Example School"},
    .check = check,
    .write = write_people,
    .destroy = destroy,
};
