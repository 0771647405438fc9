#include "signaling/lessons/attendance.h"

#include "common/clock.h"
#include "common/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS        1024
#define WRITE_EVERY_US UINT64_C(1000000)
#define SEEN_EVERY_S   10

struct stay {
    struct stay *next;
    char lesson[LINK_MAX_NAME_CHARS + 1];
    char source[LINK_MAX_NAME_CHARS + 1];
    char subject[LINK_MAX_NAME_CHARS + 1];
    char room[LINK_MAX_NAME_CHARS + 1]; /* as a source: "room-5"; "" when it says none */
    size_t sessions;
    int64_t joined_s;
    int64_t left_s; /* 0: still there */
    int64_t row;    /* in the database; 0: not yet */
};

struct attendance {
    /* borrowed */
    struct store *store;

    /* owned */
    struct stay *buckets[BUCKETS];

    /* state */
    int64_t last_seen_s; /* when the run before this one was last seen at work */
    int64_t seen_s;
    uint64_t begun_us, written_us;
    bool dirty;
    bool settled; /* what went on from the run before is known */
};

static size_t bucket_of(const char *lesson, const char *source, const char *subject)
{
    const char *parts[] = {lesson, source, subject};
    uint32_t hash = 2166136261; /* FNV-1a */

    for (size_t i = 0; i < 3; i++) {
        for (const char *at = parts[i]; *at; at++)
            hash = (hash ^ (unsigned char)*at) * 16777619;
        hash = (hash ^ 0xff) * 16777619;
    }
    return hash % BUCKETS;
}

static struct stay *find(const struct attendance *attendance, const char *lesson,
    const char *source, const char *subject)
{
    struct stay *stay = attendance->buckets[bucket_of(lesson, source, subject)];

    while (stay && (stay->left_s != 0 || strcmp(stay->lesson, lesson) != 0 ||
                       strcmp(stay->source, source) != 0 || strcmp(stay->subject, subject) != 0))
        stay = stay->next;
    return stay;
}

static struct stay *add(struct attendance *attendance, const char *lesson, const char *source,
    const char *subject, int64_t joined_s)
{
    struct stay **bucket = &attendance->buckets[bucket_of(lesson, source, subject)];
    struct stay *stay = calloc(1, sizeof(*stay));

    if (!stay)
        return NULL;
    snprintf(stay->lesson, sizeof(stay->lesson), "%s", lesson);
    snprintf(stay->source, sizeof(stay->source), "%s", source);
    snprintf(stay->subject, sizeof(stay->subject), "%s", subject);
    stay->joined_s = joined_s;
    stay->next = *bucket;
    *bucket = stay;
    return stay;
}

void attendance_note(
    struct attendance *attendance, const struct link_record *record, bool is_live, int64_t now_s)
{
    const char *source = record->kind == LINK_PUBLISH ? record->source : "";
    struct stay *stay = find(attendance, record->lesson, source, record->owner);

    if (!stay && is_live)
        stay = add(attendance, record->lesson, source, record->owner, now_s);
    if (!stay)
        return; /* without memory, or before this began */
    if (is_live) {
        stay->sessions++;
        if (!*stay->room)
            snprintf(stay->room, sizeof(stay->room), "%s", *record->room ? record->room : source);
    } else if (stay->sessions > 0 && --stay->sessions == 0) {
        stay->left_s = now_s > stay->joined_s ? now_s : stay->joined_s;
    }
    attendance->dirty = true;
}

/* ---- the database ---- */

/* The room of the lesson that somebody sat in: a device's own, a teacher's by the timetable, the one that is published,
 * or the master's for the master teacher's picture; with what stands in for one of them (substitutions.h). */
#define STAND_IN(place) " LEFT JOIN substitutions s ON s.lesson = l.id AND s.place = " place
#define ROOM_OF                                                                                    \
    "coalesce((SELECT room FROM devices WHERE ?3 = 'device-' || id"                                \
    "   AND id = CAST(substr(?3, 8) AS INTEGER)),"                                                 \
    " (SELECT ifnull(s.room, x.room) FROM lessons l JOIN entry_rooms x ON x.entry = "              \
    "l.entry" STAND_IN(                                                                            \
        "x.room") "   WHERE l.id = ?1 AND ?3 = 'person-' || ifnull(s.teacher, x.teacher)),"        \
                  " (SELECT ifnull(s.room, x.room) FROM lessons l JOIN entry_rooms x ON x.entry "  \
                  "= l.entry" STAND_IN(                                                            \
                      "x.room") "   WHERE l.id = ?1 AND ?4 = 'room-' || ifnull(s.room, x.room)),"  \
                                " (SELECT ifnull(s.room, e.room) FROM lessons l JOIN "             \
                                "timetable_entries e ON e.id = l.entry" STAND_IN(                  \
                                    "e.room") "   WHERE l.id = ?1 AND (?2 IN ('teacher-camera', "  \
                                              "'teacher-content')"                                 \
                                              "     OR ?3 = 'person-' || ifnull(s.teacher, "       \
                                              "e.teacher))))"

static int insert(struct store *store, struct stay *stay)
{
    sqlite3_stmt *statement =
        store_prepare(store, "INSERT INTO attendance (lesson, source, subject, room, joined)"
                             " VALUES (?1, ?2, ?3, " ROOM_OF ", ?5)");
    int r;

    store_bind_text(statement, 1, stay->lesson);
    store_bind_text(statement, 2, stay->source);
    store_bind_text(statement, 3, stay->subject);
    store_bind_text(statement, 4, stay->room);
    store_bind_int(statement, 5, stay->joined_s);
    r = store_run(store, statement);
    if (r == 0)
        stay->row = store_last_id(store);
    return r;
}

