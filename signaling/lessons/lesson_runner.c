#include "signaling/lessons/lesson_runner.h"

#include "common/clock.h"
#include "common/log.h"
#include "signaling/audit/audit_log.h"
#include "signaling/lessons/lesson_day.h"
#include "signaling/lessons/stage.h"
#include "signaling/realtime/participants.h"
#include "signaling/relays/sessions.h"
#include "signaling/service.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RELOAD_EVERY_US UINT64_C(600000000) /* midnights pass; changes are seen at once */
#define JUMP_S          30                  /* more than a clock is ever slewed in a second */
#define MASTER_SOURCE   "teacher-camera"

struct lesson_runner {
    /* borrowed */
    struct signaling *app;

    /* owned */
    struct lesson_day day;

    /* state */
    bool loaded;
    int64_t put_away_day; /* days before this one are done with, 0 = not looked yet */
    bool looks_back;      /* the clock may have been ahead: the archived ones are looked at, too */
    uint64_t loaded_us;
    uint64_t ticked_us, ticked_wall_us;
};

/* What one lesson's step did, until it is written. */
struct step {
    struct day_lesson *lesson;
    struct lesson_clock after;
    unsigned did;
};

struct lesson_runner *lesson_runner_create(struct signaling *app)
{
    struct lesson_runner *runner = calloc(1, sizeof(*runner));

    if (!runner)
        return NULL;
    runner->app = app;
    runner->looks_back = true;
    return runner;
}

void lesson_runner_destroy(struct lesson_runner *runner)
{
    if (!runner)
        return;
    lesson_day_finish(&runner->day);
    free(runner);
}

/* ---- what there is ---- */

static bool is_the_same(const struct day_lesson *a, const struct day_lesson *b)
{
    return a->version == b->version && a->bell.starts_s == b->bell.starts_s &&
           a->bell.ends_s == b->bell.ends_s && a->clock.state == b->clock.state;
}

/* Tells of what others changed, and keeps what is known beyond the database. */
static void compare(struct lesson_runner *runner, struct lesson_day *fresh)
{
    for (size_t i = 0; i < fresh->count; i++) {
        struct day_lesson *now = &fresh->lessons[i];
        const struct day_lesson *before = lesson_day_find(&runner->day, now->id);

        if (before && before->clock.state == now->clock.state)
            now->clock.shift_s = before->clock.shift_s;
        /* who joined one of another day's lessons may have seen it change before we did */
        if (!before || !is_the_same(before, now))
            participants_publish_lesson(runner->app, now->id);
    }
    for (size_t i = 0; i < runner->day.count; i++) {
        const struct day_lesson *before = &runner->day.lessons[i];

        /* one that was archived by the bell has been told of */
        if (before->clock.state != LESSON_ARCHIVED && !lesson_day_find(fresh, before->id))
            participants_publish_lesson(runner->app, before->id);
    }
}

static int load(struct lesson_runner *runner, uint64_t now_us, int64_t now_s)
{
    struct lesson_day fresh;
    int r = lesson_day_read(runner->app->store, now_s, runner->looks_back, &fresh);

    if (r < 0)
        return r;
    compare(runner, &fresh);
    lesson_day_finish(&runner->day);
    runner->day = fresh;
    runner->loaded = true;
    runner->loaded_us = now_us;
    return 0;
}

static int refresh(struct lesson_runner *runner, uint64_t now_us, int64_t now_s)
{
    int64_t version = 0;
    int r = lesson_day_version(runner->app->store, &version);

    if (r == 0 && (!runner->loaded || version != runner->day.version ||
                      now_us - runner->loaded_us >= RELOAD_EVERY_US))
        r = load(runner, now_us, now_s);
    return r;
}

static void see(void *user, struct media_session *session)
{
    const struct link_record *record = &session->record;
    struct day_lesson *lesson = lesson_day_find(user, record->lesson);

    if (!lesson)
        return;
    if (record->kind == LINK_PUBLISH && strcmp(record->source, MASTER_SOURCE) == 0)
        lesson->there.master = true;
    else if (record->kind == LINK_PUBLISH ? stage_is_room(record->source) : *record->room != '\0')
        lesson->there.room = true;
}

