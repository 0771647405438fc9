#include "signaling/http/request.h"

#include "common/clock.h"
#include "common/log.h"
#include "signaling/http/cors.h"
#include "signaling/http/origin.h"
#include "signaling/http/routes.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_HEADER_BYTES 4096

static const struct {
    enum lws_token_indexes uri;
    const char *name;
} methods[HTTP_METHOD_COUNT] = {
    [HTTP_GET] = {WSI_TOKEN_GET_URI, "GET"},
    [HTTP_HEAD] = {WSI_TOKEN_HEAD_URI, "HEAD"},
    [HTTP_POST] = {WSI_TOKEN_POST_URI, "POST"},
    [HTTP_PUT] = {WSI_TOKEN_PUT_URI, "PUT"},
    [HTTP_PATCH] = {WSI_TOKEN_PATCH_URI, "PATCH"},
    [HTTP_DELETE] = {WSI_TOKEN_DELETE_URI, "DELETE"},
    [HTTP_OPTIONS] = {WSI_TOKEN_OPTIONS_URI, "OPTIONS"},
};

/* Known to libwebsockets by a token, or by name. */
static const struct {
    enum lws_token_indexes token;
    const char *name;
} header_names[HTTP_HEADER_COUNT] = {
    [HTTP_HEADER_HOST] = {WSI_TOKEN_HOST, NULL},
    [HTTP_HEADER_ORIGIN] = {WSI_TOKEN_ORIGIN, NULL},
    [HTTP_HEADER_AUTHORIZATION] = {WSI_TOKEN_HTTP_AUTHORIZATION, NULL},
    [HTTP_HEADER_COOKIE] = {WSI_TOKEN_HTTP_COOKIE, NULL},
    [HTTP_HEADER_CONNECTION] = {WSI_TOKEN_CONNECTION, NULL},
    [HTTP_HEADER_CONTENT_LENGTH] = {WSI_TOKEN_HTTP_CONTENT_LENGTH, NULL},
    [HTTP_HEADER_CONTENT_TYPE] = {WSI_TOKEN_HTTP_CONTENT_TYPE, NULL},
    [HTTP_HEADER_TRANSFER_ENCODING] = {WSI_TOKEN_HTTP_TRANSFER_ENCODING, NULL},
    [HTTP_HEADER_EXPECT] = {WSI_TOKEN_HTTP_EXPECT, NULL},
    [HTTP_HEADER_IF_MATCH] = {WSI_TOKEN_HTTP_IF_MATCH, NULL},
    [HTTP_HEADER_IF_NONE_MATCH] = {WSI_TOKEN_HTTP_IF_NONE_MATCH, NULL},
    [HTTP_HEADER_FORWARDED_FOR] = {WSI_TOKEN_X_FORWARDED_FOR, NULL},
    [HTTP_HEADER_FORWARDED_HOST] = {WSI_TOKEN_COUNT, "x-forwarded-host:"},
    [HTTP_HEADER_FORWARDED_PROTO] = {WSI_TOKEN_COUNT, "x-forwarded-proto:"},
    [HTTP_HEADER_SEC_FETCH_SITE] = {WSI_TOKEN_COUNT, "sec-fetch-site:"},
};

const char *http_method_name(enum http_method method)
{
    return methods[method].name;
}

const char *http_request_header(const struct http_request *request, enum http_header header)
{
    return request->headers[header] ? request->headers[header] : "";
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

static int copy_header(struct http_request *request, enum http_header header)
{
    const char *name = header_names[header].name;
    int len = name ? lws_hdr_custom_length(request->wsi, name, (int)strlen(name))
                   : lws_hdr_total_length(request->wsi, header_names[header].token);
    char *value;
    int copied;

    /* A header that is there but empty has length 0 too: to us the same as absent. */
    if (len <= 0)
        return 0;
    if (len > MAX_HEADER_BYTES)
        return -EBADMSG;
    value = malloc((size_t)len + 1);
    if (!value)
        return -ENOMEM;
    copied = name ? lws_hdr_custom_copy(request->wsi, value, len + 1, name, (int)strlen(name))
                  : lws_hdr_copy(request->wsi, value, len + 1, header_names[header].token);
    if (copied < 0) {
        free(value);
        return -EBADMSG;
    }
    value[copied] = '\0';
    request->headers[header] = value;
    return 0;
}

static int read_request_line(struct http_request *request)
{
    for (int i = 0; i < HTTP_METHOD_COUNT; i++) {
        int len = lws_hdr_total_length(request->wsi, methods[i].uri);

        if (len <= 0)
            continue;
        request->method = (enum http_method)i;
        if (len > HTTP_MAX_PATH_CHARS)
            return -EBADMSG;
        if (lws_hdr_copy(request->wsi, request->path, sizeof(request->path), methods[i].uri) <= 0)
            return -EBADMSG;
        for (const char *c = request->path; *c; c++) {
            if ((unsigned char)*c < 0x20 || *c == 0x7f)
                return -EBADMSG;
        }
        return request->path[0] == '/' ? 0 : -EBADMSG;
    }
    return -EBADMSG;
}

int http_request_create(struct lws *wsi, struct signaling *app, struct http_request **ret_request)
{
    struct http_request *request = calloc(1, sizeof(*request));
    int r;

    if (!request)
        return -ENOMEM;
    request->wsi = wsi;
    request->app = app;
    r = read_request_line(request);
    for (int i = 0; r == 0 && i < HTTP_HEADER_COUNT; i++)
        r = copy_header(request, (enum http_header)i);
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
    lws_sul_cancel(&request->timer);
    for (int i = 0; i < HTTP_HEADER_COUNT; i++) {
        if (request->headers[i] && i == HTTP_HEADER_AUTHORIZATION)
            explicit_bzero(request->headers[i], strlen(request->headers[i]));
        free(request->headers[i]);
    }
    token_claims_free(request->claims);
    if (request->body.data)
        explicit_bzero(request->body.data, request->body.len);
    text_finish(&request->body);
    text_finish(&request->wire);
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
        cors_add_headers(request, response);
        response->close = response->close || request->close;
        text_append(&request->wire, room, sizeof(room));
        if (http_response_serialise(
                response, request->method == HTTP_HEAD, clock_wall_us(), &request->wire) < 0)
            request->wire.len = 0;
        request->close = response->close || response->headers.failed || response->body.failed;
        log_debug(LOG_HTTP, "method=%s route=%s status=%d peer=%s",
            http_method_name(request->method), request->route ? request->route->pattern : "file",
            response->status, request->address);
        if (request->body_done || request->close)
            lws_callback_on_writable(request->wsi);
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
