#include "media/sdp_exchange.h"

#include <libsoup/soup.h>
#include <stdbool.h>
#include <string.h>

#include "common/log.h"
#include "media/http_client.h"
#include "media/ice_links.h"
#include "media/local_addresses.h"

#define ANSWER_MAX_BYTES  (256 * 1024)
#define REDIRECTS_MAX     5
#define REQUEST_TIMEOUT_S 10
#define RETRY_AFTER_MAX_S 3600
#define TOO_MANY_REQUESTS 429 /* libsoup has no name for it */

G_DEFINE_QUARK(sdp - exchange - error - quark, sdp_exchange_error)

struct request;

struct sdp_exchange {
    void (*on_answer)(void *user, const char *answer_sdp, const GError *error);
    void *user;              /* borrowed */
    SoupSession *soup;       /* owned */
    char *url;               /* owned */
    char *token;             /* owned, wiped; or NULL */
    GPtrArray *ice_servers;  /* owned, NULL-ended once filled */
    struct request *request; /* owned by its callbacks; the one under way, or NULL */
    char *session_url;       /* owned; or NULL */
    guint retry_after_s;
};

/* One POST with its redirects. Outlives the exchange when that is freed first. */
struct request {
    struct sdp_exchange *exchange; /* borrowed; NULL after sdp_exchange_free() */
    GCancellable *cancellable;     /* owned */
    GBytes *offer;                 /* owned */
    SoupMessage *message;          /* owned */
    GInputStream *body;            /* owned */
    char *text;                    /* owned; ANSWER_MAX_BYTES + 1 bytes */
    unsigned redirects;
};

static void post(struct request *request, const char *url);

static void request_free(struct request *request)
{
    g_clear_object(&request->cancellable);
    g_clear_pointer(&request->offer, g_bytes_unref);
    g_clear_object(&request->message);
    g_clear_object(&request->body);
    g_free(request->text);
    g_free(request);
}

/* Ends the request; error is taken. */
static void finish(struct request *request, const char *answer_sdp, GError *error)
{
    struct sdp_exchange *exchange = request->exchange;
    if (exchange) {
        exchange->request = NULL;
        if (exchange->on_answer)
            exchange->on_answer(exchange->user, answer_sdp, error);
    }
    g_clear_error(&error);
    request_free(request);
}

static GError *transport_error(struct request *request, const GError *cause)
{
    g_autofree char *text = http_client_transport_text(request->exchange->url, cause);

    return g_error_new_literal(SDP_EXCHANGE_ERROR, SDP_EXCHANGE_UNREACHABLE, text);
}

static GError *status_error(struct request *request, guint status, size_t len)
{
    const bool has_token = request->exchange->token != NULL;
    g_autofree char *host = http_client_host(request->exchange->url);
    g_autofree char *detail = http_client_problem(request->message, request->text, len);
    const char *colon = detail ? ": " : "";
    const char *text = detail ? detail : "";
    switch (status) {
    case SOUP_STATUS_UNAUTHORIZED:
    case SOUP_STATUS_FORBIDDEN:
        return g_error_new(SDP_EXCHANGE_ERROR, SDP_EXCHANGE_UNAUTHORISED, "%s %s (%u)%s%s", host,
            has_token ? "does not accept this token: it is wrong, expired or for another lesson"
                      : "wants a token: give one with --token or --token-file",
            status, colon, text);
    case SOUP_STATUS_CONFLICT:
        return g_error_new(SDP_EXCHANGE_ERROR, SDP_EXCHANGE_TAKEN,
            "somebody else already publishes here (409)%s%s", colon, text);
    case SOUP_STATUS_NOT_FOUND:
        return g_error_new(SDP_EXCHANGE_ERROR, SDP_EXCHANGE_REFUSED,
            "%s has no such lesson or source: is the address right? (404)%s%s", host, colon, text);
    default:
        break;
    }
    if (status == TOO_MANY_REQUESTS || status >= 500)
        return g_error_new(SDP_EXCHANGE_ERROR, SDP_EXCHANGE_UNAVAILABLE,
            "%s cannot serve this now (%u)%s%s", host, status, colon, text);
    return g_error_new(SDP_EXCHANGE_ERROR,
        status >= 400 ? SDP_EXCHANGE_REFUSED : SDP_EXCHANGE_BROKEN, "%s refused the offer (%u)%s%s",
        host, status, colon, text);
}

static guint parse_retry_after(SoupMessageHeaders *headers)
{
    const char *value = soup_message_headers_get_one(headers, "Retry-After");
    if (!value)
        return 0;
    guint64 seconds = 0;
    if (g_ascii_string_to_unsigned(value, 10, 0, G_MAXUINT32, &seconds, NULL))
        return (guint)MIN(seconds, RETRY_AFTER_MAX_S);
    g_autoptr(GDateTime) when = soup_date_time_new_from_http_string(value);
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    gint64 wait_s = when ? g_date_time_difference(when, now) / G_TIME_SPAN_SECOND : 0;
    return (guint)CLAMP(wait_s, 0, RETRY_AFTER_MAX_S);
}

