#include "signaling/lessons/term_copy.h"

#include "signaling/audit/audit_log.h"
#include "signaling/lessons/pairings.h"
#include "signaling/lessons/terms.h"
#include "signaling/lessons/timetable_batch.h"
#include "signaling/schools/catalogue.h"
#include "signaling/schools/organisations.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct work {
    /* borrowed */
    struct store *store;
    const struct term_copy *copy;
    struct term_copy_report *report;
    /* owned */
    struct timetable_entry *entries; /* with the numbers of the old term */
    size_t count;
    struct timetable_batch *batch;
};

const char *term_copy_fault_name(enum term_copy_fault fault)
{
    static const char *const names[] = {"teacher", "room", "pairing", "no_lesson", "not_yours",
        "bells", "capacity", "retired", "disabled"};

    return names[fault];
}

static void tell(struct work *work, const struct term_copy_problem *problem)
{
    struct term_copy_report *report = work->report;

    if (report->problem_count < TERM_COPY_MAX_PROBLEMS)
        report->problems[report->problem_count] = *problem;
    report->problem_count++;
}

/* ---- what is copied ---- */

static bool is_left_out(const struct term_copy *copy, int64_t entry)
{
    for (size_t i = 0; i < copy->without_count; i++) {
        if (copy->without[i] == entry)
            return true;
    }
    return false;
}

static int add_entry(struct work *work, int64_t id, bool is_yours)
{
    struct timetable_entry *entry = &work->entries[work->count];
    int r;

    if (is_left_out(work->copy, id))
        return 0;
    if (work->count == TERM_COPY_MAX_ENTRIES)
        return -E2BIG;
    r = entries_get(work->store, id, entry);
    if (r < 0)
        return r;
    work->count++;
    if (!is_yours)
        tell(work, &(struct term_copy_problem){TERM_COPY_NOT_YOURS, .entry = *entry});
    return 0;
}

/* Those of the organisation's master rooms, and whether all of their people and rooms are below the root. */
static int read_entries(struct work *work)
{
    sqlite3_stmt *statement = store_prepare(work->store,
        "WITH yours (id) AS MATERIALIZED (" ORGANISATIONS_BELOW ") SELECT e.id,"
        " NOT EXISTS (SELECT 1 FROM (SELECT e.room AS id UNION ALL SELECT room FROM entry_rooms"
        "  WHERE entry = e.id) x JOIN rooms r ON r.id = x.id WHERE r.school NOT IN yours)"
        " AND NOT EXISTS (SELECT 1 FROM (SELECT e.teacher AS id UNION ALL SELECT teacher"
        "  FROM entry_rooms WHERE entry = e.id AND teacher IS NOT NULL) x"
        "  JOIN people p ON p.id = x.id"
        "  WHERE p.organisation IS NULL OR p.organisation NOT IN yours)"
        " FROM timetable_entries e JOIN rooms m ON m.id = e.room WHERE e.term = ?2 AND NOT e.past"
        " AND m.school IN (WITH RECURSIVE chosen (id) AS (VALUES (?3) UNION ALL SELECT o.id FROM "
        "organisations o"
        "  JOIN chosen c ON o.parent = c.id) SELECT id FROM chosen) ORDER BY e.id");
    int r;

    store_bind_int(statement, 1, work->copy->root);
    store_bind_int(statement, 2, work->copy->from);
    store_bind_int(statement, 3, work->copy->organisation);
    while ((r = store_step(work->store, statement)) == 1) {
        r = add_entry(
            work, sqlite3_column_int64(statement, 0), sqlite3_column_int(statement, 1) != 0);
        if (r < 0)
            break;
    }
    store_finish(statement);
    return r;
}

/* Those that are not frozen and cover one of the entries. */
static int copy_pairings(struct work *work, int64_t now_s)
{
    sqlite3_stmt *statement = store_prepare(work->store,
        "INSERT OR IGNORE INTO pairings (term, master_room, receiving_room, subject, consent,"
        " consent_by, created) SELECT ?1, master_room, receiving_room, subject, 0, '', ?2"
        " FROM pairings WHERE term = ?3 AND master_room = ?4 AND receiving_room = ?5"
        " AND subject IN ('', ?6) AND NOT frozen");
    int r = 0;

    store_bind_int(statement, 1, work->copy->into);
    store_bind_int(statement, 2, now_s);
    store_bind_int(statement, 3, work->copy->from);
    for (size_t i = 0; i < work->count; i++) {
        const struct timetable_entry *entry = &work->entries[i];

        for (size_t j = 0; r == 0 && j < entry->receiving_count; j++) {
            store_bind_int(statement, 4, entry->room);
            store_bind_int(statement, 5, entry->receiving[j].room);
            store_bind_text(statement, 6, entry->subject);
            r = store_step(work->store, statement);
            if (r == 0)
                work->report->pairings += (size_t)store_changes(work->store);
            store_reset(statement);
        }
    }
    store_finish(statement);
    return r;
}

/* ---- what is in the way ---- */

static int check_pairings(struct work *work, size_t index)
{
    const struct timetable_entry *entry = &work->entries[index];

    for (size_t i = 0; i < entry->receiving_count; i++) {
        int64_t room = entry->receiving[i].room;
        int r = pairings_cover(work->store, work->copy->into, entry->room, room, entry->subject);

        if (r < 0)
            return r;
        if (r == 0)
            tell(work, &(struct term_copy_problem){TERM_COPY_PAIRING, *entry, .id = room});
    }
    return 0;
}

