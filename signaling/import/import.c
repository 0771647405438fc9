#include "signaling/import/import.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct import_kind *const kinds[] = {
    &schools_import, &people_import, &rooms_import, &bells_import, &timetable_import};

const struct import_kind *import_kind_of(const char *name)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i]->name, name) == 0)
            return kinds[i];
    }
    return NULL;
}

/* ---- for the kinds ---- */

const char *import_required(struct import *import, size_t row, size_t column)
{
    const char *text = sheet_cell(import->sheet, row, column);

    if (text && !*text) {
        import_fault(import, row, column, "required", NULL);
        return NULL;
    }
    return text;
}

const char *import_optional(struct import *import, size_t row, size_t column)
{
    const char *text = sheet_cell(import->sheet, row, column);

    return text ? text : "";
}

void import_fault(
    struct import *import, size_t row, size_t column, const char *code, const char *other)
{
    sheet_fault(import->sheet, import->faults, row, column, code, other);
}

void import_warning(
    struct import *import, size_t row, size_t column, const char *code, const char *other)
{
    sheet_fault(import->sheet, import->warnings, row, column, code, other);
}

const char *import_row_name(struct import *import, size_t row, char text[static 16])
{
    snprintf(text, 16, "%u", import->sheet->rows[row].row);
    return text;
}

bool import_seen(json_t *seen, const char *key, size_t row, size_t *ret_row)
{
    const json_t *before = json_object_get(seen, key);

    if (before) {
        *ret_row = (size_t)json_integer_value(before);
        return true;
    }
    json_object_set_new(seen, key, json_integer((json_int_t)row));
    return false;
}

/* ---- organisations ---- */

static void on_organisation(void *user, const struct organisation *organisation)
{
    struct import *import = user;
    struct organisation *list = import->organisations;

    if (import->organisation_count == import->organisation_capacity) {
        size_t capacity = import->organisation_capacity ? 2 * import->organisation_capacity : 16;

        list = reallocarray(list, capacity, sizeof(*list));
        if (!list) {
            import->failed = true;
            return;
        }
        import->organisations = list;
        import->organisation_capacity = capacity;
    }
    list[import->organisation_count++] = *organisation;
}

static int load_organisations(struct import *import)
{
    int r;

    import->organisation_count = 0;
    r = organisations_list(
        import->store, import->who->root, &LIST_PAGE_ALL, on_organisation, import);
    return import->failed ? -ENOMEM : r;
}

static const struct organisation *find_by_id(const struct import *import, int64_t id)
{
    for (size_t i = 0; i < import->organisation_count; i++) {
        if (import->organisations[i].id == id)
            return &import->organisations[i];
    }
    return NULL;
}

/* name may be a path: its last part is the organisation's name, the one before it that of its parent. Both may have
 * slashes in them. */
static bool is_called(
    const struct import *import, const struct organisation *organisation, const char *name)
{
    size_t len = strlen(name), own = strlen(organisation->name);
    const struct organisation *parent;
    const char *slash;

    if (strcmp(organisation->name, name) == 0)
        return true;
    if (len < own + 2)
        return false;
    slash = name + len - own - 1;
    if (*slash != '/' || strcmp(organisation->name, slash + 1) != 0)
        return false;
    parent = find_by_id(import, organisation->parent);
    len = (size_t)(slash - name);
    return parent && strlen(parent->name) == len && memcmp(parent->name, name, len) == 0;
}

static bool is_place(const struct organisation *organisation, enum import_place place)
{
    return place == IMPORT_ANYWHERE ||
           organisation->kind ==
               (place == IMPORT_SCHOOL ? ORGANISATION_SCHOOL : ORGANISATION_COUNTY);
}

/* How many there are, in ret_found the first one, in ret_others whether others than what was asked for are called so. */
static size_t count_called(const struct import *import, const char *name, enum import_place place,
    const struct organisation **ret_found, bool *ret_others)
{
    size_t count = 0;

    *ret_found = NULL;
    *ret_others = false;
    for (size_t i = 0; i < import->organisation_count; i++) {
        const struct organisation *organisation = &import->organisations[i];

        if (!is_called(import, organisation, name))
            continue;
        if (!is_place(organisation, place))
            *ret_others = true;
        else if (count++ == 0)
            *ret_found = organisation;
    }
    return count;
}

const struct organisation *import_find_organisation(
    const struct import *import, const char *name, enum import_place place)
{
    const struct organisation *found;
    bool others;

    return count_called(import, name, place, &found, &others) == 1 ? found : NULL;
}

const struct organisation *import_organisation(
    struct import *import, size_t row, size_t column, const char *name, enum import_place place)
{
    const struct organisation *found;
    bool others;
    size_t count = count_called(import, name, place, &found, &others);

    if (count == 1)
        return found;
    if (count > 1)
        import_fault(import, row, column, "ambiguous_organisation", NULL);
    else if (others)
        import_fault(
            import, row, column, place == IMPORT_SCHOOL ? "not_a_school" : "not_a_county", NULL);
    else
        import_fault(import, row, column, "unknown_organisation", NULL);
    return NULL;
}

