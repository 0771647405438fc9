#include "tests/support/hostile/http_client.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define LIMIT_S       10
#define REQUEST_BYTES 32768
#define HEAD_BYTES    8192

void http_client_init(struct http_client *client, uint16_t port)
{
    *client = (struct http_client){.port = port, .fd = -1};
}

void http_client_finish(struct http_client *client)
{
    if (client->fd >= 0)
        close(client->fd);
    client->fd = -1;
}

static int connect_client(struct http_client *client)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
        .sin_port = htons(client->port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval limit = {.tv_sec = LIMIT_S};
    int err;

    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->fd < 0)
        return -errno;
    setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(client->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    if (connect(client->fd, (const struct sockaddr *)&to, sizeof(to)) == 0)
        return 0;
    err = -errno;
    http_client_finish(client);
    return err;
}

static int write_request(struct http_client *client, const struct http_request *request)
{
    static char text[REQUEST_BYTES];
    const char *body = request->body != NULL ? request->body : "";
    int len = snprintf(text, sizeof(text), "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n%s%s%s%s%s%s",
        request->method, request->path, (unsigned)client->port,
        request->token != NULL ? "Authorization: Bearer " : "",
        request->token != NULL ? request->token : "", request->token != NULL ? "\r\n" : "",
        request->if_match != NULL ? "If-Match: " : "",
        request->if_match != NULL ? request->if_match : "",
        request->if_match != NULL ? "\r\n" : "");

    if (request->content_type != NULL && len < (int)sizeof(text))
        len += snprintf(text + len, sizeof(text) - (size_t)len,
            "Content-Type: %s\r\nContent-Length: %zu\r\n", request->content_type, strlen(body));
    if (len < (int)sizeof(text))
        len += snprintf(text + len, sizeof(text) - (size_t)len, "\r\n%s", body);
    if (len >= (int)sizeof(text))
        return -EMSGSIZE;
    for (int sent = 0; sent < len;) {
        ssize_t step = send(client->fd, text + sent, (size_t)(len - sent), MSG_NOSIGNAL);

        if (step <= 0)
            return step < 0 ? -errno : -ECONNRESET;
        sent += (int)step;
    }
    return 0;
}

/* Value of a header in a head that ends with an empty line; "" without. */
static void find_header(const char *head, const char *name, char ret_value[HTTP_TEXT_CHARS])
{
    size_t name_len = strlen(name);

    ret_value[0] = '\0';
    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, name_len) != 0 || line[name_len] != ':')
            continue;
        line += name_len + 1;
        line += strspn(line, " ");
        snprintf(ret_value, HTTP_TEXT_CHARS, "%.*s", (int)strcspn(line, "\r"), line);
        return;
    }
}

/* The head, and behind it what came of the body already. */
static int read_head(
    struct http_client *client, char head[HEAD_BYTES + 1], size_t *ret_len, char **ret_body)
{
    size_t len = 0;

    while (len < HEAD_BYTES) {
        ssize_t got = recv(client->fd, head + len, HEAD_BYTES - len, 0);

        if (got <= 0)
            return got < 0 ? -errno : -ECONNRESET;
        len += (size_t)got;
        head[len] = '\0';
        *ret_body = strstr(head, "\r\n\r\n");
        if (*ret_body != NULL) {
            *ret_len = len;
            *ret_body += 4;
            return 0;
        }
    }
    return -EBADMSG;
}

static int read_body(
    struct http_client *client, const char *begin, size_t begun, size_t len, char *ret_body)
{
    if (len > HTTP_BODY_BYTES || begun > len)
        return -EBADMSG;
    memcpy(ret_body, begin, begun);
    while (begun < len) {
        ssize_t got = recv(client->fd, ret_body + begun, len - begun, 0);

        if (got <= 0)
            return got < 0 ? -errno : -ECONNRESET;
        begun += (size_t)got;
    }
    ret_body[len] = '\0';
    return 0;
}

static int read_answer(struct http_client *client, struct http_answer *answer)
{
    char head[HEAD_BYTES + 1];
    char text[HTTP_TEXT_CHARS];
    char *body = NULL;
    size_t len = 0;
    int err = read_head(client, head, &len, &body);

    if (err < 0)
        return err;
    if (sscanf(head, "HTTP/1.1 %3d", &answer->status) != 1)
        return -EBADMSG;
    find_header(head, "Location", text);
    /* An absolute URL of this server: the path is all that is used. */
    body[-1] = '\0';
    snprintf(answer->location, sizeof(answer->location), "%s",
        strstr(text, "://") != NULL ? strchr(strstr(text, "://") + 3, '/') : text);
    find_header(head, "Content-Length", text);
    err =
        read_body(client, body, len - (size_t)(body - head), strtoul(text, NULL, 10), answer->body);
    if (err < 0)
        return err;
    find_header(head, "Connection", text);
    if (strcasecmp(text, "close") == 0)
        http_client_finish(client);
    return 0;
}

int http_client_send(
    struct http_client *client, const struct http_request *request, struct http_answer *ret_answer)
{
    int err = -ECONNRESET;

    /* A kept connection may have been closed meanwhile: once more over a fresh one. */
    for (int tries = 0; tries < 2 && err == -ECONNRESET; tries++) {
        err = client->fd < 0 ? connect_client(client) : 0;
        if (err == 0)
            err = write_request(client, request);
        if (err == -EPIPE)
            err = -ECONNRESET;
        if (err == 0)
            err = read_answer(client, ret_answer);
        if (err < 0)
            http_client_finish(client);
    }
    return err;
}
