/*
 * Socket addresses as values: compare, hash, read and write as text. IPv4 addresses are always
 * AF_INET, never v4-mapped, so that one peer has one key whatever socket it came through. Pure; any
 * thread.
 */
#ifndef DUET_RELAY_TRANSPORT_ADDRESS_H
#define DUET_RELAY_TRANSPORT_ADDRESS_H

#include "relay/transport/transport.h"

#include <sys/socket.h>

/* "[" + IPv6 with scope + "]:65535" and the terminating zero. */
#define NET_ADDRESS_CHARS 72

/* Copies a socket's address; a v4-mapped one becomes AF_INET. -EAFNOSUPPORT for other families,
 * -EINVAL when len is too short for its family. */
int net_address_from_sockaddr(
    const struct sockaddr *sockaddr, socklen_t len, struct net_address *ret_address);

/* A literal IPv4 or IPv6 address (no brackets, no names). -EINVAL when it is none. */
int net_address_parse(const char *text, uint16_t port, struct net_address *ret_address);

/* "192.0.2.1:5000", "[2001:db8::1]:5000"; "-" when the family is unknown. Returns text. */
const char *net_address_format(
    const struct net_address *address, char text[static NET_ADDRESS_CHARS]);

/* Turns a v4-mapped IPv6 address into its IPv4 one, in place. */
void net_address_normalise(struct net_address *address);

/* Size of the sockaddr in use; 0 for AF_UNSPEC. */
socklen_t net_address_len(const struct net_address *address);
uint16_t net_address_port(const struct net_address *address);

/* The same family, address, port and (IPv6) scope. Two AF_UNSPEC addresses are equal. */
bool net_address_equal(const struct net_address *a, const struct net_address *b);
uint64_t net_address_hash(const struct net_address *address, uint64_t seed);

/* The same way to a peer: one TCP connection, or the same pair of addresses over UDP. */
bool transport_path_equal(const struct transport_path *a, const struct transport_path *b);
uint64_t transport_path_hash(const struct transport_path *path, uint64_t seed);

#endif
