#include "relay/settings.h"

#include "common/log.h"
#include "common/secret_file.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_LINK_PATH "/relay-link"

#define AT(member) offsetof(struct relay_settings, member)

static const struct config_setting relay_settings_list[] = {
    {.key = "signaling.url",
        .type = CONFIG_STRING,
        .offset = AT(signaling_url),
        .min = 1,
        .max = 500,
        .fallback = "ws://127.0.0.1:8080/relay-link",
        .help = "WebSocket address of signaling; wss:// outside this machine"},
    {.key = "signaling.ca_file",
        .type = CONFIG_STRING,
        .offset = AT(signaling_ca_file),
        .max = 4096,
        .fallback = "",
        .help = "PEM file of the CA that signed signaling's certificate; empty = the system's"},
    {.key = "relay.id",
        .type = CONFIG_STRING,
        .offset = AT(relay_id),
        .max = 64,
        .fallback = "",
        .help = "name of this relay, the same after a restart; empty = host name and media port"},
    {.key = "relay.key",
        .type = CONFIG_STRING,
        .offset = AT(relay_key),
        .max = 256,
        .fallback = "",
        .help = "secret shared with signaling, at least 16 characters",
        .secret = true},
    {.key = "relay.key_file",
        .type = CONFIG_STRING,
        .offset = AT(relay_key_file),
        .max = 4096,
        .fallback = "",
        .help = "file whose first line is the key; used when relay.key is empty"},
    {.key = "media.port",
        .type = CONFIG_INT,
        .offset = AT(media_port),
        .min = 0,
        .max = 65535,
        .fallback = "3478",
        .help = "first UDP and TCP port for media, one for each worker; 0 = any free ports"},
    {.key = "media.workers",
        .type = CONFIG_INT,
        .offset = AT(media_workers),
        .min = 0,
        .max = 64,
        .fallback = "0",
        .help = "threads that carry media, each on a port of its own; 0 = one per processor"},
    {.key = "media.listen",
        .type = CONFIG_STRING,
        .offset = AT(media_listen),
        .max = 64,
        .fallback = "",
        .help = "IP address to listen on; empty = all, IPv4 and IPv6"},
    {.key = "media.announce",
        .type = CONFIG_LIST,
        .offset = AT(media_announce),
        .max = 16,
        .fallback = "[]",
        .help =
            "IP addresses given to clients, the public ones behind NAT; empty = this machine's"},
    {.key = "media.max_sessions",
        .type = CONFIG_INT,
        .offset = AT(media_max_sessions),
        .min = 1,
        .max = 20000,
        .fallback = "2000",
        .help = "publishers and viewers at a time; more are refused"},
    {.key = "media.max_connections",
        .type = CONFIG_INT,
        .offset = AT(media_max_connections),
        .min = 0,
        .max = 20000,
        .fallback = "1000",
        .help = "media TCP connections at a time; 0 = no media over TCP"},
    {.key = "control.socket",
        .type = CONFIG_STRING,
        .offset = AT(control_socket),
        .max = 107,
        .fallback = "",
        .help = "UNIX socket for duet-relay --stats; empty = duet/relay-PORT.sock in "
                "$XDG_RUNTIME_DIR or /run; \"none\" = no socket"},
    {.key = "log.levels",
        .type = CONFIG_STRING,
        .offset = AT(log_levels),
        .max = 200,
        .fallback = "",
        .help = "\"info\" or \"info,ice=debug\"; empty = the environment's DUET_LOG"},
};

static const struct config_table relay_table = {
    .program = "duet-relay",
    .settings = relay_settings_list,
    .count = sizeof(relay_settings_list) / sizeof(relay_settings_list[0]),
};

const struct config_table *relay_settings_table(void)
{
    return &relay_table;
}

static bool has_prefix(const char *text, const char *prefix, const char **ret_rest)
{
    size_t len = strlen(prefix);

    if (strncmp(text, prefix, len) != 0)
        return false;
    *ret_rest = text + len;
    return true;
}

static int parse_port(const char *text, size_t len, uint16_t *ret_port)
{
    unsigned port = 0;

    if (len == 0 || len > 5)
        return -EINVAL;
    for (size_t i = 0; i < len; i++) {
        if (!isdigit((unsigned char)text[i]))
            return -EINVAL;
        port = port * 10 + (unsigned)(text[i] - '0');
    }
    if (port == 0 || port > 65535)
        return -EINVAL;
    *ret_port = (uint16_t)port;
    return 0;
}

