/* Weekly lessons, with the checks of placing them. */
#include "common/plain_text.h"
#include "signaling/import/cells.h"
#include "signaling/import/import.h"
#include "signaling/import/timetable_names.h"
#include "signaling/lessons/pairings.h"
#include "signaling/lessons/placement.h"
#include "signaling/lessons/timetable_batch.h"
#include "signaling/schools/catalogue.h"
#include "signaling/schools/rooms.h"
#include "signaling/timetable/local_date.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const struct sheet_column columns[TIMETABLE_COLUMN_COUNT] = {
    [TIMETABLE_TERM] = {true, {"学期", "Term"}},
    [TIMETABLE_SCHOOL] = {true, {"学校", "School", "主讲学校"}},
    [TIMETABLE_ROOM] = {true, {"教室", "Room", "主讲教室"}},
    [TIMETABLE_TEACHER] = {true, {"教师", "Teacher", "主讲教师", "老师"}},
    [TIMETABLE_SUBJECT] = {true, {"学科", "Subject", "科目", "课程"}},
    [TIMETABLE_GRADE] = {true, {"年级", "Grade"}},
    [TIMETABLE_WEEKDAY] = {true, {"星期", "Weekday", "周几", "Day"}},
    [TIMETABLE_PERIOD] = {true, {"节次", "Period"}},
    [TIMETABLE_WEEKS] = {false, {"单双周", "Weeks"}},
    [TIMETABLE_WEEK_RANGE] = {false, {"周次", "Week range", "起止周"}},
    [TIMETABLE_MODE] = {false, {"方式", "Mode", "授课方式"}},
    [TIMETABLE_RECEIVING] = {false, {"听课教室", "Receiving", "接收教室", "听课", "接收"}},
    [TIMETABLE_LIVE] = {false, {"照直播时间", "Live"}},
};

static const struct cell_choice weeks[] = {
    {RECURRENCE_ALL, {"all", "全部", "每周", "every"}},
    {RECURRENCE_ODD, {"odd", "单周", "单"}},
    {RECURRENCE_EVEN, {"even", "双周", "双"}},
};

static const struct cell_choice modes[] = {
    {LESSON_CO_TEACHING, {"co-teaching", "双师", "同步", "双师同步"}},
    {LESSON_DELIVERY, {"delivery", "专递", "专递课堂"}},
    {LESSON_RECORDED, {"recorded", "录播", "点播"}},
    {LESSON_RESEARCH, {"research", "教研", "网络教研"}},
};

#define COUNT(choices) (sizeof(choices) / sizeof((choices)[0]))

struct plan {
    struct timetable_entry *entries; /* owned: of the rows without a fault */
    size_t *rows;                    /* owned: which rows they are */
    size_t count;
    struct timetable_batch *batch; /* owned */
};

static void destroy(void *user)
{
    struct plan *plan = user;

    if (!plan)
        return;
    timetable_batch_destroy(plan->batch);
    free(plan->entries);
    free(plan->rows);
    free(plan);
}

/* ---- cells ---- */

static void read_subject(struct import *import, size_t row, struct timetable_entry *entry)
{
    const char *text = import_required(import, row, TIMETABLE_SUBJECT);

    if (text && !plain_text_fits(text, ENTRIES_MAX_SUBJECT_BYTES))
        import_fault(import, row, TIMETABLE_SUBJECT, "invalid_name", NULL);
    else if (text)
        snprintf(entry->subject, sizeof(entry->subject), "%s", text);
}

static void read_word(struct import *import, size_t row, size_t column,
    bool (*read)(const char *text, unsigned *ret_value), const char *code, unsigned *ret_value)
{
    const char *text = import_required(import, row, column);

    if (text && !read(text, ret_value))
        import_fault(import, row, column, code, NULL);
}

/* An empty cell leaves what is there. */
static void read_choice(struct import *import, size_t row, size_t column,
    const struct cell_choice *choices, size_t count, const char *code, unsigned *value)
{
    const char *text = import_optional(import, row, column);

    if (*text && !cells_read_choice(text, choices, count, value))
        import_fault(import, row, column, code, NULL);
}

