#include "common/clock.h"
#include "common/json.h"
#include "common/plain_text.h"
#include "signaling/http/api.h"
#include "signaling/http/deferred.h"
#include "signaling/http/refusals.h"
#include "signaling/http/schools_api.h"
#include "signaling/http/schools_json.h"
#include "signaling/lessons/organisation_changes.h"
#include "signaling/lessons/term_changes.h"
#include "signaling/schools/rooms.h"
#include "signaling/service.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- what they share ---- */

/* r: of a look-up. */
static bool is_there(struct http_request *request, int r, enum refusal missing)
{
    if (r < 0)
        service_answer_store_error(request, r);
    else if (r == 0)
        refusals_answer(request, missing, NULL);
    return r == 1;
}

/* The name of the body, if it has one. */
static bool read_name(
    struct http_request *request, const json_t *body, char name[ORGANISATIONS_MAX_NAME_BYTES + 1])
{
    struct json_error error;
    const char *text = json_get_string_or(body, "name", ORGANISATIONS_MAX_NAME_BYTES, name, &error);

    if (!text) {
        api_answer_error(request, &error);
        return false;
    }
    if (text != name)
        snprintf(name, ORGANISATIONS_MAX_NAME_BYTES + 1, "%s", text);
    plain_text_trim(name);
    return true;
}

static void answer_failure(struct http_request *request, int r, const struct api_reasons *reasons)
{
    if (r == -ESTALE)
        refusals_answer(request, REFUSAL_CHANGED_MEANWHILE, NULL);
    else
        api_answer_failure(request, r, reasons);
}

static void answer_removed(struct http_request *request, int r, const struct hanging *hanging,
    const struct api_reasons *reasons)
{
    static const enum refusal refusals[HANGING_KINDS] = {
        [HANGING_SCHOOLS] = REFUSAL_HAS_SCHOOLS,
        [HANGING_ROOMS] = REFUSAL_HAS_ROOMS,
        [HANGING_PEOPLE] = REFUSAL_HAS_PEOPLE,
        [HANGING_TERMS] = REFUSAL_HAS_TERMS,
        [HANGING_BELLS] = REFUSAL_HAS_BELLS,
        [HANGING_TEXTBOOKS] = REFUSAL_HAS_TEXTBOOKS,
        [HANGING_LESSONS] = REFUSAL_HAS_LESSONS,
        [HANGING_PAIRINGS] = REFUSAL_HAS_PAIRINGS,
        [HANGING_DEVICES] = REFUSAL_HAS_DEVICES,
    };

    if (r == -ENOTEMPTY)
        refusals_answer(request, refusals[hanging->kind],
            json_pack("{s:I}", "count", (json_int_t)hanging->count));
    else if (r < 0)
        answer_failure(request, r, reasons);
    else
        api_answer(request, json_object());
}

/* ---- counties and schools ---- */

static const struct api_reasons organisation_reasons = {
    .exists = REFUSAL_ORGANISATION_EXISTS,
    .missing = REFUSAL_NO_ORGANISATION,
    .invalid = REFUSAL_ORGANISATION_INVALID,
};

static bool find_organisation(
    struct http_request *request, const json_t *body, struct organisation *ret_organisation)
{
    int64_t id;

    return api_id(request, 0, &id) &&
           is_there(request, organisations_get(request->app->store, id, ret_organisation),
               REFUSAL_NO_ORGANISATION) &&
           api_may(request, id) &&
           api_version(request, body, ret_organisation->version, &ret_organisation->version);
}

static bool read_organisation(
    struct http_request *request, const json_t *body, struct organisation *organisation)
{
    struct json_error error;
    const char *zone =
        json_get_string_or(body, "zone", SCHOOL_CLOCK_MAX_ZONE_BYTES, organisation->zone, &error);

    if (!zone) {
        api_answer_error(request, &error);
        return false;
    }
    if (zone != organisation->zone)
        snprintf(organisation->zone, sizeof(organisation->zone), "%s", zone);
    return read_name(request, body, organisation->name);
}

