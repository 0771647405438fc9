#include "signaling/lessons/substitutions.h"

#include "common/plain_text.h"
#include "signaling/accounts/people.h"
#include "signaling/audit/audit_log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool is_to_come(const struct placed_lesson *lesson)
{
    return strcmp(lesson->state, "scheduled") == 0 || strcmp(lesson->state, "open") == 0;
}

bool substitutions_may_change(const struct placed_lesson *lesson, int64_t now_s)
{
    /* a teacher may be found missing when the lesson has begun */
    return (is_to_come(lesson) || strcmp(lesson->state, "live") == 0) && lesson->span.end_s > now_s;
}

bool substitutions_may_cancel(const struct placed_lesson *lesson, int64_t now_s)
{
    return is_to_come(lesson) && lesson->span.start_s > now_s;
}

/* ---- who is needed elsewhere ---- */

struct search {
    const struct placed_lesson *lesson;
    struct substitution_report *report;
    /* only this place; NULL: all */
    const struct held_place *place;
};

static unsigned overlap_of(const struct bell_span *a, const struct bell_span *b, unsigned delay_s)
{
    int64_t start_s = a->start_s + delay_s > b->start_s ? a->start_s + delay_s : b->start_s;
    int64_t end_s = a->end_s + delay_s < b->end_s ? a->end_s + delay_s : b->end_s;

    return end_s > start_s ? (unsigned)(end_s - start_s) : 0;
}

static void compare(
    struct search *search, const struct held_place *place, const struct lesson_need *need)
{
    struct substitution_report *report = search->report;
    int64_t id = need->kind == BOOKED_ROOM ? place->room : place->teacher;
    unsigned overlap_s = overlap_of(&search->lesson->span, &need->span, place->delay_s);
    struct substitution_conflict *conflict;

    if (id != need->id || overlap_s == 0 || report->conflict_count == SUBSTITUTIONS_MAX_CONFLICTS)
        return;
    conflict = &report->conflicts[report->conflict_count++];
    *conflict =
        (struct substitution_conflict){.kind = need->kind, .id = need->id, .overlap_s = overlap_s};
    snprintf(conflict->lesson, sizeof(conflict->lesson), "%s", need->lesson);
}

static void on_need(void *user, const struct lesson_need *need)
{
    struct search *search = user;

    if (strcmp(need->lesson, search->lesson->id) == 0)
        return;
    if (search->place) {
        compare(search, search->place, need);
        return;
    }
    for (size_t i = 0; i < search->lesson->place_count; i++)
        compare(search, &search->lesson->places[i], need);
}

/* Lessons over midnight, and of schools in other zones, are near too. */
static int find_conflicts(struct store *store, struct search *search)
{
    int32_t day = search->lesson->day;
    int r = lesson_places_needs(store, day - 1, day + 1, on_need, search);

    return r == 0 && search->report->conflict_count > 0 ? -EADDRINUSE : r;
}

struct busy {
    const struct placed_lesson *lesson;
    unsigned max_delay_s;
    void (*on_busy)(void *user, enum booked_kind kind, int64_t id);
    void *user;
};

static void on_busy_need(void *user, const struct lesson_need *need)
{
    struct busy *busy = user;
    struct bell_span span = {
        busy->lesson->span.start_s, busy->lesson->span.end_s + busy->max_delay_s};

    if (strcmp(need->lesson, busy->lesson->id) != 0 && overlap_of(&span, &need->span, 0) > 0)
        busy->on_busy(busy->user, need->kind, need->id);
}

int substitutions_busy(struct store *store, const struct placed_lesson *lesson,
    void (*on_busy)(void *user, enum booked_kind kind, int64_t id), void *user)
{
    struct busy busy = {.lesson = lesson, .on_busy = on_busy, .user = user};

    for (size_t i = 0; i < lesson->place_count; i++) {
        if (lesson->places[i].delay_s > busy.max_delay_s)
            busy.max_delay_s = lesson->places[i].delay_s;
    }
    return lesson_places_needs(store, lesson->day - 1, lesson->day + 1, on_busy_need, &busy);
}

/* ---- changing ---- */

static int get(struct store *store, const char *id, struct placed_lesson *ret_lesson)
{
    int r = lesson_places_get(store, id, ret_lesson);

    return r == 1 ? 0 : r < 0 ? r : -ENOENT;
}

static int end(struct store *store, int r, const char *lesson, const char *event, const char *by,
    int64_t now_s)
{
    char object[TOKEN_MAX_NAME_CHARS + 16];
    struct audit_entry entry = {now_s, by, event, object, "done", ""};

    snprintf(object, sizeof(object), "lesson %s", lesson);
    return audit_log_end(store, r, &entry);
}

/* The place as it will be. */
static int apply(const struct placed_lesson *lesson, const struct substitution *change,
    struct held_place *ret_place)
{
    const struct held_place *place = lesson_places_find(lesson, change->place);

    if (!place)
        return -ENOENT;
    *ret_place = *place;
    ret_place->room = change->room ? change->room : place->place;
    ret_place->teacher = change->teacher ? change->teacher : place->entry_teacher;
    for (size_t i = 0; i < lesson->place_count; i++) {
        const struct held_place *other = &lesson->places[i];

        if (other != place && (other->room == ret_place->room ||
                                  (other->teacher && other->teacher == ret_place->teacher)))
            return -EINVAL;
    }
    return 0;
}

