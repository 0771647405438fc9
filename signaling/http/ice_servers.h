/*
 * STUN and TURN servers as settings write them ("turn:host?transport=udp user password") and as Link
 * headers tell clients (RFC 9725 section 4.6). Pure.
 */
#ifndef DUET_SIGNALING_HTTP_ICE_SERVERS_H
#define DUET_SIGNALING_HTTP_ICE_SERVERS_H

#include "common/config.h"
#include "signaling/http/response.h"

/* Every entry is well formed; else its index and false. */
bool ice_servers_check(const struct config_list *servers, size_t *ret_index);

/* One Link header per server. */
void ice_servers_add_links(const struct config_list *servers, struct http_response *response);

#endif
