#include "signaling/settings.h"

#include "common/secret_file.h"
#include "signaling/http/ice_servers.h"
#include "signaling/http/listener.h"
#include "signaling/http/origin.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define AT(member)         offsetof(struct signaling_settings, member)
#define MAX_PATH_CHARS     4096
#define MIN_RELAY_KEY      16
#define MAX_RELAY_KEY      256
#define MIN_METRICS_TOKEN  16
#define TEXT(chars, value) .type = CONFIG_STRING, .max = (chars), .fallback = (value)
#define LIST(items, value) .type = CONFIG_LIST, .max = (items), .fallback = (value)
#define NUMBER(low, high, value)                                                                   \
    .type = CONFIG_INT, .min = (low), .max = (high), .fallback = (value)

/* clang-format off */
static const struct config_setting settings_list[] = {
    {.key = "http.listen", .offset = AT(listen), LIST(16, "[127.0.0.1, \"::1\"]"),
        .help = "IP addresses to listen on; 0.0.0.0 and \"::\" are all of them"},
    {.key = "http.port", .offset = AT(port), NUMBER(0, 65535, "8080"),
        .help = "TCP port of pages, WHIP, WHEP and the relay link; 0 = any free port"},
    {.key = "http.web_root", .offset = AT(web_root), TEXT(MAX_PATH_CHARS, ""),
        .help = "folder of the web pages; empty = no pages"},
    {.key = "http.certificate", .offset = AT(certificate), TEXT(MAX_PATH_CHARS, ""),
        .help = "PEM file of the TLS certificate with its chain; empty = plain HTTP"},
    {.key = "http.key", .offset = AT(key), TEXT(MAX_PATH_CHARS, ""),
        .help = "PEM file of the certificate's private key"},
    {.key = "http.allow_plain", .type = CONFIG_BOOL, .offset = AT(allow_plain), .fallback = "false",
        .help = "plain HTTP beyond this machine too, e.g. behind a proxy that does TLS"},
    {.key = "http.cors_origins", .offset = AT(cors_origins), LIST(32, "[\"*\"]"),
        .help = "origins whose pages may use WHIP and WHEP with a token; \"*\" = all"},
    {.key = "http.trusted_proxies", .offset = AT(trusted_proxies), LIST(32, "[]"),
        .help = "addresses or networks (10.0.0.0/8) whose X-Forwarded headers are believed"},
    {.key = "store.path", .offset = AT(store_path), .min = 1, TEXT(MAX_PATH_CHARS, "duet.sqlite"),
        .help = "database file; made at first start"},
    {.key = "backup.folder", .offset = AT(backup_folder), TEXT(MAX_PATH_CHARS, ""),
        .help = "folder for copies of the database, better on another disk; empty = store.path with .backups behind it"},
    {.key = "backup.minutes", .offset = AT(backup_minutes), NUMBER(0, 1440, "15"),
        .help = "minutes between copies, when something has changed; 0 = none"},
    {.key = "backup.keep", .offset = AT(backup_keep), NUMBER(1, 1000, "16"),
        .help = "how many of the newest copies are kept"},
    {.key = "backup.keep_days", .offset = AT(backup_keep_days), NUMBER(0, 1000, "30"),
        .help = "days before them of which one copy each is kept"},
    {.key = "token.key_file", .offset = AT(token_key_file), .min = 1,
        TEXT(MAX_PATH_CHARS, "duet-token.key"),
        .help = "file of the key that signs media tokens; made at first start, readable by its owner"},
    {.key = "relay.key", .offset = AT(relay_key), TEXT(MAX_RELAY_KEY, ""), .secret = true,
        .help = "secret shared with the relays, at least 16 characters"},
    {.key = "relay.key_file", .offset = AT(relay_key_file), TEXT(MAX_PATH_CHARS, ""),
        .help = "file whose first line is the relay key; used when relay.key is empty"},
    {.key = "relay.capacity", .offset = AT(relay_capacity), NUMBER(0, 1000000, "0"),
        .help = "sessions that all relays together carry, for planning lessons; 0 = what the relays announce (relay.max_sessions), 1000 before one has"},
    {.key = "ice.servers", .offset = AT(ice_servers), LIST(16, "[]"), .secret = true,
        .help = "STUN and TURN servers for clients: \"stun:host\", \"turn:host?transport=udp user password\""},
    {.key = "limits.address_burst", .offset = AT(address_burst), NUMBER(1, 1000000, "600"),
        .help = "requests at once from one address"},
    {.key = "limits.address_per_second", .offset = AT(address_per_second), NUMBER(1, 100000, "100"),
        .help = "requests per second from one address after that"},
    {.key = "limits.publish_burst", .offset = AT(publish_burst), NUMBER(1, 1000000, "20"),
        .help = "WHIP sessions at once by one token's owner"},
    {.key = "limits.publish_per_second", .offset = AT(publish_per_second), NUMBER(1, 100000, "1"),
        .help = "WHIP sessions per second after that"},
    {.key = "limits.watch_burst", .offset = AT(watch_burst), NUMBER(1, 1000000, "100"),
        .help = "WHEP sessions at once by one token's owner"},
    {.key = "limits.watch_per_second", .offset = AT(watch_per_second), NUMBER(1, 100000, "10"),
        .help = "WHEP sessions per second after that"},
    {.key = "limits.connections", .offset = AT(connections), NUMBER(16, 100000, "4096"),
        .help = "TCP connections at a time"},
    {.key = "limits.address_connections", .offset = AT(address_connections), NUMBER(1, 100000, "1024"),
        .help = "TCP connections at a time from one address"},
    {.key = "passwords.max_age_days", .offset = AT(password_max_age_days), NUMBER(0, 3650, "0"),
        .help = "days after which people must choose another password; 0 = never"},
    {.key = "sessions.idle_minutes", .offset = AT(session_idle_minutes), NUMBER(5, 1440, "240"),
        .help = "minutes without a request after which a login ends"},
    {.key = "sessions.max_hours", .offset = AT(session_hours), NUMBER(1, 168, "12"),
        .help = "hours after which a login ends in any case"},
    {.key = "sessions.per_person", .offset = AT(sessions_per_person), NUMBER(1, 100, "10"),
        .help = "logins of one person at a time; one more ends the one that was used longest ago"},
    {.key = "metrics.token_file", .offset = AT(metrics_token_file), TEXT(MAX_PATH_CHARS, ""),
        .help = "file whose first line opens /metrics as a bearer token; empty = this machine only"},
    {.key = "log.levels", .offset = AT(log_levels), TEXT(200, ""),
        .help = "\"info\" or \"info,http=debug\"; empty = the environment's DUET_LOG"},
};
/* clang-format on */

