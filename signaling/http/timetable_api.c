#include "signaling/http/timetable_api.h"

#include "common/clock.h"
#include "common/json.h"
#include "common/plain_text.h"
#include "signaling/http/api.h"
#include "signaling/http/clashes_json.h"
#include "signaling/http/entry_json.h"
#include "signaling/http/entry_names.h"
#include "signaling/http/entry_rights.h"
#include "signaling/http/page.h"
#include "signaling/http/refusals.h"
#include "signaling/http/schools_json.h"
#include "signaling/lessons/exceptions.h"
#include "signaling/lessons/past_entries.h"
#include "signaling/lessons/placement.h"
#include "signaling/lessons/terms.h"
#include "signaling/lessons/usual.h"
#include "signaling/lessons/week.h"
#include "signaling/service.h"
#include "signaling/timetable/local_date.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUGGESTIONS 3

/* ---- terms ---- */

static void add_term(void *user, const struct term_row *term)
{
    json_array_append_new(user, schools_json_term(term));
}

void timetable_api_terms(struct http_request *request)
{
    struct list_page page;
    json_t *list;
    int64_t root;

    if (!api_root(request, &root) || !page_read(request, "terms", &page))
        return;
    list = json_array();
    page_answer(request, "terms", &page, list,
        terms_list(request->app->store, root, &page, add_term, list));
}

static bool read_term(struct http_request *request, const json_t *body, struct term_row *ret_term)
{
    struct json_error error;
    const char *name = json_get_string(body, "name", ORGANISATIONS_MAX_NAME_BYTES, &error);

    *ret_term = (struct term_row){0};
    if (!name ||
        json_get_int(body, "organisation", 1, INT64_MAX, &ret_term->organisation, &error) < 0) {
        api_answer_error(request, &error);
        return false;
    }
    snprintf(ret_term->name, sizeof(ret_term->name), "%s", name);
    plain_text_trim(ret_term->name);
    return api_day(request, json_get_string(body, "first_day", 16, &error),
               &ret_term->term.first_day) &&
           api_day(
               request, json_get_string(body, "last_day", 16, &error), &ret_term->term.last_day);
}

void timetable_api_add_term(struct http_request *request)
{
    static const struct api_reasons reasons = {
        .exists = REFUSAL_TERM_EXISTS,
        .missing = REFUSAL_NO_ORGANISATION,
        .invalid = REFUSAL_TERM_DAYS,
    };
    struct term_row term;
    int64_t id = 0;
    json_t *body = api_body(request);
    int r;

    if (!body)
        return;
    if (read_term(request, body, &term) && api_may(request, term.organisation)) {
        r = terms_add(request->app->store, &term, request->person.login_name, clock_wall_s(), &id);
        if (r < 0)
            api_answer_failure(request, r, &reasons);
        else
            api_answer_created(request, "terms", id);
    }
    json_decref(body);
}

/* ---- a weekly lesson ---- */

/* old: as it is there already, NULL for a new one. */
static bool read_entry(struct http_request *request, const json_t *body,
    const struct timetable_entry *old, struct timetable_entry *ret_entry)
{
    struct json_error error = {""};
    const char *fault;

    if (entry_json_read(body, ret_entry, &error) < 0) {
        api_answer_error(request, &error);
        return false;
    }
    fault = placement_fault(ret_entry);
    if (fault) {
        refusals_answer(request, REFUSAL_ENTRY_INVALID, json_pack("{s:s}", "part", fault));
        return false;
    }
    return entry_rights_plan(request, ret_entry, old);
}

/* ---- what is in the way ---- */

static json_t *suggest(struct http_request *request, const struct timetable_entry *entry)
{
    struct placement_slot slots[SUGGESTIONS];
    json_t *list = json_array();
    int count = placement_suggest(request->app->store, entry, clock_wall_s(), slots, SUGGESTIONS);

    for (int i = 0; i < count; i++)
        json_array_append_new(list, json_pack("{s:i, s:i}", "weekday", (int)slots[i].weekday,
                                        "period", (int)slots[i].period));
    return list;
}

