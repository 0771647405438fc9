#include "media/device_client.h"

#include <string.h>

#include "common/backoff.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "media/health.h"
#include "media/http_client.h"
#include "media/json_call.h"

#define TIMEOUT_S    10
#define DAY_EVERY_MS 30000
#define REVOKED_MS   60000
/* A round trip that is longer makes every press and every joining wait. */
#define SLOW_US           US_PER_S
#define FAILURE_COUNTS_US (120 * US_PER_S)

struct device_client {
    struct device_client_params params;
    SoupSession *soup;                /* owned, as all below */
    GCancellable *cancellable;        /* of everything under way */
    GCancellable *asking;             /* of the question for a token */
    struct device_commands *commands; /* NULL: nobody listens */
    char *session;                    /* wiped; NULL: to be proven first */
    guint timer;
    bool busy; /* proving itself or asking for the day: one conversation at a time */
    struct backoff backoff;
    enum device_link link;
    uint64_t asked_us;      /* when the request for the day was sent */
    uint64_t round_trip_us; /* of the last one that was answered */
    uint64_t failed_us;     /* when the last one failed; 0: none did */

    /* of the question for a token */
    char *lesson; /* NULL: none is open */
    void (*on_token)(void *user, const char *token, const char *error);
    void *token_user;
    bool asked_again; /* with a new session, after the one before was refused */
};

static void prove(struct device_client *client);
static void ask_day(struct device_client *client);
static void send_token_question(struct device_client *client);

static char *url_of(const struct device_client *client, const char *format, ...)
    G_GNUC_PRINTF(2, 3);

static char *url_of(const struct device_client *client, const char *format, ...)
{
    g_autofree char *path = NULL;
    va_list args;

    va_start(args, format);
    path = g_strdup_vprintf(format, args);
    va_end(args);
    return g_strconcat(client->params.identity->server, "/api/v1", path, NULL);
}

static void forget_session(struct device_client *client)
{
    if (client->commands)
        device_commands_listen(client->commands, NULL);
    if (client->session)
        explicit_bzero(client->session, strlen(client->session));
    g_clear_pointer(&client->session, g_free);
}

static void change_link(struct device_client *client, enum device_link link, const char *text)
{
    if (client->link == link && !text)
        return;
    client->link = link;
    client->params.on_link(client->params.user, link, text);
}

static gboolean on_timer(gpointer user)
{
    struct device_client *client = user;

    client->timer = 0;
    if (client->busy)
        return G_SOURCE_REMOVE; /* its answer goes on from here */
    client->busy = true;
    if (client->session)
        ask_day(client);
    else
        prove(client);
    return G_SOURCE_REMOVE;
}

static void after(struct device_client *client, guint delay_ms)
{
    if (client->timer)
        g_source_remove(client->timer);
    client->timer = g_timeout_add(delay_ms, on_timer, client);
}

/* A session that is over, or that the server has forgotten, is followed by a new one: at once, but with growing pauses when
 * the next one is no better. */
static void renew_session(struct device_client *client)
{
    forget_session(client);
    after(client, backoff_next_ms(&client->backoff));
}

/* What everything else that failed has in common. */
static void take_failure(struct device_client *client, const struct json_call_answer *answer)
{
    client->busy = false;
    /* in the words of Duet's own server: a portal or proxy on the way revokes nothing */
    if (answer->status == SOUP_STATUS_FORBIDDEN && answer->is_problem) {
        forget_session(client);
        change_link(client, DEVICE_LINK_REVOKED, answer->error);
        after(client, REVOKED_MS);
        return;
    }
    client->failed_us = clock_now_us();
    log_debug(LOG_HTTP, "device link: %s", answer->error);
    change_link(client, DEVICE_LINK_OFFLINE, answer->error);
    after(client, backoff_next_ms(&client->backoff));
}

/* ---- proving ---- */

