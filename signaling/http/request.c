#include "signaling/http/request.h"

#include "common/clock.h"
#include "common/log.h"
#include "signaling/http/connection.h"
#include "signaling/http/cors.h"
#include "signaling/http/idempotency.h"
#include "signaling/http/origin.h"
#include "signaling/http/routes.h"
#include "signaling/metrics/metrics.h"
#include "signaling/service.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const char *const methods[HTTP_METHOD_COUNT] = {
    [HTTP_GET] = "GET",
    [HTTP_HEAD] = "HEAD",
    [HTTP_POST] = "POST",
    [HTTP_PUT] = "PUT",
    [HTTP_PATCH] = "PATCH",
    [HTTP_DELETE] = "DELETE",
    [HTTP_OPTIONS] = "OPTIONS",
};

/* joined: several of them are one list (RFC 9110 section 5.3); of the others there may be one. */
static const struct {
    const char *name;
    const char *joined;
} header_names[HTTP_HEADER_COUNT] = {
    [HTTP_HEADER_ACCEPT] = {"accept", ", "},
    [HTTP_HEADER_HOST] = {"host", NULL},
    [HTTP_HEADER_ORIGIN] = {"origin", NULL},
    [HTTP_HEADER_AUTHORIZATION] = {"authorization", NULL},
    [HTTP_HEADER_COOKIE] = {"cookie", "; "},
    [HTTP_HEADER_CONTENT_TYPE] = {"content-type", NULL},
    [HTTP_HEADER_EXPECT] = {"expect", NULL},
    [HTTP_HEADER_IF_MATCH] = {"if-match", ", "},
    [HTTP_HEADER_IF_NONE_MATCH] = {"if-none-match", ", "},
    [HTTP_HEADER_IDEMPOTENCY_KEY] = {"idempotency-key", NULL},
    [HTTP_HEADER_FORWARDED_FOR] = {"x-forwarded-for", ", "},
    [HTTP_HEADER_FORWARDED_HOST] = {"x-forwarded-host", NULL},
    [HTTP_HEADER_FORWARDED_PROTO] = {"x-forwarded-proto", NULL},
    [HTTP_HEADER_SEC_FETCH_SITE] = {"sec-fetch-site", NULL},
    [HTTP_HEADER_UPGRADE] = {"upgrade", ", "},
    [HTTP_HEADER_USER_AGENT] = {"user-agent", NULL},
    [HTTP_HEADER_WEBSOCKET_KEY] = {"sec-websocket-key", NULL},
    [HTTP_HEADER_WEBSOCKET_PROTOCOL] = {"sec-websocket-protocol", ", "},
    [HTTP_HEADER_WEBSOCKET_VERSION] = {"sec-websocket-version", NULL},
};

const char *http_method_name(enum http_method method)
{
    return methods[method];
}

const char *http_request_header(const struct http_request *request, enum http_header header)
{
    return request->headers[header] ? request->headers[header] : "";
}

int http_request_query(
    const struct http_request *request, const char *name, char *ret_value, size_t size)
{
    struct http1_span query = {request->query, strlen(request->query)};

    return http1_query_value(query, name, ret_value, size);
}

bool http_request_has_type(const struct http_request *request, const char *media_type)
{
    const char *type = http_request_header(request, HTTP_HEADER_CONTENT_TYPE);
    size_t len = strlen(media_type);

    if (strncasecmp(type, media_type, len) != 0)
        return false;
    type += len;
    while (*type == ' ' || *type == '\t')
        type++;
    return *type == '\0' || *type == ';';
}

static int add_header(
    struct http_request *request, enum http_header header, struct http1_span value)
{
    const char *before = request->headers[header];
    const char *separator = header_names[header].joined;
    struct text text = {0};

    if (before && !separator)
        return -EBADMSG;
    if (before)
        text_format(&text, "%s%s", before, separator);
    text_append(&text, value.data, value.len);
    if (text.failed) {
        text_finish(&text);
        return -ENOMEM;
    }
    free(request->headers[header]);
    request->headers[header] = text.data;
    return 0;
}

