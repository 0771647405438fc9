#include "signaling/export/lesson_calendar.h"

#include "signaling/export/event_history.h"
#include "signaling/lessons/entries.h"
#include "signaling/lessons/lesson_delays.h"
#include "signaling/schools/bells_shelf.h"
#include "signaling/schools/organisations.h"

#include <string.h>

#define SECONDS_PER_DAY 86400
#define MAX_TEXT        512
/* A receiving room is a line "school room". */
#define MAX_LINE  (2 * ORGANISATIONS_MAX_NAME_BYTES + 2)
#define MAX_LINES (ENTRIES_MAX_ROOMS * MAX_LINE + MAX_TEXT)

/* The receiving rooms of a lesson with what stands in for them (lessons/substitutions.h). */
#define RECEIVING(lesson, entry)                                                                   \
    "entry_rooms er LEFT JOIN substitutions x ON x.lesson = " lesson " AND x.place = er.room"      \
    " WHERE er.entry = " entry
#define ROOM    "ifnull(x.room, er.room)"
#define MASTER  "ifnull(s.room, e.room)"
#define TEACHES "ifnull(s.teacher, e.teacher)"

/* What is asked of the database for each kind: which lessons, and in which receiving room they are the subject's (NULL:
 * in the master room). From and to in days from today: a county has thousands of lessons in a week. */
static const struct {
    const char *filter;
    const char *room;
    const char *name;
    int32_t before, after;
} kinds[] = {
    [CALENDAR_TEACHER] = {"l.id IN (SELECT lesson FROM lesson_people WHERE person = ?1)",
        "(SELECT " ROOM " FROM " RECEIVING(
            "l.id", "e.id") " AND ifnull(x.teacher, er.teacher) = ?1 AND " TEACHES " != ?1)",
        "SELECT name FROM people WHERE id = ?", 60, 400},
    [CALENDAR_ROOM] = {"(" MASTER " = ?1 OR EXISTS (SELECT 1 FROM " RECEIVING(
                           "l.id", "e.id") " AND " ROOM " = ?1))",
        "nullif(?1, " MASTER ")",
        "SELECT o.name || ' ' || r.name FROM rooms r JOIN organisations o ON o.id = r.school"
        " WHERE r.id = ?",
        60, 400},
    [CALENDAR_ORGANISATION] = {"(" MASTER " IN place OR EXISTS (SELECT 1 FROM " RECEIVING(
                                   "l.id", "e.id") " AND " ROOM " IN place))",
        "NULL", "SELECT name FROM organisations WHERE id = ?", 7, 35},
};

enum {
    ID,
    STATE,
    DAY,
    PERIOD,
    STARTS,
    ENDS,
    SUBJECT,
    GRADE,
    SCHOOL,
    PLACE,
    TEACHER,
    OWN_ROOM,
    DELAY,
    RECEIVING,
};

static sqlite3_stmt *prepare(struct store *store, const struct calendar *calendar, int64_t now_s)
{
    char sql[4096];
    sqlite3_stmt *statement;

    snprintf(sql, sizeof(sql),
        "WITH place (id) AS (SELECT id FROM rooms WHERE school IN (" ORGANISATIONS_BELOW ")),"
        " own AS (SELECT l.id AS lesson, l.state, l.day, l.period, l.starts, l.ends, l.entry,"
        "  e.subject, e.grade, e.room AS bells, " MASTER " AS master, " TEACHES
        " AS teacher, %s AS room"
        "  FROM lessons l JOIN timetable_entries e ON e.id = l.entry"
        "  LEFT JOIN substitutions s ON s.lesson = l.id AND s.place = e.room"
        "  WHERE l.day BETWEEN ?2 AND ?3 AND %s)"
        " SELECT lesson, state, day, period, starts, ends, subject, grade, m.school,"
        "  s.name || ' ' || p.name, t.name, ifnull(own.room, 0),"
        "  ifnull((SELECT " LESSON_DELAY("own.lesson", "er") " FROM " RECEIVING("own.lesson",
            "own.entry") " AND " ROOM " = own.room), 0),"
                         "  (SELECT group_concat(os.name || ' ' || rr.name, char(10)) FROM rooms rr"
                         "   JOIN organisations os ON os.id = rr.school"
                         "   WHERE rr.id IN (SELECT " ROOM " FROM " RECEIVING("own.lesson",
                             "own.entry") "))"
                                          " FROM own JOIN rooms m ON m.id = own.bells JOIN rooms p "
                                          "ON p.id = ifnull(own.room, "
                                          "master)"
                                          " JOIN organisations s ON s.id = p.school JOIN people t "
                                          "ON t.id = own.teacher"
                                          " ORDER BY day, period, lesson",
        kinds[calendar->kind].room, kinds[calendar->kind].filter);
    statement = store_prepare(store, sql);
    store_bind_int(statement, 1, calendar->subject);
    store_bind_int(statement, 2, now_s / SECONDS_PER_DAY - kinds[calendar->kind].before);
    store_bind_int(statement, 3, now_s / SECONDS_PER_DAY + kinds[calendar->kind].after);
    return statement;
}

