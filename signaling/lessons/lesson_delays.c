#include "signaling/lessons/lesson_delays.h"

#include <errno.h>
#include <stdlib.h>

void lesson_delays_init(struct lesson_delays *delays, struct store *store)
{
    *delays = (struct lesson_delays){.store = store};
    delays->rooms = store_prepare(store,
        "SELECT p.room, r.school, p.delay_s, " LESSON_DELAY(
            "?2", "p") " FROM entry_rooms p"
                       " JOIN rooms r ON r.id = p.room WHERE p.entry = ?1 AND NOT p.live");
}

void lesson_delays_finish(struct lesson_delays *delays)
{
    store_finish(delays->rooms);
    free(delays->list);
}

unsigned lesson_delays_next(struct delay_rule *rule, const struct plan_room *room,
    enum room_fit fit, const struct bell_offer *offer)
{
    if (room->live || fit != ROOM_FITS)
        return room->delay_s;
    if (!rule->is_known)
        *rule = (struct delay_rule){true, offer->delay_s};
    return offer->delay_s == rule->offered_s ? room->delay_s : offer->delay_s;
}

enum room_fit lesson_delays_fit_bells(const struct bells *master, const struct bells *own,
    int32_t day, unsigned period, struct bell_offer *ret_offer)
{
    struct bells ordinary_master = *master, ordinary_own = *own;
    struct bell_span span;

    *ret_offer = (struct bell_offer){0};
    ordinary_master.exception_count = ordinary_own.exception_count = 0;
    if (bells_span(&ordinary_master, day, period, &span) < 0)
        return ROOM_IS_AWAY;
    return placement_room_fit(&(struct plan_room){.bells = &ordinary_own}, day, &span, ret_offer);
}

int lesson_delays_fit(struct bells_shelf *shelf, const struct delayed_lesson *lesson,
    int64_t room_school, enum room_fit *ret_fit, struct bell_offer *ret_offer)
{
    const struct bells *bells;
    struct bells master;
    int r = bells_shelf_of_school(shelf, lesson->school, &bells);

    *ret_fit = ROOM_IS_AWAY;
    *ret_offer = (struct bell_offer){0};
    if (r < 0)
        return r;
    master = *bells;
    r = bells_shelf_of_school(shelf, room_school, &bells);
    if (r < 0)
        return r;
    *ret_fit = lesson_delays_fit_bells(&master, bells, lesson->day, lesson->period, ret_offer);
    return 0;
}

/* ---- before and after ---- */

static int add(struct lesson_delays *delays, struct bells_shelf *shelf,
    const struct delayed_lesson *lesson, const struct lesson_delay *noted)
{
    struct lesson_delay *delay;

    if (delays->count == delays->capacity) {
        size_t capacity = delays->capacity == 0 ? 256 : 2 * delays->capacity;
        struct lesson_delay *list = reallocarray(delays->list, capacity, sizeof(*list));

        if (!list)
            return -ENOMEM;
        delays->list = list;
        delays->capacity = capacity;
    }
    delay = &delays->list[delays->count++];
    *delay = *noted;
    return lesson_delays_fit(shelf, lesson, delay->school, &delay->fit, &delay->offer);
}

int lesson_delays_note(
    struct lesson_delays *delays, struct bells_shelf *shelf, const struct delayed_lesson *lesson)
{
    int r;

    store_bind_int(delays->rooms, 1, lesson->entry);
    store_bind_text(delays->rooms, 2, lesson->id);
    while ((r = store_step(delays->store, delays->rooms)) == 1) {
        struct lesson_delay delay = {
            .lesson = lesson->number,
            .entry = lesson->entry,
            .room = sqlite3_column_int64(delays->rooms, 0),
            .school = sqlite3_column_int64(delays->rooms, 1),
            .entry_delay_s = (unsigned)sqlite3_column_int64(delays->rooms, 2),
            .delay_s = (unsigned)sqlite3_column_int64(delays->rooms, 3),
        };

        delay.new_delay_s = delay.delay_s;
        r = add(delays, shelf, lesson, &delay);
        if (r < 0)
            break;
    }
    store_reset(delays->rooms);
    return r;
}

