#include "signaling/http/audit_api.h"

#include "common/clock.h"
#include "signaling/accounts/people.h"
#include "signaling/audit/audit_log.h"
#include "signaling/http/api.h"
#include "signaling/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE            100
#define PART            5000 /* entries verified at a time: some 20 ms */
#define MAX_EVENT_CHARS 64
#define MAX_DIGITS      15

struct search {
    struct audit_filter filter;
    char person[PEOPLE_MAX_NAME_BYTES + 1];
    char event[MAX_EVENT_CHARS + 1];
};

static void add_entry(void *user, int64_t number, const struct audit_entry *entry)
{
    json_array_append_new(user,
        json_pack("{s:I, s:I, s:s, s:o, s:s, s:s, s:s, s:s}", "number", (json_int_t)number, "time",
            (json_int_t)entry->time_s, "person", entry->person, "person_id",
            entry->person_id ? json_integer(entry->person_id) : json_null(), "event", entry->event,
            "object", entry->object, "outcome", entry->outcome, "detail", entry->detail));
}

/* 0 when it is not there; false when it is no number. */
static bool read_number(struct http_request *request, const char *name, int64_t *ret_number)
{
    char text[MAX_DIGITS + 1] = "";
    int r = http_request_query(request, name, text, sizeof(text));

    *ret_number = strtoll(text, NULL, 10);
    return r == 0 || (r == 1 && *text && text[strspn(text, "0123456789")] == '\0');
}

static bool read_search(struct http_request *request, struct search *search)
{
    *search = (struct search){.filter = {.before = 0}};
    search->filter.person = search->person;
    search->filter.event = search->event;
    if (http_request_query(request, "person", search->person, sizeof(search->person)) >= 0 &&
        http_request_query(request, "event", search->event, sizeof(search->event)) >= 0 &&
        read_number(request, "from", &search->filter.from_s) &&
        read_number(request, "to", &search->filter.to_s) &&
        read_number(request, "before", &search->filter.before))
        return true;
    api_answer_invalid(
        request, "Ask with person, event, from and to (seconds since 1970) and before (a number)");
    return false;
}

/* What was looked for is part of who looked. */
static int note_reading(struct http_request *request, const struct search *search)
{
    struct store *store = request->app->store;
    json_t *json = json_object();
    char *detail;
    int r;

    if (*search->person)
        json_object_set_new(json, "person", json_string(search->person));
    if (*search->event)
        json_object_set_new(json, "event", json_string(search->event));
    if (search->filter.from_s)
        json_object_set_new(json, "from", json_integer(search->filter.from_s));
    if (search->filter.to_s)
        json_object_set_new(json, "to", json_integer(search->filter.to_s));
    if (search->filter.before)
        json_object_set_new(json, "before", json_integer(search->filter.before));
    detail = json_dumps(json, JSON_COMPACT);
    r = store_begin(store);
    if (r == 0)
        r = audit_log_end(store, 0,
            &(struct audit_entry){clock_wall_s(), request->person.login_name, "audit.read", "",
                "done", detail ? detail : ""});
    free(detail);
    json_decref(json);
    return r;
}

/* The newest first; each page names the number that the next one is asked with. */
void audit_api_list(struct http_request *request)
{
    struct search search;
    json_t *list, *next;
    int r;

    if (!read_search(request, &search))
        return;
    r = note_reading(request, &search);
    list = json_array();
    if (r == 0)
        r = audit_log_search(request->app->store, &search.filter, PAGE, add_entry, list);
    if (r < 0) {
        json_decref(list);
        service_answer_store_error(request, r);
        return;
    }
    next = json_array_size(list) < PAGE
               ? json_null()
               : json_incref(json_object_get(json_array_get(list, PAGE - 1), "number"));
    api_answer(request, json_pack("{s:o, s:o}", "entries", list, "next", next));
}

/* A piece of the log: who verifies all of it asks again with after until more is false. */
void audit_api_verify(struct http_request *request)
{
    struct audit_report report;
    int64_t after;
    int r;

    if (!read_number(request, "after", &after)) {
        api_answer_invalid(request, "after: a number");
        return;
    }
    r = audit_log_verify_part(request->app->store, after, PART, &report);
    if (r < 0)
        service_answer_store_error(request, r);
    else
        api_answer(request, json_pack("{s:I, s:s, s:I, s:b}", "entries", (json_int_t)report.entries,
                                "head", report.head, "broken", (json_int_t)report.broken, "more",
                                report.broken == 0 && report.entries == after + PART));
}