static const struct config_table table = {
    .program = "duet-signaling",
    .settings = settings_list,
    .count = sizeof(settings_list) / sizeof(settings_list[0]),
};

const struct config_table *signaling_settings_table(void)
{
    return &table;
}

static int check_listen(const struct signaling_settings *settings, struct config_error *ret_error)
{
    if (settings->listen.count == 0)
        return config_refuse(ret_error, "http.listen: name at least one IP address");
    for (size_t i = 0; i < settings->listen.count; i++) {
        const char *address = settings->listen.items[i];

        if (!listener_is_address(address))
            return config_refuse(ret_error, "http.listen: \"%s\" is not an IP address", address);
        if (!*settings->certificate && !settings->allow_plain && !listener_is_loopback(address))
            return config_refuse(ret_error,
                "http.listen: plain HTTP beyond this machine (%s) is refused; set http.certificate "
                "and http.key (duet-signaling cert makes them) or http.allow_plain: true",
                address);
    }
    return 0;
}

int signaling_settings_check(
    const struct signaling_settings *settings, struct config_error *ret_error)
{
    size_t index;

    if (check_listen(settings, ret_error) < 0)
        return -EINVAL;
    if (*settings->certificate && !*settings->key)
        return config_refuse(ret_error, "http.key: set it too, since http.certificate is set");
    if (*settings->key && !*settings->certificate)
        return config_refuse(ret_error, "http.certificate: set it too, since http.key is set");
    if (!origin_check_proxies(&settings->trusted_proxies, &index))
        return config_refuse(ret_error,
            "http.trusted_proxies: \"%s\" is neither an address nor a network",
            settings->trusted_proxies.items[index]);
    if (!ice_servers_check(&settings->ice_servers, &index))
        return config_refuse(ret_error,
            "ice.servers: entry %zu is neither \"stun:host[:port]\" nor "
            "\"turn:host[:port][?transport=udp|tcp] user password\"",
            index + 1);
    return 0;
}

int signaling_settings_relay_key(
    const struct signaling_settings *settings, char **ret_key, struct config_error *ret_error)
{
    bool from_file = !*settings->relay_key && *settings->relay_key_file;
    char *key = NULL;
    int err = 0;

    if (from_file)
        err = secret_file_read(settings->relay_key_file, &key);
    else if (!(key = strdup(settings->relay_key)))
        err = -ENOMEM;
    if (err < 0) {
        config_refuse(ret_error, "relay.key_file: %s: %s", settings->relay_key_file,
            err == -ENODATA ? "its first line is empty" : strerror(-err));
        return err;
    }
    if ((*key || from_file) && strlen(key) < MIN_RELAY_KEY) {
        explicit_bzero(key, strlen(key));
        free(key);
        return config_refuse(ret_error,
            "relay.key%s: the relay key must have at least 16 characters",
            from_file ? "_file" : "");
    }
    *ret_key = key;
    return 0;
}

int signaling_settings_metrics_token(
    const struct signaling_settings *settings, char **ret_token, struct config_error *ret_error)
{
    const char *path = settings->metrics_token_file;
    char *token = NULL;
    int r = 0;

    if (*path)
        r = secret_file_read(path, &token);
    else if (!(token = strdup("")))
        r = -ENOMEM;
    if (r < 0) {
        config_refuse(ret_error, "metrics.token_file: %s: %s", path,
            r == -ENODATA ? "its first line is empty" : strerror(-r));
        return r;
    }
    if (*path && strlen(token) < MIN_METRICS_TOKEN) {
        explicit_bzero(token, strlen(token));
        free(token);
        return config_refuse(
            ret_error, "metrics.token_file: the token must have at least 16 characters");
    }
    *ret_token = token;
    return 0;
}
