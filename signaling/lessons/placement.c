#include "signaling/lessons/placement.h"

#include "common/plain_text.h"
#include "signaling/audit/audit_log.h"
#include "signaling/lessons/board.h"
#include "signaling/lessons/lesson_places.h"
#include "signaling/lessons/occurrences.h"
#include "signaling/lessons/pairings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHOOL_DAYS 5 /* a suggestion is from Monday to Friday */

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
        if (entry->receiving[i].delay_s > BELLS_MAX_DELAY_S)
            return "delay";
    }
    return NULL;
}

/* ---- looking ---- */

struct look {
    const struct board *board;
    struct placement_report *report;
};

static unsigned overlap_of(const struct bell_span *a, const struct bell_span *b)
{
    int64_t start_s = a->start_s > b->start_s ? a->start_s : b->start_s;
    int64_t end_s = a->end_s < b->end_s ? a->end_s : b->end_s;

    return end_s > start_s ? (unsigned)(end_s - start_s) : 0;
}

/* With the same entry about the same, on another day, it is one conflict. */
static void add_conflict(struct placement_report *report, const struct placement_conflict *conflict)
{
    for (size_t i = 0; i < report->conflict_count; i++) {
        struct placement_conflict *known = &report->conflicts[i];

        if (known->kind == conflict->kind && known->id == conflict->id &&
            known->entry == conflict->entry) {
            known->days++;
            return;
        }
    }
    if (report->conflict_count < PLACEMENT_MAX_CONFLICTS)
        report->conflicts[report->conflict_count++] = *conflict;
}

static bool on_conflict(void *user, const struct plan_conflict *conflict)
{
    struct look *look = user;
    const struct plan_entry *own = &look->board->plan_entries[0];
    const struct planned_lesson *mine = conflict->first, *other = conflict->second;

    if (mine->entry != own) {
        mine = conflict->second;
        other = conflict->first;
    }
    if (mine->entry != own || mine->day < look->board->today)
        return true;
    add_conflict(look->report, &(struct placement_conflict){
                                   .kind = conflict->kind,
                                   .id = conflict->id,
                                   .entry = other->entry->id,
                                   .first_day = mine->day,
                                   .days = 1,
                                   .overlap_s = overlap_of(&mine->span, &other->span),
                               });
    return true;
}

static void offer_rooms(const struct board *board, struct placement_report *report)
{
    const struct timetable_entry *entry = &board->entries[0];

    for (size_t i = 0; i < entry->receiving_count; i++)
        report->has_offer[i] = bells_offer(entry->receiving[i].bells, report->first_day,
                                   &report->first_span, &report->offers[i]) == 0;
}

/* The entry's own lessons come first in the plan, in order of days. */
static void count_lessons(
    const struct board *board, const struct term_plan *plan, struct placement_report *report)
{
    for (size_t i = 0; i < plan->lesson_count; i++) {
        const struct planned_lesson *lesson = &plan->lessons[i];

        if (lesson->entry != &board->plan_entries[0])
            break;
        if (lesson->day < board->today)
            continue;
        if (report->lessons++ == 0) {
            report->first_day = lesson->day;
            report->first_span = lesson->span;
        }
    }
}

struct stand_in_search {
    const struct board *board;
    const struct term_plan *plan;
    struct placement_report *report;
};

/* Whether the entry needs that person or room, and how much later than live. */
static bool needs(
    const struct timetable_entry *entry, enum booked_kind kind, int64_t id, unsigned *ret_delay_s)
{
    *ret_delay_s = 0;
    if (id == (kind == BOOKED_ROOM ? entry->room : entry->teacher))
        return true;
    for (size_t i = 0; i < entry->receiving_count; i++) {
        const struct plan_room *room = &entry->receiving[i];

        *ret_delay_s = room->delay_s;
        if (id == (kind == BOOKED_ROOM ? room->room : room->teacher))
            return true;
    }
    return false;
}

static void on_stand_in(void *user, const struct lesson_need *need)
{
    struct stand_in_search *search = user;
    const struct board *board = search->board;
    unsigned delay_s;

    if (need->entry == board->entries[0].id ||
        !needs(&board->entries[0], need->kind, need->id, &delay_s))
        return;
    for (size_t i = 0; i < search->plan->lesson_count; i++) {
        const struct planned_lesson *lesson = &search->plan->lessons[i];
        struct bell_span span = {lesson->span.start_s + delay_s, lesson->span.end_s + delay_s};

        if (lesson->entry != &board->plan_entries[0])
            break;
        if (lesson->day >= board->today && overlap_of(&span, &need->span) > 0)
            add_conflict(
                search->report, &(struct placement_conflict){need->kind, need->id, need->entry,
                                    lesson->day, 1, overlap_of(&span, &need->span)});
    }
}