static void read_range(struct import *import, size_t row, struct recurrence *recurrence)
{
    const char *text = import_optional(import, row, TIMETABLE_WEEK_RANGE);

    recurrence->first_week = 1;
    recurrence->last_week = ENTRIES_MAX_WEEK;
    if (*text && (!cells_read_week_range(text, &recurrence->first_week, &recurrence->last_week) ||
                     recurrence->last_week > ENTRIES_MAX_WEEK))
        import_fault(import, row, TIMETABLE_WEEK_RANGE,
            cells_is_rewritten_range(text) ? "rewritten_week_range" : "invalid_week_range", NULL);
}

static void read_cells(struct import *import, size_t row, struct timetable_entry *entry)
{
    unsigned mode = LESSON_CO_TEACHING, which = RECURRENCE_ALL;

    read_subject(import, row, entry);
    read_word(import, row, TIMETABLE_GRADE, cells_read_grade, "invalid_grade", &entry->grade);
    read_word(import, row, TIMETABLE_WEEKDAY, cells_read_weekday, "invalid_weekday",
        &entry->recurrence.weekday);
    read_word(import, row, TIMETABLE_PERIOD, cells_read_period, "invalid_period", &entry->period);
    read_choice(import, row, TIMETABLE_WEEKS, weeks, COUNT(weeks), "invalid_weeks", &which);
    read_choice(import, row, TIMETABLE_MODE, modes, COUNT(modes), "invalid_mode", &mode);
    read_range(import, row, &entry->recurrence);
    entry->recurrence.weeks = (enum recurrence_weeks)which;
    entry->mode = (enum lesson_mode)mode;
}

/* Cells that could not be read have a fault already. */
static int check_names(struct import *import, size_t row, const struct timetable_entry *entry)
{
    int has_subject = catalogue_has(import->store, entry->subject, 0);
    int has_grade = catalogue_has(import->store, "", entry->grade);

    if (has_subject == 0)
        import_fault(import, row, TIMETABLE_SUBJECT, "unknown_subject", NULL);
    if (has_grade == 0)
        import_fault(import, row, TIMETABLE_GRADE, "retired_grade", NULL);
    return has_subject < 0 ? has_subject : has_grade < 0 ? has_grade : 0;
}

/* ---- the rows together ---- */

static int read_rows(struct import *import, struct plan *plan)
{
    struct timetable_names *names = NULL;
    int r = timetable_names_create(import, &names);

    for (size_t i = 0; r == 0 && i < import->sheet->row_count; i++) {
        struct timetable_entry *entry = &plan->entries[plan->count];
        size_t faults = import->faults->count;

        *entry = (struct timetable_entry){0};
        read_cells(import, i, entry);
        r = check_names(import, i, entry);
        if (r == 0)
            r = timetable_names_resolve(names, i, entry);
        /* a row with a mistake, or a file without a column, is in nobody's way */
        if (r == 0 && import->faults->count == faults && !placement_fault(entry) && entry->term &&
            entry->room && entry->teacher)
            plan->rows[plan->count++] = i;
    }
    timetable_names_destroy(names);
    return r;
}

struct clashes {
    struct import *import;
    struct plan *plan;
};

static size_t column_of(const struct timetable_entry *entry, const struct batch_conflict *conflict)
{
    if (conflict->kind == BOOKED_TEACHER && entry->teacher == conflict->id)
        return TIMETABLE_TEACHER;
    if (conflict->kind == BOOKED_ROOM && entry->room == conflict->id)
        return TIMETABLE_ROOM;
    return TIMETABLE_RECEIVING;
}

static void on_conflict(void *user, const struct batch_conflict *conflict)
{
    const struct clashes *clashes = user;
    const struct plan *plan = clashes->plan;
    char other[96], row[16], day[LOCAL_DATE_CHARS];

    local_date_format(conflict->day, day);
    if (conflict->with_new)
        snprintf(other, sizeof(other), "#%s %s",
            import_row_name(clashes->import, plan->rows[conflict->other], row), day);
    else
        snprintf(other, sizeof(other), "e%lld %s", (long long)conflict->other_id, day);
    import_fault(clashes->import, plan->rows[conflict->entry],
        column_of(&plan->entries[conflict->entry], conflict),
        conflict->kind == BOOKED_TEACHER ? "teacher_busy" : "room_busy", other);
}

