#include "signaling/command_seed_history.h"

#include "signaling/lessons/week.h"
#include "signaling/timetable/local_date.h"

#include <stdio.h>
#include <string.h>

#define SECONDS_PER_DAY 86400
#define SECONDS_PER_MIN 60
#define EARLY_S         90  /* before the bell */
#define STAY_S          360 /* behind it, also where a room plays the lesson later */

/* What goes wrong, each in one of so many lessons. */
#define NOBODY_OF       61
#define NO_TEACHER_OF   47
#define NO_ROOM_OF      37
#define LATE_TEACHER_OF 43
#define LATE_ROOM_OF    29
#define BROKEN_OF       23

struct history {
    struct store *store; /* borrowed */
    int64_t now_s;
    int32_t today;
    unsigned lessons, stays; /* so far */
    int failure;
};

static void stay(struct history *history, const struct week_lesson *lesson, int64_t room,
    int64_t joined_s, int64_t left_s)
{
    char source[32] = "teacher-camera", subject[32];
    sqlite3_stmt *statement;

    if (history->failure < 0)
        return;
    if (room != 0)
        snprintf(source, sizeof(source), "room-%lld", (long long)room);
    snprintf(subject, sizeof(subject), "person-%lld", (long long)lesson->teacher);
    statement = store_prepare(history->store,
        "INSERT INTO attendance (lesson, source, subject, room, joined, left)"
        " VALUES (?, ?, ?, ?, ?, ?)");
    store_bind_text(statement, 1, lesson->id);
    store_bind_text(statement, 2, source);
    store_bind_text(statement, 3, subject);
    store_bind_int(statement, 4, room != 0 ? room : lesson->room);
    store_bind_int(statement, 5, joined_s);
    store_bind_int(statement, 6, left_s);
    history->failure = store_run(history->store, statement);
}

/* What goes wrong today should be what the visitor does. */
static bool is_one(
    const struct history *history, const struct week_lesson *lesson, unsigned number, unsigned of)
{
    return lesson->day != history->today && number % of == of - 1;
}

static void teach(struct history *history, const struct week_lesson *lesson)
{
    int64_t from = lesson->span.start_s - EARLY_S, to = lesson->span.end_s + STAY_S;
    unsigned number = history->lessons;

    if (is_one(history, lesson, number, NOBODY_OF) ||
        is_one(history, lesson, number, NO_TEACHER_OF))
        return;
    if (is_one(history, lesson, number, LATE_TEACHER_OF))
        from = lesson->span.start_s + 12 * SECONDS_PER_MIN;
    stay(history, lesson, 0, from, to);
}

static void receive(struct history *history, const struct week_lesson *lesson, int64_t room)
{
    int64_t from = lesson->span.start_s - EARLY_S, to = lesson->span.end_s + STAY_S;
    unsigned number = history->stays++;

    if (is_one(history, lesson, history->lessons, NOBODY_OF) ||
        is_one(history, lesson, number, NO_ROOM_OF))
        return;
    if (is_one(history, lesson, number, LATE_ROOM_OF))
        from = lesson->span.start_s + 15 * SECONDS_PER_MIN;
    if (is_one(history, lesson, number, BROKEN_OF)) {
        stay(history, lesson, room, from, lesson->span.start_s + 16 * SECONDS_PER_MIN);
        from = lesson->span.start_s + 30 * SECONDS_PER_MIN;
    }
    stay(history, lesson, room, from, to);
}

static void on_lesson(void *user, const struct week_lesson *lesson)
{
    struct history *history = user;

    if (lesson->span.start_s == 0 || lesson->span.end_s + STAY_S > history->now_s ||
        strcmp(lesson->state, "cancelled") == 0)
        return;
    teach(history, lesson);
    for (size_t i = 0; i < lesson->receiving_count; i++)
        receive(history, lesson, lesson->receiving[i]);
    history->lessons++;
}

int seed_history(
    struct store *store, int64_t county, int32_t first_day, int32_t today, int64_t now_s)
{
    struct history history = {.store = store, .now_s = now_s, .today = today};
    int r = store_begin(store);

    if (r < 0)
        return r;
    for (int32_t monday = local_date_monday(first_day);
         r == 0 && monday <= now_s / SECONDS_PER_DAY + 1; monday += 7) {
        r = week_list(store, county, monday, on_lesson, &history);
        r = history.failure < 0 ? history.failure : r;
    }
    return store_end(store, r);
}