static json_t *describe_report(struct http_request *request, const struct timetable_entry *entry,
    const struct placement_report *report)
{
    struct store *store = request->app->store;
    char day[LOCAL_DATE_CHARS];
    bool free = placement_is_free(report) && report->lessons > 0;

    return json_pack("{s:i, s:i, s:i, s:s?, s:o, s:o, s:o, s:o}", "lessons", (int)report->lessons,
        "substitutions", (int)report->substitutions, "without_bell", (int)report->without_bell,
        "first_day", report->lessons > 0 ? local_date_format(report->first_day, day) : NULL,
        "conflicts", entry_json_conflicts(store, report), "warnings",
        entry_json_warnings(store, entry, report), "offers", entry_json_offers(entry, report),
        "suggestions", free ? json_array() : suggest(request, entry));
}

/* ---- entries ---- */

static void answer_conflict(struct http_request *request, const struct timetable_entry *entry,
    const struct placement_report *report)
{
    refusals_answer(request,
        report->conflict_count > 0   ? REFUSAL_ENTRY_CONFLICT
        : report->mismatch_count > 0 ? REFUSAL_ENTRY_BELLS_DIFFER
        : report->overload.days > 0  ? REFUSAL_ENTRY_RELAYS_FULL
        : report->unpaired_count > 0 ? REFUSAL_ENTRY_UNPAIRED
                                     : REFUSAL_ENTRY_NO_LESSON,
        describe_report(request, entry, report));
}

static void answer_entry_failure(struct http_request *request, const struct timetable_entry *entry,
    const struct placement_report *report, int r)
{
    static const struct api_reasons reasons = {
        .exists = REFUSAL_ENTRY_NAMES,
        .missing = REFUSAL_NO_ENTRY,
        .invalid = REFUSAL_SUBJECT_NOT_OFFERED,
    };

    if (r == -EADDRINUSE || r == -EDOM)
        answer_conflict(request, entry, report);
    else if (r == -ESTALE)
        refusals_answer(request, REFUSAL_CHANGED_MEANWHILE, NULL);
    else
        api_answer_failure(request, r, &reasons);
}

/* An entry, if its room is in the person's part of the tree. */
static bool get_entry(struct http_request *request, int64_t id, struct timetable_entry *ret_entry)
{
    int r = entries_get(request->app->store, id, ret_entry);

    if (r == 1)
        return entry_rights_room(request, ret_entry->room, ROOM_MASTER);
    if (r == 0)
        refusals_answer(request, REFUSAL_NO_ENTRY, NULL);
    else
        service_answer_store_error(request, r);
    return false;
}

/* The one that the path names. */
static bool find_entry(struct http_request *request, struct timetable_entry *ret_entry)
{
    int64_t id;

    return api_id(request, 0, &id) && get_entry(request, id, ret_entry);
}

/* Of one that is there already the body of a check has the id: its own lessons are not in its way. */
static bool read_checked(
    struct http_request *request, const json_t *body, struct timetable_entry *ret_entry)
{
    int64_t id = json_integer_value(json_object_get(body, "id"));
    struct timetable_entry old;

    if ((id != 0 && !get_entry(request, id, &old)) ||
        !read_entry(request, body, id == 0 ? NULL : &old, ret_entry))
        return false;
    ret_entry->id = id;
    return true;
}

void timetable_api_check(struct http_request *request)
{
    struct placement_report report;
    struct timetable_entry entry;
    json_t *body = api_body(request);
    int r;

    if (!body)
        return;
    if (read_checked(request, body, &entry)) {
        r = placement_check(request->app->store, &entry, clock_wall_s(), &report);
        if (r < 0)
            answer_entry_failure(request, &entry, &report, r);
        else
            api_answer(request, describe_report(request, &entry, &report));
    }
    json_decref(body);
}

void timetable_api_add(struct http_request *request)
{
    struct placement_report report;
    struct timetable_entry entry;
    int64_t id = 0;
    json_t *body = api_body(request);
    int r;

    if (!body)
        return;
    if (read_entry(request, body, NULL, &entry)) {
        r = placement_save(
            request->app->store, &entry, request->person.login_name, clock_wall_s(), &report, &id);
        if (r < 0)
            answer_entry_failure(request, &entry, &report, r);
        else
            api_answer_created(request, "timetable", id);
    }
    json_decref(body);
}