static void answer_organisation(struct http_request *request, int64_t id, int64_t moved)
{
    struct organisation organisation;
    json_t *value;

    if (!is_there(request, organisations_get(request->app->store, id, &organisation),
            REFUSAL_NO_ORGANISATION))
        return;
    value = schools_json_organisation(&organisation);
    json_object_set_new(value, "moved", json_integer((json_int_t)moved));
    api_answer_version(request, value, organisation.version);
}

void schools_api_change_organisation(struct http_request *request)
{
    struct organisation organisation;
    json_t *body = api_body(request);
    int64_t moved;
    int r;

    if (!body)
        return;
    if (find_organisation(request, body, &organisation) &&
        read_organisation(request, body, &organisation)) {
        r = organisation_changes_make(
            request->app->store, &organisation, request->person.login_name, clock_wall_s(), &moved);
        if (r < 0)
            answer_failure(request, r, &organisation_reasons);
        else
            answer_organisation(request, organisation.id, moved);
    }
    json_decref(body);
}

void schools_api_remove_organisation(struct http_request *request)
{
    struct organisation organisation;
    struct hanging hanging;
    json_t *body = api_body(request);
    int r;

    if (!body)
        return;
    if (find_organisation(request, body, &organisation)) {
        r = organisation_changes_remove(request->app->store, &organisation,
            request->person.login_name, clock_wall_s(), &hanging);
        answer_removed(request, r, &hanging, &organisation_reasons);
    }
    json_decref(body);
}

/* ---- rooms ---- */

static const struct api_reasons room_reasons = {
    .exists = REFUSAL_ROOM_EXISTS,
    .missing = REFUSAL_NO_ROOM,
    .invalid = REFUSAL_NAME_INVALID,
};

static bool find_room(struct http_request *request, const json_t *body, struct room *ret_room)
{
    int64_t id;

    return api_id(request, 0, &id) &&
           is_there(request, rooms_get(request->app->store, id, ret_room), REFUSAL_NO_ROOM) &&
           api_may(request, ret_room->school) &&
           api_version(request, body, ret_room->version, &ret_room->version);
}

static bool read_room(struct http_request *request, const json_t *body, struct room *room)
{
    struct json_error error;
    const char *use = json_get_string_or(body, "use", 16, rooms_use_name(room->use), &error);

    if (!use) {
        api_answer_error(request, &error);
        return false;
    }
    if (!rooms_use_of(use, &room->use)) {
        api_answer_invalid(request, "use: master, receiving or both");
        return false;
    }
    return read_name(request, body, room->name);
}

static void answer_room(
    struct http_request *request, int r, int64_t id, const struct room_use_needed *needed)
{
    struct room room;

    if (r == -ENOTEMPTY)
        refusals_answer(request, REFUSAL_ROOM_USE_NEEDED,
            json_pack("{s:I, s:I}", "lessons", (json_int_t)needed->lessons, "pairings",
                (json_int_t)needed->pairings));
    else if (r < 0)
        answer_failure(request, r, &room_reasons);
    else if (is_there(request, rooms_get(request->app->store, id, &room), REFUSAL_NO_ROOM))
        api_answer_version(request, schools_json_room(&room), room.version);
}

void schools_api_change_room(struct http_request *request)
{
    struct room_use_needed needed = {0};
    struct room room;
    json_t *body = api_body(request);
    int r;

    if (!body)
        return;
    if (find_room(request, body, &room) && read_room(request, body, &room)) {
        r = rooms_change(
            request->app->store, &room, request->person.login_name, clock_wall_s(), &needed);
        answer_room(request, r, room.id, &needed);
    }
    json_decref(body);
}

void schools_api_remove_room(struct http_request *request)
{
    struct hanging hanging;
    struct room room;
    json_t *body = api_body(request);
    int r;

    if (!body)
        return;
    if (find_room(request, body, &room)) {
        r = rooms_remove(
            request->app->store, &room, request->person.login_name, clock_wall_s(), &hanging);
        answer_removed(request, r, &hanging, &room_reasons);
    }
    json_decref(body);
}

