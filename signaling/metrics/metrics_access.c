/*
 * Who may scrape. With metrics.token_file whoever shows the token; without it only this machine, and no
 * request that came through a proxy or from a page in a browser, which would carry the outside in.
 */
#include "signaling/http/access.h"
#include "signaling/http/listener.h"
#include "signaling/http/origin.h"
#include "signaling/metrics/metrics.h"
#include "signaling/service.h"

#include <sodium.h>
#include <string.h>

static bool shows_token(const struct http_request *request, const char *token)
{
    const char *shown = access_bearer_token(request);
    size_t len = strlen(token);

    return shown && strlen(shown) == len && sodium_memcmp(shown, token, len) == 0;
}

/* "localhost", "127.0.0.1:8080", "[::1]:8080": a page that made a name of its own point here has another. */
static bool is_called_loopback(const char *host)
{
    char name[64];
    size_t len = host[0] == '[' ? strcspn(++host, "]") : strcspn(host, ":");

    if (len >= sizeof(name))
        return false;
    memcpy(name, host, len);
    name[len] = '\0';
    return strcmp(name, "localhost") == 0 || listener_is_loopback(name);
}

static bool comes_from_here(const struct http_request *request)
{
    return listener_is_loopback(request->address) &&
           !*http_request_header(request, HTTP_HEADER_FORWARDED_FOR) &&
           !*http_request_header(request, HTTP_HEADER_FORWARDED_HOST) &&
           !*http_request_header(request, HTTP_HEADER_FORWARDED_PROTO) &&
           is_called_loopback(http_request_header(request, HTTP_HEADER_HOST)) &&
           !origin_is_foreign(request);
}

bool metrics_admit(struct http_request *request)
{
    const char *token = metrics_token(request->app->metrics);

    if (*token == '\0') {
        if (comes_from_here(request))
            return true;
        http_request_fail(request, 403,
            "Figures are given to this machine only; metrics.token_file opens them to whoever has "
            "the token.");
        return false;
    }
    if (shows_token(request, token))
        return true;
    access_answer_unauthorised(
        request, "The token of metrics.token_file is needed: Authorization: Bearer <token>.");
    return false;
}
