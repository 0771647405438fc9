/*
 * Addresses as the shell handles them, beside relay/transport/address.h: the form that a socket of one
 * family takes, and the list of addresses that answers announce as candidates. Pure but for
 * addresses_of_host().
 */
#ifndef DUET_RELAY_ADDRESSES_H
#define DUET_RELAY_ADDRESSES_H

#include "relay/transport/transport.h"

#define ADDRESSES_MAX      16
#define ADDRESS_TEXT_BYTES 64

struct address_list {
    struct net_address items[ADDRESSES_MAX]; /* ports are zero */
    size_t count;
};

/* The form a socket of that family (AF_INET or AF_INET6) takes. Returns the length, 0 when an IPv6
 * address cannot go through an IPv4 socket. */
socklen_t address_to_sockaddr(
    const struct net_address *address, int family, struct sockaddr_storage *ret_to);

/* The bare IP address, as candidates carry it. */
void address_format_ip(const struct net_address *address, char ret_text[static ADDRESS_TEXT_BYTES]);
bool address_is_loopback(const struct net_address *address);

/* Addresses of all interfaces that are up: global and private ones first, loopback last; link-local
 * ones only when there is nothing else but loopback. With listen set only that one. */
void addresses_of_host(const char *listen, bool ipv6, struct address_list *ret_list);

#endif
