/*
 * Who asks and under which address they see us: the peer of the socket, and what X-Forwarded-For,
 * -Proto and -Host say when, and only when, that peer is one of http.trusted_proxies. Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_ORIGIN_H
#define DUET_SIGNALING_HTTP_ORIGIN_H

#include "common/config.h"
#include "signaling/http/request.h"

/* Fills address and tls of a new request. */
void origin_read(struct http_request *request);

/* "https://host:port" under which the client reached us, without a final slash. Falls back to the
 * configured listen address when the Host header is not a host name. Returns 0 or -EBADMSG. */
int origin_base_url(const struct http_request *request, char *ret_url, size_t size);

/* A browser's request from a page of another site (Origin or Sec-Fetch-Site say so). */
bool origin_is_foreign(const struct http_request *request);

/* address is in one of the proxies ("10.0.0.1", "10.0.0.0/8", "fd00::/8"). */
bool origin_is_trusted(const struct config_list *proxies, const char *address);

/* Every entry can be parsed; else its index in ret_index and false. */
bool origin_check_proxies(const struct config_list *proxies, size_t *ret_index);

/* A host name or address with optional port, as a Host header has it. */
bool origin_is_host(const char *text);

#endif