/* Those who stand in for somebody on one day are not free then, though no weekly entry says so. */
static int check_stand_ins(
    const struct board *board, const struct term_plan *plan, struct placement_report *report)
{
    struct stand_in_search search = {board, plan, report};

    return lesson_places_stand_ins(
        board->store, board->today - 1, board->terms[0].last_day + 1, on_stand_in, &search);
}

static int check_edition(const struct board *board, int64_t room, struct placement_report *report)
{
    const struct timetable_entry *entry = &board->entries[0];
    struct placement_edition other = {.room = room};
    int r = textbooks_edition(board->store, room, entry->subject, entry->grade, other.edition);

    if (r == 1 && *report->edition && strcmp(other.edition, report->edition) != 0)
        report->editions[report->edition_count++] = other;
    return r < 0 ? r : 0;
}

/* Whether the receiving rooms are paired with the master room, and use the same books. */
static int check_rooms(const struct board *board, struct placement_report *report)
{
    const struct timetable_entry *entry = &board->entries[0];
    int r =
        textbooks_edition(board->store, entry->room, entry->subject, entry->grade, report->edition);

    for (size_t i = 0; r >= 0 && i < entry->receiving_count; i++) {
        int64_t room = entry->receiving[i].room;

        r = pairings_cover(board->store, entry->term, entry->room, room, entry->subject);
        if (r == 0)
            report->unpaired[report->unpaired_count++] = room;
        if (r >= 0)
            r = check_edition(board, room, report);
    }
    return r < 0 ? r : 0;
}

/* ret_plan is the caller's to finish. */
static int look(
    const struct board *board, struct term_plan *ret_plan, struct placement_report *ret_report)
{
    struct look look = {board, ret_report};
    int r;

    *ret_report = (struct placement_report){0};
    /* alone first: for what its own days lack, not its rivals' */
    r = term_plan_init(ret_plan, board->plan_entries, 1);
    if (r < 0)
        return r;
    ret_report->without_bell = (unsigned)ret_plan->without_bell_count;
    term_plan_finish(ret_plan);
    r = term_plan_init(ret_plan, board->plan_entries, board->id_count + 1);
    if (r < 0)
        return r;
    count_lessons(board, ret_plan, ret_report);
    if (ret_report->lessons > 0)
        offer_rooms(board, ret_report);
    r = term_plan_find_conflicts(ret_plan, on_conflict, &look);
    return r < 0 ? r : check_stand_ins(board, ret_plan, ret_report);
}

static int count_substitutions(const struct board *board, struct placement_report *report)
{
    sqlite3_stmt *statement = store_prepare(board->store,
        "SELECT count(*) FROM substitutions s JOIN lessons l ON l.id = s.lesson"
        " WHERE l.entry = ? AND l.day >= ? AND l.state = 'scheduled'");
    int r;

    store_bind_int(statement, 1, board->entries[0].id);
    store_bind_int(statement, 2, board->today);
    r = store_step(board->store, statement);
    if (r == 1)
        report->substitutions = (unsigned)sqlite3_column_int(statement, 0);
    store_finish(statement);
    return r < 0 ? r : 0;
}

int placement_check(struct store *store, const struct timetable_entry *entry, int64_t now_s,
    struct placement_report *ret_report)
{
    struct term_plan plan = {0};
    struct board board;
    int r;

    if (placement_fault(entry))
        return -EINVAL;
    r = board_init(&board, store, entry, 1, now_s);
    if (r == 0)
        r = look(&board, &plan, ret_report);
    if (r == 0)
        r = check_rooms(&board, ret_report);
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
    int r = occurrences_remove(board->store, entry->id, board->today);

    if (r < 0)
        return r;
    occurrence_writer_init(&writer, board->store);
    for (size_t i = 0; r == 0 && i < plan->lesson_count; i++) {
        const struct planned_lesson *lesson = &plan->lessons[i];

        if (lesson->entry != &board->plan_entries[0])
            break;
        if (lesson->day >= board->today)
            r = occurrence_writer_add(&writer, entry, lesson->day, now_s);
    }
    occurrence_writer_finish(&writer);
    return r;
}

