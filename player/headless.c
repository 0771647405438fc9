#include "player/headless.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdlib.h>

#include "common/log.h"
#include "player/receiver.h"
#include "player/report.h"

struct headless {
    GMainLoop *loop;       /* owned */
    struct report *report; /* owned */
    int status;
};

static void on_state(void *user, enum whep_session_state state, const GError *error)
{
    struct headless *headless = user;

    if (headless->report)
        report_state(headless->report, state, error);
    if (state == WHEP_SESSION_UNAUTHORISED || state == WHEP_SESSION_REFUSED) {
        log_error(LOG_CORE, "%s", error ? error->message : receiver_state_name(state));
        headless->status = EXIT_FAILURE;
        g_main_loop_quit(headless->loop);
    }
}

static gboolean on_stop(gpointer data)
{
    struct headless *headless = data;
    g_main_loop_quit(headless->loop);
    return G_SOURCE_CONTINUE;
}

static gboolean on_second(gpointer data)
{
    struct headless *headless = data;
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
    struct headless headless = {.status = EXIT_SUCCESS};
    struct receiver_params params = {
        .url = options->whep_url,
        .token = options->token,
        .ca_file = options->ca_file,
        .video_count = options->content ? 2 : 1,
        .read_stripe = options->stripe,
        .keep_frames = options->stats_file != NULL,
        .on_state = on_state,
        .user = &headless,
    };
    g_autoptr(GError) error = NULL;
    struct receiver *receiver = receiver_new(&params, &error);

    if (!receiver) {
        log_error(LOG_CORE, "%s", error->message);
        return EXIT_FAILURE;
    }
    headless.loop = g_main_loop_new(NULL, FALSE);
    headless.report = report_new(receiver, options->json_lines, options->stats_file);
    receiver_start(receiver);
    run_loop(&headless, options);
    if (!report_finish(headless.report))
        headless.status = EXIT_FAILURE;
    report_free(headless.report);
    headless.report = NULL;
    receiver_free(receiver);
    g_main_loop_unref(headless.loop);
    return headless.status;
}
