#include "signaling/lessons/placement.h"

#include "common/plain_text.h"
#include "signaling/audit/audit_log.h"
#include "signaling/lessons/occurrences.h"
#include "signaling/lessons/past_entries.h"
#include "signaling/lessons/placement_look.h"
#include "signaling/schools/catalogue.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *placement_fault(const struct timetable_entry *entry)
{
    const struct recurrence *recurrence = &entry->recurrence;

    if (!plain_text_fits(entry->subject, ENTRIES_MAX_SUBJECT_BYTES))
        return "subject";
    if (entry->grade < 1 || entry->grade > ENTRIES_MAX_GRADE)
        return "grade";
    if (recurrence->weekday < 1 || recurrence->weekday > 7)
        return "weekday";
    if (entry->period < 1)
        return "period";
    if (recurrence->first_week < 1 || recurrence->last_week > ENTRIES_MAX_WEEK ||
        recurrence->first_week > recurrence->last_week)
        return "weeks";
    if (entry->receiving_count > ENTRIES_MAX_ROOMS)
        return "receiving";
    for (size_t i = 0; i < entry->receiving_count; i++) {
        const struct plan_room *room = &entry->receiving[i];

        if (room->delay_s > BELLS_MAX_DELAY_S || (room->live && room->delay_s > 0))
            return "delay";
    }
    return NULL;
}

static int count_substitutions(const struct board *board, struct placement_report *report)
{
    sqlite3_stmt *statement = store_prepare(board->store,
        "SELECT count(*) FROM substitutions s JOIN lessons l ON l.id = s.lesson"
        " WHERE l.entry = ? AND l.day >= ? AND l.state = 'scheduled'");
    int r;

    store_bind_int(statement, 1, board->entries[0].id);
    store_bind_int(statement, 2, board->first_day);
    r = store_step(board->store, statement);
    if (r == 1)
        report->substitutions = (unsigned)sqlite3_column_int(statement, 0);
    store_finish(statement);
    return r < 0 ? r : 0;
}

/* Of an entry that is there already, what has been retired since stays good. */
static int check_names(struct store *store, const struct timetable_entry *entry)
{
    struct timetable_entry old = {.subject = ""};
    int r = entry->id == 0 ? 0 : entries_get(store, entry->id, &old);
    bool same_subject = r == 1 && strcmp(old.subject, entry->subject) == 0;
    bool same_grade = r == 1 && old.grade == entry->grade;

    if (r >= 0)
        r = catalogue_has(store, same_subject ? "" : entry->subject, same_grade ? 0 : entry->grade);
    return r < 0 ? r : r == 0 ? -EINVAL : 0;
}

/* The board of one entry. What it has taught, and teaches at this moment, is not looked at again. */
static int set_up(
    struct board *board, struct store *store, const struct timetable_entry *entry, int64_t now_s)
{
    int r = board_init(board, store, entry, 1, now_s);

    return r < 0 || entry->id == 0 ? r
                                   : past_entries_first_day(store, board->shelf, entry->id,
                                         board->today, now_s, &board->first_day);
}

int placement_check(struct store *store, const struct timetable_entry *entry, int64_t now_s,
    struct placement_report *ret_report)
{
    struct term_plan plan = {0};
    struct board board;
    int r;

    if (placement_fault(entry))
        return -EINVAL;
    r = check_names(store, entry);
    if (r < 0)
        return r;
    r = set_up(&board, store, entry, now_s);
    if (r == 0)
        r = placement_look(&board, &plan, ret_report);
    if (r == 0)
        r = placement_look_at_rooms(&board, ret_report);
    if (r == 0)
        r = count_substitutions(&board, ret_report);
    term_plan_finish(&plan);
    board_finish(&board);
    return r;
}

/* ---- saving ---- */

static int write_lessons(struct board *board, const struct term_plan *plan, int64_t now_s)
{
    struct timetable_entry *entry = &board->entries[0];
    struct occurrence_writer writer;
    int r = occurrences_remove(board->store, entry->id, board->first_day);

    if (r < 0)
        return r;
    occurrence_writer_init(&writer, board->store);
    for (size_t i = 0; r == 0 && i < plan->lesson_count; i++) {
        const struct planned_lesson *lesson = &plan->lessons[i];

        if (lesson->entry != &board->plan_entries[0])
            break;
        if (lesson->day >= board->first_day)
            r = occurrence_writer_add(&writer, entry, lesson->day, now_s);
    }
    occurrence_writer_finish(&writer);
    return r;
}

static int write_entry(struct board *board, int64_t now_s)
{
    struct timetable_entry *entry = &board->entries[0];
    int r;

    if (entry->id == 0)
        return entries_insert(board->store, entry, now_s, &entry->id);
    r = past_entries_keep(board->store, entry, board->first_day, now_s);
    return r == 0 ? entries_replace(board->store, entry) : r;
}

static int audit(
    struct store *store, int64_t entry, const char *event, const char *by, int64_t now_s)
{
    char object[32];
    struct audit_entry row = {now_s, by, event, object, "done", ""};

    snprintf(object, sizeof(object), "entry %lld", (long long)entry);
    return audit_log_add(store, &row);
}

/* Who has not seen the last change is told so first, whatever else is in the way. */
static int check_version(struct store *store, const struct timetable_entry *entry)
{
    struct timetable_entry row;
    int r = entry->id == 0 ? 0 : entries_get(store, entry->id, &row);

    if (entry->id == 0 || r < 0)
        return r;
    return r == 0 || row.past ? -ENOENT : row.version == entry->version ? 0 : -ESTALE;
}

static int save(
    struct board *board, const char *by, int64_t now_s, struct placement_report *ret_report)
{
    const char *event = board->entries[0].id == 0 ? "timetable.add" : "timetable.change";
    struct term_plan plan = {0};
    int r = placement_look(board, &plan, ret_report);

    if (r == 0)
        r = placement_look_at_rooms(board, ret_report);
    if (r == 0 && (!placement_is_free(ret_report) || ret_report->unpaired_count > 0))
        r = -EADDRINUSE;
    if (r == 0 && ret_report->lessons == 0)
        r = -EDOM;
    if (r == 0)
        r = write_entry(board, now_s);
    if (r == 0)
        r = write_lessons(board, &plan, now_s);
    if (r == 0)
        r = audit(board->store, board->entries[0].id, event, by, now_s);
    term_plan_finish(&plan);
    return r;
}

int placement_save(struct store *store, const struct timetable_entry *entry, const char *by,
    int64_t now_s, struct placement_report *ret_report, int64_t *ret_id)
{
    struct board board = {0};
    int64_t id;
    int r;

    if (placement_fault(entry))
        return -EINVAL;
    r = store_begin(store);
    if (r < 0)
        return r;
    r = check_version(store, entry);
    if (r == 0)
        r = check_names(store, entry);
    if (r == 0)
        r = set_up(&board, store, entry, now_s);
    if (r == 0)
        r = save(&board, by, now_s, ret_report);
    id = r == 0 ? board.entries[0].id : 0;
    board_finish(&board);
    r = store_end(store, r);
    if (r == 0)
        *ret_id = id;
    return r;
}

/* ---- taking away ---- */

int placement_remove(
    struct store *store, int64_t entry, int64_t version, const char *by, int64_t now_s)
{
    int r = store_begin(store);

    if (r < 0)
        return r;
    r = check_version(store, &(struct timetable_entry){.id = entry, .version = version});
    if (r == 0)
        r = past_entries_retire(store, entry, now_s);
    if (r == 0)
        r = audit(store, entry, "timetable.remove", by, now_s);
    return store_end(store, r);
}
