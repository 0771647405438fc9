#include "signaling/lessons/exceptions.h"

#include "signaling/lessons/lesson_walk.h"
#include "signaling/timetable/school_clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* When a room's devices were last heard of. */
struct room_seen {
    int64_t room;
    int64_t seen_s;
    bool told; /* it stands in the list */
};

struct search {
    struct day_exceptions *found; /* borrowed */
    int64_t now_s;
    /* owned */
    struct room_seen *seen; /* by room */
    size_t seen_count;
    struct lesson_doubts doubts;
};

/* ---- devices ---- */

static int add_seen(struct search *search, sqlite3_stmt *statement)
{
    if ((search->seen_count & (search->seen_count - 1)) == 0) {
        size_t capacity = search->seen_count == 0 ? 1 : 2 * search->seen_count;
        struct room_seen *seen = reallocarray(search->seen, capacity, sizeof(*seen));

        if (!seen)
            return -ENOMEM;
        search->seen = seen;
    }
    search->seen[search->seen_count++] = (struct room_seen){
        .room = sqlite3_column_int64(statement, 0), .seen_s = sqlite3_column_int64(statement, 1)};
    return 0;
}

static int read_seen(struct search *search, struct store *store)
{
    sqlite3_stmt *statement = store_prepare(store,
        "SELECT room, max(seen) FROM devices WHERE revoked IS NULL GROUP BY room ORDER BY room");
    int r;

    while ((r = store_step(store, statement)) == 1) {
        r = add_seen(search, statement);
        if (r < 0)
            break;
    }
    store_finish(statement);
    return r;
}

static int compare_rooms(const void *key, const void *element)
{
    int64_t room = *(const int64_t *)key, other = ((const struct room_seen *)element)->room;

    return (room > other) - (room < other);
}

/* NULL for a room without devices. */
static struct room_seen *seen_of(struct search *search, int64_t room)
{
    return search->seen_count == 0 ? NULL
                                   : bsearch(&room, search->seen, search->seen_count,
                                         sizeof(*search->seen), compare_rooms);
}

/* ---- lessons ---- */

static struct day_exception *tell(struct search *search, const struct walked_lesson *lesson,
    const struct report_room *room, enum exception_kind kind, enum outcome_cause cause)
{
    struct day_exceptions *found = search->found;
    struct day_exception *exception = &found->list[found->count];

    if (found->count++ >= EXCEPTIONS_MAX)
        return NULL;
    *exception = (struct day_exception){
        .kind = kind,
        .cause = cause,
        .day = lesson->day,
        .period = lesson->period,
        .span = lesson->span,
        .entry = lesson->entry,
        .room = room,
        .teacher = lesson->teacher,
    };
    snprintf(exception->lesson, sizeof(exception->lesson), "%s", lesson->id);
    return exception;
}

/* Somebody of these is there now; ret_came: or was. */
static bool is_here(const struct presence *list, size_t count, int64_t now_s, bool *ret_came)
{
    bool here = false;

    *ret_came = count > 0;
    for (size_t i = 0; i < count; i++)
        here = here || list[i].left_s > now_s;
    return here;
}

static enum outcome_cause missing_now(
    struct search *search, struct walked_lesson *lesson, const struct report_unit *unit)
{
    int64_t room = lesson_walk_room(lesson, unit);
    size_t count = 0;
    bool master_came, room_came;
    bool master = is_here(lesson->masters, lesson->master_count, search->now_s, &master_came);
    bool here;

    for (size_t i = 0; i < lesson->room_count; i++) {
        if (lesson->rooms[i].room == room)
            lesson->scratch[count++] = lesson->rooms[i].presence;
    }
    here = unit->alone || is_here(lesson->scratch, count, search->now_s, &room_came);
    if (master && here)
        return OUTCOME_NO_CAUSE;
    if (!master)
        return master_came ? OUTCOME_INTERRUPTED : here ? OUTCOME_MASTER_LATE : OUTCOME_NOBODY;
    return room_came ? OUTCOME_INTERRUPTED : OUTCOME_ROOM_LATE;
}

