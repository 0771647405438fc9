#include "signaling/lessons/relay_load.h"

#include "signaling/relays/planned_capacity.h"

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#define TEACHER_SOURCES    2 /* teacher-camera, teacher-content */
#define SECONDS_PER_MINUTE 60
#define MAX_DELAY_MINUTES  "10" /* BELLS_MAX_DELAY_S */
#define NIGHT_MINUTES      "240"

static_assert(BELLS_MAX_DELAY_S == 600, "MAX_DELAY_MINUTES says the same");

unsigned relay_load_of(enum lesson_mode mode, size_t rooms)
{
    unsigned viewers = (unsigned)rooms;

    switch (mode) {
    case LESSON_RECORDED:
        return 0;
    case LESSON_DELIVERY:
        return TEACHER_SOURCES + viewers;
    case LESSON_CO_TEACHING:
    case LESSON_RESEARCH:
        break;
    }
    return TEACHER_SOURCES + viewers + (viewers > 0 ? viewers + 1 : 0);
}

/* ---- loads of lessons ---- */

struct load_list {
    struct load *list; /* owned */
    size_t count, capacity;
};

static int add_load(struct load_list *loads, struct load load)
{
    if (loads->count == loads->capacity) {
        size_t capacity = loads->capacity == 0 ? 256 : 2 * loads->capacity;
        struct load *list = reallocarray(loads->list, capacity, sizeof(*list));

        if (!list)
            return -ENOMEM;
        loads->list = list;
        loads->capacity = capacity;
    }
    loads->list[loads->count++] = load;
    return 0;
}

/* When the last of its rooms has played it: one that plays later than live does so to the end. A room that has a holiday takes
 * no part; ret_rooms: how many do. */
static int64_t end_of(const struct planned_lesson *lesson, size_t *ret_rooms)
{
    const struct plan_entry *entry = lesson->entry;
    unsigned last_s = 0;

    *ret_rooms = 0;
    for (size_t i = 0; i < entry->receiving_count; i++) {
        const struct plan_room *room = &entry->receiving[i];
        unsigned delay_s = plan_room_delay(room, lesson->day);
        int32_t held;

        if (!bells_held_day(room->bells, lesson->day, &held))
            continue;
        (*ret_rooms)++;
        last_s = delay_s > last_s ? delay_s : last_s;
    }
    return lesson->span.end_s + last_s;
}

static struct load load_of(const struct planned_lesson *lesson, enum lesson_mode mode)
{
    size_t rooms;
    int64_t end_s = end_of(lesson, &rooms);

    return (struct load){lesson->span.start_s, end_s, relay_load_of(mode, rooms)};
}

/* Of a plan of the board's first count entries. */
static int add_plan(
    struct load_list *loads, const struct board *board, const struct term_plan *plan, size_t count)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < plan->lesson_count; i++) {
        size_t index = (size_t)(plan->lessons[i].entry - board->plan_entries);

        if (index < count)
            r = add_load(loads, load_of(&plan->lessons[i], board->entries[index].mode));
    }
    return r;
}

/* Of entries that are there already. */
static int add_others(
    struct load_list *loads, struct store *store, const int64_t *ids, size_t count)
{
    struct term_plan plan = {0};
    struct board board;
    int r = board_init_listed(&board, store, ids, count);

    if (r == 0)
        r = term_plan_init(&plan, board.plan_entries, board.id_count);
    if (r == 0)
        r = add_plan(loads, &board, &plan, board.id_count);
    term_plan_finish(&plan);
    board_finish(&board);
    return r;
}

/* ---- too much of them ---- */

struct overload_list {
    uint64_t limit;
    struct load_step *list; /* owned: in order */
    size_t count;
    bool failed; /* there was no memory for one */
};

static void on_step(void *user, const struct load_step *step)
{
    struct overload_list *overloads = user;
    struct load_step *list;

    if (step->amount <= overloads->limit || overloads->failed)
        return;
    list = reallocarray(overloads->list, overloads->count + 1, sizeof(*list));
    if (!list) {
        overloads->failed = true;
        return;
    }
    overloads->list = list;
    list[overloads->count++] = *step;
}

static void note_lesson(const struct overload_list *overloads, const struct planned_lesson *lesson,
    const struct load *load, struct relay_overload *overload)
{
    bool noted = false;

    for (size_t i = 0; i < overloads->count && load->amount > 0; i++) {
        const struct load_step *step = &overloads->list[i];

        if (step->end_s <= load->start_s || step->start_s >= load->end_s)
            continue;
        if (!noted && overload->days++ == 0)
            overload->day = lesson->day;
        noted = true;
        if (overload->day != lesson->day || step->amount <= overload->needed)
            continue;
        overload->needed = step->amount;
        overload->start_s = step->start_s > load->start_s ? step->start_s : load->start_s;
        overload->end_s = step->end_s < load->end_s ? step->end_s : load->end_s;
    }
    overload->available = overloads->limit;
}