/* ---- terms ---- */

static const struct api_reasons term_reasons = {
    .exists = REFUSAL_TERM_EXISTS,
    .missing = REFUSAL_NO_TERM,
    .invalid = REFUSAL_TERM_DAYS,
};

/* Many plan in a county's term; who changes it answers for the county. */
static bool find_term(struct http_request *request, const json_t *body, struct term_row *ret_term)
{
    int64_t id;

    return api_id(request, 0, &id) &&
           is_there(request, terms_get(request->app->store, id, ret_term), REFUSAL_NO_TERM) &&
           api_may(request, ret_term->organisation) &&
           api_version(request, body, ret_term->version, &ret_term->version);
}

static bool read_day(
    struct http_request *request, const json_t *body, const char *member, int32_t *day)
{
    return !json_object_get(body, member) ||
           api_day(request, json_string_value(json_object_get(body, member)), day);
}

/* A longer term may have tens of thousands of lessons more: they are made beside the loop. */
struct term_job {
    struct term_row term; /* as it is to be */
    char name[HTTP_MAX_PARAM_CHARS + 1];
    /* of the worker */
    int r;
    struct term_change_report report;
};

static void work_on_term(void *user, struct store *store, const atomic_bool *abandoned)
{
    struct term_job *job = user;

    (void)abandoned;
    job->r = store ? term_changes_make(store, &job->term, job->name, clock_wall_s(), &job->report)
                   : -EIO;
}

static void answer_term(void *user, struct http_request *request)
{
    struct term_job *job = user;
    const struct term_change_report *report = &job->report;
    struct term_row term;
    json_t *value;

    if (job->r == -ENOTEMPTY) {
        refusals_answer(request, REFUSAL_TERM_LESSONS_OUTSIDE,
            json_pack("{s:I}", "count", (json_int_t)report->outside));
    } else if (job->r == -EXDEV) {
        refusals_answer(request, REFUSAL_TERM_WEEKS_COUNTED,
            json_pack("{s:I}", "count", (json_int_t)report->counted));
    } else if (job->r < 0) {
        answer_failure(request, job->r, &term_reasons);
    } else if (is_there(
                   request, terms_get(request->app->store, job->term.id, &term), REFUSAL_NO_TERM)) {
        value = schools_json_term(&term);
        json_object_set_new(value, "added", json_integer((json_int_t)report->added));
        json_object_set_new(value, "clashes", json_integer((json_int_t)report->clashes));
        api_answer_version(request, value, term.version);
    }
}

static void begin_term(struct http_request *request, const struct term_row *term)
{
    static const struct deferred_work term_work = {work_on_term, answer_term, free, false};
    struct term_job *job = calloc(1, sizeof(*job));

    if (!job) {
        service_answer_store_error(request, -ENOMEM);
        return;
    }
    job->term = *term;
    snprintf(job->name, sizeof(job->name), "%s", request->person.login_name);
    deferred_begin(request, &term_work, job);
}

void schools_api_change_term(struct http_request *request)
{
    struct term_row term;
    json_t *body = api_body(request);

    if (!body)
        return;
    if (find_term(request, body, &term) && read_name(request, body, term.name) &&
        read_day(request, body, "first_day", &term.term.first_day) &&
        read_day(request, body, "last_day", &term.term.last_day))
        begin_term(request, &term);
    json_decref(body);
}

void schools_api_remove_term(struct http_request *request)
{
    struct hanging hanging;
    struct term_row term;
    json_t *body = api_body(request);
    int r;

    if (!body)
        return;
    if (find_term(request, body, &term)) {
        r = term_changes_remove(
            request->app->store, &term, request->person.login_name, clock_wall_s(), &hanging);
        answer_removed(request, r, &hanging, &term_reasons);
    }
    json_decref(body);
}