/* "" when there is none. */
static int read_text(struct store *store, const char *sql, int64_t id, char *ret_text, size_t size)
{
    sqlite3_stmt *statement = store_prepare(store, sql);
    int r;

    ret_text[0] = '\0';
    if (id != 0)
        store_bind_int(statement, 1, id);
    r = store_step(store, statement);
    if (r == 1)
        store_column_text(statement, 0, ret_text, size);
    store_finish(statement);
    return r < 0 ? r : 0;
}

struct writer {
    struct ical ical;
    const struct calendar *calendar;
    struct bells_shelf *shelf;
    struct event_history history;
    char installation[32];
};

/* ---- one lesson ---- */

struct event {
    struct bell_span span;
    bool cancelled;
    char summary[MAX_TEXT];
    char location[MAX_TEXT];
    char description[MAX_LINES];
};

/* 1, 0 for a lesson without a time (its bells have no such period any more), or an error of the store. */
static int read_span(struct writer *writer, sqlite3_stmt *statement, struct bell_span *ret_span)
{
    int64_t delay_s = sqlite3_column_int64(statement, DELAY);
    const struct bells *bells;
    int r = 0;

    *ret_span = (struct bell_span){
        sqlite3_column_int64(statement, STARTS), sqlite3_column_int64(statement, ENDS)};
    if (sqlite3_column_type(statement, STARTS) == SQLITE_NULL) {
        r = bells_shelf_of_school(writer->shelf, sqlite3_column_int64(statement, SCHOOL), &bells);
        if (r == 0 && bells_span(bells, (int32_t)sqlite3_column_int64(statement, DAY),
                          (unsigned)sqlite3_column_int64(statement, PERIOD), ret_span) < 0)
            ret_span->start_s = 0;
    }
    if (r < 0 || ret_span->start_s == 0)
        return r;
    ret_span->start_s += delay_s;
    ret_span->end_s += delay_s;
    return 1;
}

static void read_texts(const struct writer *writer, sqlite3_stmt *statement, struct event *event)
{
    bool english = writer->calendar->english;
    const char *receiving = (const char *)sqlite3_column_text(statement, RECEIVING);

    event->cancelled =
        strcmp((const char *)sqlite3_column_text(statement, STATE), "cancelled") == 0;
    snprintf(event->summary, sizeof(event->summary), english ? "%s, grade %d" : "%s %d年级",
        (const char *)sqlite3_column_text(statement, SUBJECT),
        sqlite3_column_int(statement, GRADE));
    store_column_text(statement, PLACE, event->location, sizeof(event->location));
    snprintf(event->description, sizeof(event->description),
        english ? "Teacher: %s\nPeriod %d%s%s" : "主讲教师：%s\n第%d节%s%s",
        (const char *)sqlite3_column_text(statement, TEACHER),
        sqlite3_column_int(statement, PERIOD),
        !receiving ? ""
        : english  ? "\nReceiving:\n"
                   : "\n听课教室：\n",
        receiving ? receiving : "");
}

/* Its name for good: a lesson in a receiving room, which may have it later, is an event of its own. */
static void name_event(
    const struct writer *writer, sqlite3_stmt *statement, struct event_note *note)
{
    const char *lesson = (const char *)sqlite3_column_text(statement, ID);
    int64_t room = sqlite3_column_int64(statement, OWN_ROOM);

    if (room != 0)
        snprintf(note->uid, sizeof(note->uid), "%.48s-r%lld@%s.duet", lesson, (long long)room,
            writer->installation);
    else
        snprintf(note->uid, sizeof(note->uid), "%.48s@%s.duet", lesson, writer->installation);
    note->day = (int32_t)sqlite3_column_int64(statement, DAY);
}

