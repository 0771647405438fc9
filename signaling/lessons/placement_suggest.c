/* Free places for a weekly lesson: one plan holds it at every place of the week beside all that may be in its way. */
#include "signaling/lessons/placement_look.h"

#include <errno.h>
#include <stdlib.h>

#define SCHOOL_DAYS 5 /* a suggestion is from Monday to Friday */
/* After so many free places at which relays are full they mostly are, and adding up each takes a while. */
#define MAX_FULL 8

struct candidate {
    struct placement_slot slot;
    bool taken;
};

struct search {
    struct board board;
    /* owned */
    struct candidate *candidates;
    struct plan_entry *entries; /* the entry at each candidate's place, then its rivals */
    struct plan_room *rooms;    /* the receiving ones of each candidate */
    struct planned_delays delays;
    struct term_plan plan; /* of entries */
    /* state */
    size_t candidate_count;
};

static void finish(struct search *search)
{
    term_plan_finish(&search->plan);
    board_finish(&search->board);
    planned_delays_finish(&search->delays);
    free(search->rooms);
    free(search->entries);
    free(search->candidates);
}

static unsigned distance(const struct timetable_entry *entry, const struct placement_slot *slot)
{
    int days = (int)slot->weekday - (int)entry->recurrence.weekday;
    int periods = (int)slot->period - (int)entry->period;

    /* another period of the same day is nearer than another day */
    return (unsigned)(abs(days) * BELLS_MAX_PERIODS + abs(periods));
}

/* In order of their distance. */
static void add_candidate(
    struct search *search, const struct timetable_entry *entry, struct placement_slot slot)
{
    size_t at = search->candidate_count++;

    for (; at > 0 && distance(entry, &search->candidates[at - 1].slot) > distance(entry, &slot);
         at--)
        search->candidates[at] = search->candidates[at - 1];
    search->candidates[at] = (struct candidate){.slot = slot};
}

/* The places that the school of the master room has. */
static int list_candidates(struct search *search, const struct timetable_entry *entry)
{
    const struct board *board = &search->board;
    int32_t day =
        board->today > board->terms[0].first_day ? board->today : board->terms[0].first_day;
    const struct bell_set *set = bells_set_of(board->plan_entries[0].bells, day);
    size_t periods = set ? set->period_count : 0;

    search->candidates = calloc(SCHOOL_DAYS * periods + 1, sizeof(*search->candidates));
    search->entries = calloc(SCHOOL_DAYS * periods + board->id_count + 1, sizeof(*search->entries));
    search->rooms =
        calloc(SCHOOL_DAYS * periods * entry->receiving_count + 1, sizeof(*search->rooms));
    if (!search->candidates || !search->entries || !search->rooms)
        return -ENOMEM;
    for (unsigned weekday = 1; weekday <= SCHOOL_DAYS; weekday++) {
        for (size_t i = 0; i < periods; i++)
            add_candidate(search, entry, (struct placement_slot){weekday, set->periods[i].number});
    }
    return 0;
}

static size_t index_of(const struct search *search, const struct planned_lesson *lesson)
{
    return (size_t)(lesson->entry - search->entries);
}

/* ---- what takes a place ---- */

/* Days without such a period, or a receiving room whose own bells do not fit, take it too. */
static bool fits(const struct search *search, const struct term_plan *alone)
{
    const struct board *board = &search->board;
    unsigned lessons = 0;

    if (alone->without_bell_count > 0)
        return false;
    for (size_t i = 0; i < alone->lesson_count; i++) {
        const struct planned_lesson *lesson = &alone->lessons[i];

        if (lesson->day < board->today)
            continue;
        lessons++;
        for (size_t n = 0; n < lesson->entry->receiving_count; n++) {
            const struct plan_room *room = &lesson->entry->receiving[n];
            struct bell_offer offer;

            if (!room->live &&
                placement_room_fit(room, lesson->day, &lesson->span, &offer) == ROOM_FITS_NOT)
                return false;
        }
    }
    return lessons > 0;
}

/* As they are offered there. */
static int choose_delays(struct search *search, const struct plan_entry *entry,
    struct plan_room *rooms, const struct term_plan *alone)
{
    const struct planned_lesson *lessons = alone->lessons;
    size_t count = alone->lesson_count;

