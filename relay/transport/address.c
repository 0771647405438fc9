#include "relay/transport/address.h"

#include "relay/transport/registry.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

int net_address_from_sockaddr(
    const struct sockaddr *sockaddr, socklen_t len, struct net_address *ret_address)
{
    struct net_address address;

    memset(&address, 0, sizeof(address));
    switch (sockaddr->sa_family) {
    case AF_INET:
        if (len < sizeof(address.u.v4))
            return -EINVAL;
        memcpy(&address.u.v4, sockaddr, sizeof(address.u.v4));
        break;
    case AF_INET6:
        if (len < sizeof(address.u.v6))
            return -EINVAL;
        memcpy(&address.u.v6, sockaddr, sizeof(address.u.v6));
        break;
    default:
        return -EAFNOSUPPORT;
    }
    net_address_normalise(&address);
    *ret_address = address;
    return 0;
}

int net_address_parse(const char *text, uint16_t port, struct net_address *ret_address)
{
    struct net_address address;

    memset(&address, 0, sizeof(address));
    if (inet_pton(AF_INET, text, &address.u.v4.sin_addr) == 1) {
        address.u.v4.sin_family = AF_INET;
        address.u.v4.sin_port = htons(port);
    } else if (inet_pton(AF_INET6, text, &address.u.v6.sin6_addr) == 1) {
        address.u.v6.sin6_family = AF_INET6;
        address.u.v6.sin6_port = htons(port);
    } else {
        return -EINVAL;
    }
    net_address_normalise(&address);
    *ret_address = address;
    return 0;
}

const char *net_address_format(
    const struct net_address *address, char text[static NET_ADDRESS_CHARS])
{
    char ip[INET6_ADDRSTRLEN];

    switch (address->u.base.sa_family) {
    case AF_INET:
        inet_ntop(AF_INET, &address->u.v4.sin_addr, ip, sizeof(ip));
        snprintf(text, NET_ADDRESS_CHARS, "%s:%u", ip, net_address_port(address));
        break;
    case AF_INET6:
        inet_ntop(AF_INET6, &address->u.v6.sin6_addr, ip, sizeof(ip));
        if (address->u.v6.sin6_scope_id != 0)
            snprintf(text, NET_ADDRESS_CHARS, "[%s%%%u]:%u", ip, address->u.v6.sin6_scope_id,
                net_address_port(address));
        else
            snprintf(text, NET_ADDRESS_CHARS, "[%s]:%u", ip, net_address_port(address));
        break;
    default:
        snprintf(text, NET_ADDRESS_CHARS, "-");
        break;
    }
    return text;
}

void net_address_normalise(struct net_address *address)
{
    struct sockaddr_in v4;

    if (address->u.base.sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&address->u.v6.sin6_addr))
        return;
    memset(&v4, 0, sizeof(v4));
    v4.sin_family = AF_INET;
    v4.sin_port = address->u.v6.sin6_port;
    memcpy(&v4.sin_addr, &address->u.v6.sin6_addr.s6_addr[12], sizeof(v4.sin_addr));
    memset(address, 0, sizeof(*address));
    address->u.v4 = v4;
}

socklen_t net_address_len(const struct net_address *address)
{
    switch (address->u.base.sa_family) {
    case AF_INET:
        return sizeof(address->u.v4);
    case AF_INET6:
        return sizeof(address->u.v6);
    default:
        return 0;
    }
}

uint16_t net_address_port(const struct net_address *address)
{
    switch (address->u.base.sa_family) {
    case AF_INET:
        return ntohs(address->u.v4.sin_port);
    case AF_INET6:
        return ntohs(address->u.v6.sin6_port);
    default:
        return 0;
    }
}

bool net_address_equal(const struct net_address *a, const struct net_address *b)
{
    if (a->u.base.sa_family != b->u.base.sa_family)
        return false;
    switch (a->u.base.sa_family) {
    case AF_INET:
        return a->u.v4.sin_port == b->u.v4.sin_port &&
               a->u.v4.sin_addr.s_addr == b->u.v4.sin_addr.s_addr;
    case AF_INET6:
        return a->u.v6.sin6_port == b->u.v6.sin6_port &&
               a->u.v6.sin6_scope_id == b->u.v6.sin6_scope_id &&
               memcmp(&a->u.v6.sin6_addr, &b->u.v6.sin6_addr, sizeof(a->u.v6.sin6_addr)) == 0;
    default:
        return true;
    }
}

uint64_t net_address_hash(const struct net_address *address, uint64_t seed)
{
    switch (address->u.base.sa_family) {
    case AF_INET:
        seed = registry_hash(&address->u.v4.sin_addr, sizeof(address->u.v4.sin_addr), seed);
        break;
    case AF_INET6:
        seed = registry_hash(&address->u.v6.sin6_addr, sizeof(address->u.v6.sin6_addr), seed);
        break;
    default:
        break;
    }
    return registry_hash(&(uint16_t){net_address_port(address)}, sizeof(uint16_t), seed);
}

bool transport_path_equal(const struct transport_path *a, const struct transport_path *b)
{
    if (a->connection != b->connection)
        return false;
    if (a->connection != 0)
        return true;
    return net_address_equal(&a->remote, &b->remote) && net_address_equal(&a->local, &b->local);
}

uint64_t transport_path_hash(const struct transport_path *path, uint64_t seed)
{
    if (path->connection != 0)
        return registry_hash(&path->connection, sizeof(path->connection), seed);
    return net_address_hash(&path->local, net_address_hash(&path->remote, seed));
}
