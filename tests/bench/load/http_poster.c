#include "tests/bench/load/http_poster.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define MAX_CONNECTIONS 64
#define MAX_BODY_BYTES  262144
#define TIMEOUT_MS      15000L

struct http_request {
    struct http_request *next;
    CURL *easy; /* owned */
    char *url;  /* owned */
    char *body; /* owned; of the reply */
    size_t body_len;
    http_reply_fn *on_reply; /* NULL: nobody waits */
    void *user;
};

struct http_poster {
    CURLM *multi;               /* owned */
    struct curl_slist *headers; /* owned */
    struct http_request *first; /* owned */
    size_t pending;
    int epoll_fd; /* owned; curl's sockets */
};

static size_t take_body(char *data, size_t size, size_t count, void *user)
{
    struct http_request *request = user;
    size_t len = size * count;
    char *body;

    if (request->body_len + len > MAX_BODY_BYTES)
        return 0;
    body = realloc(request->body, request->body_len + len + 1);
    if (body == NULL)
        return 0;
    memcpy(body + request->body_len, data, len);
    request->body = body;
    request->body_len += len;
    body[request->body_len] = '\0';
    return len;
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *socket_user)
{
    struct http_poster *poster = user;
    struct epoll_event event = {.data.fd = fd};

    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(poster->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    if (what & CURL_POLL_IN)
        event.events |= EPOLLIN;
    if (what & CURL_POLL_OUT)
        event.events |= EPOLLOUT;
    if (epoll_ctl(poster->epoll_fd, EPOLL_CTL_MOD, fd, &event) < 0 && errno == ENOENT)
        epoll_ctl(poster->epoll_fd, EPOLL_CTL_ADD, fd, &event);
    return 0;
}

static int add_header(struct http_poster *poster, const char *line)
{
    struct curl_slist *headers = curl_slist_append(poster->headers, line);

    if (headers == NULL)
        return -ENOMEM;
    poster->headers = headers;
    return 0;
}

int http_poster_create(const char *token, struct http_poster **ret_poster)
{
    struct http_poster *poster = calloc(1, sizeof(*poster));
    char line[4096];
    int err = -ENOMEM;

    if (poster == NULL)
        return -ENOMEM;
    poster->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    poster->multi = curl_multi_init();
    if (poster->epoll_fd < 0 || poster->multi == NULL)
        goto out;
    curl_multi_setopt(poster->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(poster->multi, CURLMOPT_SOCKETDATA, poster);
    curl_multi_setopt(poster->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)MAX_CONNECTIONS);
    curl_multi_setopt(poster->multi, CURLMOPT_MAXCONNECTS, (long)MAX_CONNECTIONS);
    snprintf(line, sizeof(line), "Authorization: Bearer %s", token != NULL ? token : "");
    /* Offers are over 1 KiB, and curl would ask for permission to send one. */
    if ((token != NULL && add_header(poster, line) < 0) || add_header(poster, "Expect:") < 0 ||
        add_header(poster, "Content-Type: application/sdp") < 0)
        goto out;
    *ret_poster = poster;
    return 0;

out:
    http_poster_destroy(poster);
    return err;
}

static void destroy_request(struct http_request *request)
{
    curl_easy_cleanup(request->easy);
    free(request->url);
    free(request->body);
    free(request);
}

static void remove_request(struct http_poster *poster, struct http_request *request)
{
    struct http_request **at = &poster->first;

    while (*at != request)
        at = &(*at)->next;
    *at = request->next;
    poster->pending--;
    curl_multi_remove_handle(poster->multi, request->easy);
}

void http_poster_destroy(struct http_poster *poster)
{
    if (poster == NULL)
        return;
    while (poster->first != NULL) {
        struct http_request *request = poster->first;

        remove_request(poster, request);
        destroy_request(request);
    }
    if (poster->multi != NULL)
        curl_multi_cleanup(poster->multi);
    curl_slist_free_all(poster->headers);
    if (poster->epoll_fd >= 0)
        close(poster->epoll_fd);
    free(poster);
}

int http_poster_fd(const struct http_poster *poster)
{
    return poster->epoll_fd;
}

static int start_request(struct http_poster *poster, const char *url, const char *offer,
    http_reply_fn *on_reply, void *user)
{
    struct http_request *request = calloc(1, sizeof(*request));

    if (request == NULL)
        return -ENOMEM;
    request->easy = curl_easy_init();
    request->url = strdup(url);
    if (request->easy == NULL || request->url == NULL) {
        destroy_request(request);
        return -ENOMEM;
    }
    request->on_reply = on_reply;
    request->user = user;
    curl_easy_setopt(request->easy, CURLOPT_URL, url);
    curl_easy_setopt(request->easy, CURLOPT_PRIVATE, request);
    curl_easy_setopt(request->easy, CURLOPT_HTTPHEADER, poster->headers);
    curl_easy_setopt(request->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(request->easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(request->easy, CURLOPT_WRITEDATA, request);
    curl_easy_setopt(request->easy, CURLOPT_TIMEOUT_MS, TIMEOUT_MS);
    curl_easy_setopt(request->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(request->easy, CURLOPT_TCP_NODELAY, 1L);
    if (offer != NULL)
        curl_easy_setopt(request->easy, CURLOPT_COPYPOSTFIELDS, offer);
    else
        curl_easy_setopt(request->easy, CURLOPT_CUSTOMREQUEST, "DELETE");
    request->next = poster->first;
    poster->first = request;
    poster->pending++;
    curl_multi_add_handle(poster->multi, request->easy);
    http_poster_run(poster);
    return 0;
}

int http_poster_offer(struct http_poster *poster, const char *url, const char *offer,
    http_reply_fn *on_reply, void *user)
{
    return start_request(poster, url, offer, on_reply, user);
}

int http_poster_delete(struct http_poster *poster, const char *url)
{
    return start_request(poster, url, NULL, NULL, NULL);
}

void http_poster_forget(struct http_poster *poster, const void *user)
{
    for (struct http_request *at = poster->first; at != NULL; at = at->next) {
        if (at->user == user)
            at->on_reply = NULL;
    }
}

size_t http_poster_pending(const struct http_poster *poster)
{
    return poster->pending;
}

/* The Location field against the URL that was asked; "" and false when there is none. */
static char *resolve_location(const struct http_request *request)
{
    struct curl_header *header;
    CURLU *url = curl_url();
    char *text = NULL;

    if (curl_easy_header(request->easy, "Location", 0, CURLH_HEADER, -1, &header) != CURLHE_OK ||
        curl_url_set(url, CURLUPART_URL, request->url, 0) != CURLUE_OK ||
        curl_url_set(url, CURLUPART_URL, header->value, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_URL, &text, 0) != CURLUE_OK)
        text = NULL;
    curl_url_cleanup(url);
    return text;
}

static void finish(struct http_poster *poster, struct http_request *request, CURLcode result)
{
    char *location = resolve_location(request);
    long status = 0;
    struct http_reply reply = {
        .body = request->body != NULL ? request->body : "",
        .location = location != NULL ? location : "",
        .error = result != CURLE_OK ? curl_easy_strerror(result) : "",
    };

    if (result == CURLE_OK)
        curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
    reply.status = (int)status;
    remove_request(poster, request);
    if (request->on_reply != NULL)
        request->on_reply(request->user, &reply);
    curl_free(location);
    destroy_request(request);
}

void http_poster_run(struct http_poster *poster)
{
    struct epoll_event events[MAX_CONNECTIONS];
    int count = epoll_wait(poster->epoll_fd, events, MAX_CONNECTIONS, 0);
    int running, left;

    for (int i = 0; i < count; i++) {
        int what = (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR) ? CURL_CSELECT_IN : 0) |
                   (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0);

        curl_multi_socket_action(poster->multi, events[i].data.fd, what, &running);
    }
    curl_multi_socket_action(poster->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    for (CURLMsg *message; (message = curl_multi_info_read(poster->multi, &left)) != NULL;) {
        struct http_request *request = NULL;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&request);
        finish(poster, request, message->data.result);
    }
}
