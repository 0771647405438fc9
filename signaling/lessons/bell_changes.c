#include "signaling/lessons/bell_changes.h"

#include "signaling/lessons/entry_days.h"
#include "signaling/lessons/lesson_delays.h"
#include "signaling/lessons/occurrences.h"
#include "signaling/schools/bells_shelf.h"
#include "signaling/schools/organisations.h"
#include "signaling/timetable/local_date.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct affected {
    struct moved_lesson lesson;
    struct entry_days days;
    int64_t entry;
    int64_t school; /* of the master room */
    bool own;       /* that room is the organisation's; else a receiving one is */
    bool begun;
    bool cancelled;
    bool told;
    unsigned substitutions; /* in how many of its places something stands in */
    bool retimed;           /* has another time now, or a receiving room has something else of it */
};

/* All lessons that the change could move. */
struct changes {
    struct store *store; /* borrowed */
    int64_t now_s;
    bool of_day; /* it says which date's timetable is held; sets of periods do not */
    struct bell_changes_report *report;
    /* owned */
    struct affected *lessons;
    size_t count, capacity;
    struct lesson_delays delays; /* by index of lessons */
};

/* The time of a lesson as a shelf of bells has it, 0 for none. */
static int span_of(
    struct bells_shelf *shelf, const struct moved_lesson *lesson, struct bell_span *ret_span)
{
    const struct bells *bells;
    int r = bells_shelf_of_school(shelf, lesson->school, &bells);

    *ret_span = (struct bell_span){0};
    if (r == 0)
        bells_span(bells, lesson->day, lesson->period, ret_span); /* else it stays 0 */
    return r;
}

/* NULL without memory. */
static struct affected *add(struct changes *changes)
{
    if (changes->count == changes->capacity) {
        size_t capacity = changes->capacity == 0 ? 256 : 2 * changes->capacity;
        struct affected *lessons = reallocarray(changes->lessons, capacity, sizeof(*lessons));

        if (!lessons)
            return NULL;
        changes->lessons = lessons;
        changes->capacity = capacity;
    }
    changes->lessons[changes->count] = (struct affected){0};
    return &changes->lessons[changes->count++];
}

static struct delayed_lesson delayed_of(const struct changes *changes, size_t index)
{
    const struct affected *affected = &changes->lessons[index];

    return (struct delayed_lesson){index, affected->lesson.id, affected->entry, affected->school,
        affected->lesson.day, affected->lesson.period};
}

static int note_delays(struct changes *changes, struct bells_shelf *shelf, size_t index)
{
    struct delayed_lesson lesson = delayed_of(changes, index);

    return lesson_delays_note(&changes->delays, shelf, &lesson);
}

static int add_affected(struct changes *changes, struct bells_shelf *shelf, sqlite3_stmt *statement)
{
    struct affected *affected = add(changes);
    const char *state = (const char *)sqlite3_column_text(statement, 5);
    struct moved_lesson *lesson;
    int r;

    if (!affected)
        return -ENOMEM;
    lesson = &affected->lesson;
    store_column_text(statement, 0, lesson->id, sizeof(lesson->id));
    store_column_text(statement, 1, lesson->subject, sizeof(lesson->subject));
    lesson->school = affected->school = sqlite3_column_int64(statement, 2);
    lesson->day = (int32_t)sqlite3_column_int64(statement, 3);
    lesson->period = (unsigned)sqlite3_column_int64(statement, 4);
    affected->entry = sqlite3_column_int64(statement, 6);
    affected->own = sqlite3_column_int(statement, 7) != 0;
    affected->substitutions = (unsigned)sqlite3_column_int(statement, 8);
    entry_days_read(statement, 9, &affected->days);
    r = span_of(shelf, lesson, &lesson->from);
    affected->cancelled = strcmp(state, "cancelled") == 0;
    affected->begun = (!affected->cancelled && strcmp(state, "scheduled") != 0) ||
                      (lesson->from.start_s != 0 && lesson->from.start_s <= changes->now_s);
    /* special days have no bells of their own */
    if (r < 0 || changes->of_day || affected->begun)
        return r;
    return note_delays(changes, shelf, changes->count - 1);
}