static void on_misfit(void *user, size_t entry, int64_t id, int32_t day)
{
    const struct clashes *clashes = user;
    char date[LOCAL_DATE_CHARS], other[ORGANISATIONS_MAX_NAME_BYTES + LOCAL_DATE_CHARS + 2];
    struct room room = {.name = ""};

    rooms_get(clashes->import->store, id, &room);
    snprintf(other, sizeof(other), "%s %s", room.name, local_date_format(day, date));
    import_fault(
        clashes->import, clashes->plan->rows[entry], TIMETABLE_RECEIVING, "bells_differ", other);
}

static int check_relays(struct import *import, const struct plan *plan)
{
    struct relay_overload *overloads = calloc(plan->count + 1, sizeof(*overloads));
    int r = overloads ? timetable_batch_check_relays(plan->batch, overloads) : -ENOMEM;
    char other[96], day[LOCAL_DATE_CHARS];

    for (size_t i = 0; r == 0 && i < plan->count; i++) {
        if (overloads[i].days == 0)
            continue;
        snprintf(other, sizeof(other), "%llu > %llu %s", (unsigned long long)overloads[i].needed,
            (unsigned long long)overloads[i].available, local_date_format(overloads[i].day, day));
        import_fault(import, plan->rows[i], TIMETABLE_PERIOD, "relays_full", other);
    }
    free(overloads);
    return r;
}

/* As placement.h refuses them. */
static int check_pairings(struct import *import, const struct timetable_entry *entry, size_t row)
{
    for (size_t i = 0; i < entry->receiving_count; i++) {
        int64_t id = entry->receiving[i].room;
        struct room room;
        int r = pairings_cover(import->store, entry->term, entry->room, id, entry->subject);
        int frozen;

        if (r == 1)
            continue;
        frozen = pairings_cover_frozen(import->store, entry->term, entry->room, id, entry->subject);
        if (r == 0)
            r = frozen < 0 ? frozen : rooms_get(import->store, id, &room);
        if (r < 0)
            return r;
        import_fault(import, row, TIMETABLE_RECEIVING, frozen ? "pairing_frozen" : "not_paired",
            r == 1 ? room.name : NULL);
    }
    return 0;
}

static int check_together(struct import *import, struct plan *plan)
{
    struct clashes clashes = {import, plan};
    int r = timetable_batch_create(
        import->store, plan->entries, plan->count, import->who->now_s, &plan->batch);

    for (size_t i = 0; r == 0 && i < plan->count; i++) {
        if (timetable_batch_lessons(plan->batch, i) == 0)
            import_fault(import, plan->rows[i], TIMETABLE_PERIOD, "no_lesson", NULL);
        r = check_pairings(import, &plan->entries[i], plan->rows[i]);
    }
    if (r < 0)
        return r;
    timetable_batch_find_misfits(plan->batch, on_misfit, &clashes);
    r = timetable_batch_find_conflicts(plan->batch, on_conflict, &clashes);
    return r == 0 ? check_relays(import, plan) : r;
}

static int check(struct import *import, void **ret_plan)
{
    size_t rows = import->sheet->row_count;
    struct plan *plan = calloc(1, sizeof(*plan));
    int r;

    *ret_plan = plan;
    if (!plan)
        return -ENOMEM;
    plan->entries = calloc(rows + 1, sizeof(*plan->entries));
    plan->rows = calloc(rows + 1, sizeof(*plan->rows));
    if (!plan->entries || !plan->rows)
        return -ENOMEM;
    r = read_rows(import, plan);
    return r == 0 ? check_together(import, plan) : r;
}

static int write_entries(struct import *import, void *user, json_t *result)
{
    struct plan *plan = user;

    (void)result;
    return timetable_batch_write(plan->batch, import->store, import->who->name, import->who->now_s);
}

const struct import_kind timetable_import = {
    .name = "timetable",
    .columns = columns,
    .column_count = TIMETABLE_COLUMN_COUNT,
    .max_rows = 1000,
    .examples = {"示例学期,示例小学,录播教室一,王小明,音乐,三年级,周一,1,全部,1–18,双师,"
                 "示例教学点/三年级教室:李小红；示例二小/三年级1班,",
        "Example term,Example School,Studio 1,Anna Smith,Music,3,Mon,1,all,1–18,co-teaching,"
        "Village School/Class 3:Jane Doe; Hill School/Room 5,"},
    .check = check,
    .write = write_entries,
    .destroy = destroy,
};
