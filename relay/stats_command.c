#include "relay/stats_command.h"

#include "common/clock.h"
#include "common/json.h"
#include "relay/control_socket.h"
#include "relay/link_messages.h"
#include "relay/stats_table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define REPLY_LIMIT_S 5
#define PERIOD_US     US_PER_S
#define CLEAR_SCREEN  "\033[H\033[J"

static int find_socket(
    const struct relay_settings *settings, char ret_path[static CONTROL_PATH_CHARS + 1])
{
    if (strcmp(settings->control_socket, RELAY_CONTROL_NONE) == 0) {
        fprintf(stderr, "duet-relay: control.socket is \"none\": this relay tells nobody\n");
        return -EINVAL;
    }
    if (settings->control_socket[0] != '\0') {
        snprintf(ret_path, CONTROL_PATH_CHARS + 1, "%s", settings->control_socket);
        return 0;
    }
    if (settings->media_port == 0) {
        fprintf(stderr,
            "duet-relay: media.port is 0, so the socket's name is not known: give the relay's "
            "--config, or --set media.port=N, or --set control.socket=PATH\n");
        return -EINVAL;
    }
    return control_socket_default_path((uint16_t)settings->media_port, ret_path);
}

static void explain(const char *path, int err)
{
    if (err == -ENOENT || err == -ECONNREFUSED)
        fprintf(stderr,
            "duet-relay: no relay answers at %s: is it running, as this user, with this "
            "media.port and control.socket?\n",
            path);
    else if (err == -EACCES)
        fprintf(stderr,
            "duet-relay: %s belongs to another user: run this as the user of the relay (control."
            "socket)\n",
            path);
    else if (err == -ETIMEDOUT)
        fprintf(stderr, "duet-relay: the relay at %s does not answer\n", path);
    else
        fprintf(stderr, "duet-relay: control.socket: %s: %s\n", path, strerror(-err));
}

static int send_request(int fd, const char *lesson)
{
    json_t *request =
        json_pack("{s:i, s:s, s:b}", "id", 1, "type", "stats.get", "detail", lesson != NULL);
    char *text;
    int err = 0;

    if (lesson != NULL)
        json_object_set_new(request, "lesson", json_string(lesson));
    text = json_dumps(request, JSON_COMPACT);
    json_decref(request);
    if (text == NULL)
        return -EINVAL;
    if (send(fd, text, strlen(text), MSG_NOSIGNAL | MSG_MORE) < 0 ||
        send(fd, "\n", 1, MSG_NOSIGNAL) < 0)
        err = -errno;
    free(text);
    return err;
}

/* To the end of the connection. */
static int receive_reply(int fd, char *buffer, size_t size, size_t *ret_len)
{
    size_t len = 0;

    for (;;) {
        ssize_t got = len < size ? recv(fd, buffer + len, size - len, 0) : -1;

        if (got < 0)
            return errno == EAGAIN ? -ETIMEDOUT : -EBADMSG;
        if (got == 0)
            break;
        len += (size_t)got;
    }
    *ret_len = len;
    return 0;
}

static int read_stats(int fd, json_t **ret_stats)
{
    char *buffer = malloc(LINK_MESSAGE_BYTES);
    struct json_error error;
    json_t *reply = NULL;
    json_t *stats;
    size_t len = 0;
    int err = buffer != NULL ? receive_reply(fd, buffer, LINK_MESSAGE_BYTES, &len) : -ENOMEM;

    if (err == 0)
        reply = json_parse(buffer, len, LINK_MESSAGE_BYTES, &error);
    free(buffer);
    if (err < 0)
        return err;
    stats = json_object_get(reply, "stats");
    if (!json_is_object(stats)) {
        json_decref(reply);
        return -EBADMSG;
    }
    *ret_stats = json_incref(stats);
    json_decref(reply);
    return 0;
}

static int ask(const char *path, const char *lesson, json_t **ret_stats)
{
    struct timeval limit = {.tv_sec = REPLY_LIMIT_S};
    int fd = control_socket_connect(path);
    int err;

    if (fd < 0)
        return fd;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    err = send_request(fd, lesson);
    if (err == 0)
        err = read_stats(fd, ret_stats);
    close(fd);
    return err;
}

static int print_json(const char *path, const char *lesson)
{
    json_t *stats = NULL;
    int err = ask(path, lesson, &stats);

    if (err < 0)
        return err;
    json_dumpf(stats, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(stats);
    return 0;
}

/* Rates need two readings. */
static int print_table(const char *path, const struct stats_options *options)
{
    json_t *before = NULL;
    uint64_t before_us = clock_now_us();
    int err = ask(path, options->lesson, &before);

    while (err == 0) {
        json_t *now = NULL;
        uint64_t now_us;
        char *table;

        clock_sleep_until(before_us + PERIOD_US);
        now_us = clock_now_us();
        err = ask(path, options->lesson, &now);
        if (err < 0)
            break;
        table = stats_table(before, now, (double)(now_us - before_us) / (double)US_PER_S);
        printf("%s%s", options->watch ? CLEAR_SCREEN : "", table != NULL ? table : "");
        fflush(stdout);
        free(table);
        json_decref(before);
        before = now;
        before_us = now_us;
        if (!options->watch)
            break;
    }
    json_decref(before);
    return err;
}

int stats_command_run(const struct relay_settings *settings, const struct stats_options *options)
{
    char path[CONTROL_PATH_CHARS + 1];
    int err = find_socket(settings, path);

    if (err < 0)
        return EXIT_FAILURE;
    err = options->json ? print_json(path, options->lesson) : print_table(path, options);
    if (err == 0)
        return EXIT_SUCCESS;
    explain(path, err);
    return EXIT_FAILURE;
}
