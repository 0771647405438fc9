#include "signaling/accounts/device_log.h"

static int trim(struct store *store, int64_t device)
{
    sqlite3_stmt *statement = store_prepare(store,
        "DELETE FROM device_events WHERE device = ?1 AND id <="
        " (SELECT id FROM device_events WHERE device = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)");

    store_bind_int(statement, 1, device);
    store_bind_int(statement, 2, DEVICE_LOG_KEPT);
    return store_run(store, statement);
}

int device_log_add(struct store *store, int64_t device, const char *event, int64_t now_s)
{
    sqlite3_stmt *statement =
        store_prepare(store, "INSERT INTO device_events (device, time, event, version, health)"
                             " SELECT id, ?2, ?3, version, health FROM devices WHERE id = ?1");
    int r;

    store_bind_int(statement, 1, device);
    store_bind_int(statement, 2, now_s);
    store_bind_text(statement, 3, event);
    r = store_run(store, statement);
    return r < 0 ? r : trim(store, device);
}

int device_log_list(struct store *store, int64_t device,
    void (*on_event)(void *user, const struct device_event *event), void *user)
{
    sqlite3_stmt *statement = store_prepare(store,
        "SELECT time, event, version, health FROM device_events WHERE device = ?"
        " ORDER BY id DESC LIMIT ?");
    int r;

    store_bind_int(statement, 1, device);
    store_bind_int(statement, 2, DEVICE_LOG_SHOWN);
    while ((r = store_step(store, statement)) == 1) {
        const struct device_event event = {
            .time_s = sqlite3_column_int64(statement, 0),
            .event = (const char *)sqlite3_column_text(statement, 1),
            .version = (const char *)sqlite3_column_text(statement, 2),
            .health = (const char *)sqlite3_column_text(statement, 3),
        };

        on_event(user, &event);
    }
    store_finish(statement);
    return r;
}
