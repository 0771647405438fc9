#include "signaling/http/response.h"

#include "common/clock.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const struct {
    int status;
    const char *title;
} titles[] = {
    {200, "OK"},
    {201, "Created"},
    {204, "No Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

const char *http_status_title(int status)
{
    for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
        if (titles[i].status == status)
            return titles[i].title;
    }
    return "";
}

void http_response_init(struct http_response *response, int status)
{
    *response = (struct http_response){.status = status, .file = -1};
}

void http_response_finish(struct http_response *response)
{
    text_finish(&response->headers);
    text_finish(&response->body);
    if (response->file >= 0)
        close(response->file);
    response->file = -1;
}

void http_response_header(struct http_response *response, const char *name, const char *format, ...)
{
    char value[2048];
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(value, sizeof(value), format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof(value)) {
        response->headers.failed = true;
        return;
    }
    for (int i = 0; i < len; i++) {
        if ((unsigned char)value[i] < 0x20 || value[i] == 0x7f) {
            response->headers.failed = true;
            return;
        }
    }
    text_format(&response->headers, "%s: %s\r\n", name, value);
}

void http_response_body(
    struct http_response *response, const char *content_type, const void *data, size_t len)
{
    http_response_header(response, "Content-Type", "%s", content_type);
    text_append(&response->body, data, len);
}

void http_response_file(
    struct http_response *response, const char *content_type, int file, uint64_t bytes)
{
    http_response_header(response, "Content-Type", "%s", content_type);
    response->file = file;
    response->file_bytes = bytes;
}

static void set_json(struct http_response *response, const char *content_type, json_t *value)
{
    char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;

    if (text)
        http_response_body(response, content_type, text, strlen(text));
    else
        response->body.failed = true;
    free(text);
    json_decref(value);
}

void http_response_json(struct http_response *response, json_t *value)
{
    set_json(response, "application/json", value);
    http_response_header(response, "Cache-Control", "no-store");
}

void http_response_problem_of(
    struct http_response *response, int status, const char *detail, json_t *members)
{
    json_t *problem = json_pack("{s:s, s:s, s:i, s:s}", "type", "about:blank", "title",
        http_status_title(status), "status", status, "detail", detail);

    if (members && json_object_update(problem, members) < 0) {
        json_decref(problem);
        problem = NULL;
    }
    json_decref(members);
    response->status = status;
    set_json(response, "application/problem+json", problem);
    http_response_header(response, "Cache-Control", "no-store");
}

void http_response_problem(
    struct http_response *response, int status, const char *detail_format, ...)
{
    char detail[512];
    va_list args;

    va_start(args, detail_format);
    vsnprintf(detail, sizeof(detail), detail_format, args);
    va_end(args);
    http_response_problem_of(response, status, detail, NULL);
}

static void format_date(uint64_t wall_us, char *ret_text, size_t size)
{
    time_t seconds = (time_t)(wall_us / US_PER_S);
    struct tm utc;

    gmtime_r(&seconds, &utc);
    strftime(ret_text, size, "%a, %d %b %Y %H:%M:%S GMT", &utc);
}

int http_response_serialise(
    const struct http_response *response, bool head_only, uint64_t wall_us, struct text *ret_wire)
{
    bool failed = response->headers.failed || response->body.failed;
    int status = failed ? 500 : response->status;
    uint64_t body_len = failed                ? 0
                        : response->file >= 0 ? response->file_bytes
                                              : response->body.len;
    char date[64];

    format_date(wall_us, date, sizeof(date));
    text_format(
        ret_wire, "HTTP/1.1 %d %s\r\nDate: %s\r\n", status, http_status_title(status), date);
    /* RFC 9110 section 8.6: no Content-Length with 204 and 304. */
    if (status != 204 && status != 304)
        text_format(ret_wire, "Content-Length: %llu\r\n", (unsigned long long)body_len);
    if (response->close || failed)
        text_format(ret_wire, "Connection: close\r\n");
    if (!failed && response->headers.len > 0)
        text_append(ret_wire, response->headers.data, response->headers.len);
    text_append(ret_wire, "\r\n", 2);
    if (!head_only && !failed && response->body.len > 0)
        text_append(ret_wire, response->body.data, body_len);
    return ret_wire->failed ? -ENOMEM : 0;
}
