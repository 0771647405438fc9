#define _GNU_SOURCE
#include "tests/bench/sockets/participant.h"

#include "common/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_BYTES 4096
#define OPCODE     0x0f
#define PING       0x9

int socket_connect(uint16_t port, int receive_bytes)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0)
        return -1;
    if (receive_bytes)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof(receive_bytes));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        fcntl(fd, F_SETFL, O_NONBLOCK) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* A whole masked frame; the mask is zero, which every server has to take. */
static size_t make_frame(uint8_t opcode, const char *payload, size_t len, char *ret_frame)
{
    size_t head = len < 126 ? 2 : 4;

    ret_frame[0] = (char)(0x80 | opcode);
    ret_frame[1] = (char)(0x80 | (len < 126 ? len : 126));
    if (head == 4) {
        ret_frame[2] = (char)(len >> 8);
        ret_frame[3] = (char)len;
    }
    memset(ret_frame + head, 0, 4);
    memcpy(ret_frame + head + 4, payload, len);
    return head + 4 + len;
}

static int send_all(int fd, const char *data, size_t len)
{
    return send(fd, data, len, MSG_NOSIGNAL) == (ssize_t)len ? 0 : -1;
}

int socket_participant_open(struct socket_participant *participant, uint16_t port,
    const char *token, const char *lesson, int receive_bytes)
{
    char request[4096], join[128], frame[160];
    int len = snprintf(request, sizeof(request),
        "GET /ws HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: duet-lesson\r\nAuthorization: Bearer %s\r\n\r\n",
        port, token);
    size_t frame_len;
    int join_len = snprintf(join, sizeof(join), "{\"type\":\"join\",\"lesson\":\"%s\"}", lesson);

    *participant = (struct socket_participant){.fd = socket_connect(port, receive_bytes)};
    if (participant->fd < 0 || len >= (int)sizeof(request) || join_len >= (int)sizeof(join) ||
        send_all(participant->fd, request, (size_t)len) < 0)
        return -1;
    frame_len = make_frame(1, join, (size_t)join_len, frame);
    return send_all(participant->fd, frame, frame_len);
}

static void take_frame(
    struct socket_participant *participant, uint8_t first, const char *payload, size_t len)
{
    if ((first & OPCODE) == PING && len < 126) {
        char pong[160];
        size_t pong_len = make_frame(0xa, payload, len, pong);

        send_all(participant->fd, pong, pong_len);
    } else if (memmem(payload, len, "\"type\":\"stage\"", 14))
        participant->heard_us = clock_now_us();
    else if (memmem(payload, len, "\"type\":\"joined\"", 15))
        participant->joined = true;
}

/* Length of the first frame, 0 when it is not whole. */
static size_t first_frame(const char *data, size_t len, size_t *ret_head)
{
    const uint8_t *bytes = (const uint8_t *)data;
    size_t head = 2, payload;

    if (len < 2)
        return 0;
    payload = bytes[1] & 0x7f;
    if (payload == 126)
        head = 4;
    else if (payload == 127)
        head = 10;
    if (len < head)
        return 0;
    if (head > 2) {
        payload = 0;
        for (size_t i = 2; i < head; i++)
            payload = payload << 8 | bytes[i];
    }
    *ret_head = head;
    return len < head + payload ? 0 : head + payload;
}

static void take_all(struct socket_participant *participant)
{
    size_t used = 0, whole, head = 0;

    if (!participant->upgraded) {
        const char *end = memmem(participant->data, participant->len, "\r\n\r\n", 4);

        if (!end)
            return;
        participant->upgraded = true;
        used = (size_t)(end + 4 - participant->data);
    }
    while ((whole = first_frame(participant->data + used, participant->len - used, &head)) > 0) {
        take_frame(participant, (uint8_t)participant->data[used], participant->data + used + head,
            whole - head);
        used += whole;
    }
    participant->len -= used;
    memmove(participant->data, participant->data + used, participant->len);
}

int socket_participant_read(struct socket_participant *participant)
{
    for (;;) {
        ssize_t count;

        if (participant->capacity - participant->len < READ_BYTES) {
            char *more = realloc(participant->data, participant->len + READ_BYTES);

            if (!more)
                return -1;
            participant->data = more;
            participant->capacity = participant->len + READ_BYTES;
        }
        count = recv(participant->fd, participant->data + participant->len, READ_BYTES, 0);
        if (count < 0)
            return errno == EAGAIN ? 0 : -1;
        if (count == 0)
            return -1;
        participant->len += (size_t)count;
        take_all(participant);
        if (count < READ_BYTES)
            return 0;
    }
}

int socket_set_stage(int fd, const char *lesson, const char *token, const char *source)
{
    char body[64], request[4096];
    int body_len = snprintf(body, sizeof(body), "{\"source\":\"%s\"}", source);
    int len = snprintf(request, sizeof(request),
        "PUT /api/v1/lessons/%s/stage HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n"
        "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
        lesson, token, body_len, body);

    return len < (int)sizeof(request) ? send_all(fd, request, (size_t)len) : -1;
}

void socket_drain(int fd)
{
    char nothing[READ_BYTES];

    while (recv(fd, nothing, sizeof(nothing), 0) > 0)
        continue;
}
