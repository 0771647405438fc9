#include "signaling/lessons/planned_delays.h"

#include "signaling/lessons/lesson_delays.h"

#include <errno.h>
#include <stdlib.h>

void planned_delays_finish(struct planned_delays *delays)
{
    for (size_t i = 0; i < delays->count; i++)
        free(delays->lists[i]);
    free(delays->lists);
    *delays = (struct planned_delays){0};
}

/* Takes the list over, also when it fails. */
static int keep(struct planned_delays *delays, struct plan_delay *list)
{
    struct plan_delay **lists =
        reallocarray(delays->lists, delays->count + 1, sizeof(*delays->lists));

    if (!lists) {
        free(list);
        return -ENOMEM;
    }
    delays->lists = lists;
    lists[delays->count++] = list;
    return 0;
}

/* ---- of entries that are there ---- */

/* The rows of one room follow each other. ret_list is the caller's to free in any case. */
static int read_rows(struct store *store, sqlite3_stmt *statement, struct timetable_entry *entry,
    size_t counts[static ENTRIES_MAX_ROOMS], struct plan_delay **ret_list)
{
    size_t count = 0;
    int r;

    while ((r = store_step(store, statement)) == 1) {
        struct plan_room *room = entries_receiving(entry, sqlite3_column_int64(statement, 0));

        if (!room || room->live)
            continue;
        if ((count & (count - 1)) == 0) {
            struct plan_delay *list =
                reallocarray(*ret_list, count == 0 ? 1 : 2 * count, sizeof(*list));

            if (!list)
                return -ENOMEM;
            *ret_list = list;
        }
        (*ret_list)[count++] = (struct plan_delay){(int32_t)sqlite3_column_int64(statement, 1),
            (unsigned)sqlite3_column_int64(statement, 2)};
        counts[room - entry->receiving]++;
    }
    return r;
}

int planned_delays_read(
    struct planned_delays *delays, struct store *store, struct timetable_entry *entry)
{
    size_t counts[ENTRIES_MAX_ROOMS] = {0}, first = 0;
    struct plan_delay *list = NULL;
    /* entries_get() has the rooms in the same order */
    sqlite3_stmt *statement = store_prepare(store,
        "SELECT d.room, l.day, d.delay_s FROM lessons l JOIN lesson_delays d ON d.lesson = l.id"
        " WHERE l.entry = ? ORDER BY d.room, l.day");
    int r;

    store_bind_int(statement, 1, entry->id);
    r = read_rows(store, statement, entry, counts, &list);
    store_finish(statement);
    if (r < 0 || !list) {
        free(list);
        return r;
    }
    r = keep(delays, list);
    for (size_t i = 0; r == 0 && i < entry->receiving_count; i++) {
        entry->receiving[i].delays = list + first;
        entry->receiving[i].delay_count = counts[i];
        first += counts[i];
    }
    return r;
}

/* ---- of entries that are to be written ---- */

/* ret_list has room for all lessons. */
static size_t list_room(const struct plan_entry *entry, const struct plan_room *room,
    const struct planned_lesson *lessons, size_t count, struct plan_delay *ret_list)
{
    struct delay_rule rule = {0};
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        struct bell_offer offer;
        enum room_fit fit = lesson_delays_fit_bells(
            entry->bells, room->bells, lessons[i].day, entry->period, &offer);
        unsigned delay_s = lesson_delays_next(&rule, room, fit, &offer);

        if (delay_s != room->delay_s)
            ret_list[used++] = (struct plan_delay){lessons[i].day, delay_s};
    }
    return used;
}

int planned_delays_work_out(struct planned_delays *delays, const struct plan_entry *entry,
    struct plan_room *rooms, const struct planned_lesson *lessons, size_t count)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < entry->receiving_count; i++) {
        struct plan_delay *list;

        rooms[i].delays = NULL;
        rooms[i].delay_count = 0;
        if (rooms[i].live)
            continue;
        list = calloc(count + 1, sizeof(*list));
        if (!list)
            return -ENOMEM;
        rooms[i].delay_count = list_room(entry, &rooms[i], lessons, count, list);
        rooms[i].delays = list;
        r = keep(delays, list);
    }
    return r;
}