static void look_at_device(
    struct search *search, const struct walked_lesson *lesson, const struct report_room *room)
{
    struct room_seen *seen = room->in_scope ? seen_of(search, room->id) : NULL;
    struct day_exception *exception;

    if (!seen || seen->told || seen->seen_s > search->now_s - EXCEPTIONS_SILENT_S)
        return;
    seen->told = true;
    exception = tell(search, lesson, room, EXCEPTION_OFFLINE, OUTCOME_NO_CAUSE);
    if (exception)
        exception->seen_s = seen->seen_s;
}

static void look_at_unit(
    struct search *search, struct walked_lesson *lesson, const struct report_unit *unit)
{
    struct outcome outcome = lesson_walk_outcome(lesson, unit);
    int64_t begun_s = search->now_s - lesson->span.start_s - lesson_walk_delay(lesson, unit);
    enum outcome_cause cause;

    search->found->counts[outcome.status]++;
    if (outcome.status == OUTCOME_UNHELD || outcome.status == OUTCOME_SHORT) {
        tell(search, lesson, unit->room,
            outcome.status == OUTCOME_UNHELD ? EXCEPTION_UNHELD : EXCEPTION_SHORT, outcome.cause);
        return;
    }
    if (outcome.status != OUTCOME_RUNNING)
        return;
    look_at_device(search, lesson, unit->room);
    look_at_device(search, lesson, lesson->entry->room);
    if (begun_s < 0)
        return;
    search->found->running++;
    cause = begun_s < OUTCOME_LATE_S ? OUTCOME_NO_CAUSE : missing_now(search, lesson, unit);
    if (cause != OUTCOME_NO_CAUSE)
        tell(search, lesson, unit->room, EXCEPTION_LATE, cause);
}

static bool is_in_scope(const struct search *search, const struct walked_lesson *lesson)
{
    for (size_t u = 0; u < lesson->entry->unit_count; u++) {
        if (search->found->plan.units[lesson->entry->first_unit + u].in_scope)
            return true;
    }
    return false;
}

/* Yesterday's lessons count while they go on. */
static int on_lesson(void *user, struct walked_lesson *lesson)
{
    struct search *search = user;
    struct day_exceptions *found = search->found;

    if (lesson->span.start_s == 0 ||
        (lesson->day < found->today && lesson->span.end_s <= search->now_s))
        return 0;
    for (size_t u = 0; u < lesson->entry->unit_count; u++) {
        const struct report_unit *unit = &found->plan.units[lesson->entry->first_unit + u];

        if (!unit->in_scope)
            continue;
        if (lesson->cancelled)
            found->cancelled++;
        else
            look_at_unit(search, lesson, unit);
    }
    return 0;
}

static int on_coming(void *user, struct walked_lesson *lesson)
{
    struct search *search = user;
    struct day_exceptions *found = search->found;

    if (lesson->span.start_s > search->now_s && !lesson->cancelled &&
        (found->next_s == 0 || lesson->span.start_s < found->next_s) && is_in_scope(search, lesson))
        found->next_s = lesson->span.start_s;
    return 0;
}

/* ---- what goes on without what it needs ---- */

/* Which of the lesson's rooms it is; NULL for one that is not theirs. */
static const struct report_room *room_of(const struct search *search,
    const struct walked_lesson *lesson, const struct lesson_doubt *doubt)
{
    if (doubt->place == lesson->entry->room->id)
        return is_in_scope(search, lesson) ? lesson->entry->room : NULL;
    for (size_t u = 0; u < lesson->entry->unit_count; u++) {
        const struct report_unit *unit = &search->found->plan.units[lesson->entry->first_unit + u];

        if (unit->room->id == doubt->place)
            return unit->in_scope ? unit->room : NULL;
    }
    return NULL;
}

