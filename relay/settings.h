/*
 * The relay's settings: one typed table, read from the defaults, a YAML file and --set, in that
 * order. Used at start only, on the main thread; everything after start has its own copy.
 */
#ifndef DUET_RELAY_SETTINGS_H
#define DUET_RELAY_SETTINGS_H

#include "common/config.h"

#include <stdint.h>

#define RELAY_KEY_MIN_CHARS 16
#define RELAY_CONTROL_NONE  "none" /* control.socket: no socket */

struct relay_settings {
    char *signaling_url;
    char *signaling_ca_file;
    char *relay_id;
    char *relay_key;
    char *relay_key_file;
    int64_t media_port;
    int64_t media_workers;
    char *media_listen;
    struct config_list media_announce;
    int64_t media_max_sessions;
    int64_t media_max_connections;
    char *control_socket;
    char *log_levels;
};

/* Where signaling is, taken apart from signaling.url. */
struct relay_signaling_address {
    char host[256];
    char path[256];
    uint16_t port;
    bool tls;
};

const struct config_table *relay_settings_table(void);

/* Checks what one typed value cannot say: the key is there and long enough (read from
 * relay.key_file when only that is set), the URL is ws: or wss:, plain only to loopback, addresses
 * are addresses, log levels exist (and are set). Returns 0 or -EINVAL with a sentence that names the setting. */
int relay_settings_check(struct relay_settings *settings, struct config_error *ret_error);

/* Splits "wss://host[:port][/path]"; http and https are taken for ws and wss, and an empty path for
 * /relay-link. Returns 0 or -EINVAL. */
int relay_settings_parse_url(const char *url, struct relay_signaling_address *ret_address);

#endif