/* ---- one weekly lesson ---- */

/* Entries that may meet one of the lessons ?2 ([[first day, last day, first minute, last minute], …] by the wall clock
 * of the zone of room ?5). Where zones differ, or the night is near, the day and the minute are not looked at. */
#define MEETING                                                                                    \
    "WITH own (first_day, last_day, start, end) AS MATERIALIZED (SELECT value ->> 0, value ->> "   \
    "1, value ->> 2,"                                                                              \
    "  value ->> 3 FROM json_each(?2)),"                                                           \
    " day (day) AS (SELECT value FROM json_each(?3)),"                                             \
    " weekday (weekday) AS (SELECT (day + 3) % 7 + 1 FROM day"                                     \
    "  UNION SELECT (held_day + 3) % 7 + 1 FROM bell_exceptions"                                   \
    "  WHERE held_day IS NOT NULL AND day IN day),"                                                \
    " slot (school, period, unsure) AS ("                                                          \
    "  SELECT s.school, p.number, max(p.start_minute < " NIGHT_MINUTES                             \
    "   OR p.end_minute > 1440 OR o.zone != ?4) FROM own"                                          \
    "  CROSS JOIN bell_sets s CROSS JOIN bell_periods p ON p.bell_set = s.id"                      \
    "  JOIN organisations o ON o.id = s.school"                                                    \
    "  WHERE s.first_day <= own.last_day AND s.last_day >= own.first_day AND ("                    \
    "   (p.start_minute < own.end AND p.end_minute + " MAX_DELAY_MINUTES " > own.start)"           \
    "   OR p.start_minute < " NIGHT_MINUTES " OR p.end_minute > 1440 OR o.zone != ?4)"             \
    "  GROUP BY 1, 2)"                                                                             \
    " SELECT e.id, e.mode, (SELECT count(*) FROM entry_rooms r WHERE r.entry = e.id)"              \
    " FROM slot CROSS JOIN rooms m ON m.school = slot.school"                                      \
    " CROSS JOIN timetable_entries e ON e.room = m.id AND e.period = slot.period"                  \
    " AND (slot.unsure OR e.weekday IN weekday) JOIN terms t ON t.id = e.term"                     \
    " WHERE e.id != ?1 AND NOT e.past AND t.first_day <= ?6 AND t.last_day >= ?5"

struct meeting {
    int64_t *ids; /* owned */
    size_t count;
    uint64_t bound; /* the sum of all of them, as if they were at the same moment */
};

static int add_meeting(struct meeting *meeting, sqlite3_stmt *statement)
{
    int64_t *ids = meeting->ids;
    enum lesson_mode mode;
    char name[16];

    if ((meeting->count & (meeting->count - 1)) == 0)
        ids = reallocarray(ids, meeting->count == 0 ? 1 : 2 * meeting->count, sizeof(*ids));
    if (!ids)
        return -ENOMEM;
    meeting->ids = ids;
    ids[meeting->count++] = sqlite3_column_int64(statement, 0);
    store_column_text(statement, 1, name, sizeof(name));
    if (entries_mode_of(name, &mode))
        meeting->bound += relay_load_of(mode, (size_t)sqlite3_column_int64(statement, 2));
    return 0;
}

/* The lessons' days, and their times by the wall clock: one for all that follow each other at the same. */
static void describe(
    const struct planned_lesson *lessons, size_t count, json_t *days, json_t *times)
{
    const struct school_clock *clock = lessons[0].entry->bells->clock;
    json_t *last = NULL;

    for (size_t i = 0; i < count; i++) {
        const struct bell_span *span = &lessons[i].span;
        size_t rooms;
        json_int_t minutes = (end_of(&lessons[i], &rooms) - span->start_s) / SECONDS_PER_MINUTE + 1;
        uint32_t second;
        int32_t day;
        json_int_t start;

        school_clock_local(clock, span->start_s, &day, &second);
        start = second / SECONDS_PER_MINUTE;
        json_array_append_new(days, json_integer(lessons[i].day));
        if (last && json_integer_value(json_array_get(last, 2)) == start &&
            json_integer_value(json_array_get(last, 3)) == start + minutes) {
            json_array_set_new(last, 1, json_integer(lessons[i].day));
            continue;
        }
        last = json_pack("[I, I, I, I]", (json_int_t)lessons[i].day, (json_int_t)lessons[i].day,
            start, start + minutes);
        json_array_append_new(times, last);
    }
}

