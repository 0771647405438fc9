#include "signaling/http/connections.h"

#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* An IPv6 host has a /64; an IPv4 address stands in the same eight bytes. */
struct peer {
    uint8_t bytes[8];
    sa_family_t family;
};

struct slot {
    struct lws *wsi; /* borrowed; NULL = free */
    struct peer peer;
};

struct connections {
    struct slot *slots; /* owned */
    size_t max;
    size_t max_per_address;
};

struct connections *connections_create(size_t max, size_t max_per_address)
{
    struct connections *connections = calloc(1, sizeof(*connections));

    if (!connections)
        return NULL;
    connections->max = max;
    connections->max_per_address = max_per_address;
    connections->slots = calloc(max, sizeof(*connections->slots));
    if (!connections->slots) {
        free(connections);
        return NULL;
    }
    return connections;
}

void connections_destroy(struct connections *connections)
{
    if (!connections)
        return;
    free(connections->slots);
    free(connections);
}

static struct peer peer_of(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {0};
    socklen_t len = sizeof(address);
    struct peer peer = {0};

    if (getpeername(fd, &address.any, &len) < 0)
        return peer;
    peer.family = address.any.sa_family;
    if (peer.family == AF_INET)
        memcpy(peer.bytes, &address.v4.sin_addr, 4);
    else if (peer.family == AF_INET6)
        memcpy(peer.bytes, &address.v6.sin6_addr, 8);
    return peer;
}

static bool same_peer(const struct peer *a, const struct peer *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static void count(const struct connections *connections, const struct peer *peer, size_t *ret_open,
    size_t *ret_same)
{
    *ret_open = 0;
    *ret_same = 0;
    for (size_t i = 0; i < connections->max; i++) {
        if (!connections->slots[i].wsi)
            continue;
        ++*ret_open;
        *ret_same += same_peer(&connections->slots[i].peer, peer) ? 1 : 0;
    }
}

bool connections_admit(struct connections *connections, int fd)
{
    struct peer peer = peer_of(fd);
    size_t open, same;

    count(connections, &peer, &open, &same);
    return open < connections->max && same < connections->max_per_address;
}

struct lws *connections_longest_waiting(
    struct connections *connections, int fd, uint64_t (*waits_since)(struct lws *wsi))
{
    struct peer peer = peer_of(fd);
    struct lws *longest = NULL;
    uint64_t earliest = UINT64_MAX;
    size_t open, same;

    count(connections, &peer, &open, &same);
    for (size_t i = 0; i < connections->max; i++) {
        const struct slot *slot = &connections->slots[i];
        uint64_t since;

        if (!slot->wsi || (same >= connections->max_per_address && !same_peer(&slot->peer, &peer)))
            continue;
        since = waits_since(slot->wsi);
        if (since != 0 && since < earliest) {
            earliest = since;
            longest = slot->wsi;
        }
    }
    return longest;
}

void connections_add(struct connections *connections, int fd, struct lws *wsi)
{
    for (size_t i = 0; wsi && i < connections->max; i++) {
        if (!connections->slots[i].wsi) {
            connections->slots[i] = (struct slot){.wsi = wsi, .peer = peer_of(fd)};
            return;
        }
    }
}

void connections_remove(struct connections *connections, struct lws *wsi)
{
    for (size_t i = 0; i < connections->max; i++) {
        if (connections->slots[i].wsi == wsi)
            connections->slots[i].wsi = NULL;
    }
}