static void collect_ice_servers(struct sdp_exchange *exchange, SoupMessageHeaders *headers)
{
    g_ptr_array_set_size(exchange->ice_servers, 0);
    const char *links = soup_message_headers_get_list(headers, "Link");
    if (links)
        ice_links_parse(links, exchange->ice_servers);
    g_ptr_array_add(exchange->ice_servers, NULL);
}

/* Location and redirects may be relative. Never from TLS to plain text: the token would show. */
static char *resolve(SoupMessage *message, const char *name)
{
    const char *value =
        soup_message_headers_get_one(soup_message_get_response_headers(message), name);
    g_autoptr(GUri) target = value ? g_uri_parse_relative(soup_message_get_uri(message), value,
                                         SOUP_HTTP_URI_FLAGS, NULL)
                                   : NULL;
    if (!target || !g_uri_get_host(target) || !*g_uri_get_host(target))
        return NULL;
    const char *scheme = g_uri_get_scheme(target);
    bool was_tls = g_strcmp0(g_uri_get_scheme(soup_message_get_uri(message)), "https") == 0;
    if (g_strcmp0(scheme, "https") != 0 && (was_tls || g_strcmp0(scheme, "http") != 0))
        return NULL;
    return g_uri_to_string(target);
}

static GError *broken(const char *why)
{
    return g_error_new(SDP_EXCHANGE_ERROR, SDP_EXCHANGE_BROKEN,
        "the server's answer is not WHIP or WHEP: %s", why);
}

static GError *take_answer(struct request *request, size_t len)
{
    struct sdp_exchange *exchange = request->exchange;
    SoupMessageHeaders *headers = soup_message_get_response_headers(request->message);
    const char *type = soup_message_headers_get_content_type(headers, NULL);
    g_clear_pointer(&exchange->session_url, g_free);
    exchange->session_url = resolve(request->message, "Location");
    if (!type || g_ascii_strcasecmp(type, "application/sdp") != 0)
        return broken("its content type is not application/sdp");
    if (len > ANSWER_MAX_BYTES)
        return broken("it is longer than 256 KiB");
    if (memchr(request->text, 0, len) || !g_str_has_prefix(request->text, "v=0"))
        return broken("it is no session description");
    if (!exchange->session_url)
        log_warn(LOG_HTTP, "the server named no session URL; the session cannot be ended early");
    collect_ice_servers(exchange, headers);
    return NULL;
}

static void on_body(GObject *source, GAsyncResult *result, gpointer user)
{
    struct request *request = user;
    g_autoptr(GError) cause = NULL;
    gsize len = 0;
    bool read = g_input_stream_read_all_finish(G_INPUT_STREAM(source), result, &len, &cause);
    if (!request->exchange) {
        request_free(request);
        return;
    }
    if (!read) {
        finish(request, NULL, transport_error(request, cause));
        return;
    }
    request->text[MIN(len, ANSWER_MAX_BYTES)] = '\0';
    guint status = soup_message_get_status(request->message);
    request->exchange->retry_after_s =
        parse_retry_after(soup_message_get_response_headers(request->message));
    if (status != SOUP_STATUS_CREATED && status != SOUP_STATUS_OK) {
        finish(request, NULL, status_error(request, status, MIN(len, ANSWER_MAX_BYTES)));
        return;
    }
    GError *error = take_answer(request, len);
    finish(request, error ? NULL : request->text, error);
}

static void follow_redirect(struct request *request)
{
    g_autofree char *url = resolve(request->message, "Location");
    if (!url || ++request->redirects > REDIRECTS_MAX) {
        finish(request, NULL, broken("it redirects to nowhere or too often"));
        return;
    }
    g_clear_object(&request->message);
    g_clear_object(&request->body);
    post(request, url);
}

static void on_response(GObject *source, GAsyncResult *result, gpointer user)
{
    struct request *request = user;
    g_autoptr(GError) cause = NULL;
    request->body = soup_session_send_finish(SOUP_SESSION(source), result, &cause);
    if (!request->exchange) {
        request_free(request);
        return;
    }
    if (!request->body) {
        finish(request, NULL, transport_error(request, cause));
        return;
    }
    guint status = soup_message_get_status(request->message);
    if (status == SOUP_STATUS_TEMPORARY_REDIRECT || status == SOUP_STATUS_PERMANENT_REDIRECT) {
        follow_redirect(request);
        return;
    }
    if (!request->text)
        request->text = g_malloc(ANSWER_MAX_BYTES + 1);
    g_input_stream_read_all_async(request->body, request->text, ANSWER_MAX_BYTES + 1,
        G_PRIORITY_DEFAULT, request->cancellable, on_body, request);
}

static SoupMessage *new_message(const char *method, const char *url, const char *token)
{
    SoupMessage *message = soup_message_new(method, url);
    if (!message)
        return NULL;
    soup_message_add_flags(message, SOUP_MESSAGE_NO_REDIRECT);
    http_client_authorise(message, token);
    return message;
}

