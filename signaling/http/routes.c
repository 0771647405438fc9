#include "signaling/http/routes.h"

#include "signaling/http/access.h"
#include "signaling/http/accounts_api.h"
#include "signaling/http/audit_api.h"
#include "signaling/http/audit_note.h"
#include "signaling/http/bells_api.h"
#include "signaling/http/calendars_api.h"
#include "signaling/http/catalogue_api.h"
#include "signaling/http/clashes_api.h"
#include "signaling/http/cors.h"
#include "signaling/http/device_polls.h"
#include "signaling/http/devices_api.h"
#include "signaling/http/exports_api.h"
#include "signaling/http/idempotency.h"
#include "signaling/http/imports_api.h"
#include "signaling/http/lesson_changes_api.h"
#include "signaling/http/media_session.h"
#include "signaling/http/pairings_api.h"
#include "signaling/http/people_api.h"
#include "signaling/http/refusals.h"
#include "signaling/http/reports_api.h"
#include "signaling/http/schools_api.h"
#include "signaling/http/slots_api.h"
#include "signaling/http/static_files.h"
#include "signaling/http/system_api.h"
#include "signaling/http/textbooks_api.h"
#include "signaling/http/timetable_api.h"
#include "signaling/http/whep.h"
#include "signaling/http/whip.h"
#include "signaling/metrics/metrics.h"
#include "signaling/realtime/participants.h"
#include "signaling/service.h"

#include <ctype.h>
#include <string.h>

#define JSON_BYTES     (16 * 1024)
#define RESULT_BYTES   (96 * 1024) /* a picture of 64 KiB in it */
#define WHIP_BYTES     (64 * 1024)
#define WHEP_BYTES     (256 * 1024)
#define FRAGMENT_BYTES (16 * 1024)
#define SDP            "application/sdp"
#define FRAGMENT       "application/trickle-ice-sdpfrag"
#define JSON           "application/json"
#define CSV            "text/csv"
#define CSV_BYTES      (2 * 1024 * 1024)

static void handle_health(struct http_request *request)
{
    struct http_response response;

    http_response_init(&response, 200);
    http_response_json(&response, json_pack("{s:s}", "status", "ok"));
    http_request_respond(request, &response);
}

