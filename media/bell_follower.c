#include "media/bell_follower.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/backoff.h"
#include "common/clock.h"
#include "common/log.h"
#include "media/health.h"

#define TICK_MS 1000

struct bell_follower {
    struct bell_follower_params params;
    char *folder; /* owned, as all below */
    char *cached; /* the file */
    struct device_identity identity;
    struct device_client *client;
    struct day_plan *plan; /* NULL: nothing is known yet */
    char *link_text;
    char *joined; /* id of the lesson; NULL: none */
    char *wanted; /* id of the lesson that a token is asked for; NULL: none */
    guint timer, retry;
    struct backoff backoff; /* of joining the same lesson */
    enum device_link link;
    int64_t offset_ms; /* server's clock less the monotonic one */
    bool knows_time;
    int64_t checking; /* number of the command that is being done; 0: none */
};

static int64_t now_ms_of(const struct bell_follower *follower)
{
    return follower->knows_time ? (int64_t)(clock_now_us() / US_PER_MS) + follower->offset_ms
                                : (int64_t)(clock_wall_us() / US_PER_MS);
}

static void show(struct bell_follower *follower)
{
    struct bell_follower_view view = {
        .plan = follower->plan,
        .now_ms = now_ms_of(follower),
        .link = follower->link,
        .link_text = follower->link_text,
        .clock_is_own = !follower->knows_time,
        .joined = follower->joined != NULL,
    };

    bell_clock_look(follower->plan, view.now_ms, &view.bell);
    follower->params.on_view(follower->params.user, &view);
}

/* ---- joining ---- */

static void leave(struct bell_follower *follower)
{
    if (follower->retry)
        g_source_remove(follower->retry);
    follower->retry = 0;
    g_clear_pointer(&follower->wanted, g_free);
    if (!follower->joined)
        return;
    log_info(LOG_CORE, "event=leave lesson=%s", follower->joined);
    g_clear_pointer(&follower->joined, g_free);
    follower->params.on_leave(follower->params.user);
}

static const struct day_lesson *lesson_of(const struct bell_follower *follower, const char *id)
{
    for (size_t i = 0; follower->plan && i < follower->plan->count; i++) {
        if (strcmp(follower->plan->lessons[i].id, id) == 0)
            return &follower->plan->lessons[i];
    }
    return NULL;
}

static void on_token(void *user, const char *token, const char *error);

static gboolean on_retry(gpointer user)
{
    struct bell_follower *follower = user;

    follower->retry = 0;
    if (follower->wanted)
        device_client_ask_token(follower->client, follower->wanted, on_token, follower);
    return G_SOURCE_REMOVE;
}

static void retry_later(struct bell_follower *follower)
{
    if (follower->retry)
        g_source_remove(follower->retry);
    follower->retry = g_timeout_add(backoff_next_ms(&follower->backoff), on_retry, follower);
}

static void on_token(void *user, const char *token, const char *error)
{
    struct bell_follower *follower = user;
    const struct day_lesson *lesson =
        follower->wanted ? lesson_of(follower, follower->wanted) : NULL;
    g_autofree char *url = NULL;

    if (!lesson)
        return; /* it is over by now */
    if (!token) {
        log_warn(LOG_CORE, "lesson=%s cannot be joined yet: %s", lesson->id, error);
        retry_later(follower);
        return;
    }
    log_info(LOG_CORE, "event=join lesson=%s", lesson->id);
    g_free(follower->joined);
    follower->joined = g_strdup(lesson->id);
    g_clear_pointer(&follower->wanted, g_free);
    url = g_strconcat(follower->identity.server, lesson->path, NULL);
    follower->params.on_join(follower->params.user, lesson, url, token);
    show(follower);
}

static void join(struct bell_follower *follower, const struct day_lesson *lesson)
{
    backoff_reset(&follower->backoff);
    g_free(follower->wanted);
    follower->wanted = g_strdup(lesson->id);
    device_client_ask_token(follower->client, lesson->id, on_token, follower);
}

void bell_follower_rejoin(struct bell_follower *follower)
{
    if (!follower->joined)
        return;
    g_free(follower->wanted);
    follower->wanted = g_steal_pointer(&follower->joined);
    retry_later(follower);
}

/* Brings what is joined in line with the bell. Not by this machine's own clock, which may ring for another lesson: without the
 * server there is no token either, and the day comes with the first answer. */
static void follow(struct bell_follower *follower)
{
    struct bell_view view;
    const char *now = follower->joined ? follower->joined : follower->wanted;

    if (!follower->knows_time)
        return;
    bell_clock_look(follower->plan, now_ms_of(follower), &view);
    if (now && (view.phase != BELL_JOIN || strcmp(view.lesson->id, now) != 0))
        leave(follower);
    else if (now)
        return;
    if (view.phase == BELL_JOIN)
        join(follower, view.lesson);
}

static gboolean on_tick(gpointer user)
{
    struct bell_follower *follower = user;

    follow(follower);
    show(follower);
    return G_SOURCE_CONTINUE;
}

/* ---- what the server tells ---- */

