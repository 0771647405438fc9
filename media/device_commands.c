#include "media/device_commands.h"

#include <errno.h>
#include <string.h>

#include "common/backoff.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "media/http_client.h"
#include "media/json_call.h"

#define HELD_LIMIT_MS 40000 /* the server answers after 25 s */
#define SILENCE_S     40
#define HASTE_MS      2000

struct device_commands {
    const char *server; /* borrowed */
    void (*on_command)(void *user, const struct device_command *command);
    void *user;
    SoupSession *soup; /* owned, as all below; its own: a held question keeps a connection busy */
    GCancellable *cancellable; /* of answers */
    GCancellable *asking;
    char *session; /* wiped; NULL: nobody listens */
    guint timer;
    struct backoff backoff;
    uint64_t asked_us;
    void (*on_taken)(void *user);
    void *taken_user;
};

static void ask(struct device_commands *commands);

static gboolean on_timer(gpointer user)
{
    struct device_commands *commands = user;

    commands->timer = 0;
    ask(commands);
    return G_SOURCE_REMOVE;
}

static bool read_command(const json_t *json, struct device_command *ret_command)
{
    struct json_error wrong;
    const char *kind = json_get_string(json, "command", 16, &wrong);

    *ret_command = (struct device_command){
        .in_lesson = json_get_bool_or(json, "in_lesson", false),
        .picture = json_get_bool_or(json, "picture", false),
    };
    if (!kind || json_get_int(json, "id", 1, INT64_MAX, &ret_command->id, &wrong) < 0)
        return false;
    ret_command->kind = strcmp(kind, "check") == 0 ? DEVICE_COMMAND_CHECK : DEVICE_COMMAND_RESTART;
    return ret_command->kind == DEVICE_COMMAND_CHECK || strcmp(kind, "restart") == 0;
}

/* Something on the way, or a server that stops, does not hold the question. */
static bool is_hasty(const struct device_commands *commands)
{
    return clock_now_us() - commands->asked_us < HASTE_MS * US_PER_MS;
}

int device_commands_parse(const json_t *answer, struct device_command *ret_commands)
{
    json_t *list = json_object_get(answer, "commands");
    int count = 0;
    size_t i;
    json_t *json;

    if (!json_is_array(list))
        return -EBADMSG;
    json_array_foreach(list, i, json)
    {
        if (count < DEVICE_COMMANDS_AT_ONCE && read_command(json, &ret_commands[count]))
            count++;
    }
    return count;
}

static void on_answer(void *user, const struct json_call_answer *answer)
{
    struct device_commands *commands = user;
    struct device_command found[DEVICE_COMMANDS_AT_ONCE];
    int count = answer->json ? device_commands_parse(answer->json, found) : -EBADMSG;

    if (answer->status == SOUP_STATUS_UNAUTHORIZED)
        return; /* the next session begins anew */
    if (count >= 0)
        backoff_reset(&commands->backoff);
    else
        log_debug(LOG_HTTP, "commands: %s", answer->error ? answer->error : "no list");
    commands->timer = g_timeout_add(count < 0 ? backoff_next_ms(&commands->backoff)
                                    : count == 0 && is_hasty(commands) ? HASTE_MS
                                                                       : 0,
        on_timer, commands);
    for (int i = 0; i < count; i++)
        commands->on_command(commands->user, &found[i]);
}

static void ask(struct device_commands *commands)
{
    g_autofree char *url = g_strconcat(commands->server, "/api/v1/device/commands", NULL);

    commands->asked_us = clock_now_us();
    json_call_within(HELD_LIMIT_MS, commands->soup, url, commands->session, NULL, commands->asking,
        on_answer, commands);
}

static void stop(struct device_commands *commands)
{
    if (commands->timer)
        g_source_remove(commands->timer);
    commands->timer = 0;
    g_cancellable_cancel(commands->asking);
    g_object_unref(commands->asking);
    commands->asking = g_cancellable_new();
    if (commands->session)
        explicit_bzero(commands->session, strlen(commands->session));
    g_clear_pointer(&commands->session, g_free);
}

void device_commands_listen(struct device_commands *commands, const char *session)
{
    stop(commands);
    if (!session)
        return;
    commands->session = g_strdup(session);
    ask(commands);
}

static void on_result_answer(void *user, const struct json_call_answer *answer)
{
    struct device_commands *commands = user;

    if (answer->error)
        log_warn(LOG_HTTP, "what came of a command could not be told: %s", answer->error);
    else if (commands->on_taken)
        commands->on_taken(commands->taken_user);
}

void device_commands_answer(struct device_commands *commands, int64_t id, json_t *body,
    void (*on_taken)(void *user), void *user)
{
    g_autofree char *url =
        g_strdup_printf("%s/api/v1/device/commands/%" G_GINT64_FORMAT, commands->server, id);

    commands->on_taken = on_taken;
    commands->taken_user = user;
    json_call(commands->soup, url, commands->session, body, commands->cancellable, on_result_answer,
        commands);
}

struct device_commands *device_commands_new(SoupSession *like, const char *server,
    void (*on_command)(void *user, const struct device_command *command), void *user)
{
    struct device_commands *commands = g_new0(struct device_commands, 1);

    commands->server = server;
    commands->on_command = on_command;
    commands->user = user;
    commands->soup = http_client_new_like(like, SILENCE_S);
    commands->cancellable = g_cancellable_new();
    commands->asking = g_cancellable_new();
    return commands;
}

void device_commands_free(struct device_commands *commands)
{
    if (!commands)
        return;
    stop(commands);
    g_cancellable_cancel(commands->cancellable);
    g_object_unref(commands->cancellable);
    g_object_unref(commands->asking);
    g_object_unref(commands->soup);
    g_free(commands);
}
