#include "relay/addresses.h"

#include "relay/transport/address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

static void map_v4(const struct in_addr *v4, struct in6_addr *ret_v6)
{
    memset(ret_v6, 0, sizeof(*ret_v6));
    ret_v6->s6_addr[10] = 0xff;
    ret_v6->s6_addr[11] = 0xff;
    memcpy(&ret_v6->s6_addr[12], v4, 4);
}

socklen_t address_to_sockaddr(
    const struct net_address *address, int family, struct sockaddr_storage *ret_to)
{
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

    if (family == AF_INET) {
        if (address->u.base.sa_family != AF_INET)
            return 0;
        memcpy(ret_to, &address->u.v4, sizeof(address->u.v4));
        return sizeof(address->u.v4);
    }
    if (address->u.base.sa_family == AF_INET6) {
        memcpy(ret_to, &address->u.v6, sizeof(address->u.v6));
        return sizeof(address->u.v6);
    }
    if (address->u.base.sa_family != AF_INET)
        return 0;
    v6.sin6_port = address->u.v4.sin_port;
    map_v4(&address->u.v4.sin_addr, &v6.sin6_addr);
    memcpy(ret_to, &v6, sizeof(v6));
    return sizeof(v6);
}

void address_format_ip(const struct net_address *address, char ret_text[static ADDRESS_TEXT_BYTES])
{
    const void *ip = &address->u.v4.sin_addr;

    if (address->u.base.sa_family == AF_INET6)
        ip = &address->u.v6.sin6_addr;
    if (address->u.base.sa_family == AF_UNSPEC ||
        inet_ntop(address->u.base.sa_family, ip, ret_text, ADDRESS_TEXT_BYTES) == NULL)
        snprintf(ret_text, ADDRESS_TEXT_BYTES, "-");
}

bool address_is_loopback(const struct net_address *address)
{
    if (address->u.base.sa_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(&address->u.v6.sin6_addr);
    return (ntohl(address->u.v4.sin_addr.s_addr) >> 24) == 127;
}

static bool is_link_local(const struct net_address *address)
{
    if (address->u.base.sa_family == AF_INET6)
        return IN6_IS_ADDR_LINKLOCAL(&address->u.v6.sin6_addr);
    return (ntohl(address->u.v4.sin_addr.s_addr) >> 16) == 0xa9fe;
}

static bool is_unspecified(const struct net_address *address)
{
    if (address->u.base.sa_family == AF_INET6)
        return IN6_IS_ADDR_UNSPECIFIED(&address->u.v6.sin6_addr);
    return address->u.v4.sin_addr.s_addr == htonl(INADDR_ANY);
}

/* What a peer tries first stands first. */
static int rank(const struct net_address *address)
{
    if (address_is_loopback(address))
        return 2;
    return is_link_local(address) ? 1 : 0;
}

static void append_rank(
    const struct ifaddrs *interfaces, int wanted, bool ipv6, struct address_list *list)
{
    for (const struct ifaddrs *at = interfaces; at != NULL; at = at->ifa_next) {
        struct net_address address;
        socklen_t len;

        if (at->ifa_addr == NULL || !(at->ifa_flags & IFF_UP) || list->count == ADDRESSES_MAX)
            continue;
        if (at->ifa_addr->sa_family == AF_INET)
            len = sizeof(struct sockaddr_in);
        else if (at->ifa_addr->sa_family == AF_INET6 && ipv6)
            len = sizeof(struct sockaddr_in6);
        else
            continue;
        if (net_address_from_sockaddr(at->ifa_addr, len, &address) < 0)
            continue;
        if (rank(&address) == wanted)
            list->items[list->count++] = address;
    }
}

void addresses_of_host(const char *listen, bool ipv6, struct address_list *ret_list)
{
    struct address_list list = {0};
    struct ifaddrs *interfaces = NULL;

    if (listen[0] != '\0' && net_address_parse(listen, 0, &list.items[0]) == 0 &&
        !is_unspecified(&list.items[0])) {
        list.count = 1;
    } else if (getifaddrs(&interfaces) == 0) {
        append_rank(interfaces, 0, ipv6, &list);
        if (list.count == 0)
            append_rank(interfaces, 1, ipv6, &list);
        append_rank(interfaces, 2, ipv6, &list);
        freeifaddrs(interfaces);
    }
    *ret_list = list;
}
