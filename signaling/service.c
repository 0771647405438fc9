#include "signaling/service.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/random.h"
#include "signaling/accounts/code_guard.h"
#include "signaling/accounts/credentials.h"
#include "signaling/accounts/device_commands.h"
#include "signaling/accounts/device_reports.h"
#include "signaling/accounts/key_file.h"
#include "signaling/accounts/login_guard.h"
#include "signaling/accounts/password_pool.h"
#include "signaling/http/device_polls.h"
#include "signaling/http/rate_limit.h"
#include "signaling/http/request.h"
#include "signaling/http/server.h"
#include "signaling/lessons/attendance.h"
#include "signaling/lessons/lesson_runner.h"
#include "signaling/metrics/metrics.h"
#include "signaling/realtime/participants.h"
#include "signaling/relays/link_server.h"
#include "signaling/relays/planned_capacity.h"
#include "signaling/relays/relays.h"
#include "signaling/service_store.h"
#include "signaling/store/store_worker.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RATE_BUCKETS  16384
#define STORE_RETRY_S 2
#define HASH_WORKERS  2
#define MAX_LOGINS    64 /* waiting for a worker */
#define MAX_FILES     8  /* imports, exports, reports and calendars that wait */
#define FIRST_LIFE_S  3600

static struct http_server *signalled;

static void on_signal(int number)
{
    (void)number;
    if (signalled)
        http_server_stop(signalled);
}

static void catch_signals(struct http_server *server)
{
    struct sigaction action = {.sa_handler = on_signal};

    signalled = server;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
}

void service_fill_store_error(struct http_response *response, int r)
{
    log_error(LOG_STORE, "error=\"%s\"", strerror(-r));
    http_response_init(response, 503);
    http_response_problem(
        response, 503, "The database is not available now; try again in a moment.");
    http_response_header(response, "Retry-After", "%d", STORE_RETRY_S);
}

void service_answer_store_error(struct http_request *request, int r)
{
    struct http_response response;

    service_fill_store_error(&response, r);
    http_request_respond(request, &response);
}

static void on_tick(struct signaling *app)
{
    relays_tick(app->relays, clock_now_us());
    metrics_tick(app->metrics, clock_now_us());
    password_pool_deliver(app->passwords);
    store_worker_deliver(app->worker);
    audit_notes_write(app);
    if (http_server_is_stopping(app->server)) {
        participants_stop(app);
        device_polls_end_all(app->polls);
    } else {
        participants_tick(app, clock_now_us());
        device_polls_tick(app->polls, clock_now_us());
    }
    device_reports_tick(app->reports, clock_now_us());
    attendance_tick(app->attendance, clock_now_us(), clock_wall_s());
    lesson_runner_tick(app->bell, clock_now_us(), clock_wall_us());
}

static void on_session(void *user, const struct media_session *session, bool is_live)
{
    struct signaling *app = user;

    attendance_note(app->attendance, &session->record, is_live, clock_wall_s());
}

/* What follows the clock and who is there. */
static int create_bell(struct signaling *app)
{
    int r = attendance_create(app->store, &app->attendance);

    if (r < 0)
        return r;
    app->bell = lesson_runner_create(app);
    if (!app->bell)
        return -ENOMEM;
    media_sessions_observe(app->sessions, on_session, app);
    return 0;
}

/* On a thread that hashes, or the one of long work. */
static void on_work_done(void *user)
{
    struct signaling *app = user;

    http_server_wake(app->server);
}

static void finish(struct signaling *app)
{
    /* The pool wakes the server and the server's requests cancel in the pool: threads end first. */
    password_pool_stop(app->passwords);
    store_worker_stop(app->worker);
    http_server_destroy(app->server);
    participants_destroy(app->participants);
    password_pool_destroy(app->passwords);
    store_worker_destroy(app->worker);
    login_guard_destroy(app->logins);
    code_guard_destroy(app->codes);
    device_polls_destroy(app->polls);
    device_commands_destroy(app->commands);
    metrics_destroy(app->metrics);
    relays_destroy(app->relays);
    media_sessions_destroy(app->sessions);
    rate_limit_destroy(app->rates);
    lesson_runner_destroy(app->bell);
    attendance_destroy(app->attendance, clock_wall_s());
    device_reports_destroy(app->reports);
    audit_notes_finish(app);
    service_store_close(app);
    if (app->relay_key)
        explicit_bzero(app->relay_key, strlen(app->relay_key));
    free(app->relay_key);
    free(app->first_secret);
    explicit_bzero(app->token_key, sizeof(app->token_key));
}

