/* A person's own logins: where they are, and ending them. */
#include "common/clock.h"
#include "signaling/accounts/browser_sessions.h"
#include "signaling/audit/audit_log.h"
#include "signaling/http/accounts_api.h"
#include "signaling/http/api.h"
#include "signaling/http/revocation.h"
#include "signaling/service.h"

#include <errno.h>

static void add_session(void *user, const struct browser_session *session)
{
    json_array_append_new(
        user, json_pack("{s:s, s:I, s:I, s:s, s:s, s:b}", "id", session->id, "begun",
                  (json_int_t)session->begun_s, "used", (json_int_t)session->used_s, "address",
                  session->address, "browser", session->browser, "current", session->current));
}

void accounts_my_sessions(struct http_request *request)
{
    json_t *list = json_array();
    int r = browser_sessions_list(request, request->person.id, add_session, list);

    if (r < 0) {
        json_decref(list);
        service_answer_store_error(request, r);
        return;
    }
    api_answer(request, json_pack("{s:o}", "sessions", list));
}

static void end(struct http_request *request, const char *id)
{
    struct store *store = request->app->store;
    int ended = 0;
    int r = store_begin(store);

    if (r == 0) {
        ended = browser_sessions_end_other(request, request->person.id, id);
        r = ended < 0 ? ended : id && ended == 0 ? -ENOENT : 0;
        r = audit_log_end(store, r,
            &(struct audit_entry){clock_wall_s(), request->person.login_name, "person.end_logins",
                id ? "one" : "others", "done", ""});
    }
    if (r == -ENOENT)
        http_request_fail(request, 404, "This login has ended already.");
    else if (r < 0)
        service_answer_store_error(request, r);
    if (r < 0)
        return;
    revocation_end_logins(request->app, request->person.id);
    api_answer(request, json_pack("{s:i}", "ended", ended));
}

void accounts_end_my_sessions(struct http_request *request)
{
    end(request, NULL);
}

void accounts_end_my_session(struct http_request *request)
{
    end(request, request->params[0]);
}
