/* Rooms of schools. */
#include "common/plain_text.h"
#include "signaling/import/cells.h"
#include "signaling/import/import.h"
#include "signaling/schools/rooms.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    COLUMN_SCHOOL,
    COLUMN_NAME,
    COLUMN_USE,
    COLUMN_COUNT,
};

static const struct sheet_column columns[COLUMN_COUNT] = {
    [COLUMN_SCHOOL] = {true, {"学校", "School"}},
    [COLUMN_NAME] = {true, {"教室", "Room", "教室名称", "Name", "名称"}},
    [COLUMN_USE] = {false, {"用途", "Use"}},
};

static const struct cell_choice uses[] = {
    {ROOM_MASTER, {"master", "主讲", "主讲教室", "授课"}},
    {ROOM_RECEIVING, {"receiving", "听课", "听课教室", "接收", "接收教室"}},
    {ROOM_BOTH, {"both", "两用", "主讲、听课", "都可"}},
};

struct plan {
    struct room *rooms; /* owned */
    size_t count;
};

static void destroy(void *user)
{
    struct plan *plan = user;

    if (!plan)
        return;
    free(plan->rooms);
    free(plan);
}

/* 1, 0, or an error of the store. */
static int is_taken(struct import *import, sqlite3_stmt *statement, const struct room *room)
{
    store_reset(statement);
    store_bind_int(statement, 1, room->school);
    store_bind_text(statement, 2, room->name);
    return store_step(import->store, statement);
}

static void check_use(struct import *import, size_t row, struct room *room)
{
    const char *text = import_optional(import, row, COLUMN_USE);
    unsigned use = ROOM_BOTH;

    if (*text && !cells_read_choice(text, uses, sizeof(uses) / sizeof(uses[0]), &use))
        import_fault(import, row, COLUMN_USE, "invalid_use", NULL);
    room->use = (enum room_use)use;
}

static int check_name(
    struct import *import, sqlite3_stmt *taken, json_t *seen, size_t row, struct room *room)
{
    const char *name = import_required(import, row, COLUMN_NAME);
    char key[ORGANISATIONS_MAX_NAME_BYTES + 32], text[16];
    size_t before;
    int r;

    if (!name)
        return 0;
    if (!plain_text_fits(name, ORGANISATIONS_MAX_NAME_BYTES)) {
        import_fault(import, row, COLUMN_NAME, "invalid_name", NULL);
        return 0;
    }
    snprintf(room->name, sizeof(room->name), "%s", name);
    if (room->school == 0)
        return 0;
    snprintf(key, sizeof(key), "%lld %s", (long long)room->school, name);
    if (import_seen(seen, key, row, &before)) {
        import_fault(import, row, COLUMN_NAME, "duplicate", import_row_name(import, before, text));
        return 0;
    }
    r = is_taken(import, taken, room);
    if (r == 1)
        import_fault(import, row, COLUMN_NAME, "taken", NULL);
    return r < 0 ? r : 0;
}

static int check_rows(struct import *import, json_t *seen, struct plan *plan)
{
    sqlite3_stmt *taken =
        store_prepare(import->store, "SELECT 1 FROM rooms WHERE school = ? AND name = ?");
    int r = 0;

    for (size_t i = 0; r == 0 && i < plan->count; i++) {
        const char *text = import_required(import, i, COLUMN_SCHOOL);
        const struct organisation *school =
            text ? import_organisation(import, i, COLUMN_SCHOOL, text, IMPORT_SCHOOL) : NULL;

        plan->rooms[i].school = school ? school->id : 0;
        check_use(import, i, &plan->rooms[i]);
        r = check_name(import, taken, seen, i, &plan->rooms[i]);
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
        plan->rooms = calloc(plan->count + 1, sizeof(*plan->rooms));
        r = plan->rooms ? check_rows(import, seen, plan) : -ENOMEM;
    }
    json_decref(seen);
    *ret_plan = plan;
    return r;
}

static int write_rooms(struct import *import, void *user, json_t *result)
{
    struct plan *plan = user;
    int64_t id;
    int r = 0;

    (void)result;
    for (size_t i = 0; r == 0 && i < plan->count; i++)
        r = rooms_insert(
            import->store, &plan->rooms[i], import->who->name, import->who->now_s, &id);
    return r;
}

const struct import_kind rooms_import = {
    .name = "rooms",
    .columns = columns,
    .column_count = COLUMN_COUNT,
    .max_rows = 5000,
    .examples = {"示例小学,录播教室一,主讲", "Example School,Studio 1,master"},
    .check = check,
    .write = write_rooms,
    .destroy = destroy,
};