    for (; count > 0 && lessons->day < search->board.today; count--)
        lessons++;
    for (size_t i = 0; i < entry->receiving_count; i++) {
        struct bell_offer offer;
        size_t first = 0;

        while (first < count && placement_room_fit(&rooms[i], lessons[first].day,
                                    &lessons[first].span, &offer) == ROOM_IS_AWAY)
            first++;
        if (!rooms[i].live)
            rooms[i].delay_s = first < count ? offer.delay_s : 0;
    }
    return planned_delays_work_out(&search->delays, entry, rooms, lessons, count);
}

static int plan_candidate(struct search *search, size_t index)
{
    struct candidate *candidate = &search->candidates[index];
    struct plan_entry *entry = &search->entries[index];
    struct plan_room *rooms;
    struct term_plan alone;
    int r;

    *entry = search->board.plan_entries[0];
    entry->recurrence.weekday = candidate->slot.weekday;
    entry->period = candidate->slot.period;
    rooms = search->rooms + index * entry->receiving_count;
    for (size_t i = 0; i < entry->receiving_count; i++)
        rooms[i] = entry->receiving[i];
    entry->receiving = rooms;
    r = term_plan_init(&alone, entry, 1);
    if (r < 0)
        return r;
    candidate->taken = !fits(search, &alone);
    if (!candidate->taken)
        r = choose_delays(search, entry, rooms, &alone);
    term_plan_finish(&alone);
    return r;
}

static void take(struct search *search, const struct planned_lesson *lesson)
{
    size_t index = index_of(search, lesson);

    if (index < search->candidate_count && lesson->day >= search->board.today)
        search->candidates[index].taken = true;
}

/* The entry at one place is not in its own way at another. */
static bool on_conflict(void *user, const struct plan_conflict *conflict)
{
    struct search *search = user;

    if (index_of(search, conflict->first) < search->candidate_count &&
        index_of(search, conflict->second) < search->candidate_count)
        return true;
    take(search, conflict->first);
    take(search, conflict->second);
    return true;
}

static void on_clash(
    void *user, const struct planned_lesson *lesson, const struct placement_conflict *conflict)
{
    (void)conflict;
    take(user, lesson);
}

static int plan_all(struct search *search)
{
    const struct board *board = &search->board;
    int r = 0;

    for (size_t i = 0; r == 0 && i < search->candidate_count; i++)
        r = plan_candidate(search, i);
    for (size_t i = 0; i < board->id_count; i++)
        search->entries[search->candidate_count + i] = board->plan_entries[1 + i];
    if (r == 0)
        r = term_plan_init(
            &search->plan, search->entries, search->candidate_count + board->id_count);
    if (r == 0)
        r = term_plan_find_conflicts(&search->plan, on_conflict, search);
    return r < 0 ? r
                 : placement_look_at_stand_ins(board, &search->plan, search->entries,
                       search->candidate_count, on_clash, search);
}

/* Asked last, and only of places that are free otherwise. */
static int relays_carry(const struct search *search, size_t index)
{
    const struct term_plan *plan = &search->plan;
    struct relay_overload overload;
    size_t first = 0, end;
    int r;

    while (first < plan->lesson_count && (index_of(search, &plan->lessons[first]) < index ||
                                             plan->lessons[first].day < search->board.today))
        first++;
    for (end = first; end < plan->lesson_count && index_of(search, &plan->lessons[end]) == index;)
        end++;
    r = relay_load_check(search->board.store, &search->board.entries[0], plan->lessons + first,
        end - first, &overload);
    return r < 0 ? r : overload.days == 0;
}

int placement_suggest(struct store *store, const struct timetable_entry *entry, int64_t now_s,
    struct placement_slot *ret_slots, size_t max)
{
    struct search search = {0};
    size_t count = 0;
    unsigned full = 0;
    int r;

    if (placement_fault(entry))
        return -EINVAL;
    r = board_init(&search.board, store, entry, 1, now_s);
    if (r == 0)
        r = list_candidates(&search, entry);
    if (r == 0)
        r = plan_all(&search);
    for (size_t i = 0; r >= 0 && i < search.candidate_count && count < max && full < MAX_FULL;
         i++) {
        if (search.candidates[i].taken)
            continue;
        r = relays_carry(&search, i);
        if (r == 1)
            ret_slots[count++] = search.candidates[i].slot;
        else
            full++;
    }
    finish(&search);
    return r < 0 ? r : (int)count;
}
