#include "signaling/lessons/clashes.h"

#include "common/name_table.h"
#include "signaling/lessons/bell_misfits.h"
#include "signaling/lessons/lesson_places.h"

#include <errno.h>
#include <stdlib.h>

/* Two lessons by number, as the sweep meets them; of bells it is the same one twice. */
struct pair {
    enum clash_kind kind;
    int64_t id;
    int64_t numbers[2];
    struct bell_span span;
    unsigned period, overlap_s;
};

struct search {
    struct store *store; /* borrowed */
    /* owned */
    struct booking *bookings;
    size_t booking_count, booking_capacity;
    struct pair *pairs;
    size_t pair_count;
    /* state */
    bool failed; /* there was no memory for a booking */
};

static const char *const kind_names[] = {
    [CLASH_TEACHER] = "teacher",
    [CLASH_ROOM] = "room",
    [CLASH_BELLS] = "bells",
};

NAME_TABLE_FUNCTIONS(kind_names, enum clash_kind, clashes_kind_name, clashes_kind_of)

void clashes_finish(struct clashes *clashes)
{
    free(clashes->list);
    free(clashes->lessons);
}

/* ---- sweeping ---- */

static void on_need(void *user, const struct lesson_need *need)
{
    struct search *search = user;

    if (search->booking_count == search->booking_capacity) {
        size_t capacity = search->booking_capacity == 0 ? 1024 : 2 * search->booking_capacity;
        struct booking *bookings =
            reallocarray(search->bookings, capacity, sizeof(*search->bookings));

        if (!bookings) {
            search->failed = true;
            return;
        }
        search->bookings = bookings;
        search->booking_capacity = capacity;
    }
    search->bookings[search->booking_count++] =
        (struct booking){need->kind, need->id, need->number, need->span.start_s, need->span.end_s};
}

/* Whether the same is told of the same two lessons already: they may need somebody in several rooms. */
static bool is_known(const struct search *search, const struct pair *pair)
{
    for (size_t i = search->pair_count; i-- > 0;) {
        const struct pair *known = &search->pairs[i];

        if (known->kind != pair->kind || known->id != pair->id)
            return false; /* the sweep goes by what is needed */
        if ((known->numbers[0] == pair->numbers[0] && known->numbers[1] == pair->numbers[1]) ||
            (known->numbers[0] == pair->numbers[1] && known->numbers[1] == pair->numbers[0]))
            return true;
    }
    return false;
}

static bool on_conflict(void *user, const struct booking *a, const struct booking *b)
{
    struct search *search = user;
    struct pair pair = {
        .kind = (enum clash_kind)a->kind,
        .id = a->id,
        .numbers = {a->lesson, b->lesson},
        .span = {b->start_s, a->end_s < b->end_s ? a->end_s : b->end_s},
    };

    if (!is_known(search, &pair))
        search->pairs[search->pair_count++] = pair;
    return search->pair_count < CLASHES_MAX;
}

static bool on_misfit(void *user, const struct bell_misfit *misfit)
{
    struct search *search = user;

    if (search->pair_count == CLASHES_MAX)
        return false;
    search->pairs[search->pair_count++] = (struct pair){
        .kind = CLASH_BELLS,
        .id = misfit->room,
        .numbers = {misfit->number, misfit->number},
        .span = misfit->span,
        .period = misfit->period,
        .overlap_s = misfit->overlap_s,
    };
    return true;
}

/* ---- the lessons ---- */

static int compare_numbers(const void *left, const void *right)
{
    int64_t a = ((const struct clash_lesson *)left)->number;
    int64_t b = ((const struct clash_lesson *)right)->number;

    return (a > b) - (a < b);
}

static struct clash_lesson *lesson_of(const struct clashes *clashes, int64_t number)
{
    const struct clash_lesson key = {.number = number};

    return bsearch(&key, clashes->lessons, clashes->lesson_count, sizeof(key), compare_numbers);
}

/* Each once, by number. */
static void list_lessons(const struct search *search, struct clashes *clashes)
{
    size_t used = 0;

    for (size_t i = 0; i < search->pair_count; i++) {
        for (size_t side = 0; side < 2; side++)
            clashes->lessons[clashes->lesson_count++].number = search->pairs[i].numbers[side];
    }
    qsort(clashes->lessons, clashes->lesson_count, sizeof(*clashes->lessons), compare_numbers);
    for (size_t i = 0; i < clashes->lesson_count; i++) {
        if (i == 0 || clashes->lessons[i].number != clashes->lessons[used - 1].number)
            clashes->lessons[used++] = clashes->lessons[i];
    }
    clashes->lesson_count = used;
}