static void on_day(void *user, const char *text, size_t len, uint64_t at_us)
{
    struct bell_follower *follower = user;
    g_autoptr(GError) error = NULL;
    struct day_plan *plan = NULL;

    if (day_plan_parse(text, len, &plan) < 0) {
        log_warn(LOG_CORE, "the server's timetable cannot be read; the one that is known stays");
        return;
    }
    free(follower->plan);
    follower->plan = plan;
    follower->offset_ms = plan->now_ms - (int64_t)(at_us / US_PER_MS);
    follower->knows_time = true;
    if (!g_file_set_contents_full(
            follower->cached, text, (gssize)len, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error))
        log_warn(LOG_CORE, "the timetable cannot be kept for later: %s", error->message);
    follow(follower);
    show(follower);
}

static void on_link(void *user, enum device_link link, const char *text)
{
    struct bell_follower *follower = user;

    if (link == DEVICE_LINK_REVOKED) {
        log_error(LOG_CORE, "%s", text);
        leave(follower);
        g_clear_pointer(&follower->plan, free);
        g_unlink(follower->cached); /* teachers' names */
    } else if (link == DEVICE_LINK_OFFLINE && follower->link != link) {
        log_warn(LOG_CORE, "%s", text ? text : "offline");
    }
    follower->link = link;
    g_free(follower->link_text);
    follower->link_text = g_strdup(text);
    show(follower);
}

static json_t *on_health(void *user)
{
    struct bell_follower *follower = user;

    json_t *health =
        follower->params.on_health ? follower->params.on_health(follower->params.user) : NULL;

    if (!health)
        health = json_object();
    json_object_set_new(health, "disk", json_string(health_of_disk(follower->folder)));
    return health;
}

void bell_follower_report(struct bell_follower *follower)
{
    device_client_report(follower->client);
}

/* ---- what people ask for ---- */

void bell_follower_checked(struct bell_follower *follower, const struct device_findings *found)
{
    int64_t id = follower->checking;

    follower->checking = 0;
    if (id)
        device_client_answer(follower->client, id, "done", found, NULL, NULL);
}

/* The server knows that the box leaves: a restart whose time is over is not done. */
static void on_leaving(void *user)
{
    struct bell_follower *follower = user;

    follower->params.on_restart(follower->params.user);
}

static void restart(struct bell_follower *follower, const struct device_command *command)
{
    bool refuses = follower->joined && !command->in_lesson; /* the bell has rung meanwhile */

    log_info(LOG_CORE, "event=command command=restart in_lesson=%d refused=%d", command->in_lesson,
        refuses);
    if (refuses || !follower->params.on_restart)
        device_client_answer(
            follower->client, command->id, refuses ? "refused" : "failed", NULL, NULL, NULL);
    else
        device_client_answer(follower->client, command->id, "done", NULL, on_leaving, follower);
}

static void on_command(void *user, const struct device_command *command)
{
    struct bell_follower *follower = user;

    if (command->kind == DEVICE_COMMAND_RESTART) {
        restart(follower, command);
        return;
    }
    follower->checking = command->id;
    if (follower->params.on_check)
        follower->params.on_check(follower->params.user, command->picture);
    else
        bell_follower_checked(follower, NULL);
}

/* A device that is switched on without a network still shows its lessons. */
static void read_cache(struct bell_follower *follower)
{
    g_autofree char *text = NULL;
    gsize len;

    if (g_file_get_contents(follower->cached, &text, &len, NULL))
        day_plan_parse(text, len, &follower->plan);
}

/* ---- life ---- */

struct bell_follower *bell_follower_new(const struct bell_follower_params *params, GError **error)
{
    struct bell_follower *follower = g_new0(struct bell_follower, 1);
    struct device_client_params client = {
        .identity = &follower->identity,
        .on_health = on_health,
        .on_day = on_day,
        .on_link = on_link,
        .on_command = on_command,
        .user = follower,
    };

    follower->params = *params;
    follower->folder = g_strdup(params->folder);
    follower->cached = g_build_filename(params->folder, DAY_PLAN_CACHE_NAME, NULL);
    if (!device_identity_load(params->folder, &follower->identity, error))
        goto fail;
    read_cache(follower);
    follower->client = device_client_new(&client, error);
    if (!follower->client)
        goto fail;
    follower->timer = g_timeout_add(TICK_MS, on_tick, follower);
    return follower;
fail:
    bell_follower_free(follower);
    return NULL;
}

void bell_follower_free(struct bell_follower *follower)
{
    if (!follower)
        return;
    if (follower->timer)
        g_source_remove(follower->timer);
    if (follower->retry)
        g_source_remove(follower->retry);
    device_client_free(follower->client);
    device_identity_finish(&follower->identity);
    free(follower->plan);
    g_free(follower->link_text);
    g_free(follower->joined);
    g_free(follower->wanted);
    g_free(follower->cached);
    g_free(follower->folder);
    g_free(follower);
}

const char *bell_follower_ca_file(const struct bell_follower *follower)
{
    return follower->identity.ca_file;
}

const char *bell_follower_server(const struct bell_follower *follower)
{
    return follower->identity.server;
}