static int create_metrics(struct signaling *app, struct config_error *ret_error)
{
    char *token = NULL;
    int r = signaling_settings_metrics_token(app->settings, &token, ret_error);

    if (r < 0)
        return r;
    app->metrics = metrics_create(app, token);
    explicit_bzero(token, strlen(token));
    free(token);
    return app->metrics ? 0 : -ENOMEM;
}

/* Nobody is there: whoever reads the console becomes the first administrator. The link is in memory only. */
static int expect_first(struct signaling *app)
{
    int r = credentials_has_people(app->store);

    if (r != 0)
        return r < 0 ? r : 0;
    app->first_secret = malloc(RANDOM_ID_CHARS + 1);
    if (!app->first_secret)
        return -ENOMEM;
    random_id(app->first_secret);
    app->first_until_s = clock_wall_s() + FIRST_LIFE_S;
    return 0;
}

/* Of a database that takes no writes now the last word counts. */
static void set_capacity(struct signaling *app)
{
    int r = planned_capacity_set(app->store, app->settings->relay_capacity, clock_wall_s());

    if (r < 0)
        log_warn(LOG_CORE, "relay.capacity is not written: %s", strerror(-r));
}

static int start(struct signaling *app, struct config_error *ret_error)
{
    int r = signaling_settings_check(app->settings, ret_error);

    if (r < 0)
        return r;
    r = signaling_settings_relay_key(app->settings, &app->relay_key, ret_error);
    if (r < 0)
        return r;
    r = key_file_load(app->settings->token_key_file, app->token_key, ret_error);
    if (r < 0)
        return r;
    r = create_metrics(app, ret_error);
    if (r < 0)
        return r;
    r = service_store_open(app, ret_error);
    if (r < 0)
        return r;
    app->rates = rate_limit_create(RATE_BUCKETS);
    app->sessions = media_sessions_create();
    app->relays = relays_create(app->sessions, &link_server_ops);
    app->logins = login_guard_create();
    app->passwords = password_pool_create(HASH_WORKERS, MAX_LOGINS, on_work_done, app);
    app->codes = code_guard_create();
    app->commands = device_commands_create();
    app->polls = device_polls_create(app);
    app->reports = device_reports_create(app->store);
    app->worker = store_worker_create(app->settings->store_path, MAX_FILES, on_work_done, app);
    app->participants = participants_create(app);
    if (!app->rates || !app->sessions || !app->relays || !app->logins || !app->codes ||
        !app->commands || !app->polls || !app->reports || !app->passwords || !app->worker ||
        !app->participants)
        return -ENOMEM;
    set_capacity(app);
    r = create_bell(app);
    if (r == 0)
        r = expect_first(app);
    return r < 0 ? r : http_server_create(app, &app->server, ret_error);
}

int service_run(const struct signaling_settings *settings)
{
    struct signaling app = {.settings = settings, .store_lock = -1};
    struct config_error error = {"out of memory"};
    char url[128];

    if (start(&app, &error) < 0) {
        fprintf(stderr, "duet-signaling: %s\n", error.text);
        finish(&app);
        return EXIT_FAILURE;
    }
    if (!*app.relay_key)
        log_warn(LOG_LINK, "relay.key is not set: no relay can connect");
    catch_signals(app.server);
    http_server_url(app.server, url, sizeof(url));
    log_info(LOG_CORE, "url=%s version=%s serving", url, DUET_VERSION);
    if (app.first_secret)
        fprintf(stderr,
            "No administrator yet. Open this link once, within an hour, to become the first one:\n"
            "  %sfirst.html#ticket=%s\n",
            url, app.first_secret);
    printf("ready {\"url\":\"%s\"}\n", url);
    fflush(stdout);
    http_server_run(app.server, on_tick);
    log_info(LOG_CORE, "stopping");
    signalled = NULL;
    finish(&app);
    return EXIT_SUCCESS;
}