/* The days on which lessons may change. */
static struct term days_of(const struct changes *changes, const struct bells_edit *edit)
{
    if (changes->of_day)
        return (struct term){edit->exception.day, edit->exception.day};
    return (struct term){LOCAL_DATE_FIRST_DAY, LOCAL_DATE_LAST_DAY};
}

/* Those in rooms of the organisation that have no time written down, on the days in question. */
static int find_affected(struct changes *changes, const struct bells_edit *edit)
{
    struct term days = days_of(changes, edit);
    struct bells_shelf *shelf = NULL;
    sqlite3_stmt *statement;
    int r = bells_shelf_create(changes->store, &shelf);

    if (r < 0)
        return r;
    statement = store_prepare(changes->store,
        "WITH place (id) AS MATERIALIZED (SELECT id FROM rooms WHERE school IN "
        "(" ORGANISATIONS_BELOW
        ")), near (id) AS MATERIALIZED (SELECT id FROM timetable_entries WHERE room IN place"
        "  UNION SELECT entry FROM entry_rooms WHERE room IN place)"
        " SELECT l.id, e.subject, r.school, l.day, l.period, l.state, e.id, r.id IN place,"
        " (SELECT count(*) FROM substitutions WHERE lesson = l.id), " ENTRY_DAYS_COLUMNS
        " FROM near JOIN timetable_entries e ON e.id = near.id"
        " JOIN rooms r ON r.id = e.room JOIN lessons l ON l.entry = e.id JOIN terms t ON t.id = "
        "e.term"
        " WHERE l.day BETWEEN ?2 AND ?3 AND l.starts IS NULL ORDER BY l.day, l.period, e.room");
    store_bind_int(statement, 1, edit->organisation);
    store_bind_int(statement, 2, days.first_day);
    store_bind_int(statement, 3, days.last_day);
    while (r == 0 && (r = store_step(changes->store, statement)) == 1)
        r = add_affected(changes, shelf, statement);
    store_finish(statement);
    bells_shelf_destroy(shelf);
    return r;
}

/* Whatever the bells say from now on. */
static int write_down(struct store *store, const struct moved_lesson *lesson)
{
    sqlite3_stmt *statement =
        store_prepare(store, "UPDATE lessons SET starts = ?, ends = ? WHERE id = ?");

    store_bind_int(statement, 1, lesson->from.start_s);
    store_bind_int(statement, 2, lesson->from.end_s);
    store_bind_text(statement, 3, lesson->id);
    return store_run(store, statement);
}

static void tell(struct bell_changes_report *report, const struct moved_lesson *lesson)
{
    if (lesson->to.start_s == 0)
        report->lost++;
    else if (lesson->from.start_s == 0)
        report->found++;
    else
        report->moved++;
    if (report->told_count < BELL_CHANGES_MAX_TOLD)
        report->told[report->told_count++] = *lesson;
}

/* One that is cancelled stays: it takes no time, and is not to be made again when the day is given up. */
static int delete_lesson(struct store *store, const char *id)
{
    sqlite3_stmt *statement =
        store_prepare(store, "DELETE FROM lessons WHERE id = ? AND state = 'scheduled'");

    store_bind_text(statement, 1, id);
    return store_run(store, statement);
}

/* Whether the day now holds a timetable that has not got the lesson. On a holiday it stays, without a time, and has it
 * again when the holiday is given up. */
static bool falls_elsewhere(
    const struct changes *changes, const struct affected *affected, const struct bells *bells)
{
    int32_t day = affected->lesson.day, held, today;
    uint32_t second;

    school_clock_local(bells->clock, changes->now_s, &today, &second);
    return changes->of_day && affected->own && !affected->begun && !affected->days.past &&
           day >= today && bells_held_day(bells, day, &held) &&
           !entry_days_has(&affected->days, bells, day);
}