static int write_left(struct store *store, const struct stay *stay)
{
    sqlite3_stmt *statement = store_prepare(store, "UPDATE attendance SET left = ? WHERE id = ?");

    store_bind_int(statement, 1, stay->left_s);
    store_bind_int(statement, 2, stay->row);
    return store_run(store, statement);
}

static int write_seen(struct store *store, int64_t now_s)
{
    sqlite3_stmt *statement = store_prepare(store, "UPDATE timetable_version SET seen = ?");

    store_bind_int(statement, 1, now_s);
    return store_run(store, statement);
}

static int write_stays(struct attendance *attendance)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < BUCKETS; i++) {
        for (struct stay *at = attendance->buckets[i]; r == 0 && at; at = at->next) {
            if (at->row == 0)
                r = insert(attendance->store, at);
            if (r == 0 && at->left_s != 0)
                r = write_left(attendance->store, at);
        }
    }
    return r;
}

/* What was rolled back is not there. */
static void forget_rows(struct attendance *attendance, int64_t above)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct stay *at = attendance->buckets[i]; at; at = at->next) {
            if (at->row > above)
                at->row = 0;
        }
    }
}

static void drop_left(struct attendance *attendance)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        struct stay **link = &attendance->buckets[i];

        while (*link) {
            struct stay *at = *link;

            if (at->left_s != 0) {
                *link = at->next;
                free(at);
            } else {
                link = &at->next;
            }
        }
    }
}

static int last_row(struct store *store, int64_t *ret_row)
{
    sqlite3_stmt *statement = store_prepare(store, "SELECT ifnull(max(id), 0) FROM attendance");
    int r = store_step(store, statement);

    if (r == 1)
        *ret_row = sqlite3_column_int64(statement, 0);
    store_finish(statement);
    return r < 0 ? r : 0;
}

static int write_all(struct attendance *attendance, int64_t now_s)
{
    int64_t before = 0;
    int r = store_begin(attendance->store);

    if (r < 0)
        return r;
    r = last_row(attendance->store, &before);
    if (r == 0)
        r = write_stays(attendance);
    if (r == 0)
        r = write_seen(attendance->store, now_s);
    r = store_end(attendance->store, r);
    if (r < 0) {
        forget_rows(attendance, before);
        return r;
    }
    attendance->dirty = false;
    attendance->seen_s = now_s;
    drop_left(attendance);
    return 0;
}

/* ---- over restarts ---- */

static int read_open(struct attendance *attendance)
{
    sqlite3_stmt *statement = store_prepare(attendance->store,
        "SELECT lesson, source, subject, joined, id FROM attendance WHERE left IS NULL");
    int r;

    while ((r = store_step(attendance->store, statement)) == 1) {
        struct stay *stay = add(attendance, (const char *)sqlite3_column_text(statement, 0),
            (const char *)sqlite3_column_text(statement, 1),
            (const char *)sqlite3_column_text(statement, 2), sqlite3_column_int64(statement, 3));

        if (!stay) {
            r = -ENOMEM;
            break;
        }
        stay->row = sqlite3_column_int64(statement, 4);
    }
    store_finish(statement);
    return r;
}

static int read_seen(struct attendance *attendance)
{
    sqlite3_stmt *statement =
        store_prepare(attendance->store, "SELECT seen FROM timetable_version");
    int r = store_step(attendance->store, statement);

    if (r == 1)
        attendance->last_seen_s = sqlite3_column_int64(statement, 0);
    store_finish(statement);
    return r < 0 ? r : 0;
}

/* Those that no relay told of have ended with the run before. */
static void settle(struct attendance *attendance)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct stay *at = attendance->buckets[i]; at; at = at->next) {
            if (at->sessions > 0 || at->left_s != 0)
                continue;
            at->left_s =
                attendance->last_seen_s > at->joined_s ? attendance->last_seen_s : at->joined_s;
            attendance->dirty = true;
        }
    }
    attendance->settled = true;
}

int attendance_create(struct store *store, struct attendance **ret_attendance)
{
    struct attendance *attendance = calloc(1, sizeof(*attendance));
    int r;

    if (!attendance)
        return -ENOMEM;
    attendance->store = store;
    r = read_seen(attendance);
    if (r == 0)
        r = read_open(attendance);
    if (r < 0) {
        attendance_destroy(attendance, 0);
        return r;
    }
    *ret_attendance = attendance;
    return 0;
}

void attendance_destroy(struct attendance *attendance, int64_t now_s)
{
    if (!attendance)
        return;
    if (now_s != 0 && write_all(attendance, now_s) < 0)
        log_error(LOG_STORE, "attendance of the last second is lost");
    for (size_t i = 0; i < BUCKETS; i++) {
        while (attendance->buckets[i]) {
            struct stay *next = attendance->buckets[i]->next;

            free(attendance->buckets[i]);
            attendance->buckets[i] = next;
        }
    }
    free(attendance);
}

static bool someone(const struct attendance *attendance)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        if (attendance->buckets[i])
            return true;
    }
    return false;
}

void attendance_tick(struct attendance *attendance, uint64_t now_us, int64_t now_s)
{
    int r = 0;

    if (attendance->begun_us == 0)
        attendance->begun_us = now_us;
    if (now_us - attendance->written_us < WRITE_EVERY_US)
        return;
    attendance->written_us = now_us;
    if (!attendance->settled && now_us - attendance->begun_us >= ATTENDANCE_GRACE_US)
        settle(attendance);
    if (attendance->dirty || (now_s - attendance->seen_s >= SEEN_EVERY_S && someone(attendance)))
        r = write_all(attendance, now_s);
    if (r < 0)
        log_error(LOG_STORE, "error=\"%s\" attendance waits", strerror(-r));
}