/* A lesson is played later in other rooms, never earlier: the master room's time begins first. */
static void set_spans(const struct search *search, struct clashes *clashes)
{
    for (size_t i = 0; i < search->booking_count; i++) {
        const struct booking *booking = &search->bookings[i];
        struct clash_lesson *lesson = lesson_of(clashes, booking->lesson);

        if (lesson && (lesson->span.end_s == 0 || booking->start_s < lesson->span.start_s))
            lesson->span = (struct bell_span){booking->start_s, booking->end_s};
    }
}

static void read_lesson(sqlite3_stmt *statement, struct clash_lesson *lesson)
{
    store_column_text(statement, 0, lesson->id, sizeof(lesson->id));
    store_column_text(statement, 1, lesson->subject, sizeof(lesson->subject));
    lesson->entry = sqlite3_column_int64(statement, 2);
    lesson->day = (int32_t)sqlite3_column_int64(statement, 3);
    lesson->period = (unsigned)sqlite3_column_int64(statement, 4);
    lesson->grade = (unsigned)sqlite3_column_int64(statement, 5);
    lesson->room = sqlite3_column_int64(statement, 6);
    lesson->school = sqlite3_column_int64(statement, 7);
    lesson->teacher = sqlite3_column_int64(statement, 8);
    lesson->in_scope = sqlite3_column_int(statement, 9) != 0;
    store_column_text(statement, 10, lesson->school_name, sizeof(lesson->school_name));
}

static int read_lessons(struct store *store, int64_t organisation, struct clashes *clashes)
{
    sqlite3_stmt *statement = store_prepare(store,
        "SELECT l.id, e.subject, e.id, l.day, l.period, e.grade, r.id, r.school,"
        " ifnull(s.teacher, e.teacher), ?1 = 0 OR EXISTS (SELECT 1 FROM (SELECT e.room AS id"
        " UNION SELECT room FROM entry_rooms WHERE entry = e.id"
        " UNION SELECT room FROM substitutions WHERE lesson = l.id AND room IS NOT NULL) p"
        " JOIN rooms o ON o.id = p.id WHERE o.school IN (" ORGANISATIONS_BELOW ")),"
        " (SELECT name FROM organisations WHERE id = r.school) FROM lessons l JOIN "
        "timetable_entries e ON e.id = l.entry"
        " LEFT JOIN substitutions s ON s.lesson = l.id AND s.place = e.room"
        " JOIN rooms r ON r.id = ifnull(s.room, e.room) WHERE l.rowid = ?2");
    int r = 0;

    store_bind_int(statement, 1, organisation);
    for (size_t i = 0; r == 0 && i < clashes->lesson_count; i++) {
        store_bind_int(statement, 2, clashes->lessons[i].number);
        r = store_step(store, statement);
        if (r == 1) {
            read_lesson(statement, &clashes->lessons[i]);
            r = 0;
        }
        if (r == 0)
            store_reset(statement);
    }
    store_finish(statement);
    return r;
}

/* ---- the clashes ---- */

static int compare_times(const void *left, const void *right)
{
    const struct clash *a = left, *b = right;

    if (a->span.start_s != b->span.start_s)
        return a->span.start_s > b->span.start_s ? 1 : -1;
    if (a->kind != b->kind)
        return a->kind > b->kind ? 1 : -1;
    return (a->id > b->id) - (a->id < b->id);
}

static bool is_of(const struct clash_lesson *lesson, int32_t first_day, int32_t last_day)
{
    return lesson->in_scope && lesson->day >= first_day && lesson->day <= last_day;
}

static void list_clashes(
    const struct search *search, int32_t first_day, int32_t last_day, struct clashes *clashes)
{
    for (size_t i = 0; i < search->pair_count; i++) {
        const struct pair *pair = &search->pairs[i];
        const struct clash_lesson *a = lesson_of(clashes, pair->numbers[0]);
        const struct clash_lesson *b = lesson_of(clashes, pair->numbers[1]);

        if (is_of(a, first_day, last_day) || is_of(b, first_day, last_day))
            clashes->list[clashes->count++] = (struct clash){
                .kind = pair->kind,
                .id = pair->id,
                .lessons = {a, pair->kind == CLASH_BELLS ? NULL : b},
                .span = pair->span,
                .period = pair->period,
                .overlap_s = pair->overlap_s,
            };
    }
    qsort(clashes->list, clashes->count, sizeof(*clashes->list), compare_times);
}

