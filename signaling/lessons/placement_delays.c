/* How much later than live its rooms play the weekly lesson that is looked at. */
#include "signaling/lessons/placement_look.h"

static bool is_moved(const struct timetable_entry *from, const struct timetable_entry *to)
{
    return from->room != to->room || from->period != to->period ||
           from->recurrence.weekday != to->recurrence.weekday;
}

/* What the next lesson's delay is there; it stays what it is where that is the entry's. */
static int read_next(const struct board *board, sqlite3_stmt *statement, struct plan_room *room)
{
    int r;

    store_reset(statement);
    store_bind_int(statement, 1, board->entries[0].id);
    store_bind_int(statement, 2, room->room);
    store_bind_int(statement, 3, board->first_day);
    r = store_step(board->store, statement);
    if (r == 1)
        room->delay_s = (unsigned)sqlite3_column_int(statement, 0);
    return r < 0 ? r : 0;
}

static int renew(
    const struct board *board, struct timetable_entry *old, const struct placement_report *report)
{
    struct timetable_entry *entry = &board->entries[0];
    sqlite3_stmt *statement = store_prepare(board->store,
        "SELECT delay_s FROM lesson_delays WHERE room = ?2 AND lesson = (SELECT id FROM lessons"
        " WHERE entry = ?1 AND day >= ?3 AND state = 'scheduled' ORDER BY day LIMIT 1)");
    int r = 0;

    for (size_t i = 0; r == 0 && i < entry->receiving_count; i++) {
        struct plan_room *room = &entry->receiving[i];
        const struct plan_room *before = entries_receiving(old, room->room);

        if (room->live || !before || before->live || before->delay_s != room->delay_s)
            continue;
        if (is_moved(old, entry))
            room->delay_s = report->has_offer[i] ? report->offers[i].delay_s : 0;
        else
            r = read_next(board, statement, room);
    }
    store_finish(statement);
    return r;
}

int placement_settle_delays(struct board *board, const struct planned_lesson *lessons, size_t count,
    const struct placement_report *report)
{
    struct timetable_entry *entry = &board->entries[0], old;
    int r = entry->id == 0 ? 0 : entries_get(board->store, entry->id, &old);

    if (r == 1)
        r = renew(board, &old, report);
    return r < 0 ? r
                 : planned_delays_work_out(
                       &board->delays, &board->plan_entries[0], entry->receiving, lessons, count);
}