int lesson_delays_look(struct lesson_delays *delays, size_t index, struct bells_shelf *shelf,
    const struct delayed_lesson *lesson)
{
    struct lesson_delay *delay = &delays->list[index];
    struct bell_offer offer;
    enum room_fit fit;
    int r = lesson_delays_fit(shelf, lesson, delay->school, &fit, &offer);

    if (r < 0 || fit == ROOM_IS_AWAY)
        return r;
    delay->refit = fit != delay->fit || offer.delay_s != delay->offer.delay_s ||
                   offer.overlap_s != delay->offer.overlap_s;
    delay->fit = fit;
    if (delay->refit && fit == ROOM_FITS)
        delay->new_delay_s = offer.delay_s;
    return 0;
}

/* ---- writing ---- */

static int compare_rooms(const void *left, const void *right)
{
    const struct lesson_delay *a = left, *b = right;

    if (a->entry != b->entry)
        return a->entry > b->entry ? 1 : -1;
    if (a->room != b->room)
        return a->room > b->room ? 1 : -1;
    return (a->lesson > b->lesson) - (a->lesson < b->lesson);
}

/* Parameters: the entry, the room, a delay. */
static int run(
    struct lesson_delays *delays, const char *sql, const struct lesson_delay *of, unsigned delay_s)
{
    sqlite3_stmt *statement = store_prepare(delays->store, sql);

    store_bind_int(statement, 1, of->entry);
    if (sqlite3_bind_parameter_count(statement) > 1) {
        store_bind_int(statement, 2, of->room);
        store_bind_int(statement, 3, delay_s);
    }
    return store_run(delays->store, statement);
}

static int write_delay(
    struct lesson_delays *delays, const char *lesson, int64_t room, unsigned delay_s)
{
    sqlite3_stmt *statement =
        store_prepare(delays->store, "INSERT OR REPLACE INTO lesson_delays VALUES (?, ?, ?)");

    store_bind_text(statement, 1, lesson);
    store_bind_int(statement, 2, room);
    store_bind_int(statement, 3, delay_s);
    return store_run(delays->store, statement);
}

/* Those of one room of one entry, by day. What has begun keeps the delay that it had: first each lesson has a row, at the
 * end those alone that are not what the entry says. */
static int write_room(struct lesson_delays *delays, const struct lesson_delay *of, size_t count,
    const char *(*id_of)(const void *user, size_t number), const void *user)
{
    int r = run(delays,
        "INSERT OR IGNORE INTO lesson_delays SELECT id, ?2, ?3 FROM lessons WHERE entry = ?1", of,
        of->entry_delay_s);

    for (size_t i = 0; r == 0 && i < count; i++) {
        if (of[i].new_delay_s != of[i].delay_s)
            r = write_delay(delays, id_of(user, of[i].lesson), of->room, of[i].new_delay_s);
    }
    if (r == 0)
        r = run(delays, "UPDATE entry_rooms SET delay_s = ?3 WHERE entry = ?1 AND room = ?2", of,
            of->new_delay_s);
    if (r == 0)
        r = run(delays,
            "DELETE FROM lesson_delays WHERE room = ?2 AND delay_s = ?3"
            " AND lesson IN (SELECT id FROM lessons WHERE entry = ?1)",
            of, of->new_delay_s);
    return r;
}

static bool is_changed(const struct lesson_delay *of, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (of[i].new_delay_s != of[i].delay_s)
            return true;
    }
    return false;
}

int lesson_delays_write(struct lesson_delays *delays,
    const char *(*id_of)(const void *user, size_t number), const void *user)
{
    int64_t changed = 0;
    int r = 0;

    if (delays->count > 0)
        qsort(delays->list, delays->count, sizeof(*delays->list), compare_rooms);
    for (size_t i = 0, end; r == 0 && i < delays->count; i = end) {
        const struct lesson_delay *of = &delays->list[i];

        for (end = i + 1; end < delays->count && delays->list[end].entry == of->entry &&
                          delays->list[end].room == of->room;)
            end++;
        if (!is_changed(of, end - i))
            continue;
        r = write_room(delays, of, end - i, id_of, user);
        if (r == 0 && of->entry != changed) /* who has it open is told */
            r = run(
                delays, "UPDATE timetable_entries SET version = version + 1 WHERE id = ?1", of, 0);
        changed = of->entry;
    }
    return r;
}