static void on_session(void *user, const struct json_call_answer *answer)
{
    struct device_client *client = user;
    struct json_error wrong;
    const char *session =
        answer->json ? json_get_string(answer->json, "session", 256, &wrong) : NULL;

    if (!session) {
        take_failure(client, answer->error ? answer
                                           : &(struct json_call_answer){
                                                 .status = answer->status, .error = wrong.text});
        return;
    }
    client->session = g_strdup(session);
    if (client->commands)
        device_commands_listen(client->commands, session);
    ask_day(client);
    send_token_question(client);
}

/* What is told is told over the line: this is of the time just before. */
static const char *network_health(const struct device_client *client)
{
    if (client->failed_us && clock_now_us() - client->failed_us < FAILURE_COUNTS_US)
        return HEALTH_FAILED;
    return client->round_trip_us > SLOW_US ? HEALTH_SLOW : HEALTH_OK;
}

static json_t *describe_self(struct device_client *client)
{
    json_t *health =
        client->params.on_health ? client->params.on_health(client->params.user) : NULL;
    json_t *body = json_pack("{s:s}", "version", DUET_VERSION);

    if (!health)
        health = json_object();
    json_object_set_new(health, "network", json_string(network_health(client)));
    json_object_set_new(body, "health", health);
    return body;
}

static void on_challenge(void *user, const struct json_call_answer *answer)
{
    struct device_client *client = user;
    const struct device_identity *identity = client->params.identity;
    g_autofree char *url = url_of(client, "/devices/%" G_GINT64_FORMAT "/session", identity->id);
    char signature[DEVICE_IDENTITY_SIGNATURE_CHARS + 1];
    struct json_error wrong;
    const char *challenge =
        answer->json ? json_get_string(answer->json, "challenge", 256, &wrong) : NULL;
    json_t *body;

    if (!challenge) {
        take_failure(client, answer->error ? answer
                                           : &(struct json_call_answer){
                                                 .status = answer->status, .error = wrong.text});
        return;
    }
    device_identity_sign(identity, challenge, signature);
    body = describe_self(client);
    json_object_set_new(body, "challenge", json_string(challenge));
    json_object_set_new(body, "signature", json_string(signature));
    json_call(client->soup, url, NULL, body, client->cancellable, on_session, client);
}

static void prove(struct device_client *client)
{
    g_autofree char *url =
        url_of(client, "/devices/%" G_GINT64_FORMAT "/challenge", client->params.identity->id);

    json_call(client->soup, url, NULL, json_object(), client->cancellable, on_challenge, client);
}

/* ---- the day ---- */

static void on_health_answer(void *user, const struct json_call_answer *answer)
{
    struct device_client *client = user;

    if (answer->error)
        log_debug(LOG_HTTP, "health: %s", answer->error);
    (void)client;
}

void device_client_report(struct device_client *client)
{
    g_autofree char *url = NULL;

    if (!client->session)
        return; /* a question for a token was told meanwhile that it is over; the next one is told */
    url = url_of(client, "/device/health");
    json_call(client->soup, url, client->session, describe_self(client), client->cancellable,
        on_health_answer, client);
}

static void add_findings(json_t *body, const struct device_findings *found)
{
    g_autofree char *text = found->picture ? g_base64_encode(g_bytes_get_data(found->picture, NULL),
                                                 g_bytes_get_size(found->picture))
                                           : NULL;

    if (text)
        json_object_set_new(body, "picture", json_string(text));
    if (found->heard)
        json_object_set_new(body, "level_dbfs", json_integer(found->level_dbfs));
}

void device_client_answer(struct device_client *client, int64_t id, const char *outcome,
    const struct device_findings *found, void (*on_taken)(void *user), void *user)
{
    json_t *body = describe_self(client);

    json_object_set_new(body, "outcome", json_string(outcome));
    json_object_set_new(
        body, "round_trip_ms", json_integer((json_int_t)(client->round_trip_us / US_PER_MS)));
    if (found)
        add_findings(body, found);
    device_commands_answer(client->commands, id, body, on_taken, user);
}

