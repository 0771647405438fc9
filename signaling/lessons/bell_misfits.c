#include "signaling/lessons/bell_misfits.h"

#include "signaling/lessons/lesson_delays.h"
#include "signaling/schools/organisations.h"

/* 1 when the room's bells do not fit the lesson of the row, 0, or an error of the store. */
static int read_misfit(
    sqlite3_stmt *statement, struct bells_shelf *shelf, struct bell_misfit *ret_misfit)
{
    int32_t day = (int32_t)sqlite3_column_int64(statement, 1);
    unsigned period = (unsigned)sqlite3_column_int64(statement, 2);
    int64_t delay_s = sqlite3_column_int64(statement, 6);
    struct plan_room room = {.room = sqlite3_column_int64(statement, 4)};
    const struct bells *bells;
    struct bell_offer offer;
    struct bell_span span;
    int r = bells_shelf_of_school(shelf, sqlite3_column_int64(statement, 3), &bells);

    if (r == 0)
        r = bells_shelf_of_school(shelf, sqlite3_column_int64(statement, 5), &room.bells);
    if (r < 0 || bells_span(bells, day, period, &span) < 0 ||
        placement_room_fit(&room, day, &span, &offer) != ROOM_FITS_NOT)
        return r;
    *ret_misfit = (struct bell_misfit){
        .number = sqlite3_column_int64(statement, 0),
        .room = room.room,
        .span = {span.start_s + delay_s, span.end_s + delay_s},
        .period = offer.period,
        .overlap_s = offer.overlap_s,
    };
    return 1;
}

int bell_misfits_find(struct store *store, int64_t organisation, int32_t first_day,
    int32_t last_day, bool (*on_misfit)(void *user, const struct bell_misfit *misfit), void *user)
{
    /* where another room is used instead, nobody asked for its bells */
    sqlite3_stmt *statement = store_prepare(store,
        "WITH place (id) AS MATERIALIZED (SELECT id FROM rooms WHERE ?1 = 0"
        "  OR school IN (" ORGANISATIONS_BELOW "))"
        " SELECT l.rowid, l.day, l.period, m.school, p.room, r.school, " LESSON_DELAY("l.id", "p")
        " FROM lessons l JOIN timetable_entries e ON e.id = l.entry JOIN rooms m ON m.id = e.room"
        " JOIN entry_rooms p ON p.entry = e.id AND NOT p.live JOIN rooms r ON r.id = p.room"
        " LEFT JOIN substitutions s ON s.lesson = l.id AND s.place = p.room"
        " WHERE l.day BETWEEN ?2 AND ?3 AND l.state IN ('scheduled', 'open') AND l.starts IS NULL"
        " AND s.room IS NULL AND (e.room IN place OR p.room IN place) ORDER BY l.day, l.rowid");
    struct bells_shelf *shelf = NULL;
    int r = bells_shelf_create(store, &shelf);

    store_bind_int(statement, 1, organisation);
    store_bind_int(statement, 2, first_day);
    store_bind_int(statement, 3, last_day);
    while (r == 0 && (r = store_step(store, statement)) == 1) {
        struct bell_misfit misfit;

        r = read_misfit(statement, shelf, &misfit);
        if (r == 1 && !on_misfit(user, &misfit))
            break;
        r = r < 0 ? r : 0;
    }
    store_finish(statement);
    bells_shelf_destroy(shelf);
    return r < 0 ? r : 0;
}
