#include "signaling/lessons/usual.h"

int usual_list(struct store *store, int64_t room,
    void (*on_entry)(void *user, const struct timetable_entry *entry), void *user)
{
    sqlite3_stmt *statement = store_prepare(store,
        "SELECT e.id FROM timetable_entries e JOIN terms t ON t.id = e.term WHERE e.room = ?1"
        " ORDER BY t.first_day DESC, e.past, e.id DESC LIMIT ?2");
    int r;

    store_bind_int(statement, 1, room);
    store_bind_int(statement, 2, USUAL_MAX);
    while ((r = store_step(store, statement)) == 1) {
        struct timetable_entry entry;

        r = entries_get(store, sqlite3_column_int64(statement, 0), &entry);
        if (r < 0)
            break;
        if (r == 1)
            on_entry(user, &entry);
    }
    store_finish(statement);
    return r;
}