/* clang-format off */
const struct http_route http_routes[] = {
    {HTTP_GET,    "/healthz", HTTP_ACCESS_OPEN,    NULL, 0, false, handle_health},
    {HTTP_GET,    "/metrics", HTTP_ACCESS_METRICS, NULL, 0, false, metrics_scrape},

    {HTTP_GET,    "/ws",      HTTP_ACCESS_SOCKET,  NULL, 0, false, participants_open},

    {HTTP_POST,   "/whip/<>/<>",       HTTP_ACCESS_TOKEN,    SDP,      WHIP_BYTES,     true, whip_publish},
    {HTTP_GET,    "/whip/<>/<>",       HTTP_ACCESS_TOKEN,    NULL,     0,              true, whip_describe},
    {HTTP_PATCH,  "/whip/sessions/<>", HTTP_ACCESS_TOKEN,    FRAGMENT, FRAGMENT_BYTES, true, media_session_patch},
    {HTTP_DELETE, "/whip/sessions/<>", HTTP_ACCESS_DEPARTED, NULL,     0,              true, media_session_delete},
    {HTTP_GET,    "/whip/sessions/<>", HTTP_ACCESS_TOKEN,    NULL,     0,              true, media_session_describe},

    {HTTP_POST,   "/whep/<>",          HTTP_ACCESS_TOKEN,    SDP,      WHEP_BYTES,     true, whep_watch_lesson},
    {HTTP_GET,    "/whep/<>",          HTTP_ACCESS_TOKEN,    NULL,     0,              true, whep_describe},
    {HTTP_POST,   "/whep/<>/<>",       HTTP_ACCESS_TOKEN,    SDP,      WHEP_BYTES,     true, whep_watch_source},
    {HTTP_GET,    "/whep/<>/<>",       HTTP_ACCESS_TOKEN,    NULL,     0,              true, whep_describe},
    {HTTP_PATCH,  "/whep/sessions/<>", HTTP_ACCESS_TOKEN,    FRAGMENT, FRAGMENT_BYTES, true, media_session_patch},
    {HTTP_DELETE, "/whep/sessions/<>", HTTP_ACCESS_DEPARTED, NULL,     0,              true, media_session_delete},
    {HTTP_GET,    "/whep/sessions/<>", HTTP_ACCESS_TOKEN,    NULL,     0,              true, media_session_describe},
    {HTTP_POST,   "/whep/<>/wall",     HTTP_ACCESS_TOKEN,    SDP,      WHEP_BYTES,     true, whep_watch_wall},
    {HTTP_GET,    "/whep/<>/wall",     HTTP_ACCESS_TOKEN,    NULL,     0,              true, whep_describe_wall},

    {HTTP_GET,    "/whep/sessions/<>/slots", HTTP_ACCESS_TOKEN, NULL, 0,          true, slots_api_get},
    {HTTP_PUT,    "/whep/sessions/<>/slots", HTTP_ACCESS_TOKEN, JSON, JSON_BYTES, true, slots_api_put},

    {HTTP_POST,   "/api/v1/login",                  HTTP_ACCESS_OPEN,   JSON, JSON_BYTES, false, accounts_login},
    {HTTP_POST,   "/api/v1/logout",                 HTTP_ACCESS_SELF,   JSON, JSON_BYTES, false, accounts_logout},
    {HTTP_GET,    "/api/v1/me",                     HTTP_ACCESS_SELF,   NULL, 0,          false, accounts_me},
    {HTTP_PUT,    "/api/v1/me",                     HTTP_ACCESS_SELF,   JSON, JSON_BYTES, false, accounts_change_me},
    {HTTP_POST,   "/api/v1/lessons/<>/media-token", HTTP_ACCESS_PERSON, JSON, JSON_BYTES, false, accounts_media_token},
    {HTTP_GET,    "/api/v1/lessons/<>/stage",       HTTP_ACCESS_EITHER, NULL, 0,          false, stage_api_get},
    {HTTP_PUT,    "/api/v1/lessons/<>/stage",       HTTP_ACCESS_EITHER, JSON, JSON_BYTES, false, stage_api_put},
    {HTTP_GET,    "/api/v1/organisations",             HTTP_ACCESS_OVERVIEW, NULL, 0,          false, schools_api_organisations},
    {HTTP_POST,   "/api/v1/organisations",             HTTP_ACCESS_SETUP,    JSON, JSON_BYTES, false, schools_api_add_organisation},
    {HTTP_PUT,    "/api/v1/organisations/<>",          HTTP_ACCESS_SETUP,    JSON, JSON_BYTES, false, schools_api_change_organisation},
    {HTTP_DELETE, "/api/v1/organisations/<>",          HTTP_ACCESS_SETUP,    JSON, JSON_BYTES, false, schools_api_remove_organisation},
    {HTTP_GET,    "/api/v1/organisations/<>/bells",    HTTP_ACCESS_OVERVIEW, NULL, 0,          false, bells_api_get},
    {HTTP_POST,   "/api/v1/organisations/<>/bells",    HTTP_ACCESS_SETUP,    JSON, JSON_BYTES, false, bells_api_add},
    {HTTP_POST,   "/api/v1/organisations/<>/bells/check", HTTP_ACCESS_SETUP, JSON, JSON_BYTES, false, bells_api_check},
    {HTTP_GET,    "/api/v1/organisations/<>/bells/<>", HTTP_ACCESS_OVERVIEW, NULL, 0,          false, bells_api_get_set},
    {HTTP_PUT,    "/api/v1/organisations/<>/bells/<>", HTTP_ACCESS_SETUP,    JSON, JSON_BYTES, false, bells_api_change},
    {HTTP_DELETE, "/api/v1/organisations/<>/bells/<>", HTTP_ACCESS_SETUP,    JSON, JSON_BYTES, false, bells_api_remove},
    {HTTP_PUT,    "/api/v1/organisations/<>/days/<>",  HTTP_ACCESS_SETUP,    JSON, JSON_BYTES, false, bells_api_put_day},
    {HTTP_DELETE, "/api/v1/organisations/<>/days/<>",  HTTP_ACCESS_SETUP,    JSON, JSON_BYTES, false, bells_api_delete_day},
    {HTTP_GET,    "/api/v1/organisations/<>/weeks/<>", HTTP_ACCESS_OVERVIEW, NULL, 0,          false, timetable_api_week},
    {HTTP_GET,    "/api/v1/organisations/<>/weeks/<>/school", HTTP_ACCESS_OVERVIEW, NULL, 0,   false, timetable_api_first_school},
    {HTTP_GET,    "/api/v1/organisations/<>/reports/<>/<>/<>", HTTP_ACCESS_OVERVIEW, NULL, 0,  false, reports_api_get},
    {HTTP_GET,    "/api/v1/organisations/<>/exceptions", HTTP_ACCESS_OVERVIEW, NULL, 0,       false, exceptions_api_get},
    {HTTP_GET,    "/api/v1/rooms",                     HTTP_ACCESS_OVERVIEW, NULL, 0,          false, schools_api_rooms},
    {HTTP_POST,   "/api/v1/rooms",                     HTTP_ACCESS_SETUP,    JSON, JSON_BYTES, false, schools_api_add_room},
    {HTTP_PUT,    "/api/v1/rooms/<>",                  HTTP_ACCESS_SETUP,    JSON, JSON_BYTES, false, schools_api_change_room},
    {HTTP_DELETE, "/api/v1/rooms/<>",                  HTTP_ACCESS_SETUP,    JSON, JSON_BYTES, false, schools_api_remove_room},
    {HTTP_GET,    "/api/v1/rooms/<>/usual",            HTTP_ACCESS_OVERVIEW, NULL, 0,          false, timetable_api_usual},
    {HTTP_GET,    "/api/v1/people",                    HTTP_ACCESS_OVERVIEW, NULL, 0,          false, schools_api_people},
    {HTTP_GET,    "/api/v1/terms",                     HTTP_ACCESS_OVERVIEW, NULL, 0,          false, timetable_api_terms},
    {HTTP_POST,   "/api/v1/terms",                     HTTP_ACCESS_SCHEDULE, JSON, JSON_BYTES, false, timetable_api_add_term},
    {HTTP_PUT,    "/api/v1/terms/<>",                  HTTP_ACCESS_SCHEDULE, JSON, JSON_BYTES, false, schools_api_change_term},
    {HTTP_DELETE, "/api/v1/terms/<>",                  HTTP_ACCESS_SCHEDULE, JSON, JSON_BYTES, false, schools_api_remove_term},
    {HTTP_POST,   "/api/v1/terms/<>/copy",             HTTP_ACCESS_SCHEDULE, JSON, JSON_BYTES, false, term_copy_api_make},
    {HTTP_POST,   "/api/v1/timetable",                 HTTP_ACCESS_SCHEDULE, JSON, JSON_BYTES, false, timetable_api_add},
    {HTTP_POST,   "/api/v1/timetable/check",           HTTP_ACCESS_SCHEDULE, JSON, JSON_BYTES, false, timetable_api_check},
    {HTTP_GET,    "/api/v1/timetable/<>",              HTTP_ACCESS_OVERVIEW, NULL, 0,          false, timetable_api_get},
    {HTTP_PUT,    "/api/v1/timetable/<>",              HTTP_ACCESS_SCHEDULE, JSON, JSON_BYTES, false, timetable_api_put},
    {HTTP_DELETE, "/api/v1/timetable/<>",              HTTP_ACCESS_SCHEDULE, JSON, JSON_BYTES, false, timetable_api_delete},

    {HTTP_GET,    "/api/v1/subjects",                  HTTP_ACCESS_OVERVIEW, NULL, 0,          false, catalogue_api_subjects},
    {HTTP_POST,   "/api/v1/subjects",                  HTTP_ACCESS_SETUP,    JSON, JSON_BYTES, false, catalogue_api_add_subject},
    {HTTP_PUT,    "/api/v1/subjects/<>",               HTTP_ACCESS_SETUP,    JSON, JSON_BYTES, false, catalogue_api_change_subject},
    {HTTP_GET,    "/api/v1/grades",                    HTTP_ACCESS_OVERVIEW, NULL, 0,          false, catalogue_api_grades},
    {HTTP_PUT,    "/api/v1/grades/<>",                 HTTP_ACCESS_SETUP,    JSON, JSON_BYTES, false, catalogue_api_change_grade},

    {HTTP_GET,    "/api/v1/textbooks",                 HTTP_ACCESS_OVERVIEW, NULL, 0,          false, textbooks_api_list},
    {HTTP_POST,   "/api/v1/textbooks",                 HTTP_ACCESS_SCHEDULE, JSON, JSON_BYTES, false, textbooks_api_set},
    {HTTP_DELETE, "/api/v1/textbooks/<>",              HTTP_ACCESS_SCHEDULE, JSON, JSON_BYTES, false, textbooks_api_remove},

    {HTTP_GET,    "/api/v1/lessons/<>/substitution",   HTTP_ACCESS_OVERVIEW, NULL, 0,          false, lesson_changes_api_get},
    {HTTP_POST,   "/api/v1/lessons/<>/substitution",   HTTP_ACCESS_SCHEDULE, JSON, JSON_BYTES, false, lesson_changes_api_substitute},
    {HTTP_DELETE, "/api/v1/lessons/<>/substitution",   HTTP_ACCESS_SCHEDULE, JSON, JSON_BYTES, false, lesson_changes_api_undo},
    {HTTP_POST,   "/api/v1/lessons/<>/cancel",         HTTP_ACCESS_SCHEDULE, JSON, JSON_BYTES, false, lesson_changes_api_cancel},
    {HTTP_DELETE, "/api/v1/lessons/<>/cancel",         HTTP_ACCESS_SCHEDULE, JSON, JSON_BYTES, false, lesson_changes_api_restore},

    {HTTP_POST,   "/api/v1/clashes/ignored",           HTTP_ACCESS_SCHEDULE, JSON, JSON_BYTES, false, clashes_api_ignore},
    {HTTP_DELETE, "/api/v1/clashes/ignored",           HTTP_ACCESS_SCHEDULE, JSON, JSON_BYTES, false, clashes_api_heed},
    {HTTP_GET,    "/api/v1/pairings",                  HTTP_ACCESS_OVERVIEW, NULL, 0,          false, pairings_api_list},
    {HTTP_POST,   "/api/v1/pairings",                  HTTP_ACCESS_SCHEDULE, JSON, JSON_BYTES, false, pairings_api_add},
    {HTTP_GET,    "/api/v1/pairings/<>/lessons",       HTTP_ACCESS_OVERVIEW, NULL, 0,          false, pairings_api_lessons},
    {HTTP_PUT,    "/api/v1/pairings/<>",               HTTP_ACCESS_SCHEDULE, JSON, JSON_BYTES, false, pairings_api_change},
    {HTTP_DELETE, "/api/v1/pairings/<>",               HTTP_ACCESS_SCHEDULE, JSON, JSON_BYTES, false, pairings_api_remove},

    {HTTP_GET,    "/api/v1/first",                  HTTP_ACCESS_OPEN,     NULL, 0,          false, people_api_is_first},
    {HTTP_POST,   "/api/v1/first",                  HTTP_ACCESS_OPEN,     JSON, JSON_BYTES, false, people_api_first},
    {HTTP_POST,   "/api/v1/me/password",            HTTP_ACCESS_SELF,     JSON, JSON_BYTES, false, people_api_my_password},
    {HTTP_GET,    "/api/v1/me/sessions",            HTTP_ACCESS_PERSON,   NULL, 0,          false, accounts_my_sessions},
    {HTTP_GET,    "/api/v1/me/weeks/<>",            HTTP_ACCESS_PERSON,   NULL, 0,          false, timetable_api_my_week},
    {HTTP_DELETE, "/api/v1/me/sessions",            HTTP_ACCESS_PERSON,   JSON, JSON_BYTES, false, accounts_end_my_sessions},
    {HTTP_DELETE, "/api/v1/me/sessions/<>",         HTTP_ACCESS_PERSON,   JSON, JSON_BYTES, false, accounts_end_my_session},
    {HTTP_GET,    "/api/v1/accounts",               HTTP_ACCESS_ACCOUNTS, NULL, 0,          false, people_api_accounts},
    {HTTP_POST,   "/api/v1/people",                 HTTP_ACCESS_ACCOUNTS, JSON, JSON_BYTES, false, people_api_add},
    {HTTP_PUT,    "/api/v1/people/<>",              HTTP_ACCESS_ACCOUNTS, JSON, JSON_BYTES, false, people_api_change},
    {HTTP_GET,    "/api/v1/people/<>/lessons",      HTTP_ACCESS_ACCOUNTS, NULL, 0,          false, people_api_lessons},
    {HTTP_POST,   "/api/v1/people/<>/password",     HTTP_ACCESS_ACCOUNTS, JSON, JSON_BYTES, false, people_api_reset},
    {HTTP_DELETE, "/api/v1/people/<>/sessions",     HTTP_ACCESS_ACCOUNTS, JSON, JSON_BYTES, false, people_api_end_sessions},
    {HTTP_GET,    "/api/v1/audit",                  HTTP_ACCESS_AUDIT,    NULL, 0,          false, audit_api_list},
    {HTTP_GET,    "/api/v1/audit/verify",           HTTP_ACCESS_AUDIT,    NULL, 0,          false, audit_api_verify},

    {HTTP_GET,    "/api/v1/devices",                HTTP_ACCESS_OVERVIEW, NULL, 0,          false, devices_api_list},
    {HTTP_POST,   "/api/v1/devices",                HTTP_ACCESS_OPEN,     JSON, JSON_BYTES, false, device_api_enrol},
    {HTTP_GET,    "/api/v1/devices/<>",             HTTP_ACCESS_OVERVIEW, NULL, 0,          false, devices_api_get},
    {HTTP_DELETE, "/api/v1/devices/<>",             HTTP_ACCESS_SETUP,    JSON, JSON_BYTES, false, devices_api_revoke},
    {HTTP_POST,   "/api/v1/devices/<>/commands",    HTTP_ACCESS_SETUP,    JSON, JSON_BYTES, false, devices_api_command},
    {HTTP_GET,    "/api/v1/devices/<>/commands/<>", HTTP_ACCESS_SETUP,    NULL, 0,          false, devices_api_command_state},
    {HTTP_GET,    "/api/v1/devices/<>/commands/<>/picture", HTTP_ACCESS_SETUP, NULL, 0,     false, devices_api_picture},
    {HTTP_POST,   "/api/v1/devices/<>/challenge",   HTTP_ACCESS_OPEN,     JSON, JSON_BYTES, false, device_api_challenge},
    {HTTP_POST,   "/api/v1/devices/<>/session",     HTTP_ACCESS_OPEN,     JSON, JSON_BYTES, false, device_api_session},
    {HTTP_POST,   "/api/v1/device-codes",           HTTP_ACCESS_SETUP,    JSON, JSON_BYTES, false, devices_api_add_code},
    {HTTP_GET,    "/api/v1/device-codes/<>",        HTTP_ACCESS_SETUP,    NULL, 0,          false, devices_api_code},
    {HTTP_DELETE, "/api/v1/device-codes/<>",        HTTP_ACCESS_SETUP,    JSON, JSON_BYTES, false, devices_api_withdraw_code},
    {HTTP_GET,    "/api/v1/device/day",             HTTP_ACCESS_DEVICE,   NULL, 0,          false, device_api_day},
    {HTTP_POST,   "/api/v1/device/health",          HTTP_ACCESS_DEVICE,   JSON, JSON_BYTES, false, device_api_health},
    {HTTP_GET,    "/api/v1/device/commands",        HTTP_ACCESS_DEVICE,   NULL, 0,          false, device_polls_ask},
    {HTTP_POST,   "/api/v1/device/commands/<>",     HTTP_ACCESS_DEVICE,   JSON, RESULT_BYTES, false, device_api_command_result},
    {HTTP_POST,   "/api/v1/device/lessons/<>/media-token", HTTP_ACCESS_DEVICE, JSON, JSON_BYTES, false, device_api_media_token},

    {HTTP_POST,   "/api/v1/imports/schools",                     HTTP_ACCESS_SETUP,    CSV,  CSV_BYTES, false, imports_api_run},
    {HTTP_POST,   "/api/v1/imports/schools/check",               HTTP_ACCESS_SETUP,    CSV,  CSV_BYTES, false, imports_api_check},
    {HTTP_GET,    "/api/v1/imports/schools/template/<>",         HTTP_ACCESS_SETUP,    NULL, 0,         false, imports_api_template},
    {HTTP_POST,   "/api/v1/imports/people",                      HTTP_ACCESS_SETUP,    CSV,  CSV_BYTES, false, imports_api_run},
    {HTTP_POST,   "/api/v1/imports/people/check",                HTTP_ACCESS_SETUP,    CSV,  CSV_BYTES, false, imports_api_check},
    {HTTP_GET,    "/api/v1/imports/people/template/<>",          HTTP_ACCESS_SETUP,    NULL, 0,         false, imports_api_template},
    {HTTP_POST,   "/api/v1/imports/rooms",                       HTTP_ACCESS_SETUP,    CSV,  CSV_BYTES, false, imports_api_run},
    {HTTP_POST,   "/api/v1/imports/rooms/check",                 HTTP_ACCESS_SETUP,    CSV,  CSV_BYTES, false, imports_api_check},
    {HTTP_GET,    "/api/v1/imports/rooms/template/<>",           HTTP_ACCESS_SETUP,    NULL, 0,         false, imports_api_template},
    {HTTP_POST,   "/api/v1/imports/bells",                       HTTP_ACCESS_SETUP,    CSV,  CSV_BYTES, false, imports_api_run},
    {HTTP_POST,   "/api/v1/imports/bells/check",                 HTTP_ACCESS_SETUP,    CSV,  CSV_BYTES, false, imports_api_check},
    {HTTP_GET,    "/api/v1/imports/bells/template/<>",           HTTP_ACCESS_SETUP,    NULL, 0,         false, imports_api_template},
    {HTTP_POST,   "/api/v1/imports/timetable",                   HTTP_ACCESS_SCHEDULE, CSV,  CSV_BYTES, false, imports_api_run},
    {HTTP_POST,   "/api/v1/imports/timetable/check",             HTTP_ACCESS_SCHEDULE, CSV,  CSV_BYTES, false, imports_api_check},
    {HTTP_GET,    "/api/v1/imports/timetable/template/<>",       HTTP_ACCESS_SCHEDULE, NULL, 0,         false, imports_api_template},

    {HTTP_GET,    "/api/v1/export",                              HTTP_ACCESS_SYSTEM,   NULL, 0,          false, exports_api_all},
    {HTTP_GET,    "/api/v1/system",                              HTTP_ACCESS_SYSTEM,   NULL, 0,          false, system_api_get},
    {HTTP_GET,    "/api/v1/organisations/<>/weeks/<>/csv",       HTTP_ACCESS_OVERVIEW, NULL, 0,          false, exports_api_week},
    {HTTP_GET,    "/api/v1/organisations/<>/weeks/<>/csv-en",    HTTP_ACCESS_OVERVIEW, NULL, 0,          false, exports_api_week},
    {HTTP_GET,    "/api/v1/organisations/<>/terms/<>/csv",       HTTP_ACCESS_OVERVIEW, NULL, 0,          false, exports_api_term},
    {HTTP_GET,    "/api/v1/organisations/<>/terms/<>/csv-en",    HTTP_ACCESS_OVERVIEW, NULL, 0,          false, exports_api_term},
    {HTTP_GET,    "/api/v1/organisations/<>/schools/csv",        HTTP_ACCESS_OVERVIEW, NULL, 0,          false, exports_api_county},
    {HTTP_GET,    "/api/v1/organisations/<>/schools/csv-en",     HTTP_ACCESS_OVERVIEW, NULL, 0,          false, exports_api_county},
    {HTTP_GET,    "/api/v1/organisations/<>/people/csv",         HTTP_ACCESS_OVERVIEW, NULL, 0,          false, exports_api_county},
    {HTTP_GET,    "/api/v1/organisations/<>/people/csv-en",      HTTP_ACCESS_OVERVIEW, NULL, 0,          false, exports_api_county},
    {HTTP_GET,    "/api/v1/organisations/<>/rooms/csv",          HTTP_ACCESS_OVERVIEW, NULL, 0,          false, exports_api_county},
    {HTTP_GET,    "/api/v1/organisations/<>/rooms/csv-en",       HTTP_ACCESS_OVERVIEW, NULL, 0,          false, exports_api_county},
    {HTTP_GET,    "/api/v1/organisations/<>/bells/csv",          HTTP_ACCESS_OVERVIEW, NULL, 0,          false, exports_api_county},
    {HTTP_GET,    "/api/v1/organisations/<>/bells/csv-en",       HTTP_ACCESS_OVERVIEW, NULL, 0,          false, exports_api_county},
    {HTTP_GET,    "/api/v1/calendars",                           HTTP_ACCESS_PERSON,   NULL, 0,          false, calendars_api_list},
    {HTTP_POST,   "/api/v1/calendars",                           HTTP_ACCESS_PERSON,   JSON, JSON_BYTES, false, calendars_api_add},
    {HTTP_POST,   "/api/v1/calendars/<>/rotate",                 HTTP_ACCESS_PERSON,   JSON, JSON_BYTES, false, calendars_api_rotate},
    {HTTP_DELETE, "/api/v1/calendars/<>",                        HTTP_ACCESS_PERSON,   JSON, JSON_BYTES, false, calendars_api_remove},
    {HTTP_GET,    "/calendar/<>.ics",                            HTTP_ACCESS_OPEN,     NULL, 0,          false, exports_api_calendar},

    {HTTP_POST,   "/api/v1/tickets",                HTTP_ACCESS_EITHER, JSON, JSON_BYTES, false, accounts_ticket},
    {HTTP_POST,   "/api/v1/tickets/redeem",         HTTP_ACCESS_OPEN,   JSON, JSON_BYTES, false, accounts_redeem},
};
/* clang-format on */