static int copy_headers(struct http_request *request, const struct http1_head *head)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < head->header_count; i++) {
        for (int j = 0; r == 0 && j < HTTP_HEADER_COUNT; j++) {
            if (http1_is(head->headers[i].name, header_names[j].name))
                r = add_header(request, (enum http_header)j, head->headers[i].value);
        }
    }
    return r;
}

static int find_method(struct http1_span name, enum http_method *ret_method)
{
    for (int i = 0; i < HTTP_METHOD_COUNT; i++) {
        if (strlen(methods[i]) == name.len && memcmp(methods[i], name.data, name.len) == 0) {
            *ret_method = (enum http_method)i;
            return 0;
        }
    }
    return -ENOSYS;
}

int http_request_create(struct lws *wsi, struct signaling *app, const struct http1_head *head,
    struct http_request **ret_request)
{
    struct http_request *request = calloc(1, sizeof(*request));
    int r;

    if (!request)
        return -ENOMEM;
    request->wsi = wsi;
    request->app = app;
    request->file = -1;
    request->close = !head->keep_alive;
    request->content_length = head->content_length;
    memcpy(request->path, head->path, sizeof(request->path));
    if (head->query.len > 0)
        memcpy(request->query, head->query.data, head->query.len);
    r = find_method(head->method, &request->method);
    if (r == 0)
        r = copy_headers(request, head);
    if (r < 0) {
        http_request_destroy(request);
        return r;
    }
    origin_read(request);
    *ret_request = request;
    return 0;
}

void http_request_destroy(struct http_request *request)
{
    if (!request)
        return;
    if (request->on_gone && !request->responded) {
        void (*on_gone)(void *) = request->on_gone;

        request->on_gone = NULL;
        on_gone(request->gone_user);
    }
    for (int i = 0; i < HTTP_HEADER_COUNT; i++) {
        if (request->headers[i] &&
            (i == HTTP_HEADER_AUTHORIZATION || i == HTTP_HEADER_COOKIE ||
                i == HTTP_HEADER_IDEMPOTENCY_KEY || i == HTTP_HEADER_WEBSOCKET_PROTOCOL))
            explicit_bzero(request->headers[i], strlen(request->headers[i]));
        free(request->headers[i]);
    }
    idempotency_end(request);
    token_claims_free(request->claims);
    if (request->body.data)
        explicit_bzero(request->body.data, request->body.len);
    text_finish(&request->body);
    text_finish(&request->wire);
    if (request->file >= 0)
        close(request->file);
    free(request);
}

void http_request_defer(struct http_request *request, void (*on_gone)(void *user), void *user)
{
    request->on_gone = on_gone;
    request->gone_user = user;
}

void http_request_respond(struct http_request *request, struct http_response *response)
{
    static const char room[LWS_PRE];

    if (!request->responded) {
        request->responded = true;
        request->on_gone = NULL;
        idempotency_settle(request, response);
        cors_add_headers(request, response);
        response->close = response->close || request->close;
        text_append(&request->wire, room, sizeof(room));
        if (http_response_serialise(
                response, request->method == HTTP_HEAD, clock_wall_us(), &request->wire) < 0)
            request->wire.len = 0;
        if (request->method != HTTP_HEAD && !response->headers.failed && !response->body.failed) {
            request->file = response->file;
            request->file_left = response->file >= 0 ? response->file_bytes : 0;
            response->file = -1;
        }
        request->close = response->close || response->headers.failed || response->body.failed;
        log_debug(LOG_HTTP, "method=%s route=%s status=%d peer=%s",
            http_method_name(request->method), request->route ? request->route->pattern : "file",
            response->status, request->address);
        metrics_count_answer(request->app->metrics, request->route, request->method,
            response->headers.failed || response->body.failed ? 500 : response->status);
        http_connection_kick(request->wsi);
    }
    http_response_finish(response);
}

void http_request_fail(struct http_request *request, int status, const char *detail_format, ...)
{
    struct http_response response;
    char detail[512];
    va_list args;

    va_start(args, detail_format);
    vsnprintf(detail, sizeof(detail), detail_format, args);
    va_end(args);
    http_response_init(&response, status);
    http_response_problem(&response, status, "%s", detail);
    http_request_respond(request, &response);
}