static int read_meeting(struct store *store, const struct timetable_entry *entry,
    const struct planned_lesson *lessons, size_t count, struct meeting *meeting)
{
    json_t *days = json_array(), *times = json_array();
    char *days_text = NULL, *times_text = NULL;
    const char *zone = school_clock_zone(lessons[0].entry->bells->clock);
    sqlite3_stmt *statement;
    int r;

    describe(lessons, count, days, times);
    days_text = json_dumps(days, JSON_COMPACT);
    times_text = json_dumps(times, JSON_COMPACT);
    json_decref(days);
    json_decref(times);
    r = days_text && times_text ? 0 : -ENOMEM;
    statement = store_prepare(store, MEETING);
    store_bind_int(statement, 1, entry->id);
    store_bind_text(statement, 2, times_text);
    store_bind_text(statement, 3, days_text);
    store_bind_text(statement, 4, zone);
    store_bind_int(statement, 5, lessons[0].day);
    store_bind_int(statement, 6, lessons[count - 1].day);
    while (r == 0 && (r = store_step(store, statement)) == 1)
        r = add_meeting(meeting, statement);
    store_finish(statement);
    free(days_text);
    free(times_text);
    return r;
}

/* Moment by moment. */
static int add_up(struct store *store, const struct timetable_entry *entry,
    const struct planned_lesson *lessons, size_t count, const struct meeting *meeting,
    struct overload_list *overloads)
{
    struct load_list loads = {0};
    int r = add_others(&loads, store, meeting->ids, meeting->count);

    for (size_t i = 0; r == 0 && i < count; i++)
        r = add_load(&loads, load_of(&lessons[i], entry->mode));
    if (r == 0)
        r = loads_each_step(loads.list, loads.count, on_step, overloads);
    free(loads.list);
    return r == 0 && overloads->failed ? -ENOMEM : r;
}

int relay_load_check(struct store *store, const struct timetable_entry *entry,
    const struct planned_lesson *lessons, size_t count, struct relay_overload *ret_overload)
{
    unsigned own = relay_load_of(entry->mode, entry->receiving_count);
    struct overload_list overloads = {0};
    struct meeting meeting = {0};
    int64_t available;
    int r;

    *ret_overload = (struct relay_overload){0};
    if (own == 0 || count == 0)
        return 0;
    r = planned_capacity_get(store, &available);
    if (r == 0)
        r = read_meeting(store, entry, lessons, count, &meeting);
    if (r == 0 && own + meeting.bound > (uint64_t)available) {
        overloads.limit = (uint64_t)available;
        r = add_up(store, entry, lessons, count, &meeting, &overloads);
        for (size_t i = 0; r == 0 && i < count; i++) {
            struct load load = load_of(&lessons[i], entry->mode);

            note_lesson(&overloads, &lessons[i], &load, ret_overload);
        }
    }
    free(overloads.list);
    free(meeting.ids);
    return r;
}

/* ---- many at once ---- */

/* All that is planned in the time of the board's terms. */
static int read_all(const struct board *board, struct meeting *meeting)
{
    sqlite3_stmt *statement;
    int32_t first = INT32_MAX, last = INT32_MIN;
    int r;

    for (size_t i = 0; i < board->own_count; i++) {
        first = board->terms[i].first_day < first ? board->terms[i].first_day : first;
        last = board->terms[i].last_day > last ? board->terms[i].last_day : last;
    }
    statement = store_prepare(board->store,
        "SELECT e.id, e.mode, (SELECT count(*) FROM entry_rooms r WHERE r.entry = e.id)"
        " FROM timetable_entries e JOIN terms t ON t.id = e.term"
        " WHERE t.first_day <= ? AND t.last_day >= ? AND NOT e.past AND e.mode != 'recorded'");
    store_bind_int(statement, 1, last);
    store_bind_int(statement, 2, first);
    while ((r = store_step(board->store, statement)) == 1) {
        r = add_meeting(meeting, statement);
        if (r < 0)
            break;
    }
    store_finish(statement);
    return r;
}

int relay_load_check_all(
    const struct board *board, const struct term_plan *plan, struct relay_overload *ret_overloads)
{
    struct overload_list overloads = {0};
    struct load_list loads = {0};
    struct meeting meeting = {0};
    int64_t available;
    int r = planned_capacity_get(board->store, &available);

    if (r == 0)
        r = read_all(board, &meeting);
    if (r == 0)
        r = add_others(&loads, board->store, meeting.ids, meeting.count);
    if (r == 0)
        r = add_plan(&loads, board, plan, board->own_count);
    if (r == 0) {
        overloads.limit = (uint64_t)available;
        r = loads_each_step(loads.list, loads.count, on_step, &overloads);
    }
    if (r == 0 && overloads.failed)
        r = -ENOMEM;
    for (size_t i = 0; r == 0 && overloads.count > 0 && i < plan->lesson_count; i++) {
        size_t index = (size_t)(plan->lessons[i].entry - board->plan_entries);
        struct load load;

        if (index >= board->own_count)
            continue;
        load = load_of(&plan->lessons[i], board->entries[index].mode);
        note_lesson(&overloads, &plan->lessons[i], &load, &ret_overloads[index]);
    }
    free(overloads.list);
    free(loads.list);
    free(meeting.ids);
    return r;
}