const size_t http_routes_count = sizeof(http_routes) / sizeof(http_routes[0]);

static bool in_segment(char c)
{
    return isalnum((unsigned char)c) || c == '-' || c == '_';
}

bool http_route_matches(
    const char *pattern, const char *path, char params[HTTP_MAX_PARAMS][HTTP_MAX_PARAM_CHARS + 1])
{
    size_t count = 0;

    while (*pattern) {
        size_t len = 0;

        if (strncmp(pattern, "<>", 2) != 0) {
            if (*pattern++ != *path++)
                return false;
            continue;
        }
        while (in_segment(path[len]))
            len++;
        if (len == 0 || len > HTTP_MAX_PARAM_CHARS || count == HTTP_MAX_PARAMS)
            return false;
        memcpy(params[count], path, len);
        params[count++][len] = '\0';
        path += len;
        pattern += 2;
    }
    return *path == '\0';
}

static size_t count_params(const char *pattern)
{
    size_t count = 0;

    while ((pattern = strstr(pattern, "<>"))) {
        count++;
        pattern += 2;
    }
    return count;
}

/* The most specific pattern, the one with the fewest names to fill in, and of equals the first:
 * "sessions" is never a lesson, "wall" never a source. */
static const char *find_pattern(struct http_request *request)
{
    const char *found = NULL;

    for (size_t i = 0; i < http_routes_count; i++) {
        char params[HTTP_MAX_PARAMS][HTTP_MAX_PARAM_CHARS + 1] = {{0}};
        const char *pattern = http_routes[i].pattern;

        if (!http_route_matches(pattern, request->path, params))
            continue;
        if (found && count_params(found) <= count_params(pattern))
            continue;
        found = pattern;
        memcpy(request->params, params, sizeof(params));
    }
    return found;
}

