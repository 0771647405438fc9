/* A county to look at: schools with bells of their own, rooms, teachers and a term's timetable. */
#include "common/clock.h"
#include "signaling/command_seed_days.h"
#include "signaling/command_seed_devices.h"
#include "signaling/command_seed_history.h"
#include "signaling/command_seed_people.h"
#include "signaling/commands.h"
#include "signaling/lessons/occurrences.h"
#include "signaling/lessons/pairings.h"
#include "signaling/lessons/placement.h"
#include "signaling/lessons/terms.h"
#include "signaling/schools/rooms.h"
#include "signaling/schools/school_bells.h"
#include "signaling/schools/textbooks.h"
#include "signaling/timetable/local_date.h"

#include <stdio.h>
#include <string.h>

#define ZONE          "Asia/Shanghai"
#define PERIODS       6
#define TERM_DAYS     140
#define DAYS_BEFORE   84 /* the term has been running for twelve weeks */
#define NOW_MASTER    0  /* the schools of the lesson that is on while the seed is looked at */
#define NOW_RECEIVING 3
#define NOW_ROOM      6  /* where it is taught; it is received in the next one */
#define NOW_TEACHER   7  /* who teaches it; the local teacher is the next one */
#define NOW_MIN       40 /* how long that is */

static const struct {
    const char *name;
    unsigned first_minute; /* of its first period */
    unsigned lesson_minutes, break_minutes;
} schools[] = {
    {"实验小学", 510, 40, 10},
    {"白杨教学点", 515, 40, 10},
    {"石沟教学点", 510, 40, 15},
    {"红旗小学", 520, 45, 10},
    {"柳林小学", 510, 40, 10},
};

static const struct {
    const char *name;
    unsigned school;
    enum room_use use;
} rooms[] = {
    {"录播教室一", 0, ROOM_MASTER},
    {"录播教室二", 0, ROOM_MASTER},
    {"三年级教室", 1, ROOM_RECEIVING},
    {"复式教室", 2, ROOM_RECEIVING},
    {"三年级1班", 3, ROOM_RECEIVING},
    {"多功能教室", 3, ROOM_BOTH},
    {"录播教室三", NOW_MASTER, ROOM_MASTER},
    {"四年级教室", NOW_RECEIVING, ROOM_RECEIVING},
    {"讲堂", 4, ROOM_MASTER},
    {"二年级教室", 4, ROOM_RECEIVING},
};

/* The last school has just joined: it has boxes, and a pairing of one subject that waits for its weekly lesson. */
#define NEW_ROOM    8 /* the other one is the next */
#define NEW_SUBJECT "书法"
#define NEW_MASTER  5 /* of another school: who teaches it */

/* One school's books are others: its lessons of music carry a warning. */
static const struct {
    unsigned school;
    const char *subject, *edition;
} textbooks[] = {
    {0, "音乐", "人教版"},
    {0, "英语", "人教版"},
    {1, "音乐", "人教版"},
    {2, "音乐", "苏教版"},
    {2, "英语", "人教版"},
    {3, "英语", "人教版"},
};

/* A pairing that rests: no lesson needs it. */
#define FROZEN_MASTER    1
#define FROZEN_RECEIVING 7

#define OF_COUNTY (-1)
#define OF_SERVER (-2)

static const struct {
    const char *name, *role;
    int school; /* or OF_… */
} people[] = {
    {"coordinator", "coordinator", OF_COUNTY},
    {"王芳", "master_teacher", 0},
    {"李伟", "master_teacher", 0},
    {"陈静", "master_teacher", 3},
    {"赵敏", "local_teacher", 1},
    {"周强", "local_teacher", 2},
    {"孙丽", "local_teacher", 3},
    {"刘洋", "master_teacher", NOW_MASTER},
    {"吴敏", "local_teacher", NOW_RECEIVING},
    {"sysadmin", "system_admin", OF_SERVER},
    {"secadmin", "security_admin", OF_SERVER},
    {"auditadmin", "audit_admin", OF_SERVER},
    {"supervisor", "inspector", OF_COUNTY},
};

