#define _GNU_SOURCE
#include "relay/control_socket.h"

#include "common/log.h"
#include "relay/link_messages.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG       4
#define REQUEST_BYTES 4096
#define MAX_READS     16
#define TIMEOUT_S     1

struct control_socket {
    /* borrowed */
    struct worker *const *workers;
    size_t worker_count;
    /* owned */
    char *path;
    int listener;
    int stop;
    /* state */
    pthread_t thread;
    bool running;
    pthread_mutex_t lock;
    pthread_cond_t done;
};

/* A question on its way through the workers. */
struct round {
    struct mail mail; /* first: the mailbox hands it back */
    struct control_socket *control;
    struct stats_query query;
    json_t *answers;
    size_t next;
    bool finished;
};

int control_socket_default_path(uint16_t media_port, char ret_path[static CONTROL_PATH_CHARS + 1])
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    int len = snprintf(ret_path, CONTROL_PATH_CHARS + 1, "%s/duet/relay-%u.sock",
        runtime != NULL && runtime[0] == '/' ? runtime : "/run", media_port);

    return len > CONTROL_PATH_CHARS ? -ENAMETOOLONG : 0;
}

/* ---- asking the workers ---- */

static void finish_round(struct round *round)
{
    struct control_socket *control = round->control;

    pthread_mutex_lock(&control->lock);
    round->finished = true;
    pthread_cond_signal(&control->done);
    pthread_mutex_unlock(&control->lock);
}

/* On a worker's thread; context is NULL when that worker has ended. */
static void ask_worker(struct mail *mail, void *context)
{
    struct round *round = (struct round *)mail;

    if (context != NULL)
        json_array_append_new(round->answers, worker_stats(context, &round->query));
    if (context == NULL || ++round->next == round->control->worker_count)
        finish_round(round);
    else
        worker_post(round->control->workers[round->next], &round->mail);
}

static json_t *ask_workers(struct control_socket *control, const char *lesson)
{
    struct round round = {
        .mail.run = ask_worker,
        .control = control,
        .query = {.lesson = lesson, .workers = control->worker_count},
        .answers = json_array(),
    };

    worker_post(control->workers[0], &round.mail);
    pthread_mutex_lock(&control->lock);
    while (!round.finished)
        pthread_cond_wait(&control->done, &control->lock);
    pthread_mutex_unlock(&control->lock);
    return json_pack("{s:o}", "stats", stats_of_relay(round.answers));
}

/* ---- one connection ---- */

static json_t *answer(struct control_socket *control, const char *line, size_t len)
{
    struct link_message message;
    struct link_refusal refusal;
    struct session_error error;
    json_t *reply;

    if (link_message_parse(line, len, &message, &refusal) < 0) {
        session_fail(&error, 400, "bad_request", "%s", refusal.text);
        return link_reply_error(refusal.id, &error);
    }
    if (message.type == LINK_STATS_GET) {
        reply = link_reply(message.id, ask_workers(control, message.detail));
    } else {
        session_fail(&error, 400, "bad_request", "only stats.get is answered here");
        reply = link_reply_error(message.id, &error);
    }
    link_message_finish(&message);
    return reply;
}

static void send_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, text, len, MSG_NOSIGNAL);

        if (sent <= 0)
            return;
        text += sent;
        len -= (size_t)sent;
    }
}

/* Up to the line's end; false when none came in time. */
static bool read_line(int fd, char line[static REQUEST_BYTES], size_t *ret_len)
{
    size_t len = 0;

    for (int i = 0; i < MAX_READS && len < REQUEST_BYTES; i++) {
        ssize_t got = recv(fd, line + len, REQUEST_BYTES - len, 0);
        const char *end;

        if (got <= 0)
            return false;
        len += (size_t)got;
        end = memchr(line, '\n', len);
        if (end != NULL) {
            *ret_len = (size_t)(end - line);
            return true;
        }
    }
    return false;
}