static const struct http_route *find_route(const char *pattern, enum http_method method)
{
    for (size_t i = 0; i < http_routes_count; i++) {
        if (strcmp(http_routes[i].pattern, pattern) == 0 && http_routes[i].method == method)
            return &http_routes[i];
    }
    return NULL;
}

static bool find(struct http_request *request)
{
    const char *pattern = find_pattern(request);
    enum http_method method = request->method == HTTP_HEAD ? HTTP_GET : request->method;

    if (!pattern) {
        static_files_serve(request);
        return false;
    }
    request->route = find_route(pattern, method);
    if (request->route)
        return true;
    if (request->method == HTTP_OPTIONS)
        cors_answer_options(request, pattern);
    else
        cors_answer_method_not_allowed(request, pattern);
    return false;
}

static bool body_fits(struct http_request *request)
{
    const struct http_route *route = request->route;

    if (!route->body_type) {
        if (request->content_length <= JSON_BYTES)
            return true;
    } else if (!http_request_has_type(request, route->body_type)) {
        struct http_response response;

        http_response_init(&response, 415);
        http_response_problem(
            &response, 415, "The body must be of type %s (Content-Type header).", route->body_type);
        if (route->method == HTTP_POST)
            http_response_header(&response, "Accept-Post", "%s", route->body_type);
        else if (route->method == HTTP_PATCH)
            http_response_header(&response, "Accept-Patch", "%s", route->body_type);
        http_request_respond(request, &response);
        return false;
    } else if (request->content_length <= route->max_body_bytes) {
        return true;
    }
    refusals_answer(request, REFUSAL_BODY_TOO_LARGE,
        json_pack("{s:I, s:I}", "bytes", (json_int_t)request->content_length, "max_bytes",
            route->body_type ? (json_int_t)route->max_body_bytes : JSON_BYTES));
    return false;
}

void http_routes_admit(struct http_request *request)
{
    if (!access_check_rate(request) || !find(request) || !access_check(request))
        return;
    body_fits(request);
}

void http_routes_dispatch(struct http_request *request)
{
    struct signaling *app = request->app;

    audit_notes_write(app);
    if ((request->body_waited && !access_check_again(request)) || !idempotency_begin(request))
        return;
    request->route->handle(request);
    idempotency_handled(request);
    audit_notes_write(app); /* what was refused within a transaction */
}