static const struct {
    const char *subject;
    unsigned teacher, room, weekday, period;
    enum recurrence_weeks weeks;
    unsigned receiving[2], local[2], receiving_count;
} entries[] = {
    {"音乐", 1, 0, 1, 1, RECURRENCE_ALL, {2, 3}, {4, 5}, 2},
    {"英语", 2, 1, 1, 2, RECURRENCE_ALL, {2}, {4}, 1},
    {"美术", 1, 0, 2, 2, RECURRENCE_ALL, {3}, {5}, 1},
    {"英语", 2, 1, 2, 3, RECURRENCE_ALL, {3, 4}, {5, 6}, 2},
    {"音乐", 1, 0, 3, 2, RECURRENCE_ALL, {2, 4}, {4, 6}, 2},
    {"科学", 3, 5, 3, 3, RECURRENCE_ODD, {2}, {4}, 1},
    {"英语", 2, 1, 4, 1, RECURRENCE_ALL, {2, 3}, {4, 5}, 2},
    {"美术", 1, 0, 4, 3, RECURRENCE_EVEN, {4}, {6}, 1},
    {"音乐", 1, 0, 5, 2, RECURRENCE_ALL, {3, 4}, {5, 6}, 2},
    {"科学", 3, 5, 5, 4, RECURRENCE_ALL, {3}, {5}, 1},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct seed {
    struct store *store;
    int64_t now_s;
    int64_t begin_s; /* of the term: its lessons are there from then on */
    int32_t first_day, today;
    unsigned minute; /* of today, there */
    int64_t county, term;
    int64_t schools[COUNT(schools)], rooms[COUNT(rooms)], people[COUNT(people)];
};

static int add_organisation(struct seed *seed, enum organisation_kind kind, int64_t parent,
    const char *name, int64_t *ret_id)
{
    struct organisation organisation = {.kind = kind, .parent = parent, .zone = ZONE};

    snprintf(organisation.name, sizeof(organisation.name), "%s", name);
    return organisations_add(seed->store, &organisation, COMMAND_PERSON, seed->now_s, ret_id);
}

static struct bell_set bells_of(const struct seed *seed, size_t school)
{
    struct bell_set set = {.first_day = seed->first_day,
        .last_day = seed->first_day + TERM_DAYS,
        .period_count = PERIODS};
    unsigned minute = schools[school].first_minute;

    for (unsigned i = 0; i < PERIODS; i++) {
        unsigned end = minute + schools[school].lesson_minutes;

        set.periods[i] = (struct bell_period){(uint16_t)(i + 1), (uint16_t)minute, (uint16_t)end};
        minute = end + schools[school].break_minutes;
        if (i == PERIODS / 2)
            minute = 14 * 60 + schools[school].first_minute % 30; /* after noon */
    }
    return set;
}

static int add_bells(struct seed *seed, size_t school)
{
    struct bell_set set = bells_of(seed, school);
    int64_t id;

    return school_bells_add_set(
        seed->store, seed->schools[school], "本学期", &set, COMMAND_PERSON, seed->now_s, &id);
}

static int add_schools(struct seed *seed)
{
    int r = add_organisation(seed, ORGANISATION_COUNTY, 0, "青山县", &seed->county);

    for (size_t i = 0; r == 0 && i < COUNT(schools); i++) {
        r = add_organisation(
            seed, ORGANISATION_SCHOOL, seed->county, schools[i].name, &seed->schools[i]);
        if (r == 0)
            r = add_bells(seed, i);
    }
    for (size_t i = 0; r == 0 && i < COUNT(rooms); i++) {
        struct room room = {.school = seed->schools[rooms[i].school], .use = rooms[i].use};

        snprintf(room.name, sizeof(room.name), "%s", rooms[i].name);
        r = rooms_add(seed->store, &room, COMMAND_PERSON, seed->now_s, &seed->rooms[i]);
    }
    return r;
}

static int add_people(struct seed *seed)
{
    struct seed_person list[COUNT(people)];

    for (size_t i = 0; i < COUNT(people); i++) {
        int school = people[i].school;

        list[i] = (struct seed_person){people[i].name, people[i].role,
            school == OF_SERVER   ? 0
            : school == OF_COUNTY ? seed->county
                                  : seed->schools[school]};
    }
    return seed_people(seed->store, list, COUNT(people), seed->now_s, seed->people);
}

static int add_term(struct seed *seed)
{
    struct term_row term = {.organisation = seed->county,
        .name = "本学期",
        .term = {seed->first_day, seed->first_day + TERM_DAYS}};

    return terms_add(seed->store, &term, COMMAND_PERSON, seed->now_s, &seed->term);
}

/* The rooms that teach with those that may be taught by them, as whole classes. */
static int add_pairings(struct seed *seed)
{
    int r = 0;

    for (size_t i = 0; i < NEW_ROOM; i++) {
        for (size_t j = 0; r == 0 && j < NEW_ROOM; j++) {
            struct pairing pairing = {
                .term = seed->term,
                .master_room = seed->rooms[i],
                .receiving_room = seed->rooms[j],
                .consent_s = seed->begin_s,
                .consent_by = "coordinator",
            };

            if (rooms[i].use == ROOM_RECEIVING || rooms[j].use != ROOM_RECEIVING ||
                rooms[i].school == rooms[j].school)
                continue;
            r = pairings_add(seed->store, &pairing, COMMAND_PERSON, seed->begin_s, &pairing.id);
            pairing.version = 1;
            pairing.frozen = i == FROZEN_MASTER && j == FROZEN_RECEIVING;
            if (r == 0 && pairing.frozen)
                r = pairings_change(seed->store, &pairing, COMMAND_PERSON, seed->begin_s);
        }
    }
    return r;
}

static int add_new_school(struct seed *seed)
{
    struct pairing pairing = {
        .term = seed->term,
        .master_room = seed->rooms[NEW_MASTER],
        .receiving_room = seed->rooms[NEW_ROOM + 1],
        .subject = NEW_SUBJECT,
        .consent_s = seed->now_s,
        .consent_by = "coordinator",
    };
    int r = pairings_add(seed->store, &pairing, COMMAND_PERSON, seed->now_s, &pairing.id);

    return r < 0 ? r
                 : seed_devices(
                       seed->store, seed->rooms[NEW_ROOM], seed->rooms[NEW_ROOM + 1], seed->now_s);
}

static int add_textbooks(struct seed *seed)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < COUNT(textbooks); i++) {
        struct textbook textbook = {.school = seed->schools[textbooks[i].school]};
        int64_t id;

        snprintf(textbook.subject, sizeof(textbook.subject), "%s", textbooks[i].subject);
        snprintf(textbook.edition, sizeof(textbook.edition), "%s", textbooks[i].edition);
        r = textbooks_set(seed->store, &textbook, COMMAND_PERSON, seed->begin_s, &id);
    }
    return r;
}

