#include "signaling/lessons/placement_look.h"

#include "signaling/lessons/lesson_places.h"
#include "signaling/lessons/pairings.h"
#include "signaling/schools/rooms.h"

#include <string.h>

bool placement_is_free(const struct placement_report *report)
{
    return report->conflict_count == 0 && report->mismatch_count == 0 && report->overload.days == 0;
}

unsigned placement_overlap(const struct bell_span *a, const struct bell_span *b)
{
    int64_t start_s = a->start_s > b->start_s ? a->start_s : b->start_s;
    int64_t end_s = a->end_s < b->end_s ? a->end_s : b->end_s;

    return end_s > start_s ? (unsigned)(end_s - start_s) : 0;
}

/* ---- who is needed twice ---- */

struct look {
    const struct board *board;
    struct placement_report *report;
};

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
    struct bell_span span = conflict->second_span;

    if (mine->entry != own) {
        mine = conflict->second;
        other = conflict->first;
        span = conflict->first_span;
    }
    if (mine->entry != own || mine->day < look->board->first_day)
        return true;
    add_conflict(look->report,
        &(struct placement_conflict){
            .kind = conflict->kind,
            .id = conflict->id,
            .entry = other->entry->id,
            .first_day = mine->day,
            .days = 1,
            .overlap_s = placement_overlap(&conflict->first_span, &conflict->second_span),
            .span = span,
        });
    return true;
}

/* ---- who stands in ---- */

struct stand_in_search {
    const struct board *board;
    const struct term_plan *plan;
    const struct plan_entry *own;
    size_t own_count;
    void (*on_clash)(
        void *user, const struct planned_lesson *lesson, const struct placement_conflict *conflict);
    void *user;
};

/* Whether the entry needs that person or room, and in which receiving room: NULL for the master room. */
static bool needs(const struct plan_entry *entry, enum booked_kind kind, int64_t id,
    const struct plan_room **ret_room)
{
    *ret_room = NULL;
    if (id == (kind == BOOKED_ROOM ? entry->room : entry->teacher))
        return true;
    for (size_t i = 0; i < entry->receiving_count; i++) {
        const struct plan_room *room = &entry->receiving[i];

        *ret_room = room;
        if (id == (kind == BOOKED_ROOM ? room->room : room->teacher))
            return true;
    }
    return false;
}

static void on_stand_in(void *user, const struct lesson_need *need)
{
    struct stand_in_search *search = user;
    const struct board *board = search->board;
    const struct plan_room *room;

    if (need->entry == board->entries[0].id)
        return;
    for (size_t i = 0; i < search->plan->lesson_count; i++) {
        const struct planned_lesson *lesson = &search->plan->lessons[i];
        struct bell_span span = lesson->span;
        unsigned overlap_s;

        if (lesson->entry < search->own || lesson->entry >= search->own + search->own_count ||
            !needs(lesson->entry, need->kind, need->id, &room))
            break;
        if (room) {
            span.start_s += plan_room_delay(room, lesson->day);
            span.end_s += plan_room_delay(room, lesson->day);
        }
        overlap_s = placement_overlap(&span, &need->span);
        if (lesson->day >= board->first_day && overlap_s > 0)
            search->on_clash(search->user, lesson,
                &(struct placement_conflict){
                    need->kind, need->id, need->entry, lesson->day, 1, overlap_s, need->span});
    }
}

int placement_look_at_stand_ins(const struct board *board, const struct term_plan *plan,
    const struct plan_entry *own, size_t own_count,
    void (*on_clash)(
        void *user, const struct planned_lesson *lesson, const struct placement_conflict *conflict),
    void *user)
{
    struct stand_in_search search = {board, plan, own, own_count, on_clash, user};

    return lesson_places_stand_ins(
        board->store, board->today - 1, board->terms[0].last_day + 1, on_stand_in, &search);
}

static void on_clash(
    void *user, const struct planned_lesson *lesson, const struct placement_conflict *conflict)
{
    (void)lesson;
    add_conflict(user, conflict);
}

/* ---- bells ---- */

enum room_fit placement_room_fit(const struct plan_room *room, int32_t day,
    const struct bell_span *lesson, struct bell_offer *ret_offer)
{
    int32_t held;

    *ret_offer = (struct bell_offer){0};
    if (!bells_held_day(room->bells, day, &held))
        return ROOM_IS_AWAY;
    if (bells_offer(room->bells, day, lesson, ret_offer) < 0)
        return ROOM_FITS_NOT;
    return ret_offer->overlap_s * INT64_C(100) <
                   (lesson->end_s - lesson->start_s) * PLACEMENT_MIN_OVERLAP_PERCENT
               ? ROOM_FITS_NOT
               : ROOM_FITS;
}

