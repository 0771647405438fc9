/* duet-relay: reads the settings, opens the media ports, starts the workers, keeps the link. */
#define _GNU_SOURCE /* sched_getaffinity */
#include "common/log.h"
#include "relay/control_socket.h"
#include "relay/options.h"
#include "relay/settings.h"
#include "relay/signaling_link.h"
#include "relay/transport/address.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

struct program {
    struct relay_settings settings;
    struct relay_signaling_address signaling;
    struct address_list addresses;
    struct media_sockets sockets[ROUTER_MAX_PEERS];
    size_t worker_count;
    char relay_id[128];
    struct signaling_link *link;
    struct workers *workers;
    struct control_socket *control;
};

/* For the signal handler, which has no other way to the link. */
static struct signaling_link *link_to_stop;

static void on_signal(int signal_number)
{
    (void)signal_number;
    signaling_link_stop(link_to_stop);
}

static void handle_signals(struct signaling_link *link)
{
    struct sigaction stop = {.sa_handler = on_signal};
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    link_to_stop = link;
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGHUP, &ignore, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

/* Each TCP connection is a descriptor; the usual soft limit of 1024 is less than the setting. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static void list_addresses(struct program *program)
{
    const struct config_list *announce = &program->settings.media_announce;

    if (announce->count == 0) {
        addresses_of_host(program->settings.media_listen, program->sockets[0].family == AF_INET6,
            &program->addresses);
        return;
    }
    for (size_t i = 0; i < announce->count && i < ADDRESSES_MAX; i++) {
        if (net_address_parse(
                announce->items[i], 0, &program->addresses.items[program->addresses.count]) == 0)
            program->addresses.count++;
    }
}

/* Without a configured name: the same after a restart, and another for each port of a host. */
static void name_relay(struct program *program)
{
    char host[65] = "relay";

    if (program->settings.relay_id[0] != '\0') {
        snprintf(program->relay_id, sizeof(program->relay_id), "%s", program->settings.relay_id);
        return;
    }
    gethostname(host, sizeof(host) - 1);
    snprintf(
        program->relay_id, sizeof(program->relay_id), "%.60s-%u", host, program->sockets[0].port);
}

static void on_event(void *user, json_t *event)
{
    struct program *program = user;

    signaling_link_post_event(program->link, event);
}

static void on_ready(void *user)
{
    struct program *program = user;

    printf("ready {\"media_port\":%u,\"media_ports\":[", program->sockets[0].port);
    for (size_t i = 0; i < program->worker_count; i++)
        printf("%s%u", i > 0 ? "," : "", program->sockets[i].port);
    printf("]}\n");
    fflush(stdout);
}

static int start(struct program *program)
{
    struct signaling_link_params link = {
        .address = &program->signaling,
        .ca_file = program->settings.signaling_ca_file,
        .relay_id = program->relay_id,
        .key = program->settings.relay_key,
        .max_sessions = (size_t)program->settings.media_max_sessions,
        .workers = program->worker_count,
        .on_ready = on_ready,
        .user = program,
    };
    struct workers_params workers = {
        .sockets = program->sockets,
        .count = program->worker_count,
        .addresses = &program->addresses,
        .max_sessions = (size_t)program->settings.media_max_sessions,
        .max_connections = (size_t)program->settings.media_max_connections,
        .on_event = on_event,
        .user = program,
    };
    int err = signaling_link_create(&link, &program->link);

    if (err < 0) {
        fprintf(
            stderr, "duet-relay: signaling.ca_file: cannot set up the link: %s\n", strerror(-err));
        return err;
    }
    err = workers_create(&workers, &program->workers);
    if (err < 0)
        fprintf(stderr, "duet-relay: cannot start: %s\n", strerror(-err));
    return err;
}

/* Without it the relay works as well, unless the setting names a place. */
static int open_control(struct program *program)
{
    const char *setting = program->settings.control_socket;
    char path[CONTROL_PATH_CHARS + 1];
    int err = 0;

    if (strcmp(setting, RELAY_CONTROL_NONE) == 0)
        return 0;
    if (setting[0] != '\0')
        snprintf(path, sizeof(path), "%s", setting);
    else
        err = control_socket_default_path(program->sockets[0].port, path);
    if (err == 0)
        err = control_socket_create(
            path, workers_all(program->workers), program->worker_count, &program->control);
    if (err == 0)
        return 0;
    if (setting[0] != '\0') {
        fprintf(stderr, "duet-relay: control.socket: %s: %s\n", path, strerror(-err));
        return err;
    }
    log_info(LOG_CORE, "event=no_control_socket path=%s error=\"%s\" control.socket sets another",
        path, strerror(-err));
    return 0;
}

static size_t count_workers(const struct relay_settings *settings)
{
    cpu_set_t processors; /* those the relay may use: taskset or its service may leave it a few */

    if (settings->media_workers > 0)
        return (size_t)settings->media_workers;
    if (sched_getaffinity(0, sizeof(processors), &processors) < 0)
        return 1;
    return (size_t)CPU_COUNT(&processors) < ROUTER_MAX_PEERS ? (size_t)CPU_COUNT(&processors)
                                                             : ROUTER_MAX_PEERS;
}

static int open_media(struct program *program)
{
    struct config_error error;
    int err;

    program->worker_count = count_workers(&program->settings);
    err = media_sockets_open_all(program->settings.media_listen,
        (uint16_t)program->settings.media_port, program->settings.media_max_connections > 0,
        program->worker_count, program->sockets, &error);

    if (err < 0) {
        fprintf(stderr, "duet-relay: %s\n", error.text);
        return err;
    }
    list_addresses(program);
    name_relay(program);
    return 0;
}

static int serve(struct program *program)
{
    int err = open_media(program);

    if (err == 0)
        err = start(program);
    if (err == 0)
        err = open_control(program);
    if (err == 0) {
        handle_signals(program->link);
        log_info(LOG_CORE, "event=started version=%s media_port=%u workers=%zu addresses=%zu",
            DUET_VERSION, program->sockets[0].port, program->worker_count,
            program->addresses.count);
        signaling_link_run(program->link, program->workers);
        log_info(LOG_CORE, "event=stopping");
    }
    control_socket_destroy(program->control);
    workers_destroy(program->workers);
    signaling_link_destroy(program->link);
    return err < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct program program = {0};
    struct stats_options stats;
    int status = EXIT_FAILURE;

    log_init("duet-relay");
    switch (options_read(argc, argv, &program.settings, &stats)) {
    case OPTIONS_RUN:
        break;
    case OPTIONS_STATS:
        status = stats_command_run(&program.settings, &stats);
        config_free(relay_settings_table(), &program.settings);
        return status;
    case OPTIONS_DONE:
        return EXIT_SUCCESS;
    default:
        return 2;
    }
    relay_settings_parse_url(program.settings.signaling_url, &program.signaling);
    raise_descriptor_limit();
    status = serve(&program);
    config_free(relay_settings_table(), &program.settings);
    return status;
}