/* What it says: in either language the same event. */
static void digest_event(
    sqlite3_stmt *statement, const struct event *event, struct event_note *note)
{
    char text[MAX_LINES + 2 * MAX_TEXT], hex[2 * crypto_hash_sha256_BYTES + 1];
    unsigned char digest[crypto_hash_sha256_BYTES];
    const char *receiving = (const char *)sqlite3_column_text(statement, RECEIVING);
    int len = snprintf(text, sizeof(text), "%lld %lld %d %s\n%d %s\n%s\n%d\n%s",
        (long long)event->span.start_s, (long long)event->span.end_s, event->cancelled,
        (const char *)sqlite3_column_text(statement, SUBJECT), sqlite3_column_int(statement, GRADE),
        event->location, (const char *)sqlite3_column_text(statement, TEACHER),
        sqlite3_column_int(statement, PERIOD), receiving ? receiving : "");

    crypto_hash_sha256(digest, (const unsigned char *)text,
        (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1);
    sodium_bin2hex(hex, sizeof(hex), digest, sizeof(digest));
    snprintf(note->digest, sizeof(note->digest), "%.*s", EVENT_DIGEST_CHARS, hex);
}

static void write_event(struct ical *ical, const struct event *event, const struct event_note *note)
{
    char sequence[24];

    snprintf(sequence, sizeof(sequence), "%lld", (long long)note->sequence);
    ical_line(ical, "BEGIN", "VEVENT");
    ical_text(ical, "UID", note->uid);
    /* without METHOD, section 3.8.7.2 has it mean the same as LAST-MODIFIED */
    ical_time(ical, "DTSTAMP", note->modified_s);
    ical_time(ical, "LAST-MODIFIED", note->modified_s);
    ical_line(ical, "SEQUENCE", sequence);
    ical_time(ical, "DTSTART", event->span.start_s);
    ical_time(ical, "DTEND", event->span.end_s);
    ical_text(ical, "SUMMARY", event->summary);
    ical_text(ical, "LOCATION", event->location);
    ical_text(ical, "DESCRIPTION", event->description);
    ical_line(ical, "STATUS", event->cancelled ? "CANCELLED" : "CONFIRMED");
    ical_line(ical, "TRANSP", event->cancelled ? "TRANSPARENT" : "OPAQUE");
    ical_line(ical, "END", "VEVENT");
}

static int add_lesson(struct writer *writer, sqlite3_stmt *statement)
{
    struct event_note note = {.uid = ""};
    struct event event;
    int r = read_span(writer, statement, &event.span);

    if (r <= 0)
        return r;
    read_texts(writer, statement, &event);
    name_event(writer, statement, &note);
    digest_event(statement, &event, &note);
    r = event_history_note(&writer->history, &note);
    if (r == 0)
        write_event(&writer->ical, &event, &note);
    return r;
}

/* ---- all of them ---- */

static void write_head(struct ical *ical, const struct calendar *calendar, const char *name)
{
    char title[MAX_TEXT];

    snprintf(title, sizeof(title), calendar->english ? "%s lessons" : "%s 课表", name);
    ical_line(ical, "BEGIN", "VCALENDAR");
    ical_line(ical, "VERSION", "2.0");
    ical_line(
        ical, "PRODID", calendar->english ? "-//Duet//Timetable//EN" : "-//Duet//Timetable//ZH");
    ical_line(ical, "CALSCALE", "GREGORIAN");
    ical_text(ical, "NAME", title); /* RFC 7986; the next is what programs read before it */
    ical_text(ical, "X-WR-CALNAME", title);
    ical_line(ical, "REFRESH-INTERVAL;VALUE=DURATION", "PT1H");
    ical_line(ical, "X-PUBLISHED-TTL", "PT1H");
}

static int write_lessons(struct writer *writer, struct store *store, int64_t now_s)
{
    sqlite3_stmt *statement = prepare(store, writer->calendar, now_s);
    int r;

    while ((r = store_step(store, statement)) == 1) {
        r = add_lesson(writer, statement);
        if (r < 0)
            break;
    }
    store_finish(statement);
    return r;
}

int lesson_calendar_write(struct store *store, const struct calendar *calendar, int64_t now_s,
    FILE *file, char ret_digest[ICAL_DIGEST_CHARS + 1])
{
    struct writer writer = {.calendar = calendar};
    char name[256];
    int r = read_text(store, kinds[calendar->kind].name, calendar->subject, name, sizeof(name));

    if (r == 0)
        r = read_text(store, "SELECT id FROM installation", 0, writer.installation,
            sizeof(writer.installation));
    if (r == 0)
        r = bells_shelf_create(store, &writer.shelf);
    if (r < 0)
        return r;
    event_history_init(&writer.history, store, now_s);
    ical_init(&writer.ical, file);
    write_head(&writer.ical, calendar, name);
    r = write_lessons(&writer, store, now_s);
    ical_line(&writer.ical, "END", "VCALENDAR");
    ical_finish(&writer.ical, ret_digest);
    if (r == 0)
        r = event_history_write(&writer.history);
    event_history_finish(&writer.history);
    bells_shelf_destroy(writer.shelf);
    return r;
}