static int add_entry(struct seed *seed, size_t index)
{
    struct timetable_entry entry = {
        .term = seed->term,
        .room = seed->rooms[entries[index].room],
        .teacher = seed->people[entries[index].teacher],
        .grade = 3,
        .recurrence = {entries[index].weekday, entries[index].weeks, 1, ENTRIES_MAX_WEEK},
        .period = entries[index].period,
        .receiving_count = entries[index].receiving_count,
    };
    struct placement_report report;
    int64_t id;
    int r;

    snprintf(entry.subject, sizeof(entry.subject), "%s", entries[index].subject);
    for (size_t i = 0; i < entry.receiving_count; i++)
        entry.receiving[i] = (struct plan_room){.room = seed->rooms[entries[index].receiving[i]],
            .teacher = seed->people[entries[index].local[i]]};
    r = placement_check(seed->store, &entry, seed->begin_s, &report);
    if (r < 0)
        return r;
    for (size_t i = 0; i < entry.receiving_count; i++)
        entry.receiving[i].delay_s = report.has_offer[i] ? report.offers[i].delay_s : 0;
    return placement_save(seed->store, &entry, COMMAND_PERSON, seed->begin_s, &report, &id);
}

/* ---- the lesson that is on ---- */

static bool is_free(const struct bell_set *set, unsigned start, unsigned end)
{
    for (size_t i = 0; i < set->period_count; i++) {
        if (start < set->periods[i].end_minute && end > set->periods[i].start_minute)
            return false;
    }
    return true;
}

/* In the regular day: the last one that has begun by the end of the lesson. */
static unsigned period_near(const struct bell_set *set, unsigned minute)
{
    unsigned number = 1;

    for (size_t i = 0; i < set->period_count; i++) {
        if (set->periods[i].start_minute < minute + NOW_MIN)
            number = set->periods[i].number;
    }
    return number;
}

/* Early, late, on a Sunday: this week's bells get a period of their own. 0: the day's own are in its way. */
static int add_period_now(struct seed *seed, unsigned *ret_period)
{
    static const size_t both[] = {NOW_MASTER, NOW_RECEIVING};
    struct bell_set sets[2] = {bells_of(seed, NOW_MASTER), bells_of(seed, NOW_RECEIVING)};
    unsigned end = seed->minute + NOW_MIN;
    int r = 0;

    *ret_period = 0;
    if (!is_free(&sets[0], seed->minute, end) || !is_free(&sets[1], seed->minute, end))
        return 0;
    for (size_t i = 0; r == 0 && i < 2; i++) {
        struct bell_set *set = &sets[i];
        int64_t id;

        set->first_day = local_date_monday(seed->today);
        set->last_day = set->first_day + 6;
        set->periods[set->period_count++] =
            (struct bell_period){PERIODS + 1, (uint16_t)seed->minute, (uint16_t)end};
        r = school_bells_add_set(
            seed->store, seed->schools[both[i]], "本周", set, COMMAND_PERSON, seed->now_s, &id);
    }
    *ret_period = PERIODS + 1;
    return r;
}

