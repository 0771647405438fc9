#include "signaling/lessons/timetable_batch.h"

#include "signaling/audit/audit_log.h"
#include "signaling/lessons/board.h"
#include "signaling/lessons/occurrences.h"
#include "signaling/lessons/placement_look.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of one new entry; a lesson has a master room and teacher, and up to two more of each receiving room. */
#define MAX_TOLD (2 + 2 * ENTRIES_MAX_ROOMS)

/* What was told of an entry already. */
struct told {
    size_t count;
    struct {
        enum booked_kind kind;
        int64_t id;
    } needs[MAX_TOLD];
};

struct timetable_batch {
    struct board board;
    struct term_plan plan;
    /* owned, by index of the new entries */
    int32_t *todays;
    unsigned *lessons;
    struct bell_span *first_spans;
    int32_t *first_days;
};

static int allocate(struct timetable_batch *batch, size_t count)
{
    batch->todays = calloc(count + 1, sizeof(*batch->todays));
    batch->lessons = calloc(count + 1, sizeof(*batch->lessons));
    batch->first_spans = calloc(count + 1, sizeof(*batch->first_spans));
    batch->first_days = calloc(count + 1, sizeof(*batch->first_days));
    return batch->todays && batch->lessons && batch->first_spans && batch->first_days ? 0 : -ENOMEM;
}

static size_t index_of(const struct timetable_batch *batch, const struct planned_lesson *lesson)
{
    return (size_t)(lesson->entry - batch->board.plan_entries);
}

static void count_lessons(struct timetable_batch *batch)
{
    for (size_t i = 0; i < batch->plan.lesson_count; i++) {
        const struct planned_lesson *lesson = &batch->plan.lessons[i];
        size_t entry = index_of(batch, lesson);

        if (entry >= batch->board.own_count || lesson->day < batch->todays[entry])
            continue;
        if (batch->lessons[entry]++ == 0) {
            batch->first_days[entry] = lesson->day;
            batch->first_spans[entry] = lesson->span;
        }
    }
}

/* As the coordinator's page offers it. */
static void choose_delays(struct timetable_batch *batch)
{
    for (size_t i = 0; i < batch->board.own_count; i++) {
        struct timetable_entry *entry = &batch->board.entries[i];

        for (size_t j = 0; batch->lessons[i] > 0 && j < entry->receiving_count; j++) {
            struct plan_room *room = &entry->receiving[j];
            struct bell_offer offer;

            if (!room->live &&
                bells_offer(room->bells, batch->first_days[i], &batch->first_spans[i], &offer) == 0)
                room->delay_s = offer.delay_s;
        }
    }
}

/* After choose_delays(): those of each lesson. */
static int work_out_delays(struct timetable_batch *batch)
{
    struct board *board = &batch->board;
    const struct term_plan *plan = &batch->plan;
    int r = 0;

    for (size_t i = 0, end; r == 0 && i < plan->lesson_count; i = end) {
        size_t entry = index_of(batch, &plan->lessons[i]), first = i;

        for (end = i; end < plan->lesson_count && index_of(batch, &plan->lessons[end]) == entry;
             end++) {
            if (entry < board->own_count && plan->lessons[end].day < batch->todays[entry])
                first = end + 1;
        }
        if (entry < board->own_count)
            r = planned_delays_work_out(&board->delays, &board->plan_entries[entry],
                board->entries[entry].receiving, &plan->lessons[first], end - first);
    }
    return r;
}

static int prepare(struct timetable_batch *batch, struct store *store,
    const struct timetable_entry *entries, size_t count, int64_t now_s)
{
    struct board *board = &batch->board;
    uint32_t second;
    int r = board_init(board, store, entries, count, now_s);

    if (r == 0)
        r = allocate(batch, count);
    if (r < 0)
        return r;
    for (size_t i = 0; i < count; i++)
        school_clock_local(board->plan_entries[i].bells->clock, now_s, &batch->todays[i], &second);
    r = term_plan_init(&batch->plan, board->plan_entries, count + board->id_count);
    if (r < 0)
        return r;
    count_lessons(batch);
    choose_delays(batch);
    return work_out_delays(batch);
}

int timetable_batch_create(struct store *store, const struct timetable_entry *entries, size_t count,
    int64_t now_s, struct timetable_batch **ret_batch)
{
    struct timetable_batch *batch = calloc(1, sizeof(*batch));
    int r = batch ? prepare(batch, store, entries, count, now_s) : -ENOMEM;

    if (r == 0)
        *ret_batch = batch;
    else
        timetable_batch_destroy(batch);
    return r;
}

void timetable_batch_destroy(struct timetable_batch *batch)
{
    if (!batch)
        return;
    term_plan_finish(&batch->plan);
    board_finish(&batch->board);
    free(batch->todays);
    free(batch->lessons);
    free(batch->first_spans);
    free(batch->first_days);
    free(batch);
}

unsigned timetable_batch_lessons(const struct timetable_batch *batch, size_t entry)
{
    return batch->lessons[entry];
}