/* ---- running ---- */

/* How many entries the audit log has: every change adds one. */
static int read_head(struct store *store, int64_t *ret_head)
{
    sqlite3_stmt *statement = store_prepare(store, "SELECT ifnull(max(number), 0) FROM audit_log");
    int r = store_step(store, statement);

    if (r == 1)
        *ret_head = sqlite3_column_int64(statement, 0);
    store_finish(statement);
    return r < 0 ? r : 0;
}

static int check(struct import *import, const struct import_kind *kind, void **ret_plan)
{
    int r = load_organisations(import);

    faults_clear(import->warnings); /* of an earlier check */
    if (r == 0)
        r = kind->check(import, ret_plan);
    return r == 0 && (import->faults->failed || import->warnings->failed) ? -ENOMEM : r;
}

/* Of one moment, and the head of the audit log at it. */
static int check_snapshot(
    struct import *import, const struct import_kind *kind, void **ret_plan, int64_t *ret_head)
{
    int r = store_run(import->store, store_prepare(import->store, "BEGIN"));
    int end;

    if (r < 0)
        return r;
    r = read_head(import->store, ret_head);
    if (r == 0)
        r = check(import, kind, ret_plan);
    end = store_run(import->store, store_prepare(import->store, "COMMIT"));
    return r < 0 ? r : end;
}

/* Within a transaction. 0 with nothing written when the file has become wrong meanwhile. */
static int write_checked(struct import *import, const struct import_kind *kind, void **plan,
    int64_t head, json_t *result)
{
    int64_t now = 0;
    int r = read_head(import->store, &now);

    if (r == 0 && now != head) {
        kind->destroy(*plan);
        *plan = NULL;
        r = check(import, kind, plan);
    }
    return r == 0 && import->faults->count == 0 ? kind->write(import, *plan, result) : r;
}

static int write_all(struct import *import, const struct import_kind *kind, void **plan,
    int64_t head, const atomic_bool *abandoned, struct import_report *report)
{
    int r = store_begin(import->store);

    if (r < 0)
        return r;
    r = write_checked(import, kind, plan, head, report->result);
    if (r == 0 && abandoned && atomic_load(abandoned))
        r = -ECANCELED; /* what it would be told once, nobody hears */
    r = store_end(import->store, r);
    report->written = r == 0 && import->faults->count == 0;
    return r;
}

static int add_table(const struct sheet *sheet, json_t *result)
{
    json_t *columns = json_array(), *table = json_array();
    int r = 0;

    for (size_t i = 0; i < sheet->header.count; i++)
        r |= json_array_append_new(columns, json_string(sheet->cells[sheet->header.first + i]));
    for (size_t i = 0; i < sheet->row_count; i++) {
        const struct sheet_row *row = &sheet->rows[i];
        json_t *cells = json_array();

        for (size_t j = 0; j < row->count; j++)
            r |= json_array_append_new(cells, json_string(sheet->cells[row->first + j]));
        r |= json_array_append_new(
            table, json_pack("{s:i, s:o}", "row", (int)row->row, "cells", cells));
    }
    r |= json_object_set_new(result, "rows", json_integer((json_int_t)sheet->row_count));
    r |= json_object_set_new(result, "columns", columns);
    r |= json_object_set_new(result, "table", table);
    return r < 0 ? -ENOMEM : 0;
}

static int run(struct import *import, const struct import_kind *kind, bool dry,
    const atomic_bool *abandoned, struct import_report *report)
{
    void *plan = NULL;
    int64_t head = 0;
    int r = check_snapshot(import, kind, &plan, &head);

    if (r == 0 && !dry && report->faults.count == 0)
        r = write_all(import, kind, &plan, head, abandoned, report);
    kind->destroy(plan);
    return r;
}

int import_run(const struct import_kind *kind, struct store *store, const struct import_who *who,
    const uint8_t *data, size_t len, bool dry, const atomic_bool *abandoned,
    struct import_report *ret_report)
{
    struct sheet sheet;
    struct import import = {.store = store,
        .who = who,
        .sheet = &sheet,
        .faults = &ret_report->faults,
        .warnings = &ret_report->warnings};
    int r;

    *ret_report = (struct import_report){.result = json_object()};
    if (!ret_report->result || faults_init(&ret_report->faults) < 0 ||
        faults_init(&ret_report->warnings) < 0)
        return -ENOMEM;
    r = sheet_init(
        &sheet, data, len, kind->columns, kind->column_count, kind->max_rows, &ret_report->faults);
    if (r == 0)
        r = run(&import, kind, dry, abandoned, ret_report);
    if (r == 0 || r == -EBADMSG)
        r = add_table(&sheet, ret_report->result);
    if (r == 0) {
        faults_sort(&ret_report->faults);
        faults_sort(&ret_report->warnings);
    }
    free(import.organisations);
    sheet_finish(&sheet);
    return r;
}

void import_report_finish(struct import_report *report)
{
    faults_finish(&report->faults);
    faults_finish(&report->warnings);
    json_decref(report->result);
}