/* ---- what happens ---- */

/* All lessons of the days that sql says by one of them, with one entry of the audit log. */
static int set_days(
    struct store *store, const char *sql, int64_t day, const char *event, int64_t now_s)
{
    struct audit_entry entry = {now_s, "", event, "", "done", ""};
    sqlite3_stmt *statement;
    char detail[64];
    int changes, r = store_begin(store);

    if (r < 0)
        return r;
    statement = store_prepare(store, sql);
    store_bind_int(statement, 1, day);
    r = store_run(store, statement);
    changes = store_changes(store);
    snprintf(detail, sizeof(detail), "{\"lessons\":%d}", changes);
    entry.detail = detail;
    return r == 0 && changes > 0 ? audit_log_end(store, r, &entry) : store_end(store, r);
}

/* The days that are not around now. Nobody looked at those before: the program was off for a week. What has happened on
 * those after was by a clock that was days ahead. */
static int set_far_days(struct lesson_runner *runner, int64_t now_s)
{
    struct store *store = runner->app->store;
    int64_t before_day = now_s / 86400 - 2, after_day = now_s / 86400 + 1;
    int r;

    if (runner->put_away_day >= before_day)
        return 0;
    r = set_days(store,
        "UPDATE lessons SET state = 'archived' WHERE day < ?"
        " AND day IS NOT NULL AND state NOT IN ('archived', 'cancelled')",
        before_day, "lesson.archive", now_s);
    if (r == 0)
        r = set_days(store,
            "UPDATE lessons SET state = 'scheduled' WHERE day > ?"
            " AND state IN ('open', 'ended', 'archived')",
            after_day, "lesson.bring_back", now_s);
    if (r == 0)
        runner->put_away_day = before_day;
    return r;
}

static int write_moment(
    struct store *store, const char *lesson, const char *moment, const char *event, int64_t now_s)
{
    struct audit_entry entry = {now_s, "", event, lesson, "done", ""};
    sqlite3_stmt *statement = store_prepare(
        store, "INSERT OR REPLACE INTO lesson_moments (lesson, moment, time) VALUES (?, ?, ?)");
    int r;

    store_bind_text(statement, 1, lesson);
    store_bind_text(statement, 2, moment);
    store_bind_int(statement, 3, now_s);
    r = store_run(store, statement);
    return r < 0 ? r : audit_log_add(store, &entry);
}

/* -ESTALE when somebody else changed the state meanwhile. */
static int write_state(struct store *store, const struct step *step, int64_t now_s)
{
    const char *state = lesson_state_name(step->after.state);
    sqlite3_stmt *statement =
        store_prepare(store, "UPDATE lessons SET state = ? WHERE id = ? AND state = ?");
    char event[32];
    int r;

    store_bind_text(statement, 1, state);
    store_bind_text(statement, 2, step->lesson->id);
    store_bind_text(statement, 3, lesson_state_name(step->lesson->clock.state));
    r = store_run(store, statement);
    if (r < 0)
        return r;
    if (store_changes(store) == 0)
        return -ESTALE;
    snprintf(event, sizeof(event), "lesson.%s", state);
    return write_moment(store, step->lesson->id, state, event, now_s);
}

static int write_step(struct store *store, const struct step *step, int64_t now_s)
{
    static const struct {
        unsigned did;
        const char *moment, *event;
    } others[] = {
        {LESSON_DID_LATE, "master_late", "lesson.master_late"},
        {LESSON_DID_TAKEOVER, "takeover", "lesson.takeover"},
        {LESSON_DID_RECORD, "recording", "lesson.recording"},
        {LESSON_DID_STOP_RECORD, "recording_ended", "lesson.recording_ended"},
    };
    int r = step->did & LESSON_DID_STATE ? write_state(store, step, now_s) : 0;

    for (size_t i = 0; r == 0 && i < sizeof(others) / sizeof(others[0]); i++) {
        if (step->did & others[i].did)
            r = write_moment(store, step->lesson->id, others[i].moment, others[i].event, now_s);
    }
    return r;
}