/* ---- conflicts ---- */

struct search {
    const struct timetable_batch *batch;
    struct told *told; /* owned, by index of the new entries */
    void (*on_conflict)(void *user, const struct batch_conflict *conflict);
    void *user;
};

/* Whether it was told before; then knows it. */
static bool was_told(struct told *told, const struct plan_conflict *conflict)
{
    for (size_t i = 0; i < told->count; i++) {
        if (told->needs[i].kind == conflict->kind && told->needs[i].id == conflict->id)
            return true;
    }
    if (told->count == MAX_TOLD)
        return true;
    told->needs[told->count].kind = conflict->kind;
    told->needs[told->count++].id = conflict->id;
    return false;
}

static bool on_conflict(void *user, const struct plan_conflict *conflict)
{
    struct search *search = user;
    const struct timetable_batch *batch = search->batch;
    size_t own_count = batch->board.own_count;
    const struct planned_lesson *mine = conflict->first, *other = conflict->second;
    size_t a = index_of(batch, mine), b = index_of(batch, other);

    /* mine is new, and of two new ones the later row */
    if (a >= own_count || (b < own_count && b > a)) {
        const struct planned_lesson *swapped = mine;
        size_t index = a;

        mine = other;
        other = swapped;
        a = b;
        b = index;
    }
    if (a >= own_count || mine->day < batch->todays[a] || was_told(&search->told[a], conflict))
        return true;
    search->on_conflict(search->user,
        &(struct batch_conflict){
            .entry = a,
            .kind = conflict->kind,
            .id = conflict->id,
            .with_new = b < own_count,
            .other = b,
            .other_id = other->entry->id,
            .day = mine->day,
            .overlap_s = placement_overlap(&conflict->first_span, &conflict->second_span),
        });
    return true;
}

int timetable_batch_find_conflicts(const struct timetable_batch *batch,
    void (*on_found)(void *user, const struct batch_conflict *conflict), void *user)
{
    struct search search = {batch, NULL, on_found, user};
    int r;

    search.told = calloc(batch->board.own_count + 1, sizeof(*search.told));
    if (!search.told)
        return -ENOMEM;
    r = term_plan_find_conflicts(&batch->plan, on_conflict, &search);
    free(search.told);
    return r;
}

/* ---- bells, relays ---- */

void timetable_batch_find_misfits(const struct timetable_batch *batch,
    void (*on_misfit)(void *user, size_t entry, int64_t room, int32_t day), void *user)
{
    bool told[ENTRIES_MAX_ROOMS] = {false};
    size_t last = SIZE_MAX;

    for (size_t i = 0; i < batch->plan.lesson_count; i++) {
        const struct planned_lesson *lesson = &batch->plan.lessons[i];
        size_t entry = index_of(batch, lesson);

        if (entry >= batch->board.own_count || lesson->day < batch->todays[entry])
            continue;
        if (entry != last)
            memset(told, 0, sizeof(told));
        last = entry;
        for (size_t n = 0; n < lesson->entry->receiving_count; n++) {
            const struct plan_room *room = &lesson->entry->receiving[n];
            struct bell_offer offer;

            if (told[n] || room->live ||
                placement_room_fit(room, lesson->day, &lesson->span, &offer) != ROOM_FITS_NOT)
                continue;
            told[n] = true;
            on_misfit(user, entry, room->room, lesson->day);
        }
    }
}

int timetable_batch_check_relays(
    const struct timetable_batch *batch, struct relay_overload *ret_overloads)
{
    return relay_load_check_all(&batch->board, &batch->plan, ret_overloads);
}

/* ---- writing ---- */

static int write_entry(
    struct store *store, struct timetable_entry *entry, const char *by, int64_t now_s)
{
    char object[32];
    struct audit_entry row = {now_s, by, "timetable.add", object, "done", ""};
    int r = entries_insert(store, entry, now_s, &entry->id);

    if (r < 0)
        return r;
    snprintf(object, sizeof(object), "entry %lld", (long long)entry->id);
    return audit_log_add(store, &row);
}

static int write_lessons(struct timetable_batch *batch, struct store *store, int64_t now_s)
{
    struct occurrence_writer writer;
    int r = 0;

    occurrence_writer_init(&writer, store);
    for (size_t i = 0; r == 0 && i < batch->plan.lesson_count; i++) {
        const struct planned_lesson *lesson = &batch->plan.lessons[i];
        size_t entry = index_of(batch, lesson);

        if (entry < batch->board.own_count && lesson->day >= batch->todays[entry])
            r = occurrence_writer_add(&writer, &batch->board.entries[entry], lesson->day, now_s);
    }
    occurrence_writer_finish(&writer);
    return r;
}

int timetable_batch_write(
    struct timetable_batch *batch, struct store *store, const char *by, int64_t now_s)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < batch->board.own_count; i++)
        r = write_entry(store, &batch->board.entries[i], by, now_s);
    return r == 0 ? write_lessons(batch, store, now_s) : r;
}
