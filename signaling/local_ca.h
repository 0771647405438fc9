/*
 * A certificate authority of one's own for HTTPS on a LAN (X.509 by OpenSSL, P-256): browsers give
 * cameras only to HTTPS pages, and a school network has no public name. Used by `duet-signaling cert`.
 */
#ifndef DUET_SIGNALING_LOCAL_CA_H
#define DUET_SIGNALING_LOCAL_CA_H

#include "common/config.h"

#include <stddef.h>

#define LOCAL_CA_FILE     "duet-ca.pem"
#define LOCAL_CA_KEY_FILE "duet-ca.key"
#define LOCAL_CERT_FILE   "duet.pem" /* certificate and CA */
#define LOCAL_KEY_FILE    "duet.key"

/*
 * Writes certificate and key for the hosts (names and IP addresses) into the folder. The CA that is
 * there is used again, so that devices which trust it need no change; else one is made. Keys are
 * readable by their owner only. Returns 0, or -EIO with a sentence in ret_error.
 */
int local_ca_issue(
    const char *folder, const char *const *hosts, size_t count, struct config_error *ret_error);

#endif