static void post(struct request *request, const char *url)
{
    request->message = new_message(SOUP_METHOD_POST, url, request->exchange->token);
    if (!request->message) {
        finish(request, NULL, broken("it redirects to something that is no address"));
        return;
    }
    soup_message_headers_replace(
        soup_message_get_request_headers(request->message), "Accept", "application/sdp");
    soup_message_set_request_body_from_bytes(request->message, "application/sdp", request->offer);
    soup_session_send_async(request->exchange->soup, request->message, G_PRIORITY_DEFAULT,
        request->cancellable, on_response, request);
}

struct sdp_exchange *sdp_exchange_new(const struct sdp_exchange_params *params, GError **error)
{
    g_autoptr(SoupSession) soup = NULL;
    if (!http_client_is_address(params->url)) {
        g_set_error(error, SDP_EXCHANGE_ERROR, SDP_EXCHANGE_REFUSED,
            "%s is not an address like https://server/whip/lesson/source", params->url);
        return NULL;
    }
    soup = http_client_new(params->ca_file, REQUEST_TIMEOUT_S, error);
    if (!soup)
        return NULL;
    if (g_ascii_strncasecmp(params->url, "http:", 5) == 0 && params->token &&
        !local_addresses_url_is_loopback(params->url))
        log_warn(LOG_HTTP, "the token travels in plain text: use https:// outside this machine");
    struct sdp_exchange *exchange = g_new0(struct sdp_exchange, 1);
    exchange->url = g_strdup(params->url);
    exchange->token = params->token && *params->token ? g_strdup(params->token) : NULL;
    exchange->soup = g_steal_pointer(&soup);
    exchange->ice_servers = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(exchange->ice_servers, NULL);
    return exchange;
}

void sdp_exchange_free(struct sdp_exchange *exchange)
{
    if (!exchange)
        return;
    if (exchange->request) {
        exchange->request->exchange = NULL;
        g_cancellable_cancel(exchange->request->cancellable);
    }
    g_clear_object(&exchange->soup);
    g_ptr_array_unref(exchange->ice_servers);
    if (exchange->token)
        explicit_bzero(exchange->token, strlen(exchange->token));
    g_free(exchange->token);
    g_free(exchange->session_url);
    g_free(exchange->url);
    g_free(exchange);
}

void sdp_exchange_offer(struct sdp_exchange *exchange, const char *offer_sdp,
    void (*on_answer)(void *user, const char *answer_sdp, const GError *error), void *user)
{
    g_return_if_fail(!exchange->request);
    exchange->on_answer = on_answer;
    exchange->user = user;
    exchange->retry_after_s = 0;
    struct request *request = g_new0(struct request, 1);
    request->exchange = exchange;
    request->cancellable = g_cancellable_new();
    request->offer = g_bytes_new(offer_sdp, strlen(offer_sdp));
    exchange->request = request;
    post(request, exchange->url);
}

const char *const *sdp_exchange_ice_servers(const struct sdp_exchange *exchange)
{
    return (const char *const *)exchange->ice_servers->pdata;
}

guint sdp_exchange_retry_after_s(const struct sdp_exchange *exchange)
{
    return exchange->retry_after_s;
}

static void on_deleted(GObject *source, GAsyncResult *result, gpointer user)
{
    g_autoptr(GError) error = NULL;
    GInputStream *body = soup_session_send_finish(SOUP_SESSION(source), result, &error);
    g_clear_object(&body);
    if (error)
        log_debug(LOG_HTTP, "session not ended: %s", error->message);
    bool *done = user;
    if (done)
        *done = true;
}

static gboolean on_close_timeout(gpointer cancellable)
{
    g_cancellable_cancel(cancellable);
    return G_SOURCE_REMOVE;
}

/* In a context of its own, so that nothing else of the program runs meanwhile. */
static void delete_and_wait(struct sdp_exchange *exchange, SoupMessage *message, guint timeout_ms)
{
    g_autoptr(GMainContext) context = g_main_context_new();
    g_main_context_push_thread_default(context);
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autoptr(SoupSession) soup = http_client_new_like(exchange->soup, REQUEST_TIMEOUT_S);
    g_autoptr(GSource) timer = g_timeout_source_new(timeout_ms);
    g_source_set_callback(timer, on_close_timeout, cancellable, NULL);
    g_source_attach(timer, context);
    bool done = false;
    soup_session_send_async(soup, message, G_PRIORITY_DEFAULT, cancellable, on_deleted, &done);
    while (!done)
        g_main_context_iteration(context, TRUE);
    g_source_destroy(timer);
    g_main_context_pop_thread_default(context);
}

void sdp_exchange_close(struct sdp_exchange *exchange, guint timeout_ms)
{
    if (!exchange->session_url)
        return;
    g_autoptr(SoupMessage) message =
        new_message(SOUP_METHOD_DELETE, exchange->session_url, exchange->token);
    g_clear_pointer(&exchange->session_url, g_free);
    if (!message)
        return;
    if (timeout_ms > 0)
        delete_and_wait(exchange, message, timeout_ms);
    else
        soup_session_send_async(
            exchange->soup, message, G_PRIORITY_DEFAULT, NULL, on_deleted, NULL);
}
