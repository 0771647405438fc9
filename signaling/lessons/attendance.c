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
    struct stay *next;     /* of its bucket */
    struct stay *next_due; /* of those that are to be written */
    char lesson[LINK_MAX_NAME_CHARS + 1];
    char source[LINK_MAX_NAME_CHARS + 1];
    char subject[LINK_MAX_NAME_CHARS + 1];
    char room[LINK_MAX_NAME_CHARS + 1]; /* as a source: "room-5"; "" when it says none */
    size_t sessions;
    int64_t joined_s;
    int64_t left_s; /* 0: still there */
    int64_t row;    /* in the database */
    bool has_row;   /* committed */
    bool due;
};

struct attendance {
    /* borrowed */
    struct store *store;

    /* owned */
    struct stay *buckets[BUCKETS];

    /* state */
    size_t count;
    struct stay *first_due, **last_due; /* in the order that they came */
    int64_t last_seen_s;                /* when the run before this one was last seen at work */
    int64_t seen_s;
    uint64_t begun_us, written_us;
    bool has_more; /* to be written than the last turn took */
    bool settled;  /* what went on from the run before is known */
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
    attendance->count++;
    return stay;
}

static void drop(struct attendance *attendance, struct stay *stay)
{
    struct stay **link = &attendance->buckets[bucket_of(stay->lesson, stay->source, stay->subject)];

    while (*link != stay)
        link = &(*link)->next;
    *link = stay->next;
    attendance->count--;
    free(stay);
}

static void put_due(struct attendance *attendance, struct stay *stay)
{
    if (stay->due)
        return;
    stay->due = true;
    stay->next_due = NULL;
    *attendance->last_due = stay;
    attendance->last_due = &stay->next_due;
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
    put_due(attendance, stay);
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

#define INSERT                                                                                     \
    "INSERT INTO attendance (lesson, source, subject, room, joined)"                               \
    " VALUES (?1, ?2, ?3, " ROOM_OF ", ?5)"
#define LEAVE "UPDATE attendance SET left = ?1 WHERE id = ?2"

static int write_joined(struct store *store, sqlite3_stmt *insert, struct stay *stay)
{
    int r;

    store_reset(insert);
    store_bind_text(insert, 1, stay->lesson);
    store_bind_text(insert, 2, stay->source);
    store_bind_text(insert, 3, stay->subject);
    store_bind_text(insert, 4, stay->room);
    store_bind_int(insert, 5, stay->joined_s);
    r = store_step(store, insert);
    if (r == 0)
        stay->row = store_last_id(store);
    return r;
}

static int write_left(struct store *store, sqlite3_stmt *leave, const struct stay *stay)
{
    store_reset(leave);
    store_bind_int(leave, 1, stay->left_s);
    store_bind_int(leave, 2, stay->row);
    return store_step(store, leave);
}

static int write_seen(struct store *store, int64_t now_s)
{
    sqlite3_stmt *statement = store_prepare(store, "UPDATE timetable_version SET seen = ?");

    store_bind_int(statement, 1, now_s);
    return store_run(store, statement);
}

/* The first of those that are due; what comes after them is ret_rest. */
static int write_stays(struct attendance *attendance, struct stay **ret_rest)
{
    struct store *store = attendance->store;
    sqlite3_stmt *insert = store_prepare(store, INSERT);
    sqlite3_stmt *leave = store_prepare(store, LEAVE);
    struct stay *at = attendance->first_due;
    int r = 0;

    for (size_t i = 0; r == 0 && at && i < ATTENDANCE_TURN; i++, at = at->next_due) {
        if (!at->has_row)
            r = write_joined(store, insert, at);
        if (r == 0 && at->left_s != 0)
            r = write_left(store, leave, at);
    }
    store_finish(insert);
    store_finish(leave);
    *ret_rest = at;
    return r;
}

/* They are committed: those who left are done with. */
static void settle_written(struct attendance *attendance, const struct stay *rest)
{
    while (attendance->first_due != rest) {
        struct stay *at = attendance->first_due;

        attendance->first_due = at->next_due;
        at->has_row = true;
        at->due = false;
        if (at->left_s != 0)
            drop(attendance, at);
    }
    if (!attendance->first_due)
        attendance->last_due = &attendance->first_due;
}

/* A turn's worth of what is due. */
static int write_some(struct attendance *attendance, int64_t now_s)
{
    struct stay *rest = NULL;
    int r = store_begin(attendance->store);

    if (r < 0)
        return r;
    r = write_stays(attendance, &rest);
    if (r == 0)
        r = write_seen(attendance->store, now_s);
    r = store_end(attendance->store, r);
    if (r < 0)
        return r;
    attendance->seen_s = now_s;
    settle_written(attendance, rest);
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
        stay->has_row = true;
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
            put_due(attendance, at);
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
    attendance->last_due = &attendance->first_due;
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
    int r = 0;

    if (!attendance)
        return;
    if (now_s != 0) {
        do {
            r = write_some(attendance, now_s);
        } while (r == 0 && attendance->first_due);
    }
    if (r < 0)
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

void attendance_tick(struct attendance *attendance, uint64_t now_us, int64_t now_s)
{
    int r = 0;

    if (attendance->begun_us == 0)
        attendance->begun_us = now_us;
    if (now_us - attendance->written_us < WRITE_EVERY_US && !attendance->has_more)
        return;
    attendance->written_us = now_us;
    if (!attendance->settled && now_us - attendance->begun_us >= ATTENDANCE_GRACE_US)
        settle(attendance);
    if (attendance->first_due ||
        (now_s - attendance->seen_s >= SEEN_EVERY_S && attendance->count > 0))
        r = write_some(attendance, now_s);
    attendance->has_more = r == 0 && attendance->first_due;
    if (r < 0)
        log_error(LOG_STORE, "error=\"%s\" attendance waits", strerror(-r));
}
