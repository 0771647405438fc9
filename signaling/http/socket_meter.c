#include "signaling/http/socket_meter.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define TRIES           100
#define STATE_CONNECTED 1 /* TCP_ESTABLISHED of the kernel */

static bool read_info(int fd, struct tcp_info *ret_info)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof(info);

    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0 ||
        len < offsetof(struct tcp_info, tcpi_bytes_received) + sizeof(info.tcpi_bytes_received))
        return false;
    *ret_info = info;
    return true;
}

/*
 * Received minus waiting. Both are asked until nothing arrived in between. A FIN counts as a byte, so
 * after it nothing is known.
 */
static bool count_read(int fd, uint64_t *ret_bytes)
{
    struct tcp_info before;
    struct tcp_info after;
    int waiting = 0;

    if (!read_info(fd, &before))
        return false;
    for (int i = 0; i < TRIES; i++) {
        if (ioctl(fd, FIONREAD, &waiting) < 0 || !read_info(fd, &after))
            return false;
        if (after.tcpi_state != STATE_CONNECTED)
            return false;
        if (after.tcpi_bytes_received == before.tcpi_bytes_received) {
            *ret_bytes = after.tcpi_bytes_received - (uint64_t)waiting;
            return true;
        }
        before = after;
    }
    return false;
}

void socket_meter_start(struct socket_meter *meter, int fd)
{
    *meter = (struct socket_meter){.started = true};
    meter->works = count_read(fd, &meter->read_bytes);
}

bool socket_meter_has_read(const struct socket_meter *meter, int fd)
{
    uint64_t now = 0;

    return meter->works && count_read(fd, &now) && now != meter->read_bytes;
}