static void on_day(void *user, const struct json_call_answer *answer)
{
    struct device_client *client = user;

    if (!answer->json && answer->status != SOUP_STATUS_UNAUTHORIZED) {
        take_failure(client, answer);
        return;
    }
    client->busy = false;
    if (!answer->json) {
        if (client->backoff.attempts > 0)
            change_link(client, DEVICE_LINK_OFFLINE, answer->error);
        renew_session(client);
        return;
    }
    backoff_reset(&client->backoff);
    change_link(client, DEVICE_LINK_ONLINE, NULL);
    client->round_trip_us = clock_now_us() - client->asked_us;
    /* Half of the way there and back: what the server's clock showed is that old. */
    client->params.on_day(client->params.user, answer->text, answer->len,
        client->asked_us + client->round_trip_us / 2);
    after(client, client->session ? DAY_EVERY_MS : 0);
    device_client_report(client);
}

static void ask_day(struct device_client *client)
{
    g_autofree char *url = url_of(client, "/device/day");

    client->asked_us = clock_now_us();
    json_call(client->soup, url, client->session, NULL, client->cancellable, on_day, client);
}

/* ---- tokens ---- */

static void answer_token(struct device_client *client, const char *token, const char *error)
{
    g_clear_pointer(&client->lesson, g_free);
    client->on_token(client->token_user, token, error);
}

static void on_token(void *user, const struct json_call_answer *answer)
{
    struct device_client *client = user;
    struct json_error wrong = {""};
    const char *token = answer->json ? json_get_string(answer->json, "token", 8192, &wrong) : NULL;

    if (!client->lesson)
        return; /* sent a second time with a new session, and answered already */
    if (answer->status == SOUP_STATUS_UNAUTHORIZED && !client->asked_again) {
        /* asked again with the next session, once: who asks has pauses of its own */
        client->asked_again = true;
        if (client->session)
            renew_session(client);
        return;
    }
    answer_token(client, token, token ? NULL : answer->error ? answer->error : wrong.text);
}

static void send_token_question(struct device_client *client)
{
    g_autofree char *url = NULL;

    if (!client->lesson || !client->session)
        return;
    url = url_of(client, "/device/lessons/%s/media-token", client->lesson);
    json_call(client->soup, url, client->session, json_object(), client->asking, on_token, client);
}

void device_client_ask_token(struct device_client *client, const char *lesson,
    void (*on_answer)(void *user, const char *token, const char *error), void *user)
{
    g_cancellable_cancel(client->asking);
    g_object_unref(client->asking);
    client->asking = g_cancellable_new();
    g_free(client->lesson);
    client->lesson = g_strdup(lesson);
    client->asked_again = false;
    client->on_token = on_answer;
    client->token_user = user;
    send_token_question(client);
}

/* ---- life ---- */

struct device_client *device_client_new(const struct device_client_params *params, GError **error)
{
    SoupSession *soup = http_client_new(params->identity->ca_file, TIMEOUT_S, error);
    struct device_client *client;

    if (!soup)
        return NULL;
    client = g_new0(struct device_client, 1);
    client->params = *params;
    client->soup = soup;
    client->cancellable = g_cancellable_new();
    client->asking = g_cancellable_new();
    client->busy = true;
    if (params->on_command)
        client->commands =
            device_commands_new(soup, params->identity->server, params->on_command, params->user);
    prove(client);
    return client;
}

void device_client_free(struct device_client *client)
{
    if (!client)
        return;
    g_cancellable_cancel(client->cancellable);
    g_cancellable_cancel(client->asking);
    if (client->timer)
        g_source_remove(client->timer);
    g_object_unref(client->cancellable);
    g_object_unref(client->asking);
    g_object_unref(client->soup);
    forget_session(client);
    device_commands_free(client->commands);
    g_free(client->lesson);
    g_free(client);
}
