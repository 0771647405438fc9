#include "signaling/http/imports_api.h"

#include "common/clock.h"
#include "signaling/accounts/account_rights.h"
#include "signaling/accounts/credentials.h"
#include "signaling/http/api.h"
#include "signaling/http/audit_note.h"
#include "signaling/http/deferred.h"
#include "signaling/http/refusals.h"
#include "signaling/http/routes.h"
#include "signaling/import/import.h"
#include "signaling/service.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX         "/api/v1/imports/"
#define MAX_KIND_CHARS 16
#define BOM            "\xef\xbb\xbf" /* Excel reads UTF-8 only with it */

struct import_job {
    const struct import_kind *kind;
    bool dry;
    char name[HTTP_MAX_PARAM_CHARS + 1];
    struct import_who who;
    struct text file; /* owned */
    /* of the worker */
    int r;
    struct import_report report; /* owned */
};

/* The route's, which has its own row in the table for each kind. */
static const struct import_kind *kind_of(const struct http_request *request)
{
    const char *text = request->route->pattern + strlen(PREFIX);
    char name[MAX_KIND_CHARS];

    snprintf(name, sizeof(name), "%.*s", (int)strcspn(text, "/"), text);
    return import_kind_of(name);
}

static void work(void *user, struct store *store, const atomic_bool *abandoned)
{
    struct import_job *job = user;

    job->r = store ? import_run(job->kind, store, &job->who, (const uint8_t *)job->file.data,
                         job->file.len, job->dry, abandoned, &job->report)
                   : -EIO;
}

static void answer(void *user, struct http_request *request)
{
    struct import_job *job = user;
    struct faults *faults = &job->report.faults;
    json_t *result = job->report.result;

    if (job->r < 0) {
        service_answer_store_error(request, job->r);
        return;
    }
    json_object_set_new(result, "kind", json_string(job->kind->name));
    json_object_set_new(result, "fault_count", json_integer((json_int_t)faults->count));
    json_object_set(result, "faults", faults->list);
    json_object_set(result, "warnings", job->report.warnings.list);
    if (job->dry || job->report.written)
        api_answer(request, json_incref(result));
    else
        refusals_answer(request, REFUSAL_IMPORT_FAULTS, json_incref(result));
}

static void release(void *user)
{
    struct import_job *job = user;

    import_report_finish(&job->report);
    text_finish(&job->file);
    free(job);
}

/* What may not be added one by one (people_api.c) may not come in a file either. */
static bool may_add_people(struct http_request *request)
{
    int count = credentials_count(request->app->store, "security_admin");

    if (count < 0)
        service_answer_store_error(request, count);
    else if (account_rights_may(request->person.role, count > 0, "local_teacher"))
        return true;
    else {
        audit_note_refusal(
            request, request->person.login_name, "person.import", "", "denied", "role");
        refusals_answer(request, REFUSAL_ACCOUNT_SECURITY, NULL);
    }
    return false;
}

static void begin(struct http_request *request, bool dry)
{
    static const struct deferred_work import_work = {work, answer, release};
    struct import_job *job;
    int64_t root;

    if (!api_root(request, &root) ||
        (kind_of(request) == &people_import && !may_add_people(request)))
        return;
    job = calloc(1, sizeof(*job));
    if (!job) {
        service_answer_store_error(request, -ENOMEM);
        return;
    }
    job->kind = kind_of(request);
    job->dry = dry;
    snprintf(job->name, sizeof(job->name), "%s", request->person.login_name);
    job->who = (struct import_who){
        .name = job->name,
        .root = root,
        .only_teachers = strcmp(request->person.role, "system_admin") != 0,
        .now_s = clock_wall_s(),
    };
    job->file = request->body;
    request->body = (struct text){0};
    if (!job->file.data)
        text_append(&job->file, "", 0);
    deferred_begin(request, &import_work, job);
}

void imports_api_check(struct http_request *request)
{
    begin(request, true);
}

void imports_api_run(struct http_request *request)
{
    begin(request, false);
}

void imports_api_template(struct http_request *request)
{
    const struct import_kind *kind = kind_of(request);
    bool english = strcmp(request->params[0], "en") == 0;
    struct http_response response;
    struct text text = {0};

    if (!english && strcmp(request->params[0], "zh-CN") != 0) {
        http_request_fail(request, 404, "There are templates in zh-CN and en.");
        return;
    }
    text_format(&text, BOM);
    for (size_t i = 0; i < kind->column_count; i++)
        text_format(&text, "%s%s", i > 0 ? "," : "", kind->columns[i].names[english]);
    text_format(&text, "\r\n%s\r\n", kind->examples[english]);
    http_response_init(&response, 200);
    http_response_body(&response, "text/csv; charset=utf-8", text.data ? text.data : "", text.len);
    http_response_header(
        &response, "Content-Disposition", "attachment; filename=\"duet-%s.csv\"", kind->name);
    http_response_header(&response, "Cache-Control", "no-store");
    response.body.failed = response.body.failed || text.failed;
    text_finish(&text);
    http_request_respond(request, &response);
}
