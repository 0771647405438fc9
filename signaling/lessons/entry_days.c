#include "signaling/lessons/entry_days.h"

#include "signaling/lessons/occurrences.h"
#include "signaling/schools/organisations.h"

#include <errno.h>

#define SECONDS_PER_DAY 86400

void entry_days_read(sqlite3_stmt *statement, int first_column, struct entry_days *ret_days)
{
    char weeks[16];

    *ret_days = (struct entry_days){
        .recurrence =
            {
                .weekday = (unsigned)sqlite3_column_int64(statement, first_column),
                .first_week = (unsigned)sqlite3_column_int64(statement, first_column + 2),
                .last_week = (unsigned)sqlite3_column_int64(statement, first_column + 3),
            },
        .term = {(int32_t)sqlite3_column_int64(statement, first_column + 4),
            (int32_t)sqlite3_column_int64(statement, first_column + 5)},
        .past = sqlite3_column_int(statement, first_column + 6) != 0,
    };
    /* the table takes no other names */
    store_column_text(statement, first_column + 1, weeks, sizeof(weeks));
    entries_weeks_of(weeks, &ret_days->recurrence.weeks);
}

bool entry_days_has(const struct entry_days *days, const struct bells *bells, int32_t day)
{
    int32_t held;

    return !days->past && day >= days->term.first_day && day <= days->term.last_day &&
           bells_held_day(bells, day, &held) &&
           recurrence_has(&days->recurrence, &days->term, held);
}

struct filling {
    /* borrowed */
    struct store *store;
    struct bells_shelf *shelf;
    int (*on_lesson)(void *user, const struct filled_lesson *lesson);
    void *user;
    int64_t now_s;
    int32_t first_day, last_day;
    /* owned */
    struct occurrence_writer writer;
    sqlite3_stmt *known; /* bound with the id of a lesson */
    /* state */
    struct timetable_entry entry; /* whose lessons are being made; id 0 before the first */
};

/* 1 when the lesson is there, 0, or an error of the store. By its id: it may have gone with a past copy of the entry. */
static int is_known(struct filling *filling, int64_t entry, int32_t day)
{
    char id[OCCURRENCES_ID_CHARS];
    int r;

    store_bind_text(filling->known, 1, occurrences_id(entry, day, id));
    r = store_step(filling->store, filling->known);
    store_reset(filling->known);
    return r;
}

/* 1, 0 when it is gone, or an error of the store. */
static int begin_entry(struct filling *filling, int64_t id)
{
    int r;

    if (filling->entry.id == id)
        return 1;
    r = entries_get(filling->store, id, &filling->entry);
    if (r <= 0)
        return r;
    r = occurrence_writer_go_on(&filling->writer, &filling->entry);
    return r < 0 ? r : 1;
}

static int make(struct filling *filling, const struct filled_lesson *lesson)
{
    int r = begin_entry(filling, lesson->entry);

    if (r <= 0)
        return r;
    r = occurrence_writer_add(&filling->writer, &filling->entry, lesson->day, filling->now_s);
    return r < 0 ? r : filling->on_lesson(filling->user, lesson);
}

static int fill_days(
    struct filling *filling, const struct entry_days *days, struct filled_lesson *lesson)
{
    int32_t last =
        days->term.last_day < filling->last_day ? days->term.last_day : filling->last_day;
    const struct bells *bells;
    int r = bells_shelf_of_school(filling->shelf, lesson->school, &bells);

    lesson->day =
        days->term.first_day > filling->first_day ? days->term.first_day : filling->first_day;
    for (; r == 0 && lesson->day <= last; lesson->day++) {
        if (!entry_days_has(days, bells, lesson->day) ||
            bells_span(bells, lesson->day, lesson->period, &lesson->span) < 0 ||
            lesson->span.start_s <= filling->now_s)
            continue;
        r = is_known(filling, lesson->entry, lesson->day);
        r = r == 0 ? make(filling, lesson) : r < 0 ? r : 0;
    }
    return r;
}

static int fill(struct filling *filling, sqlite3_stmt *statement)
{
    int r;

    while ((r = store_step(filling->store, statement)) == 1) {
        struct filled_lesson lesson = {
            .entry = sqlite3_column_int64(statement, 0),
            .school = sqlite3_column_int64(statement, 1),
            .period = (unsigned)sqlite3_column_int64(statement, 2),
            .subject = (const char *)sqlite3_column_text(statement, 3),
        };
        struct entry_days days;

        entry_days_read(statement, 4, &days);
        r = fill_days(filling, &days, &lesson);
        if (r < 0)
            break;
    }
    return r;
}

#define SELECT_ENTRIES                                                                             \
    "SELECT e.id, r.school, e.period, e.subject, " ENTRY_DAYS_COLUMNS " FROM rooms r"              \
    " JOIN timetable_entries e ON e.room = r.id JOIN terms t ON t.id = e.term"                     \
    " WHERE NOT e.past AND t.first_day <= ?3 AND t.last_day >= ?2 AND "
#define IN_ORDER " ORDER BY e.id"

static sqlite3_stmt *prepare(const struct filling *filling, const struct entry_days_wanted *wanted)
{
    sqlite3_stmt *statement = store_prepare(filling->store,
        wanted->term != 0 ? SELECT_ENTRIES "e.term = ?1" IN_ORDER
                          : SELECT_ENTRIES "r.school IN (" ORGANISATIONS_BELOW ")" IN_ORDER);

    store_bind_int(statement, 1, wanted->term != 0 ? wanted->term : wanted->organisation);
    store_bind_int(statement, 2, filling->first_day);
    store_bind_int(statement, 3, filling->last_day);
    return statement;
}

int entry_days_fill(struct store *store, struct bells_shelf *shelf,
    const struct entry_days_wanted *wanted, int64_t now_s,
    int (*on_lesson)(void *user, const struct filled_lesson *lesson), void *user)
{
    /* where a zone is far behind, it is still yesterday */
    int32_t yesterday = (int32_t)(now_s / SECONDS_PER_DAY) - 1;
    struct filling filling = {
        .store = store,
        .shelf = shelf,
        .on_lesson = on_lesson,
        .user = user,
        .now_s = now_s,
        .first_day = wanted->first_day > yesterday ? wanted->first_day : yesterday,
        .last_day = wanted->last_day,
    };
    sqlite3_stmt *statement = prepare(&filling, wanted);
    int r;

    filling.known = store_prepare(store, "SELECT 1 FROM lessons WHERE id = ?");
    occurrence_writer_init(&filling.writer, store);
    r = fill(&filling, statement);
    occurrence_writer_finish(&filling.writer);
    store_finish(filling.known);
    store_finish(statement);
    return r;
}
