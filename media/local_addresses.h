/*
 * The machine's addresses as ICE candidates on loopback need them, and whether a URL points at this
 * machine. Pure but for reading the interfaces; any thread.
 */
#ifndef DUET_MEDIA_LOCAL_ADDRESSES_H
#define DUET_MEDIA_LOCAL_ADDRESSES_H

#include <stdbool.h>

/* Addresses of interfaces that are up, loopback first; link-local IPv6 is left out (it would need
 * a scope). NULL-ended, free with g_strfreev(). Never NULL. */
char **local_addresses_list(void);

/* Whether a URL's host is localhost, in 127.0.0.0/8 or ::1. */
bool local_addresses_url_is_loopback(const char *url);

#endif