static int write_entry(struct board *board, int64_t now_s)
{
    struct timetable_entry *entry = &board->entries[0];

    return entry->id == 0 ? entries_insert(board->store, entry, now_s, &entry->id)
                          : entries_replace(board->store, entry);
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
    return r == 0 ? -ENOENT : row.version == entry->version ? 0 : -ESTALE;
}

static int save(
    struct board *board, const char *by, int64_t now_s, struct placement_report *ret_report)
{
    const char *event = board->entries[0].id == 0 ? "timetable.add" : "timetable.change";
    struct term_plan plan = {0};
    int r = look(board, &plan, ret_report);

    if (r == 0)
        r = check_rooms(board, ret_report);
    if (r == 0 && (ret_report->conflict_count > 0 || ret_report->unpaired_count > 0))
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
        r = board_init(&board, store, entry, 1, now_s);
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

/* Lessons that were held keep their row, and so the entry its own; without lessons both go. */
static int remove_entry(struct store *store, int64_t entry, int64_t version)
{
    sqlite3_stmt *statement;
    int r = check_version(store, &(struct timetable_entry){.id = entry, .version = version});

    if (r == 0)
        r = occurrences_remove(store, entry, 0);
    if (r < 0)
        return r;
    statement = store_prepare(store, "UPDATE lessons SET entry = NULL WHERE entry = ?");
    store_bind_int(statement, 1, entry);
    r = store_run(store, statement);
    if (r < 0)
        return r;
    statement = store_prepare(store, "DELETE FROM timetable_entries WHERE id = ?");
    store_bind_int(statement, 1, entry);
    return store_run(store, statement);
}

int placement_remove(
    struct store *store, int64_t entry, int64_t version, const char *by, int64_t now_s)
{
    int r = store_begin(store);

    if (r < 0)
        return r;
    r = remove_entry(store, entry, version);
    if (r == 0)
        r = audit(store, entry, "timetable.remove", by, now_s);
    return store_end(store, r);
}

/* ---- suggesting ---- */

static unsigned distance(const struct timetable_entry *entry, const struct placement_slot *slot)
{
    int days = (int)slot->weekday - (int)entry->recurrence.weekday;
    int periods = (int)slot->period - (int)entry->period;

    /* another period of the same day is nearer than another day */
    return (unsigned)(abs(days) * BELLS_MAX_PERIODS + abs(periods));
}

/* Keeps the nearest ones, in order. */
static void keep(const struct timetable_entry *entry, struct placement_slot slot,
    struct placement_slot *slots, size_t *count, size_t max)
{
    size_t at = *count;

    while (at > 0 && distance(entry, &slots[at - 1]) > distance(entry, &slot))
        at--;
    if (at == max)
        return;
    if (*count < max)
        ++*count;
    memmove(&slots[at + 1], &slots[at], (*count - at - 1) * sizeof(*slots));
    slots[at] = slot;
}

static int is_free(struct board *board, struct placement_slot slot)
{
    struct plan_entry *own = &board->plan_entries[0];
    struct placement_report report = {0};
    struct term_plan plan = {0};
    int r;

    own->recurrence.weekday = slot.weekday;
    own->period = slot.period;
    r = look(board, &plan, &report);
    term_plan_finish(&plan);
    if (r < 0)
        return r;
    return report.lessons > 0 && report.without_bell == 0 && report.conflict_count == 0;
}

int placement_suggest(struct store *store, const struct timetable_entry *entry, int64_t now_s,
    struct placement_slot *ret_slots, size_t max)
{
    const struct bell_set *set;
    struct board board;
    size_t count = 0;
    int r;

    if (placement_fault(entry))
        return -EINVAL;
    r = board_init(&board, store, entry, 1, now_s);
    if (r < 0)
        goto out;
    set = bells_set_of(board.plan_entries[0].bells,
        board.today > board.terms[0].first_day ? board.today : board.terms[0].first_day);
    for (unsigned weekday = 1; r >= 0 && set && weekday <= SCHOOL_DAYS; weekday++) {
        for (size_t i = 0; r >= 0 && i < set->period_count; i++) {
            struct placement_slot slot = {weekday, set->periods[i].number};

            r = is_free(&board, slot);
            if (r == 1)
                keep(entry, slot, ret_slots, &count, max);
        }
    }
out:
    board_finish(&board);
    return r < 0 ? r : (int)count;
}