static int read_names(struct store *store, struct clashes *clashes)
{
    sqlite3_stmt *statement = store_prepare(store,
        "SELECT iif(?1 = 0, (SELECT name FROM people WHERE id = ?2), (SELECT o.name || ' ' || "
        "r.name"
        " FROM rooms r JOIN organisations o ON o.id = r.school WHERE r.id = ?2))");
    int r = 0;

    for (size_t i = 0; r == 0 && i < clashes->count; i++) {
        struct clash *clash = &clashes->list[i];

        store_bind_int(statement, 1, clash->kind != CLASH_TEACHER);
        store_bind_int(statement, 2, clash->id);
        r = store_step(store, statement);
        if (r == 1) {
            store_column_text(statement, 0, clash->name, sizeof(clash->name));
            store_reset(statement);
            r = 0;
        }
    }
    store_finish(statement);
    return r;
}

/* One that overlaps more than when it was ignored is told again. */
static int read_ignored(struct store *store, struct clashes *clashes)
{
    sqlite3_stmt *statement = store_prepare(store,
        "SELECT made_by, reason, made FROM ignored_clashes WHERE kind = ?1 AND subject = ?2"
        " AND entry = min(?3, ?4) AND other = max(?3, ?4) AND overlap_s >= ?5");
    int r = 0;

    for (size_t i = 0; r == 0 && i < clashes->count; i++) {
        struct clash *clash = &clashes->list[i];

        if (clash->kind == CLASH_BELLS)
            continue; /* who means it books it live */
        store_bind_text(statement, 1, clashes_kind_name(clash->kind));
        store_bind_int(statement, 2, clash->id);
        store_bind_int(statement, 3, clash->lessons[0]->entry);
        store_bind_int(statement, 4, clash->lessons[1]->entry);
        store_bind_int(statement, 5, clash->span.end_s - clash->span.start_s);
        r = store_step(store, statement);
        if (r == 1) {
            store_column_text(statement, 0, clash->ignored_by, sizeof(clash->ignored_by));
            store_column_text(statement, 1, clash->ignored_reason, sizeof(clash->ignored_reason));
            clash->ignored_s = sqlite3_column_int64(statement, 2);
            r = 0;
        }
        if (r == 0)
            store_reset(statement);
    }
    store_finish(statement);
    return r;
}

void clashes_drop_ignored(struct clashes *clashes)
{
    size_t used = 0;

    for (size_t i = 0; i < clashes->count; i++) {
        if (clashes->list[i].ignored_s == 0)
            clashes->list[used++] = clashes->list[i];
    }
    clashes->count = used;
}

static int find(struct search *search, int64_t organisation, int32_t first_day, int32_t last_day,
    struct clashes *clashes)
{
    /* lessons over midnight, and of schools in other zones, are near too */
    int r = organisation == 0
                ? lesson_places_needs(search->store, first_day - 1, last_day + 1, on_need, search)
                : lesson_places_needs_near(
                      search->store, organisation, first_day - 1, last_day + 1, on_need, search);

    search->pairs = calloc(CLASHES_MAX, sizeof(*search->pairs));
    if (r < 0 || search->failed || !search->pairs)
        return r < 0 ? r : -ENOMEM;
    bookings_find_conflicts(search->bookings, search->booking_count, on_conflict, search);
    r = bell_misfits_find(search->store, organisation, first_day, last_day, on_misfit, search);
    if (r < 0 || search->pair_count == 0)
        return r;
    clashes->list = calloc(search->pair_count, sizeof(*clashes->list));
    clashes->lessons = calloc(2 * search->pair_count, sizeof(*clashes->lessons));
    if (!clashes->list || !clashes->lessons)
        return -ENOMEM;
    list_lessons(search, clashes);
    set_spans(search, clashes);
    r = read_lessons(search->store, organisation, clashes);
    if (r == 0)
        list_clashes(search, first_day, last_day, clashes);
    if (r == 0)
        r = read_names(search->store, clashes);
    return r == 0 ? read_ignored(search->store, clashes) : r;
}

int clashes_find(struct store *store, int64_t organisation, int32_t first_day, int32_t last_day,
    struct clashes *ret_clashes)
{
    struct search search = {.store = store};
    int r;

    *ret_clashes = (struct clashes){0};
    r = find(&search, organisation, first_day, last_day, ret_clashes);
    free(search.bookings);
    free(search.pairs);
    return r;
}
