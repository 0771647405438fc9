/* Schools of counties. */
#include "common/plain_text.h"
#include "signaling/import/import.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USUAL_ZONE "Asia/Shanghai"

enum {
    COLUMN_COUNTY,
    COLUMN_NAME,
    COLUMN_ZONE,
    COLUMN_COUNT,
};

static const struct sheet_column columns[COLUMN_COUNT] = {
    [COLUMN_COUNTY] = {true, {"县", "County", "县区", "区县", "所属县"}},
    [COLUMN_NAME] = {true, {"学校", "School", "学校名称", "Name", "名称"}},
    [COLUMN_ZONE] = {false, {"时区", "Zone", "Time zone"}},
};

struct plan {
    struct organisation *schools; /* owned */
    size_t count;
};

static void destroy(void *user)
{
    struct plan *plan = user;

    if (!plan)
        return;
    free(plan->schools);
    free(plan);
}

static void check_county(struct import *import, size_t row, struct organisation *school)
{
    const char *text = import_required(import, row, COLUMN_COUNTY);
    const struct organisation *county =
        text ? import_organisation(import, row, COLUMN_COUNTY, text, IMPORT_COUNTY) : NULL;

    school->parent = county ? county->id : 0;
}

static void check_zone(struct import *import, size_t row, struct organisation *school)
{
    const char *text = import_optional(import, row, COLUMN_ZONE);
    struct school_clock *clock;

    if (!*text)
        text = USUAL_ZONE;
    if (strlen(text) > SCHOOL_CLOCK_MAX_ZONE_BYTES || school_clock_create(text, &clock) < 0) {
        import_fault(import, row, COLUMN_ZONE, "invalid_zone", NULL);
        return;
    }
    school_clock_destroy(clock);
    snprintf(school->zone, sizeof(school->zone), "%s", text);
}

static bool is_taken(const struct import *import, const struct organisation *school)
{
    for (size_t i = 0; i < import->organisation_count; i++) {
        if (import->organisations[i].parent == school->parent &&
            strcmp(import->organisations[i].name, school->name) == 0)
            return true;
    }
    return false;
}

static void check_name(struct import *import, json_t *seen, size_t row, struct organisation *school)
{
    const char *name = import_required(import, row, COLUMN_NAME);
    char key[ORGANISATIONS_MAX_NAME_BYTES + 32], text[16];
    size_t before;

    if (!name)
        return;
    if (!plain_text_fits(name, ORGANISATIONS_MAX_NAME_BYTES)) {
        import_fault(import, row, COLUMN_NAME, "invalid_name", NULL);
        return;
    }
    snprintf(school->name, sizeof(school->name), "%s", name);
    if (school->parent == 0)
        return;
    snprintf(key, sizeof(key), "%lld %s", (long long)school->parent, name);
    if (import_seen(seen, key, row, &before))
        import_fault(import, row, COLUMN_NAME, "duplicate", import_row_name(import, before, text));
    else if (is_taken(import, school))
        import_fault(import, row, COLUMN_NAME, "taken", NULL);
}

static int check(struct import *import, void **ret_plan)
{
    size_t rows = import->sheet->row_count;
    struct plan *plan = calloc(1, sizeof(*plan));
    json_t *seen = json_object();

    if (plan && seen)
        plan->schools = calloc(rows + 1, sizeof(*plan->schools));
    *ret_plan = plan;
    if (!plan || !plan->schools) {
        json_decref(seen);
        return -ENOMEM;
    }
    plan->count = rows;
    for (size_t i = 0; i < rows; i++) {
        plan->schools[i].kind = ORGANISATION_SCHOOL;
        check_county(import, i, &plan->schools[i]);
        check_zone(import, i, &plan->schools[i]);
        check_name(import, seen, i, &plan->schools[i]);
    }
    json_decref(seen);
    return 0;
}

static int write_schools(struct import *import, void *user, json_t *result)
{
    struct plan *plan = user;
    int64_t id;
    int r = 0;

    (void)result;
    for (size_t i = 0; r == 0 && i < plan->count; i++)
        r = organisations_insert(
            import->store, &plan->schools[i], import->who->name, import->who->now_s, &id);
    return r;
}

const struct import_kind schools_import = {
    .name = "schools",
    .columns = columns,
    .column_count = COLUMN_COUNT,
    .max_rows = 5000,
    .examples = {"示例县,示例小学,Asia/Shanghai", "Example County,Example School,Asia/Shanghai"},
    .check = check,
    .write = write_schools,
    .destroy = destroy,
};
