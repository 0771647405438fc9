#include "signaling/export/event_history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define KEPT_DAYS       500
#define SECONDS_PER_DAY 86400

void event_history_init(struct event_history *history, struct store *store, int64_t now_s)
{
    *history = (struct event_history){.store = store, .now_s = now_s};
    history->find = store_prepare(
        store, "SELECT digest, sequence, modified FROM calendar_events WHERE uid = ?");
}

static int keep(struct event_history *history, const struct event_note *note)
{
    if (history->count == history->capacity) {
        size_t capacity = history->capacity ? 2 * history->capacity : 64;
        struct event_note *changed = reallocarray(history->changed, capacity, sizeof(*changed));

        if (!changed)
            return -ENOMEM;
        history->changed = changed;
        history->capacity = capacity;
    }
    history->changed[history->count++] = *note;
    return 0;
}

int event_history_note(struct event_history *history, struct event_note *note)
{
    char digest[EVENT_DIGEST_CHARS + 1];
    int r;

    note->sequence = 0;
    note->modified_s = history->now_s;
    store_reset(history->find);
    store_bind_text(history->find, 1, note->uid);
    r = store_step(history->store, history->find);
    if (r < 0)
        return r;
    if (r == 0)
        return keep(history, note);
    store_column_text(history->find, 0, digest, sizeof(digest));
    note->sequence = sqlite3_column_int64(history->find, 1);
    if (strcmp(digest, note->digest) == 0) {
        note->modified_s = sqlite3_column_int64(history->find, 2);
        return 0;
    }
    note->sequence++;
    return keep(history, note);
}

static int write_note(struct store *store, sqlite3_stmt *statement, const struct event_note *note)
{
    store_reset(statement);
    store_bind_text(statement, 1, note->uid);
    store_bind_int(statement, 2, note->day);
    store_bind_text(statement, 3, note->digest);
    store_bind_int(statement, 4, note->sequence);
    store_bind_int(statement, 5, note->modified_s);
    return store_step(store, statement);
}

static int write_notes(struct event_history *history)
{
    sqlite3_stmt *statement = store_prepare(history->store,
        "INSERT INTO calendar_events (uid, day, digest, sequence, modified) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET day = excluded.day, digest = excluded.digest,"
        " sequence = excluded.sequence, modified = excluded.modified");
    int r = 0;

    for (size_t i = 0; r == 0 && i < history->count; i++)
        r = write_note(history->store, statement, &history->changed[i]);
    store_finish(statement);
    if (r < 0)
        return r;
    statement = store_prepare(history->store, "DELETE FROM calendar_events WHERE day < ?");
    store_bind_int(statement, 1, history->now_s / SECONDS_PER_DAY - KEPT_DAYS);
    return store_run(history->store, statement);
}

int event_history_write(struct event_history *history)
{
    int r = history->count > 0 ? store_begin(history->store) : 0;

    if (r < 0 || history->count == 0)
        return r;
    return store_end(history->store, write_notes(history));
}

void event_history_finish(struct event_history *history)
{
    store_finish(history->find);
    free(history->changed);
}
