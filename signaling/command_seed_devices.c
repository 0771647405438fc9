#include "signaling/command_seed_devices.h"

#include "signaling/accounts/device_log.h"
#include "signaling/accounts/devices.h"

#define HOUR_S 3600
#define DAY_S  (24 * HOUR_S)

#define WELL_CAPTURE "{\"camera\":\"ok\",\"microphone\":\"ok\",\"network\":\"ok\",\"disk\":\"ok\"}"
#define BROKEN_CAPTURE                                                                             \
    "{\"camera\":\"ok\",\"microphone\":\"missing\",\"network\":\"ok\",\"disk\":\"ok\"}"
#define WELL_PLAYER "{\"speaker\":\"ok\",\"screen\":\"ok\",\"network\":\"ok\",\"disk\":\"ok\"}"
#define SLOW_PLAYER "{\"speaker\":\"ok\",\"screen\":\"ok\",\"network\":\"slow\",\"disk\":\"ok\"}"

/* What a box told, so long ago; the oldest first. */
struct told {
    int64_t ago_s;
    const char *event, *health;
};

#define MAX_TOLD 4

static const struct {
    const char *name;
    enum device_kind kind;
    struct told told[MAX_TOLD];
} boxes[] = {
    {"录播采集盒", DEVICE_CAPTURE,
        {{12 * DAY_S, "enrolled", ""}, {12 * DAY_S - 20, "session", WELL_CAPTURE},
            {DAY_S + HOUR_S, "health", BROKEN_CAPTURE}, {DAY_S, "health", WELL_CAPTURE}}},
    {"教室播放盒", DEVICE_PLAYER,
        {{12 * DAY_S, "enrolled", ""}, {12 * DAY_S - 20, "session", WELL_PLAYER},
            {DAY_S, "health", SLOW_PLAYER}}},
    {"旧教室电脑", DEVICE_PLAYER,
        {{30 * DAY_S, "enrolled", ""}, {30 * DAY_S - 20, "session", WELL_PLAYER}}},
};

static int add_box(struct store *store, size_t index, int64_t room, int64_t now_s)
{
    sqlite3_stmt *statement = store_prepare(store,
        "INSERT INTO devices (room, kind, name, public_key, enrolled, seen, version, health)"
        " VALUES (?, ?, ?, randomblob(?), ?, 0, '" DUET_VERSION "', '')");
    int64_t id;
    int r;

    store_bind_int(statement, 1, room);
    store_bind_text(statement, 2, devices_kind_name(boxes[index].kind));
    store_bind_text(statement, 3, boxes[index].name);
    store_bind_int(statement, 4, DEVICES_KEY_BYTES);
    store_bind_int(statement, 5, now_s - boxes[index].told[0].ago_s);
    r = store_run(store, statement);
    id = store_last_id(store);
    for (size_t i = 0; r == 0 && i < MAX_TOLD && boxes[index].told[i].event; i++) {
        const struct told *told = &boxes[index].told[i];

        statement = store_prepare(store, "UPDATE devices SET seen = ?, health = ? WHERE id = ?");
        store_bind_int(statement, 1, now_s - told->ago_s);
        store_bind_text(statement, 2, told->health);
        store_bind_int(statement, 3, id);
        r = store_run(store, statement);
        if (r == 0)
            r = device_log_add(store, id, told->event, now_s - told->ago_s);
    }
    return r;
}

int seed_devices(struct store *store, int64_t master_room, int64_t receiving_room, int64_t now_s)
{
    int r = store_begin(store);

    if (r < 0)
        return r;
    for (size_t i = 0; r == 0 && i < sizeof(boxes) / sizeof(boxes[0]); i++)
        r = add_box(
            store, i, boxes[i].kind == DEVICE_CAPTURE ? master_room : receiving_room, now_s);
    return store_end(store, r);
}
