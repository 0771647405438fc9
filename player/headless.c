#include "player/headless.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "media/bell_follower.h"
#include "media/program_restart.h"
#include "player/receiver.h"
#include "player/report.h"

struct headless {
    const struct player_options *options; /* borrowed */
    GMainLoop *loop;                      /* owned, as all below */
    struct bell_follower *bell;           /* NULL: one lesson, whose address was given */
    struct receiver *receiver;            /* NULL between lessons */
    struct report *report;                /* NULL between lessons */
    char *ca_file;
    char lesson[sizeof(((struct day_lesson *)NULL)->id)]; /* that was joined last */
    int64_t now_ms;                                       /* the server's clock at the last view */
    guint rejoin;
    int status;
};

static gboolean on_rejoin(gpointer data)
{
    struct headless *headless = data;

    headless->rejoin = 0;
    bell_follower_rejoin(headless->bell);
    return G_SOURCE_REMOVE;
}

static void on_state(void *user, enum whep_session_state state, const GError *error)
{
    struct headless *headless = user;

    if (headless->report)
        report_state(headless->report, state, error);
    if (state != WHEP_SESSION_UNAUTHORISED && state != WHEP_SESSION_REFUSED)
        return;
    log_error(LOG_CORE, "%s", error ? error->message : receiver_state_name(state));
    if (headless->bell) {
        if (!headless->rejoin)
            headless->rejoin = g_idle_add(on_rejoin, headless);
        return;
    }
    headless->status = EXIT_FAILURE;
    g_main_loop_quit(headless->loop);
}

static bool begin_lesson(
    struct headless *headless, const char *url, const char *token, int64_t shift_s, GError **error)
{
    const struct player_options *options = headless->options;
    struct receiver_params params = {
        .url = url,
        .token = token,
        .ca_file = headless->ca_file ? headless->ca_file : options->ca_file,
        .video_count = options->content ? 2 : 1,
        .read_stripe = options->stripe,
        .keep_frames = options->stats_file != NULL,
        .shift_us = (uint64_t)shift_s * US_PER_S,
        .on_state = on_state,
        .user = headless,
    };

    headless->receiver = receiver_new(&params, error);
    if (!headless->receiver)
        return false;
    headless->report = report_new(headless->receiver, options->json_lines, options->stats_file);
    receiver_start(headless->receiver);
    return true;
}

static void end_lesson(struct headless *headless)
{
    if (headless->rejoin)
        g_source_remove(headless->rejoin);
    headless->rejoin = 0;
    if (headless->report && !report_finish(headless->report))
        headless->status = EXIT_FAILURE;
    g_clear_pointer(&headless->report, report_free);
    g_clear_pointer(&headless->receiver, receiver_free);
}

/* ---- the bell ---- */

static void on_join(void *user, const struct day_lesson *lesson, const char *url, const char *token)
{
    struct headless *headless = user;
    g_autoptr(GError) error = NULL;

    /* What is kept to be shown later outlives a token. */
    bool renew = headless->receiver && receiver_shift_us(headless->receiver) > 0 &&
                 strcmp(headless->lesson, lesson->id) == 0;

    if (!renew)
        end_lesson(headless);
    g_strlcpy(headless->lesson, lesson->id, sizeof(headless->lesson));
    if (renew ? !receiver_renew(headless->receiver, url, token, &error)
              : !begin_lesson(
                    headless, url, token, bell_clock_shift_s(lesson, headless->now_ms), &error))
        log_error(LOG_CORE, "%s", error->message);
}

static void on_leave(void *user)
{
    end_lesson(user);
}

static void on_restart(void *user)
{
    struct headless *headless = user;

    headless->status = PROGRAM_RESTART_EXIT;
    g_main_loop_quit(headless->loop);
}

static void on_view(void *user, const struct bell_follower_view *view)
{
    struct headless *headless = user;

    headless->now_ms = view->now_ms;
}

static bool follow_the_bell(struct headless *headless, GError **error)
{
    struct bell_follower_params params = {
        .folder = headless->options->device_folder,
        .on_join = on_join,
        .on_leave = on_leave,
        .on_restart = on_restart,
        .on_view = on_view,
        .user = headless,
    };

    headless->bell = bell_follower_new(&params, error);
    if (!headless->bell)
        return false;
    if (*bell_follower_ca_file(headless->bell))
        headless->ca_file = g_strdup(bell_follower_ca_file(headless->bell));
    return true;
}

/* ---- life ---- */

static gboolean on_stop(gpointer data)
{
    struct headless *headless = data;
    g_main_loop_quit(headless->loop);
    return G_SOURCE_CONTINUE;
}

static gboolean on_second(gpointer data)
{
    struct headless *headless = data;

    if (headless->report)
        report_tick(headless->report);
    return G_SOURCE_CONTINUE;
}

static void run_loop(struct headless *headless, const struct player_options *options)
{
    guint sources[] = {
        g_unix_signal_add(SIGINT, on_stop, headless),
        g_unix_signal_add(SIGTERM, on_stop, headless),
        g_timeout_add_seconds(1, on_second, headless),
        options->seconds > 0 ? g_timeout_add((guint)options->seconds * 1000, on_stop, headless) : 0,
    };

    g_main_loop_run(headless->loop);
    for (gsize i = 0; i < G_N_ELEMENTS(sources); i++)
        if (sources[i])
            g_source_remove(sources[i]);
}

int headless_run(const struct player_options *options)
{
    struct headless headless = {.options = options, .status = EXIT_SUCCESS};
    g_autoptr(GError) error = NULL;

    headless.loop = g_main_loop_new(NULL, FALSE);
    if (options->whep_url
            ? begin_lesson(&headless, options->whep_url, options->token, options->shift, &error)
            : follow_the_bell(&headless, &error)) {
        run_loop(&headless, options);
    } else {
        log_error(LOG_CORE, "%s", error->message);
        headless.status = EXIT_FAILURE;
    }
    bell_follower_free(headless.bell);
    end_lesson(&headless);
    g_free(headless.ca_file);
    g_main_loop_unref(headless.loop);
    return headless.status;
}
