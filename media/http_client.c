#include "media/http_client.h"

#include <string.h>

#include "common/json.h"

#define DETAIL_MAX_CHARS 200

static SoupSession *new_session(GTlsDatabase *tls_database, guint timeout_s)
{
    SoupSession *soup = soup_session_new_with_options(
        "user-agent", "duet/" DUET_VERSION, "timeout", timeout_s, NULL);

    if (tls_database)
        soup_session_set_tls_database(soup, tls_database);
    return soup;
}

SoupSession *http_client_new(const char *ca_file, guint timeout_s, GError **error)
{
    g_autoptr(GTlsDatabase) tls_database = NULL;

    if (ca_file && *ca_file) {
        g_autofree char *path = g_canonicalize_filename(ca_file, NULL);
        tls_database = g_tls_file_database_new(path, error);
        if (!tls_database) {
            g_prefix_error(error, "%s: ", ca_file);
            return NULL;
        }
    }
    return new_session(tls_database, timeout_s);
}

SoupSession *http_client_new_like(SoupSession *other, guint timeout_s)
{
    return new_session(soup_session_get_tls_database(other), timeout_s);
}

bool http_client_is_address(const char *url)
{
    g_autoptr(GUri) uri = g_uri_parse(url, SOUP_HTTP_URI_FLAGS, NULL);
    const char *scheme = uri ? g_uri_get_scheme(uri) : NULL;

    return scheme && (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0) &&
           g_uri_get_host(uri) && *g_uri_get_host(uri);
}

char *http_client_host(const char *url)
{
    g_autoptr(GUri) uri = g_uri_parse(url, SOUP_HTTP_URI_FLAGS, NULL);
    int port;

    if (!uri)
        return g_strdup("the server");
    port = g_uri_get_port(uri);
    return port > 0 ? g_strdup_printf("%s:%d", g_uri_get_host(uri), port)
                    : g_strdup(g_uri_get_host(uri));
}

char *http_client_transport_text(const char *url, const GError *cause)
{
    g_autofree char *host = http_client_host(url);

    if (cause->domain == G_TLS_ERROR)
        return g_strdup_printf("%s shows a certificate that this machine does not trust (%s); "
                               "--ca-file names the CA of a server of your own",
            host, cause->message);
    return g_strdup_printf("%s does not answer: %s", host, cause->message);
}

char *http_client_problem(SoupMessage *message, const char *body, size_t len)
{
    SoupMessageHeaders *headers = soup_message_get_response_headers(message);
    const char *type = soup_message_headers_get_content_type(headers, NULL);
    struct json_error error;
    const char *detail;
    json_t *problem;
    char *line;

    if (!type || g_ascii_strcasecmp(type, "application/problem+json") != 0)
        return NULL;
    problem = json_parse(body, len, len, &error);
    detail = json_string_value(json_object_get(problem, "detail"));
    if (!detail)
        detail = json_string_value(json_object_get(problem, "title"));
    line = detail ? g_utf8_substring(detail, 0, MIN(g_utf8_strlen(detail, -1), DETAIL_MAX_CHARS))
                  : NULL;
    for (char *c = line; c && *c; c++)
        *c = g_ascii_iscntrl(*c) ? ' ' : *c;
    json_decref(problem);
    return line;
}

void http_client_authorise(SoupMessage *message, const char *token)
{
    char *value;

    if (!token)
        return;
    value = g_strdup_printf("Bearer %s", token);
    soup_message_headers_replace(soup_message_get_request_headers(message), "Authorization", value);
    explicit_bzero(value, strlen(value));
    g_free(value);
}