static int compare_lesson(
    struct changes *changes, struct bells_shelf *shelf, struct affected *affected)
{
    struct moved_lesson *lesson = &affected->lesson;
    const struct bells *bells;
    int r = bells_shelf_of_school(shelf, lesson->school, &bells);

    if (r < 0)
        return r;
    if (falls_elsewhere(changes, affected, bells))
        r = delete_lesson(changes->store, lesson->id);
    else
        bells_span(bells, lesson->day, lesson->period, &lesson->to); /* else it stays 0 */
    if (r < 0 || affected->cancelled ||
        (lesson->from.start_s == lesson->to.start_s && lesson->from.end_s == lesson->to.end_s))
        return r;
    if (!affected->begun) {
        affected->retimed = lesson->to.start_s != 0;
        affected->told = true;
        tell(changes->report, lesson);
        if (lesson->to.start_s == 0)
            changes->report->substitutions += affected->substitutions;
    } else if (lesson->from.start_s != 0) {
        r = write_down(changes->store, lesson);
        changes->report->kept++;
    }
    return r;
}

/* In a receiving room a lesson moves when it is played that much earlier or later there. */
static void tell_delay(
    struct changes *changes, struct affected *affected, const struct lesson_delay *delay)
{
    struct moved_lesson lesson = affected->lesson;

    affected->retimed = affected->retimed || delay->refit;
    if (affected->told || affected->cancelled || delay->new_delay_s == delay->delay_s ||
        lesson.to.start_s == 0)
        return;
    affected->told = true;
    lesson.school = delay->school;
    lesson.from.start_s += delay->delay_s;
    lesson.from.end_s += delay->delay_s;
    lesson.to.start_s += delay->new_delay_s;
    lesson.to.end_s += delay->new_delay_s;
    tell(changes->report, &lesson);
}

static const char *id_of(const void *user, size_t number)
{
    const struct changes *changes = user;

    return changes->lessons[number].lesson.id;
}

static int settle_delays(struct changes *changes, struct bells_shelf *shelf)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < changes->delays.count; i++) {
        size_t index = changes->delays.list[i].lesson;
        struct delayed_lesson lesson = delayed_of(changes, index);

        r = lesson_delays_look(&changes->delays, i, shelf, &lesson);
        if (r == 0)
            tell_delay(changes, &changes->lessons[index], &changes->delays.list[i]);
    }
    return r == 0 ? lesson_delays_write(&changes->delays, id_of, changes) : r;
}

static int on_filled(void *user, const struct filled_lesson *filled)
{
    struct changes *changes = user;
    struct affected *affected = add(changes);
    struct moved_lesson *lesson;

    if (!affected)
        return -ENOMEM;
    affected->retimed = true;
    lesson = &affected->lesson;
    snprintf(lesson->subject, sizeof(lesson->subject), "%s", filled->subject);
    occurrences_id(filled->entry, filled->day, lesson->id);
    lesson->school = filled->school;
    lesson->day = filled->day;
    lesson->period = filled->period;
    lesson->to = filled->span;
    tell(changes->report, lesson);
    return 0;
}

static int compare(struct changes *changes, const struct bells_edit *edit)
{
    struct term days = days_of(changes, edit);
    struct bells_shelf *shelf = NULL;
    size_t count = changes->count;
    int r = bells_shelf_create(changes->store, &shelf);

    for (size_t i = 0; r == 0 && i < count; i++)
        r = compare_lesson(changes, shelf, &changes->lessons[i]);
    if (r == 0)
        r = settle_delays(changes, shelf);
    if (r == 0)
        r = entry_days_fill(changes->store, shelf,
            &(struct entry_days_wanted){.organisation = edit->organisation,
                .first_day = days.first_day,
                .last_day = days.last_day},
            changes->now_s, on_filled, changes);
    bells_shelf_destroy(shelf);
    return r;
}