/* What goes with it when it is taken away. */
static json_t *describe_coming(struct http_request *request, int64_t entry)
{
    char first[LOCAL_DATE_CHARS], last[LOCAL_DATE_CHARS];
    struct coming_lessons coming;

    if (past_entries_coming(request->app->store, entry, &coming) < 0)
        return NULL;
    return json_pack("{s:i, s:s?, s:s?}", "lessons", (int)coming.count, "first_day",
        coming.count > 0 ? local_date_format(coming.first_day, first) : NULL, "last_day",
        coming.count > 0 ? local_date_format(coming.last_day, last) : NULL);
}

static void answer_entry(struct http_request *request, const struct timetable_entry *entry)
{
    struct store *store = request->app->store;
    json_t *answer = entry_json_describe(entry);
    json_t *more = json_pack("{s:o, s:o, s:o}", "coming", describe_coming(request, entry->id),
        "people", entry_names_people(store, entry), "rooms", entry_names_rooms(store, entry));

    if (json_object_update(answer, more) < 0) {
        json_decref(answer);
        answer = NULL;
    }
    json_decref(more);
    api_answer_version(request, answer, entry->version);
}

void timetable_api_get(struct http_request *request)
{
    struct timetable_entry entry;

    if (find_entry(request, &entry))
        answer_entry(request, &entry);
}

void timetable_api_put(struct http_request *request)
{
    struct placement_report report;
    struct timetable_entry old, entry;
    int64_t version;
    json_t *body;
    int r;

    if (!find_entry(request, &old))
        return;
    body = api_body(request);
    if (!body)
        return;
    if (api_version(request, body, old.version, &version) &&
        read_entry(request, body, &old, &entry)) {
        entry.id = old.id;
        entry.version = version;
        r = placement_save(request->app->store, &entry, request->person.login_name, clock_wall_s(),
            &report, &entry.id);
        if (r < 0)
            answer_entry_failure(request, &entry, &report, r);
        else if (get_entry(request, old.id, &entry)) /* delays may be others than were sent */
            answer_entry(request, &entry);
    }
    json_decref(body);
}

void timetable_api_delete(struct http_request *request)
{
    const struct placement_report nothing = {0};
    struct timetable_entry entry;
    int64_t version;
    json_t *body;
    int r;

    if (!find_entry(request, &entry))
        return;
    body = api_body(request);
    if (!body)
        return;
    if (api_version(request, body, entry.version, &version)) {
        r = placement_remove(
            request->app->store, entry.id, version, request->person.login_name, clock_wall_s());
        if (r < 0)
            answer_entry_failure(request, &entry, &nothing, r);
        else
            api_answer(request, json_object());
    }
    json_decref(body);
}

/* ---- what is usual ---- */

static void add_usual(void *user, const struct timetable_entry *entry)
{
    json_t *receiving = json_array();

    for (size_t i = 0; i < entry->receiving_count; i++)
        json_array_append_new(
            receiving, json_pack("{s:I, s:I}", "room", (json_int_t)entry->receiving[i].room,
                           "teacher", (json_int_t)entry->receiving[i].teacher));
    json_array_append_new(user, json_pack("{s:s, s:I, s:o}", "subject", entry->subject, "teacher",
                                    (json_int_t)entry->teacher, "receiving", receiving));
}

void timetable_api_usual(struct http_request *request)
{
    json_t *lessons;
    int64_t room;
    int r;

    if (!api_id(request, 0, &room) || !entry_rights_room(request, room, ROOM_MASTER))
        return;
    lessons = json_array();
    r = usual_list(request->app->store, room, add_usual, lessons);
    if (r == 0) {
        api_answer(request, json_pack("{s:o}", "lessons", lessons));
    } else {
        json_decref(lessons);
        service_answer_store_error(request, r);
    }
}

/* ---- a week ---- */

struct week_answer {
    int64_t teacher;             /* whose lessons alone; 0: all */
    json_t *lessons;             /* owned */
    struct lesson_doubts doubts; /* the same */
};