static void on_conflict(void *user, const struct batch_conflict *conflict)
{
    struct work *work = user;

    tell(work,
        &(struct term_copy_problem){
            .fault = conflict->kind == BOOKED_TEACHER ? TERM_COPY_TEACHER : TERM_COPY_ROOM,
            .entry = work->entries[conflict->entry],
            .id = conflict->id,
            .other = conflict->with_new ? work->entries[conflict->other].id : conflict->other_id,
            .day = conflict->day,
            .overlap_s = conflict->overlap_s,
        });
}

/* A room that is booked live needs no bells of its own. */
static void on_misfit(void *user, size_t index, int64_t room, int32_t day)
{
    struct work *work = user;
    const struct timetable_entry *entry = &work->entries[index];

    for (size_t i = 0; i < entry->receiving_count; i++) {
        if (entry->receiving[i].room == room && !entry->receiving[i].live)
            tell(
                work, &(struct term_copy_problem){TERM_COPY_BELLS, *entry, .id = room, .day = day});
    }
}

static int check_relays(struct work *work)
{
    struct relay_overload *overloads = calloc(work->count + 1, sizeof(*overloads));
    int r = overloads ? timetable_batch_check_relays(work->batch, overloads) : -ENOMEM;

    for (size_t i = 0; r == 0 && i < work->count; i++) {
        if (overloads[i].days > 0)
            tell(work, &(struct term_copy_problem){
                           TERM_COPY_CAPACITY, work->entries[i], .day = overloads[i].day});
    }
    free(overloads);
    return r;
}

static int check_catalogue(struct work *work, size_t index)
{
    const struct timetable_entry *entry = &work->entries[index];
    int r = catalogue_has(work->store, entry->subject, entry->grade);

    if (r == 0)
        tell(work, &(struct term_copy_problem){TERM_COPY_RETIRED, *entry});
    return r < 0 ? r : 0;
}

/* As with any new lesson: nobody is planned for whose account is disabled. */
static int check_people(struct work *work, size_t index)
{
    const struct timetable_entry *entry = &work->entries[index];
    sqlite3_stmt *statement = store_prepare(work->store,
        "SELECT id FROM people WHERE disabled AND id IN (SELECT teacher FROM timetable_entries"
        " WHERE id = ?1 UNION SELECT teacher FROM entry_rooms WHERE entry = ?1)");
    int r;

    store_bind_int(statement, 1, entry->id);
    while ((r = store_step(work->store, statement)) == 1)
        tell(work, &(struct term_copy_problem){
                       TERM_COPY_DISABLED, *entry, .id = sqlite3_column_int64(statement, 0)});
    store_finish(statement);
    return r;
}

static int plan(struct work *work, int64_t now_s)
{
    struct timetable_entry *copies = calloc(work->count + 1, sizeof(*copies));
    int r = copies ? 0 : -ENOMEM;

    for (size_t i = 0; r == 0 && i < work->count; i++) {
        copies[i] = work->entries[i];
        copies[i].id = 0;
        copies[i].term = work->copy->into;
    }
    if (r == 0)
        r = timetable_batch_create(work->store, copies, work->count, now_s, &work->batch);
    free(copies);
    for (size_t i = 0; r == 0 && i < work->count; i++) {
        unsigned lessons = timetable_batch_lessons(work->batch, i);

        work->report->lessons += lessons;
        if (lessons == 0)
            tell(work, &(struct term_copy_problem){TERM_COPY_NO_LESSON, work->entries[i]});
        r = check_catalogue(work, i);
        if (r == 0)
            r = check_people(work, i);
        if (r == 0)
            r = check_pairings(work, i);
    }
    if (r < 0)
        return r;
    timetable_batch_find_misfits(work->batch, on_misfit, work);
    r = timetable_batch_find_conflicts(work->batch, on_conflict, work);
    return r == 0 ? check_relays(work) : r;
}

/* ---- all of it ---- */

static int check_terms(struct store *store, const struct term_copy *copy)
{
    const int64_t terms[] = {copy->from, copy->into};
    struct term_row row;

    for (size_t i = 0; i < 2; i++) {
        int r = terms_get(store, terms[i], &row);

        if (r <= 0)
            return r < 0 ? r : -ENOENT;
    }
    return copy->from == copy->into ? -EINVAL : 0;
}

/* Within a transaction. */
static int make(struct work *work, const char *by, int64_t now_s)
{
    int r = check_terms(work->store, work->copy);

    if (r == 0)
        r = read_entries(work);
    if (r == 0)
        r = copy_pairings(work, now_s);
    if (r == 0)
        r = plan(work, now_s);
    if (r == 0 && work->report->problem_count > 0)
        r = -EADDRINUSE;
    work->report->entries = work->count;
    return r == 0 ? timetable_batch_write(work->batch, work->store, by, now_s) : r;
}

int term_copy_make(struct store *store, const struct term_copy *copy, const char *by, int64_t now_s,
    struct term_copy_report *ret_report)
{
    struct work work = {.store = store, .copy = copy, .report = ret_report};
    char object[32], detail[96];
    int r;

    *ret_report = (struct term_copy_report){0};
    work.entries = calloc(TERM_COPY_MAX_ENTRIES + 1, sizeof(*work.entries));
    if (!work.entries)
        return -ENOMEM;
    r = store_begin(store);
    if (r == 0) {
        r = make(&work, by, now_s);
        snprintf(object, sizeof(object), "term %lld", (long long)copy->into);
        snprintf(detail, sizeof(detail), "{\"from\":%lld,\"organisation\":%lld,\"entries\":%zu}",
            (long long)copy->from, (long long)copy->organisation, ret_report->entries);
        r = audit_log_end(
            store, r, &(struct audit_entry){now_s, by, "term.copy", object, "done", detail});
    }
    timetable_batch_destroy(work.batch);
    free(work.entries);
    return r;
}
