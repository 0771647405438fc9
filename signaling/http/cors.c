#include "signaling/http/cors.h"

#include "signaling/http/routes.h"
#include "signaling/service.h"

#include <string.h>

#define ALL_METHODS   "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
#define ALLOW_HEADERS "Authorization, Content-Type, If-Match, Link"
#define EXPOSE_HEADERS                                                                             \
    "Location, ETag, Link, Accept-Post, Accept-Patch, Retry-After, WWW-Authenticate"

/* "*", the origin itself, or NULL when it may not. */
static const char *allowed_origin(const struct http_request *request)
{
    const struct config_list *origins = &request->app->settings->cors_origins;
    const char *origin = http_request_header(request, HTTP_HEADER_ORIGIN);

    for (size_t i = 0; i < origins->count; i++) {
        if (strcmp(origins->items[i], "*") == 0)
            return "*";
        if (*origin && strcmp(origins->items[i], origin) == 0)
            return origin;
    }
    return NULL;
}

static bool is_cross_origin(const char *pattern)
{
    for (size_t i = 0; i < http_routes_count; i++) {
        if (strcmp(http_routes[i].pattern, pattern) == 0)
            return http_routes[i].cross_origin;
    }
    return false;
}

static void add_allow_origin(const struct http_request *request, struct http_response *response)
{
    const char *origin = allowed_origin(request);

    if (!origin)
        return;
    http_response_header(response, "Access-Control-Allow-Origin", "%s", origin);
    http_response_header(response, "Access-Control-Expose-Headers", EXPOSE_HEADERS);
    if (strcmp(origin, "*") != 0)
        http_response_header(response, "Vary", "Origin");
}

void cors_add_headers(const struct http_request *request, struct http_response *response)
{
    http_response_header(response, "X-Content-Type-Options", "nosniff");
    http_response_header(response, "Referrer-Policy", "no-referrer");
    if (request->tls)
        http_response_header(response, "Strict-Transport-Security", "max-age=31536000");
    if (request->route && request->route->cross_origin)
        add_allow_origin(request, response);
}

/* Every method of the pattern, HEAD with GET and OPTIONS always; and the body types it takes. */
static void add_accepted(struct http_response *response, const char *pattern)
{
    char allow[128] = "OPTIONS";

    for (size_t i = 0; i < http_routes_count; i++) {
        const struct http_route *route = &http_routes[i];

        if (strcmp(route->pattern, pattern) != 0)
            continue;
        strcat(allow, ", ");
        strcat(allow, http_method_name(route->method));
        if (route->method == HTTP_GET)
            strcat(allow, ", HEAD");
        if (route->method == HTTP_POST && route->body_type)
            http_response_header(response, "Accept-Post", "%s", route->body_type);
        if (route->method == HTTP_PATCH && route->body_type)
            http_response_header(response, "Accept-Patch", "%s", route->body_type);
    }
    http_response_header(response, "Allow", "%s", allow);
}

void cors_answer_options(struct http_request *request, const char *pattern)
{
    struct http_response response;

    http_response_init(&response, 200);
    add_accepted(&response, pattern);
    if (is_cross_origin(pattern)) {
        add_allow_origin(request, &response);
        http_response_header(&response, "Access-Control-Allow-Methods", ALL_METHODS);
        http_response_header(&response, "Access-Control-Allow-Headers", ALLOW_HEADERS);
        http_response_header(&response, "Access-Control-Max-Age", "86400");
    }
    http_request_respond(request, &response);
}

void cors_answer_method_not_allowed(struct http_request *request, const char *pattern)
{
    struct http_response response;

    http_response_init(&response, 405);
    http_response_problem(
        &response, 405, "%s cannot be used here.", http_method_name(request->method));
    add_accepted(&response, pattern);
    if (is_cross_origin(pattern))
        add_allow_origin(request, &response);
    http_request_respond(request, &response);
}