static int apply(struct changes *changes, struct bells_edit *edit)
{
    int r;

    changes->of_day = edit->kind == BELLS_EDIT_SET_DAY || edit->kind == BELLS_EDIT_CLEAR_DAY;
    lesson_delays_init(&changes->delays, changes->store);
    *changes->report = (struct bell_changes_report){0};
    r = find_affected(changes, edit);
    if (r == 0)
        r = bells_edit_apply(changes->store, edit);
    if (r == 0)
        r = compare(changes, edit);
    lesson_delays_finish(&changes->delays);
    return r;
}

int bell_changes_apply(struct store *store, struct bells_edit *edit, int64_t now_s,
    struct bell_changes_report *ret_report)
{
    struct changes changes = {.store = store, .now_s = now_s, .report = ret_report};
    int r = apply(&changes, edit);

    free(changes.lessons);
    return r;
}

/* ---- clashes ---- */

static int compare_ids(const void *left, const void *right)
{
    const struct affected *a = left, *b = right;

    return strcmp(a->lesson.id, b->lesson.id);
}

/* By id, those that have another time; ret_first, ret_last: their days. */
static void keep_retimed(struct changes *changes, int32_t *ret_first, int32_t *ret_last)
{
    size_t used = 0;

    *ret_first = LOCAL_DATE_LAST_DAY;
    *ret_last = LOCAL_DATE_FIRST_DAY;
    for (size_t i = 0; i < changes->count; i++) {
        int32_t day = changes->lessons[i].lesson.day;

        if (!changes->lessons[i].retimed)
            continue;
        *ret_first = day < *ret_first ? day : *ret_first;
        *ret_last = day > *ret_last ? day : *ret_last;
        changes->lessons[used++] = changes->lessons[i];
    }
    changes->count = used;
    if (used > 0)
        qsort(changes->lessons, used, sizeof(*changes->lessons), compare_ids);
}

static bool is_retimed(const struct changes *changes, const struct clash_lesson *lesson)
{
    struct affected key = {0};

    memcpy(key.lesson.id, lesson->id, sizeof(key.lesson.id));
    return bsearch(&key, changes->lessons, changes->count, sizeof(key), compare_ids) != NULL;
}

static int find_clashes(
    struct changes *changes, const struct bells_edit *edit, struct clashes *clashes)
{
    int32_t first, last;
    size_t used = 0;
    int r;

    keep_retimed(changes, &first, &last);
    if (changes->count == 0)
        return 0;
    r = clashes_find(changes->store, edit->organisation, first, last, clashes);
    clashes_drop_ignored(clashes);
    for (size_t i = 0; r == 0 && i < clashes->count; i++) {
        if (is_retimed(changes, clashes->list[i].lessons[0]) ||
            (clashes->list[i].lessons[1] && is_retimed(changes, clashes->list[i].lessons[1])))
            clashes->list[used++] = clashes->list[i];
    }
    clashes->count = used;
    return r;
}

void bell_changes_report_finish(struct bell_changes_report *report)
{
    clashes_finish(&report->clashes);
}

int bell_changes_make(struct store *store, struct bells_edit *edit, bool only_try, const char *by,
    int64_t now_s, struct bell_changes_report *ret_report)
{
    char object[BELLS_EDIT_OBJECT_CHARS], detail[BELLS_EDIT_DETAIL_CHARS];
    struct bell_changes_report report = {0};
    struct changes changes = {.store = store, .now_s = now_s, .report = &report};
    struct audit_entry entry;
    int r = store_begin(store);

    if (r < 0)
        return r;
    r = apply(&changes, edit);
    if (r == 0)
        r = find_clashes(&changes, edit, &report.clashes);
    free(changes.lessons);
    if (only_try && r == 0) {
        r = store_end(store, -ECANCELED);
        r = r == -ECANCELED ? 0 : r;
    } else {
        entry = bells_edit_entry(edit, by, now_s, object, detail);
        r = audit_log_end(store, r, &entry);
    }
    if (r == 0)
        *ret_report = report;
    else
        bell_changes_report_finish(&report);
    return r;
}