/* It begins in this minute, wherever the bells of its period are: as one that had begun when they were moved. */
static int write_moments(struct seed *seed, const char *lesson)
{
    sqlite3_stmt *statement =
        store_prepare(seed->store, "UPDATE lessons SET starts = ?, ends = ? WHERE id = ?");
    int64_t start_s = seed->now_s - seed->now_s % 60;

    store_bind_int(statement, 1, start_s);
    store_bind_int(statement, 2, start_s + 60 * NOW_MIN);
    store_bind_text(statement, 3, lesson);
    return store_run(seed->store, statement);
}

/* Of rooms and teachers who have no other, so that it is in nobody's way. Prints its id and subject, its rooms and its
 * teachers. */
static int add_lesson_now(struct seed *seed)
{
    const struct bell_set regular = bells_of(seed, NOW_MASTER);
    unsigned week = (unsigned)(local_date_monday(seed->today) - seed->first_day) / 7 + 1;
    struct timetable_entry entry = {
        .term = seed->term,
        .room = seed->rooms[NOW_ROOM],
        .teacher = seed->people[NOW_TEACHER],
        .subject = "音乐",
        .grade = 4,
        .recurrence = {(unsigned)(seed->today - local_date_monday(seed->today)) + 1, RECURRENCE_ALL,
            week, week},
        .receiving_count = 1,
        .receiving = {{.room = seed->rooms[NOW_ROOM + 1],
            .teacher = seed->people[NOW_TEACHER + 1],
            .live = true}}, /* no bell is waited for */
    };
    char id[OCCURRENCES_ID_CHARS];
    struct placement_report report;
    int64_t number;
    int r = add_period_now(seed, &entry.period);

    if (entry.period == 0)
        entry.period = period_near(&regular, seed->minute);
    if (r == 0)
        r = placement_save(seed->store, &entry, COMMAND_PERSON, seed->now_s, &report, &number);
    if (r == 0)
        r = write_moments(seed, occurrences_id(number, seed->today, id));
    if (r == 0)
        printf("lesson\t%s\t%s\t%lld\t%lld\t%s\t%s\n", id, entry.subject, (long long)entry.room,
            (long long)entry.receiving[0].room, people[NOW_TEACHER].name,
            people[NOW_TEACHER + 1].name);
    return r;
}

/* What should have been held by now was. */
static int end_past_lessons(struct seed *seed)
{
    sqlite3_stmt *statement = store_prepare(seed->store,
        "UPDATE lessons SET state = 'archived' WHERE day < ? AND state != 'cancelled'");

    store_bind_int(statement, 1, seed->today);
    return store_run(seed->store, statement);
}

/* At once: a server that runs beside this must not ring for lessons of the past meanwhile. */
static int add_lessons(struct seed *seed)
{
    int r = store_begin(seed->store);

    if (r < 0)
        return r;
    for (size_t i = 0; r == 0 && i < COUNT(entries); i++)
        r = add_entry(seed, i);
    if (r == 0)
        r = seed_changes(
            seed->store, seed->county, seed->people[NOW_TEACHER], seed->today, seed->now_s);
    if (r == 0)
        r = add_lesson_now(seed);
    if (r == 0)
        r = end_past_lessons(seed);
    if (r == 0)
        r = seed_history(seed->store, seed->county, seed->first_day, seed->today, seed->now_s);
    return store_end(seed->store, r);
}

static int fill(struct seed *seed)
{
    int r = add_schools(seed);

    if (r == 0)
        r = seed_days(seed->store, seed->county, seed->first_day, local_date_monday(seed->today),
            seed->now_s);
    if (r == 0)
        r = add_people(seed);
    if (r == 0)
        r = add_term(seed);
    if (r == 0)
        r = add_pairings(seed);
    if (r == 0)
        r = add_textbooks(seed);
    if (r == 0)
        r = add_new_school(seed);
    return r == 0 ? add_lessons(seed) : r;
}

int command_seed(const struct signaling_settings *settings, int argc, char **argv)
{
    struct seed seed = {.now_s = clock_wall_s()};
    struct school_clock *clock;
    struct config_error error;
    uint32_t second;
    int r;

    if (argc != 1 || strcmp(argv[0], "--demo") != 0)
        return command_misused("seed: say --demo");
    if (school_clock_create(ZONE, &clock) < 0)
        return command_failed("this machine's tz database does not know " ZONE "; install tzdata");
    school_clock_local(clock, seed.now_s, &seed.today, &second);
    seed.minute = second / 60;
    seed.first_day = local_date_monday(seed.today - DAYS_BEFORE);
    seed.begin_s = school_clock_utc(clock, seed.first_day, 0);
    school_clock_destroy(clock);
    if (store_open(settings->store_path, &seed.store, &error) < 0)
        return command_failed("%s", error.text);
    r = fill(&seed);
    store_close(seed.store);
    return r < 0 ? command_failed("seed: %s; a new database is needed", strerror(-r)) : 0;
}
