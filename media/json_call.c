#include "media/json_call.h"

#include <gio/gio.h>
#include <string.h>

#include "common/json.h"
#include "media/http_client.h"

#define MS_PER_S 1000

struct call {
    void (*on_answer)(void *user, const struct json_call_answer *answer);
    void *user; /* borrowed */
    char *url;  /* owned, as all below */
    SoupMessage *message;
    GCancellable *cancellable; /* the caller's */
    GCancellable *ending;      /* of this call: the caller's, and the limit */
    GSource *limit;
    GInputStream *stream;
    char *text; /* JSON_CALL_MAX_BYTES + 1 bytes */
    gulong chained;
    guint limit_ms;
    bool late;
};

static void call_free(struct call *call)
{
    g_source_destroy(call->limit);
    g_source_unref(call->limit);
    g_cancellable_disconnect(call->cancellable, call->chained);
    g_clear_object(&call->ending);
    g_free(call->url);
    g_clear_object(&call->message);
    g_clear_object(&call->cancellable);
    g_clear_object(&call->stream);
    g_free(call->text);
    g_free(call);
}

static void finish(struct call *call, const struct json_call_answer *answer)
{
    if (!g_cancellable_is_cancelled(call->cancellable))
        call->on_answer(call->user, answer);
    call_free(call);
}

static void fail(struct call *call, const GError *cause)
{
    g_autofree char *host = http_client_host(call->url);
    g_autofree char *text = call->late ? g_strdup_printf("%s did not finish its answer within %g s",
                                             host, call->limit_ms / (double)MS_PER_S)
                                       : http_client_transport_text(call->url, cause);

    finish(call, &(struct json_call_answer){.error = text});
}

static char *refusal_of(
    SoupMessage *message, const char *url, const char *text, size_t len, bool *ret_is_problem)
{
    g_autofree char *host = http_client_host(url);
    g_autofree char *detail = http_client_problem(message, text, len);

    *ret_is_problem = detail != NULL;
    return g_strdup_printf("%s says %u%s%s", host, soup_message_get_status(message),
        detail ? ": " : "", detail ? detail : "");
}

static void on_body(GObject *source, GAsyncResult *result, gpointer user)
{
    struct call *call = user;
    struct json_call_answer answer = {
        .status = soup_message_get_status(call->message), .text = call->text};
    g_autoptr(GError) error = NULL;
    g_autofree char *refusal = NULL;
    struct json_error wrong;
    json_t *json = NULL;

    if (!g_input_stream_read_all_finish(G_INPUT_STREAM(source), result, &answer.len, &error)) {
        fail(call, error);
        return;
    }
    if (answer.len > JSON_CALL_MAX_BYTES)
        answer.len = JSON_CALL_MAX_BYTES;
    call->text[answer.len] = '\0';
    if (!SOUP_STATUS_IS_SUCCESSFUL(answer.status))
        answer.error = refusal =
            refusal_of(call->message, call->url, call->text, answer.len, &answer.is_problem);
    else if (!(json = json_parse(call->text, answer.len, JSON_CALL_MAX_BYTES, &wrong)))
        answer.error = wrong.text;
    answer.json = json;
    finish(call, &answer);
    json_decref(json);
}

static void on_head(GObject *source, GAsyncResult *result, gpointer user)
{
    struct call *call = user;
    g_autoptr(GError) error = NULL;

    call->stream = soup_session_send_finish(SOUP_SESSION(source), result, &error);
    if (!call->stream) {
        fail(call, error);
        return;
    }
    call->text = g_malloc(JSON_CALL_MAX_BYTES + 1);
    g_input_stream_read_all_async(call->stream, call->text, JSON_CALL_MAX_BYTES + 1,
        G_PRIORITY_DEFAULT, call->ending, on_body, call);
}

/* Takes the body's reference. */
static SoupMessage *new_message(const char *url, const char *token, json_t *body)
{
    SoupMessage *message = soup_message_new(body ? SOUP_METHOD_POST : SOUP_METHOD_GET, url);
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    g_autoptr(GBytes) bytes = text ? g_bytes_new(text, strlen(text)) : NULL;

    soup_message_add_flags(message, SOUP_MESSAGE_NO_REDIRECT);
    http_client_authorise(message, token);
    if (bytes)
        soup_message_set_request_body_from_bytes(message, "application/json", bytes);
    free(text);
    json_decref(body);
    return message;
}

/* The session's own limit is of silence: a server that sends a byte now and then never reaches it. */
static gboolean on_limit(gpointer user)
{
    struct call *call = user;

    call->late = true;
    g_cancellable_cancel(call->ending);
    return G_SOURCE_REMOVE;
}

static void on_cancelled(GCancellable *cancellable, gpointer ending)
{
    g_cancellable_cancel(ending);
}

void json_call_within(guint limit_ms, SoupSession *soup, const char *url, const char *token,
    json_t *body, GCancellable *cancellable,
    void (*on_answer)(void *user, const struct json_call_answer *answer), void *user)
{
    struct call *call = g_new0(struct call, 1);

    call->on_answer = on_answer;
    call->user = user;
    call->url = g_strdup(url);
    call->limit_ms = limit_ms;
    call->cancellable = g_object_ref(cancellable);
    call->ending = g_cancellable_new();
    call->chained = g_cancellable_connect(
        cancellable, G_CALLBACK(on_cancelled), g_object_ref(call->ending), g_object_unref);
    call->limit = g_timeout_source_new(limit_ms);
    g_source_set_callback(call->limit, on_limit, call, NULL);
    g_source_attach(call->limit, g_main_context_get_thread_default());
    call->message = new_message(url, token, body);
    soup_session_send_async(soup, call->message, G_PRIORITY_DEFAULT, call->ending, on_head, call);
}

void json_call(SoupSession *soup, const char *url, const char *token, json_t *body,
    GCancellable *cancellable, void (*on_answer)(void *user, const struct json_call_answer *answer),
    void *user)
{
    json_call_within(JSON_CALL_LIMIT_MS, soup, url, token, body, cancellable, on_answer, user);
}