static void limit_time(int fd)
{
    struct timeval limit = {.tv_sec = TIMEOUT_S};

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

static void serve(struct control_socket *control, int fd)
{
    char line[REQUEST_BYTES];
    size_t len = 0;
    json_t *reply;
    char *text;

    limit_time(fd);
    if (!read_line(fd, line, &len))
        return;
    reply = answer(control, line, len);
    text = reply != NULL ? json_dumps(reply, JSON_COMPACT) : NULL;
    if (text != NULL) {
        send_all(fd, text, strlen(text));
        send_all(fd, "\n", 1);
    }
    free(text);
    json_decref(reply);
}

static void *run(void *user)
{
    struct control_socket *control = user;
    struct pollfd waits[] = {
        {.fd = control->listener, .events = POLLIN},
        {.fd = control->stop, .events = POLLIN},
    };

    for (;;) {
        int fd;

        if (poll(waits, 2, -1) < 0 && errno != EINTR)
            return NULL;
        if (waits[1].revents != 0)
            return NULL;
        fd = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        serve(control, fd);
        close(fd);
    }
}

/* ---- life ---- */

static int fill_address(const char *path, struct sockaddr_un *ret_address)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) > CONTROL_PATH_CHARS)
        return -ENAMETOOLONG;
    memcpy(address.sun_path, path, strlen(path) + 1);
    *ret_address = address;
    return 0;
}

int control_socket_connect(const char *path)
{
    struct sockaddr_un address;
    int err = fill_address(path, &address);
    int fd;

    if (err < 0)
        return err;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        err = -errno;
        close(fd);
        return err;
    }
    return fd;
}

static void make_folder(const char *path)
{
    char folder[CONTROL_PATH_CHARS + 1];
    char *slash;

    snprintf(folder, sizeof(folder), "%s", path);
    slash = strrchr(folder, '/');
    if (slash == NULL || slash == folder)
        return;
    *slash = '\0';
    /* Whether it worked is told by bind(). */
    (void)mkdir(folder, 0700);
}

/* What a relay that was killed left behind is in the way; a relay that lives is not disturbed. */
static int clear_place(const char *path)
{
    struct stat status;
    int fd = control_socket_connect(path);

    if (fd >= 0) {
        close(fd);
        return -EADDRINUSE;
    }
    if (fd == -ECONNREFUSED && lstat(path, &status) == 0 && S_ISSOCK(status.st_mode))
        unlink(path);
    return 0;
}

static int open_listener(struct control_socket *control)
{
    struct sockaddr_un address;
    int err = fill_address(control->path, &address);

    if (err == 0)
        err = clear_place(control->path);
    if (err < 0)
        return err;
    make_folder(control->path);
    control->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* The file takes the socket's mode as it is made: at no moment can another user open it. */
    if (control->listener < 0 || fchmod(control->listener, 0600) < 0)
        return -errno;
    if (bind(control->listener, (struct sockaddr *)&address, sizeof(address)) < 0) {
        err = -errno;
        close(control->listener);
        control->listener = -1;
        return err;
    }
    return listen(control->listener, BACKLOG) < 0 ? -errno : 0;
}

static int start_thread(struct control_socket *control)
{
    sigset_t all;
    sigset_t before;
    int err;

    /* Signals are the main thread's. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    err = pthread_create(&control->thread, NULL, run, control);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    control->running = err == 0;
    return -err;
}

int control_socket_create(const char *path, struct worker *const *workers, size_t worker_count,
    struct control_socket **ret_control)
{
    struct control_socket *control = calloc(1, sizeof(*control));
    int err = -ENOMEM;

    if (control == NULL)
        return -ENOMEM;
    control->workers = workers;
    control->worker_count = worker_count;
    control->listener = -1;
    pthread_mutex_init(&control->lock, NULL);
    pthread_cond_init(&control->done, NULL);
    control->stop = eventfd(0, EFD_CLOEXEC);
    control->path = strdup(path);
    if (control->path != NULL && control->stop >= 0)
        err = open_listener(control);
    if (err == 0)
        err = start_thread(control);
    if (err < 0) {
        control_socket_destroy(control);
        return err;
    }
    *ret_control = control;
    return 0;
}

void control_socket_destroy(struct control_socket *control)
{
    uint64_t one = 1;

    if (control == NULL)
        return;
    if (control->running && write(control->stop, &one, sizeof(one)) > 0)
        pthread_join(control->thread, NULL);
    if (control->listener >= 0) {
        close(control->listener);
        unlink(control->path);
    }
    if (control->stop >= 0)
        close(control->stop);
    pthread_cond_destroy(&control->done);
    pthread_mutex_destroy(&control->lock);
    free(control->path);
    free(control);
}
