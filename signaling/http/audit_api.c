#include "signaling/http/audit_api.h"

#include "common/clock.h"
#include "signaling/audit/audit_log.h"
#include "signaling/http/api.h"
#include "signaling/service.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PAGE 100

static void add_entry(void *user, int64_t number, const struct audit_entry *entry)
{
    json_array_append_new(
        user, json_pack("{s:I, s:I, s:s, s:s, s:s, s:s, s:s}", "number", (json_int_t)number, "time",
                  (json_int_t)entry->time_s, "person", entry->person, "event", entry->event,
                  "object", entry->object, "outcome", entry->outcome, "detail", entry->detail));
}

/* The newest first; each page names the number that the next one is asked with. Reading it is an event of its own, told
 * once for each beginning. */
void audit_api_list(struct http_request *request)
{
    int64_t before = INT64_MAX;
    json_t *list;
    int r = 0;

    if (*request->params[0] && !api_id(request, 0, &before))
        return;
    if (before == INT64_MAX && (r = store_begin(request->app->store)) == 0)
        r = audit_log_end(request->app->store, 0,
            &(struct audit_entry){
                clock_wall_s(), request->person.name, "audit.read", "", "done", ""});
    list = json_array();
    if (r == 0)
        r = audit_log_list(request->app->store, before, PAGE, add_entry, list);
    if (r < 0) {
        json_decref(list);
        service_answer_store_error(request, r);
        return;
    }
    api_answer(
        request, json_pack("{s:o, s:o}", "entries", list, "next",
                     json_array_size(list) < PAGE
                         ? json_null()
                         : json_incref(json_object_get(json_array_get(list, PAGE - 1), "number"))));
}

void audit_api_verify(struct http_request *request)
{
    struct audit_report report;
    int r = audit_log_verify(request->app->store, NULL, &report);

    if (r < 0)
        service_answer_store_error(request, r);
    else
        api_answer(request, json_pack("{s:I, s:s, s:I}", "entries", (json_int_t)report.entries,
                                "head", report.head, "broken", (json_int_t)report.broken));
}