/* Splits "host", "host:port" or "[v6]:port"; the port stays as it was when there is none. */
static int parse_authority(const char *text, size_t len, struct relay_signaling_address *address)
{
    const char *host = text;
    const char *end = text + len;
    const char *host_end;
    const char *rest;

    if (len > 0 && text[0] == '[') {
        host = text + 1;
        host_end = memchr(host, ']', (size_t)(end - host));
        if (host_end == NULL)
            return -EINVAL;
        rest = host_end + 1;
    } else {
        host_end = memchr(host, ':', len);
        if (host_end == NULL)
            host_end = end;
        rest = host_end;
    }
    if (host_end == host || (size_t)(host_end - host) >= sizeof(address->host))
        return -EINVAL;
    memcpy(address->host, host, (size_t)(host_end - host));
    address->host[host_end - host] = '\0';
    if (rest == end)
        return 0;
    if (*rest != ':')
        return -EINVAL;
    return parse_port(rest + 1, (size_t)(end - rest - 1), &address->port);
}

int relay_settings_parse_url(const char *url, struct relay_signaling_address *ret_address)
{
    struct relay_signaling_address address = {0};
    const char *rest;
    const char *path;

    if (has_prefix(url, "wss://", &rest) || has_prefix(url, "https://", &rest))
        address.tls = true;
    else if (!has_prefix(url, "ws://", &rest) && !has_prefix(url, "http://", &rest))
        return -EINVAL;
    address.port = address.tls ? 443 : 80;
    path = rest + strcspn(rest, "/");
    if (strpbrk(rest, "@?# \t\r\n") != NULL ||
        parse_authority(rest, (size_t)(path - rest), &address) < 0)
        return -EINVAL;
    if (strlen(path) <= 1)
        path = DEFAULT_LINK_PATH;
    if (strlen(path) >= sizeof(address.path))
        return -EINVAL;
    strcpy(address.path, path);
    *ret_address = address;
    return 0;
}

static bool is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;

    if (strcmp(host, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return (ntohl(v4.s_addr) >> 24) == 127;
    return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

static bool is_address(const char *text)
{
    uint8_t buffer[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, text, buffer) == 1 || inet_pton(AF_INET6, text, buffer) == 1;
}

static int read_key_file(struct relay_settings *settings, struct config_error *ret_error)
{
    const char *path = settings->relay_key_file;
    char *key;
    int err = secret_file_read(path, &key);

    if (err < 0)
        return config_refuse(ret_error, "relay.key_file: cannot read %s: %s", path,
            err == -ENODATA ? "its first line is empty" : strerror(-err));
    free(settings->relay_key);
    settings->relay_key = key;
    return 0;
}

static int check_key(struct relay_settings *settings, struct config_error *ret_error)
{
    const char *name = "relay.key";
    int err;

    if (settings->relay_key[0] == '\0' && settings->relay_key_file[0] != '\0') {
        name = "relay.key_file";
        err = read_key_file(settings, ret_error);
        if (err < 0)
            return err;
    }
    if (settings->relay_key[0] == '\0')
        return config_refuse(ret_error,
            "relay.key: not set; give the key that signaling has with relay.key or relay.key_file");
    if (strlen(settings->relay_key) < RELAY_KEY_MIN_CHARS)
        return config_refuse(
            ret_error, "%s: the key is shorter than %d characters", name, RELAY_KEY_MIN_CHARS);
    return 0;
}

int relay_settings_check(struct relay_settings *settings, struct config_error *ret_error)
{
    struct relay_signaling_address address;
    int err = check_key(settings, ret_error);

    if (err < 0)
        return err;
    if (relay_settings_parse_url(settings->signaling_url, &address) < 0)
        return config_refuse(ret_error,
            "signaling.url: \"%s\" is not an address like wss://host:port/path",
            settings->signaling_url);
    if (!address.tls && !is_loopback(address.host))
        return config_refuse(ret_error,
            "signaling.url: %s is not this machine, so the link must be encrypted: use wss://",
            address.host);
    if (settings->media_listen[0] != '\0' && !is_address(settings->media_listen))
        return config_refuse(
            ret_error, "media.listen: \"%s\" is not an IP address", settings->media_listen);
    if (settings->log_levels[0] != '\0' && log_set_levels(settings->log_levels) < 0)
        return config_refuse(ret_error, "log.levels: \"%s\" is not like info or info,ice=debug",
            settings->log_levels);
    if (settings->media_port + settings->media_workers > 65536)
        return config_refuse(ret_error,
            "media.port: %d workers need ports up to %d, but the last one is 65535",
            (int)settings->media_workers,
            (int)(settings->media_port + settings->media_workers - 1));
    for (size_t i = 0; i < settings->media_announce.count; i++) {
        if (!is_address(settings->media_announce.items[i]))
            return config_refuse(ret_error, "media.announce: \"%s\" is not an IP address",
                settings->media_announce.items[i]);
    }
    return 0;
}