#define MADE_BY PEOPLE_NAME_OF("?6")

static int write_substitution(
    struct store *store, const struct substitution *change, const char *by, int64_t now_s)
{
    bool undo = change->room == 0 && change->teacher == 0;
    sqlite3_stmt *statement = store_prepare(store,
        undo ? "DELETE FROM substitutions WHERE lesson = ?1 AND place = ?2"
             : "INSERT INTO substitutions (lesson, place, room, teacher, reason, made_by, made)"
               " VALUES (?1, ?2, nullif(?3, 0), nullif(?4, 0), ?5, " MADE_BY ", ?7)"
               " ON CONFLICT DO UPDATE SET room = excluded.room, teacher = excluded.teacher,"
               " reason = excluded.reason, made_by = excluded.made_by, made = excluded.made");

    store_bind_text(statement, 1, change->lesson);
    store_bind_int(statement, 2, change->place);
    if (!undo) {
        store_bind_int(statement, 3, change->room);
        store_bind_int(statement, 4, change->teacher);
        store_bind_text(statement, 5, change->reason);
        store_bind_text(statement, 6, by);
        store_bind_int(statement, 7, now_s);
    }
    return store_run(store, statement);
}

/* Who has left the place belongs to the lesson no more, who has come does. */
static int move_person(struct store *store, const char *lesson, int64_t from, int64_t to)
{
    sqlite3_stmt *statement;
    int r = 0;

    if (from == to)
        return 0;
    if (from) {
        statement =
            store_prepare(store, "DELETE FROM lesson_people WHERE lesson = ? AND person = ?");
        store_bind_text(statement, 1, lesson);
        store_bind_int(statement, 2, from);
        r = store_run(store, statement);
    }
    if (r < 0 || !to)
        return r;
    statement = store_prepare(
        store, "INSERT INTO lesson_people (lesson, person) VALUES (?, ?) ON CONFLICT DO NOTHING");
    store_bind_text(statement, 1, lesson);
    store_bind_int(statement, 2, to);
    return store_run(store, statement);
}

static int set(struct store *store, const struct substitution *change, const char *by,
    int64_t now_s, struct substitution_report *report)
{
    struct placed_lesson lesson;
    struct held_place place;
    struct search search = {&lesson, report, &place};
    int r = get(store, change->lesson, &lesson);

    if (r == 0)
        r = apply(&lesson, change, &place);
    if (r == 0 && !substitutions_may_change(&lesson, now_s))
        r = -EDOM;
    if (r == 0)
        r = find_conflicts(store, &search);
    if (r == 0)
        r = write_substitution(store, change, by, now_s);
    if (r == 0)
        r = move_person(store, change->lesson, lesson_places_find(&lesson, change->place)->teacher,
            place.teacher);
    return r;
}

int substitutions_set(struct store *store, const struct substitution *change, const char *by,
    int64_t now_s, struct substitution_report *ret_report)
{
    bool undo = change->room == 0 && change->teacher == 0;
    int r;

    *ret_report = (struct substitution_report){0};
    if (!undo && !plain_text_fits(change->reason, LESSON_PLACES_MAX_REASON_BYTES))
        return -EINVAL;
    r = store_begin(store);
    if (r < 0)
        return r;
    r = set(store, change, by, now_s, ret_report);
    return end(
        store, r, change->lesson, undo ? "lesson.substitute_undo" : "lesson.substitute", by, now_s);
}

static int write_state(
    struct store *store, const char *lesson, const char *state, const char *reason)
{
    sqlite3_stmt *statement =
        store_prepare(store, "UPDATE lessons SET state = ?, cancel_reason = ? WHERE id = ?");

    store_bind_text(statement, 1, state);
    store_bind_text(statement, 2, reason);
    store_bind_text(statement, 3, lesson);
    return store_run(store, statement);
}

int substitutions_cancel(
    struct store *store, const char *lesson, const char *reason, const char *by, int64_t now_s)
{
    struct placed_lesson row;
    int r;

    if (!plain_text_fits(reason, LESSON_PLACES_MAX_REASON_BYTES))
        return -EINVAL;
    r = store_begin(store);
    if (r < 0)
        return r;
    r = get(store, lesson, &row);
    if (r == 0 && !substitutions_may_cancel(&row, now_s))
        r = -EDOM;
    if (r == 0)
        r = write_state(store, lesson, "cancelled", reason);
    return end(store, r, lesson, "lesson.cancel", by, now_s);
}

static int restore(
    struct store *store, const char *lesson, int64_t now_s, struct substitution_report *report)
{
    struct placed_lesson row;
    struct search search = {.lesson = &row, .report = report};
    int r = get(store, lesson, &row);

    if (r < 0)
        return r;
    if (strcmp(row.state, "cancelled") != 0 || row.span.start_s <= now_s)
        return -EDOM;
    r = find_conflicts(store, &search);
    return r < 0 ? r : write_state(store, lesson, "scheduled", "");
}

int substitutions_restore(struct store *store, const char *lesson, const char *by, int64_t now_s,
    struct substitution_report *ret_report)
{
    int r = store_begin(store);

    *ret_report = (struct substitution_report){0};
    if (r < 0)
        return r;
    r = restore(store, lesson, now_s, ret_report);
    return end(store, r, lesson, "lesson.restore", by, now_s);
}