static int on_doubtful(void *user, struct walked_lesson *lesson)
{
    struct search *search = user;
    size_t count;
    const struct lesson_doubt *doubts = lesson_doubts_of(&search->doubts, lesson->id, &count);

    if (lesson->span.start_s != 0 && lesson->span.end_s <= search->now_s)
        return 0;
    for (size_t i = 0; i < count; i++) {
        const struct report_room *room = room_of(search, lesson, &doubts[i]);
        struct day_exception *exception =
            room ? tell(search, lesson, room, exceptions_kind_of(doubts[i].kind), OUTCOME_NO_CAUSE)
                 : NULL;

        if (exception)
            memcpy(exception->person, doubts[i].person, sizeof(exception->person));
    }
    return 0;
}

static int find_doubtful(struct store *store, int64_t organisation, struct search *search)
{
    int32_t today = search->found->today, last = today + EXCEPTIONS_DAYS_SOON;
    int r = lesson_doubts_find(store, organisation, today, last, &search->doubts);

    if (r < 0 || search->doubts.count == 0)
        return r;
    return lesson_walk(
        store, &search->found->plan, today, last, search->now_s, on_doubtful, search);
}

static int find_today(struct store *store, int64_t organisation, struct search *search)
{
    struct organisation row;
    struct school_clock *clock;
    uint32_t second;
    int r = organisations_get(store, organisation, &row);

    if (r <= 0)
        return r < 0 ? r : -ENOENT;
    r = school_clock_create(row.zone, &clock);
    if (r < 0)
        return r;
    school_clock_local(clock, search->now_s, &search->found->today, &second);
    school_clock_destroy(clock);
    return 0;
}

/* Those that are over can be helped no more. */
static int find_clashes(struct store *store, int64_t organisation, struct search *search)
{
    struct clashes *clashes = &search->found->clashes;
    int32_t today = search->found->today;
    size_t used = 0;
    int r = clashes_find(store, organisation, today, today + 1, clashes);

    clashes_drop_ignored(clashes);
    for (size_t i = 0; r == 0 && i < clashes->count; i++) {
        if (clashes->list[i].span.end_s > search->now_s)
            clashes->list[used++] = clashes->list[i];
    }
    clashes->count = used;
    return r;
}

static int find(struct store *store, int64_t organisation, struct search *search)
{
    struct day_exceptions *found = search->found;
    int r = find_today(store, organisation, search);

    if (r == 0)
        r = report_plan_init(&found->plan, store, organisation, REPORT_BY_SCHOOL);
    if (r == 0)
        r = read_seen(search, store);
    if (r == 0)
        r = lesson_walk(
            store, &found->plan, found->today - 1, found->today, search->now_s, on_lesson, search);
    if (r == 0)
        r = lesson_walk(
            store, &found->plan, found->today, found->today, search->now_s, on_coming, search);
    if (r == 0 && found->next_s == 0)
        r = lesson_walk(store, &found->plan, found->today + 1, found->today + EXCEPTIONS_DAYS_NEXT,
            search->now_s, on_coming, search);
    if (r == 0)
        r = find_doubtful(store, organisation, search);
    return r == 0 ? find_clashes(store, organisation, search) : r;
}

int exceptions_find(
    struct store *store, int64_t organisation, int64_t now_s, struct day_exceptions **ret_found)
{
    struct search search = {.found = calloc(1, sizeof(*search.found)), .now_s = now_s};
    int r = search.found ? find(store, organisation, &search) : -ENOMEM;

    free(search.seen);
    lesson_doubts_finish(&search.doubts);
    if (r < 0)
        exceptions_destroy(search.found);
    else
        *ret_found = search.found;
    return r;
}

void exceptions_destroy(struct day_exceptions *found)
{
    if (!found)
        return;
    report_plan_finish(&found->plan);
    clashes_finish(&found->clashes);
    free(found);
}

const char *exceptions_kind_name(enum exception_kind kind)
{
    static const char *const names[] = {
        "late", "unheld", "short", "offline", "disabled", "frozen", "unpaired"};

    return names[kind];
}

enum exception_kind exceptions_kind_of(enum doubt_kind doubt)
{
    static const enum exception_kind kinds[] = {
        [DOUBT_DISABLED] = EXCEPTION_DISABLED,
        [DOUBT_FROZEN] = EXCEPTION_FROZEN,
        [DOUBT_UNPAIRED] = EXCEPTION_UNPAIRED,
    };

    return kinds[doubt];
}
