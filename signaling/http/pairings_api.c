#include "signaling/http/pairings_api.h"

#include "common/clock.h"
#include "common/json.h"
#include "signaling/http/api.h"
#include "signaling/http/coming_lessons_json.h"
#include "signaling/http/entry_rights.h"
#include "signaling/http/refusals.h"
#include "signaling/lessons/pairings.h"
#include "signaling/schools/rooms.h"
#include "signaling/service.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define S_PER_DAY 86400

static json_t *describe(const struct pairing *pairing)
{
    /* a term ends with its last day, wherever that is over last */
    int32_t today = (int32_t)(clock_wall_s() / S_PER_DAY) - 1;

    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:s, s:s, s:o, s:s, s:b}", "id",
        (json_int_t)pairing->id, "version", (json_int_t)pairing->version, "term",
        (json_int_t)pairing->term, "master_room", (json_int_t)pairing->master_room,
        "receiving_room", (json_int_t)pairing->receiving_room, "subject", pairing->subject, "state",
        pairings_state_name(pairings_state(pairing, today)), "consent",
        pairing->consent_s ? json_integer((json_int_t)pairing->consent_s) : json_null(),
        "consent_by", pairing->consent_by, "placed", pairing->placed);
}

static void add_pairing(void *user, const struct pairing *pairing)
{
    json_array_append_new(user, describe(pairing));
}

void pairings_api_list(struct http_request *request)
{
    json_t *list;
    int64_t root;
    int r;

    if (!api_root(request, &root))
        return;
    list = json_array();
    r = pairings_list(request->app->store, root, add_pairing, list);
    if (r < 0) {
        json_decref(list);
        service_answer_store_error(request, r);
        return;
    }
    api_answer(request, json_pack("{s:o}", "pairings", list));
}

static bool may_room(struct http_request *request, int64_t id, struct room *ret_room)
{
    int r = rooms_get(request->app->store, id, ret_room);

    if (r < 0)
        service_answer_store_error(request, r);
    else if (r == 0)
        refusals_answer(request, REFUSAL_NO_ROOM, NULL);
    return r == 1 && api_may(request, ret_room->school);
}

static void give_consent(const struct http_request *request, struct pairing *pairing, bool given)
{
    if (given == (pairing->consent_s != 0))
        return;
    pairing->consent_s = given ? clock_wall_s() : 0;
    snprintf(
        pairing->consent_by, sizeof(pairing->consent_by), "%s", given ? request->person.name : "");
}

static bool read_pairing(
    struct http_request *request, const json_t *body, struct pairing *ret_pairing)
{
    struct json_error error;
    const char *subject =
        json_get_string_or(body, "subject", ENTRIES_MAX_SUBJECT_BYTES, "", &error);
    struct room room;

    *ret_pairing = (struct pairing){0};
    if (!subject || json_get_int(body, "term", 1, INT64_MAX, &ret_pairing->term, &error) < 0 ||
        json_get_int(body, "master_room", 1, INT64_MAX, &ret_pairing->master_room, &error) < 0 ||
        json_get_int(body, "receiving_room", 1, INT64_MAX, &ret_pairing->receiving_room, &error) <
            0) {
        api_answer_error(request, &error);
        return false;
    }
    snprintf(ret_pairing->subject, sizeof(ret_pairing->subject), "%s", subject);
    give_consent(request, ret_pairing, json_get_bool_or(body, "consent", false));
    return api_may_term(request, ret_pairing->term) &&
           may_room(request, ret_pairing->receiving_room, &room) &&
           may_room(request, ret_pairing->master_room, &room) &&
           entry_rights_term(request, ret_pairing->term, room.school);
}

void pairings_api_add(struct http_request *request)
{
    static const struct api_reasons reasons = {
        .exists = REFUSAL_PAIRING_EXISTS,
        .missing = REFUSAL_NO_TERM_OR_ROOM,
        .invalid = REFUSAL_PAIRING_INVALID,
    };
    struct pairing pairing;
    json_t *body = api_body(request);
    int64_t id;
    int r;

    if (!body)
        return;
    if (read_pairing(request, body, &pairing)) {
        r = pairings_add(
            request->app->store, &pairing, request->person.login_name, clock_wall_s(), &id);
        if (r < 0)
            api_answer_failure(request, r, &reasons);
        else
            api_answer_created(request, "pairings", id);
    }
    json_decref(body);
}

static bool find(struct http_request *request, const json_t *body, struct pairing *ret_pairing)
{
    int64_t id;
    int r;

    if (!api_id(request, 0, &id))
        return false;
    r = pairings_get(request->app->store, id, ret_pairing);
    if (r < 0)
        service_answer_store_error(request, r);
    else if (r == 0)
        refusals_answer(request, REFUSAL_NO_PAIRING, NULL);
    return r == 1 && api_may(request, ret_pairing->master_school) &&
           api_may(request, ret_pairing->receiving_school) &&
           api_version(request, body, ret_pairing->version, &ret_pairing->version);
}

void pairings_api_lessons(struct http_request *request)
{
    struct coming_lessons lessons;
    struct pairing pairing;
    int64_t id;
    int r;

    if (!api_id(request, 0, &id))
        return;
    r = pairings_get(request->app->store, id, &pairing);
    if (r == 0)
        refusals_answer(request, REFUSAL_NO_PAIRING, NULL);
    if (r == 0 || (r == 1 && (!api_may(request, pairing.master_school) ||
                                 !api_may(request, pairing.receiving_school))))
        return;
    if (r == 1)
        r = coming_lessons_of_pairing(request->app->store, &pairing, clock_wall_s(), &lessons);
    if (r < 0)
        service_answer_store_error(request, r);
    else
        api_answer(request, coming_lessons_json(&lessons));
}

static void answer_changed(struct http_request *request, int r, int64_t id)
{
    static const struct api_reasons reasons = {.missing = REFUSAL_NO_PAIRING};
    struct pairing pairing;

    if (r == -ESTALE)
        refusals_answer(request, REFUSAL_CHANGED_MEANWHILE, NULL);
    else if (r < 0)
        api_answer_failure(request, r, &reasons);
    else if (pairings_get(request->app->store, id, &pairing) == 1)
        api_answer_version(request, describe(&pairing), pairing.version);
    else
        api_answer(request, json_object());
}

void pairings_api_change(struct http_request *request)
{
    struct pairing pairing;
    json_t *body = api_body(request);

    if (!body)
        return;
    if (find(request, body, &pairing)) {
        pairing.frozen = json_get_bool_or(body, "frozen", pairing.frozen);
        give_consent(request, &pairing, json_get_bool_or(body, "consent", pairing.consent_s != 0));
        answer_changed(request,
            pairings_change(
                request->app->store, &pairing, request->person.login_name, clock_wall_s()),
            pairing.id);
    }
    json_decref(body);
}

void pairings_api_remove(struct http_request *request)
{
    struct pairing pairing;
    json_t *body = api_body(request);

    if (!body)
        return;
    if (find(request, body, &pairing))
        answer_changed(request,
            pairings_remove(request->app->store, pairing.id, pairing.version,
                request->person.login_name, clock_wall_s()),
            pairing.id);
    json_decref(body);
}