/* What lessons, which are one entry's, are for the room of that index. */
static void look_at_bells(const struct board *board, const struct planned_lesson *lessons,
    size_t count, size_t index, struct placement_report *report)
{
    const struct plan_room *room = &board->entries[0].receiving[index];
    struct placement_mismatch mismatch = {.room = room->room};
    bool offered = false;

    for (size_t i = 0; i < count; i++) {
        struct bell_offer offer;
        enum room_fit fit = placement_room_fit(room, lessons[i].day, &lessons[i].span, &offer);

        if (fit == ROOM_IS_AWAY)
            continue;
        if (!offered) {
            report->offers[index] = offer;
            report->has_offer[index] = offer.overlap_s > 0;
            offered = true;
        }
        if (fit == ROOM_FITS_NOT && mismatch.days++ == 0) {
            mismatch.first_day = lessons[i].day;
            mismatch.period = offer.period;
            mismatch.overlap_s = offer.overlap_s;
        }
    }
    if (mismatch.days > 0 && !room->live)
        report->mismatches[report->mismatch_count++] = mismatch;
}

/* ---- all of it ---- */

/* alone: the plan of the entry itself. What it lacks are its own days, not its rivals'. */
static int look_at_lessons(
    struct board *board, const struct term_plan *alone, struct placement_report *report)
{
    const struct planned_lesson *lessons = alone->lessons;
    size_t count = alone->lesson_count;
    int r;

    for (; count > 0 && lessons->day < board->first_day; count--)
        lessons++;
    report->without_bell = (unsigned)alone->without_bell_count;
    report->lessons = (unsigned)count;
    if (count == 0)
        return 0;
    report->first_day = lessons[0].day;
    report->first_span = lessons[0].span;
    for (size_t i = 0; i < board->entries[0].receiving_count; i++)
        look_at_bells(board, lessons, count, i, report);
    r = placement_settle_delays(board, lessons, count, report);
    return r < 0 ? r
                 : relay_load_check(
                       board->store, &board->entries[0], lessons, count, &report->overload);
}

int placement_look(
    struct board *board, struct term_plan *ret_plan, struct placement_report *ret_report)
{
    struct look look = {board, ret_report};
    int r;

    *ret_report = (struct placement_report){0};
    r = term_plan_init(ret_plan, board->plan_entries, 1);
    if (r == 0)
        r = look_at_lessons(board, ret_plan, ret_report);
    if (r < 0)
        return r;
    term_plan_finish(ret_plan);
    r = term_plan_init(ret_plan, board->plan_entries, board->id_count + 1);
    if (r == 0)
        r = term_plan_find_conflicts(ret_plan, on_conflict, &look);
    return r < 0 ? r
                 : placement_look_at_stand_ins(
                       board, ret_plan, board->plan_entries, 1, on_clash, ret_report);
}

/* ---- rooms ---- */

static int look_at_edition(const struct board *board, int64_t room, struct placement_report *report)
{
    const struct timetable_entry *entry = &board->entries[0];
    struct placement_edition other = {.room = room};
    int r = textbooks_edition(board->store, room, entry->subject, entry->grade, other.edition);

    if (r == 1 && *report->edition && strcmp(other.edition, report->edition) != 0)
        report->editions[report->edition_count++] = other;
    return r < 0 ? r : 0;
}

static int look_at_room(const struct board *board, int64_t room, struct placement_report *report)
{
    const struct timetable_entry *entry = &board->entries[0];
    int r = pairings_cover(board->store, entry->term, entry->room, room, entry->subject);

    if (r == 0)
        report->unpaired[report->unpaired_count++] = room;
    if (r >= 0)
        r = rooms_has_device(board->store, room, "player");
    if (r == 0)
        report->without_player[report->without_player_count++] = room;
    return r < 0 ? r : look_at_edition(board, room, report);
}

int placement_look_at_rooms(const struct board *board, struct placement_report *report)
{
    const struct timetable_entry *entry = &board->entries[0];
    int r =
        textbooks_edition(board->store, entry->room, entry->subject, entry->grade, report->edition);

    if (r >= 0)
        r = rooms_has_device(board->store, entry->room, "capture");
    report->without_capture = r == 0;
    for (size_t i = 0; r >= 0 && i < entry->receiving_count; i++)
        r = look_at_room(board, entry->receiving[i].room, report);
    return r < 0 ? r : 0;
}