static int write_steps(struct store *store, const struct step *steps, size_t count, int64_t now_s)
{
    int r = store_begin(store);

    if (r < 0)
        return r;
    for (size_t i = 0; r == 0 && i < count; i++)
        r = write_step(store, &steps[i], now_s);
    return store_end(store, r);
}

static void tell(struct signaling *app, const struct step *step)
{
    const char *id = step->lesson->id;

    log_info(
        LOG_CORE, "lesson=%s state=%s did=%x", id, lesson_state_name(step->after.state), step->did);
    if (step->did & LESSON_DID_STATE)
        participants_publish_lesson(app, id);
    if (step->did & LESSON_DID_LATE)
        participants_publish(
            app, id, json_pack("{s:s, s:s}", "type", "alert", "alert", "master_late"));
    if (step->did & LESSON_DID_TAKEOVER)
        participants_publish(app, id, json_pack("{s:s}", "type", "takeover"));
    if (step->did & (LESSON_DID_RECORD | LESSON_DID_STOP_RECORD))
        participants_publish(app, id,
            json_pack(
                "{s:s, s:b}", "type", "recording", "on", (step->did & LESSON_DID_RECORD) != 0));
}

/* All of a bell in one transaction: what cannot be written has not happened, and is tried again in a second. */
static int take_steps(struct lesson_runner *runner, int64_t now_s)
{
    struct step *steps = calloc(runner->day.count + 1, sizeof(*steps));
    size_t count = 0;
    int r = 0;

    if (!steps)
        return -ENOMEM;
    for (size_t i = 0; i < runner->day.count; i++) {
        struct day_lesson *lesson = &runner->day.lessons[i];
        struct step *step = &steps[count];

        *step = (struct step){.lesson = lesson, .after = lesson->clock};
        step->did = lesson_clock_step(&step->after, &lesson->bell, &lesson->there, now_s);
        if (step->did)
            count++;
        else
            lesson->clock = step->after;
    }
    if (count > 0)
        r = write_steps(runner->app->store, steps, count, now_s);
    if (r == -ESTALE)
        runner->loaded = false;
    for (size_t i = 0; r == 0 && i < count; i++) {
        steps[i].lesson->clock = steps[i].after;
        tell(runner->app, &steps[i]);
    }
    free(steps);
    return r;
}

/* ---- the second ---- */

static void follow_clock(struct lesson_runner *runner, uint64_t now_us, uint64_t wall_us)
{
    int64_t passed_us = (int64_t)(now_us - runner->ticked_us);
    int64_t jump_s = ((int64_t)(wall_us - runner->ticked_wall_us) - passed_us) / (int64_t)US_PER_S;

    if (runner->ticked_us == 0 || (jump_s < JUMP_S && jump_s > -JUMP_S))
        return;
    log_warn(LOG_CORE, "jump_s=%lld the clock was set", (long long)jump_s);
    for (size_t i = 0; i < runner->day.count; i++)
        lesson_clock_jump(&runner->day.lessons[i].clock, jump_s);
    runner->loaded = false; /* other days may be around now */
    runner->put_away_day = 0;
    runner->looks_back = true;
}

void lesson_runner_tick(struct lesson_runner *runner, uint64_t now_us, uint64_t wall_us)
{
    int64_t now_s = (int64_t)(wall_us / US_PER_S);
    int r;

    if (runner->ticked_us != 0 && now_us - runner->ticked_us < US_PER_S)
        return;
    follow_clock(runner, now_us, wall_us);
    runner->ticked_us = now_us;
    runner->ticked_wall_us = wall_us;
    r = set_far_days(runner, now_s);
    if (r == 0)
        r = refresh(runner, now_us, now_s);
    if (r == 0) {
        for (size_t i = 0; i < runner->day.count; i++)
            runner->day.lessons[i].there = (struct lesson_there){false, false};
        media_sessions_each(runner->app->sessions, NULL, see, &runner->day);
        r = take_steps(runner, now_s);
    }
    if (r == 0)
        runner->looks_back = false;
    if (r < 0 && r != -ESTALE)
        log_error(LOG_STORE, "error=\"%s\" the bell waits", strerror(-r));
}