/* What the lesson lacks, and in which of its rooms. */
static json_t *doubts_of(const struct lesson_doubts *doubts, const char *lesson)
{
    size_t count;
    const struct lesson_doubt *list = lesson_doubts_of(doubts, lesson, &count);
    json_t *found = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(found,
            json_pack("{s:s, s:I}", "kind", exceptions_kind_name(exceptions_kind_of(list[i].kind)),
                "place", (json_int_t)list[i].place));
    return found;
}

static void add_lesson(void *user, const struct week_lesson *lesson)
{
    struct week_answer *answer = user;
    json_t *rooms, *delays;
    char day[LOCAL_DATE_CHARS];

    if (answer->teacher != 0 && lesson->teacher != answer->teacher)
        return;
    rooms = json_array();
    delays = json_array();
    for (size_t i = 0; i < lesson->receiving_count; i++) {
        json_array_append_new(rooms, json_integer(lesson->receiving[i]));
        json_array_append_new(delays, json_integer(lesson->delays_s[i]));
    }
    json_array_append_new(answer->lessons,
        json_pack(
            "{s:s, s:I, s:s, s:i, s:s, s:s, s:i, s:I, s:I, s:I, s:I, s:o, s:o, s:b, s:b, s:s, s:o}",
            "id", lesson->id, "entry", (json_int_t)lesson->entry, "day",
            local_date_format(lesson->day, day), "period", (int)lesson->period, "state",
            lesson->state, "subject", lesson->subject, "grade", (int)lesson->grade, "room",
            (json_int_t)lesson->room, "teacher", (json_int_t)lesson->teacher, "start",
            (json_int_t)lesson->span.start_s, "end", (json_int_t)lesson->span.end_s, "receiving",
            rooms, "delays", delays, "holiday", lesson->holiday, "substituted", lesson->substituted,
            "reason", lesson->reason, "doubts", doubts_of(&answer->doubts, lesson->id)));
}

/* "?teacher=3"; false when that was answered. */
static bool read_teacher(struct http_request *request, int64_t *ret_teacher)
{
    char text[20];
    int has = http_request_query(request, "teacher", text, sizeof(text));

    *ret_teacher = 0;
    if (has == 0)
        return true;
    if (has == 1 && *text && strspn(text, "0123456789") == strlen(text))
        *ret_teacher = strtoll(text, NULL, 10);
    if (*ret_teacher == 0)
        http_request_fail(request, 400, "teacher: the number of a person.");
    return *ret_teacher != 0;
}

void timetable_api_week(struct http_request *request)
{
    struct week_answer answer = {0};
    struct clashes clashes = {0};
    char first[LOCAL_DATE_CHARS];
    int64_t organisation;
    int32_t day, monday;
    int r;

    if (!api_id(request, 0, &organisation) || !api_may(request, organisation) ||
        !api_day(request, request->params[1], &day) || !read_teacher(request, &answer.teacher))
        return;
    monday = local_date_monday(day);
    answer.lessons = json_array();
    r = lesson_doubts_find(request->app->store, organisation, monday, monday + 6, &answer.doubts);
    if (r == 0)
        r = week_list(request->app->store, organisation, monday, add_lesson, &answer);
    if (r == 0)
        r = clashes_find(request->app->store, organisation, monday, monday + 6, &clashes);
    if (r < 0) {
        json_decref(answer.lessons);
        service_answer_store_error(request, r);
    } else {
        api_answer(request,
            json_pack("{s:s, s:o, s:o}", "first_day", local_date_format(monday, first), "lessons",
                answer.lessons, "clashes", clashes_json(&clashes, CLASHES_MAX)));
    }
    lesson_doubts_finish(&answer.doubts);
    clashes_finish(&clashes);
}

void timetable_api_first_school(struct http_request *request)
{
    int64_t organisation, school;
    int32_t day;
    int r;

    if (!api_id(request, 0, &organisation) || !api_may(request, organisation) ||
        !api_day(request, request->params[1], &day))
        return;
    r = week_first_school(request->app->store, organisation, local_date_monday(day), &school);
    if (r < 0)
        service_answer_store_error(request, r);
    else
        api_answer(
            request, json_pack("{s:o}", "school", school ? json_integer(school) : json_null()));
}
