#include "signaling/http/origin.h"

#include "signaling/service.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define MAX_HOST_CHARS 255

struct network {
    uint8_t bytes[16];
    size_t len;
    unsigned bits;
};

static size_t parse_address(const char *text, uint8_t bytes[16])
{
    if (inet_pton(AF_INET, text, bytes) == 1)
        return 4;
    return inet_pton(AF_INET6, text, bytes) == 1 ? 16 : 0;
}

static bool parse_network(const char *text, struct network *ret_network)
{
    struct network network = {0};
    char address[64];
    const char *slash = strchr(text, '/');
    size_t len = slash ? (size_t)(slash - text) : strlen(text);

    if (len >= sizeof(address))
        return false;
    memcpy(address, text, len);
    address[len] = '\0';
    network.len = parse_address(address, network.bytes);
    if (network.len == 0)
        return false;
    network.bits = (unsigned)network.len * 8;
    if (slash) {
        char *end = NULL;
        unsigned long bits = strtoul(slash + 1, &end, 10);

        if (!isdigit((unsigned char)slash[1]) || *end != '\0' || bits > network.bits)
            return false;
        network.bits = (unsigned)bits;
    }
    *ret_network = network;
    return true;
}

static bool network_has(const struct network *network, const uint8_t *bytes, size_t len)
{
    unsigned whole = network->bits / 8;
    unsigned rest = network->bits % 8;
    uint8_t mask = (uint8_t)(0xff00 >> rest);

    if (len != network->len || memcmp(network->bytes, bytes, whole) != 0)
        return false;
    return rest == 0 || (network->bytes[whole] & mask) == (bytes[whole] & mask);
}

bool origin_is_trusted(const struct config_list *proxies, const char *address)
{
    uint8_t bytes[16];
    size_t len = parse_address(address, bytes);

    for (size_t i = 0; len > 0 && i < proxies->count; i++) {
        struct network network;

        if (parse_network(proxies->items[i], &network) && network_has(&network, bytes, len))
            return true;
    }
    return false;
}

bool origin_check_proxies(const struct config_list *proxies, size_t *ret_index)
{
    for (size_t i = 0; i < proxies->count; i++) {
        struct network network;

        if (!parse_network(proxies->items[i], &network)) {
            *ret_index = i;
            return false;
        }
    }
    return true;
}

/* The last address in X-Forwarded-For that is not a trusted proxy itself: what stands before it was
 * written by the client and proves nothing. */
static void read_forwarded_for(struct http_request *request, const struct config_list *proxies)
{
    char list[512];
    char *comma;

    if (snprintf(list, sizeof(list), "%s",
            http_request_header(request, HTTP_HEADER_FORWARDED_FOR)) >= (int)sizeof(list))
        return;
    do {
        uint8_t bytes[16];
        char *last;

        comma = strrchr(list, ',');
        last = comma ? comma + 1 : list;
        while (*last == ' ')
            last++;
        last[strcspn(last, " ")] = '\0';
        if (strlen(last) >= sizeof(request->address) || parse_address(last, bytes) == 0)
            return;
        memcpy(request->address, last, strlen(last) + 1);
        if (comma)
            *comma = '\0';
    } while (comma && origin_is_trusted(proxies, request->address));
}

void origin_read(struct http_request *request)
{
    const struct config_list *proxies = &request->app->settings->trusted_proxies;
    struct sockaddr_storage peer = {0};
    socklen_t len = sizeof(peer);

    if (getpeername(lws_get_socket_fd(request->wsi), (struct sockaddr *)&peer, &len) < 0 ||
        getnameinfo((struct sockaddr *)&peer, len, request->address, sizeof(request->address), NULL,
            0, NI_NUMERICHOST) != 0)
        snprintf(request->address, sizeof(request->address), "unknown");
    request->tls = lws_is_ssl(request->wsi) != 0;
    if (!origin_is_trusted(proxies, request->address))
        return;
    read_forwarded_for(request, proxies);
    if (strcasecmp(http_request_header(request, HTTP_HEADER_FORWARDED_PROTO), "https") == 0)
        request->tls = true;
}

bool origin_is_host(const char *text)
{
    size_t len = strlen(text);

    if (len == 0 || len > MAX_HOST_CHARS)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!isalnum((unsigned char)text[i]) && !strchr(".-_:[]", text[i]))
            return false;
    }
    return true;
}

int origin_base_url(const struct http_request *request, char *ret_url, size_t size)
{
    const char *host = http_request_header(request, HTTP_HEADER_HOST);
    const char *forwarded = http_request_header(request, HTTP_HEADER_FORWARDED_HOST);
    char peer[HTTP_ADDRESS_CHARS];
    int len;

    lws_get_peer_simple(request->wsi, peer, sizeof(peer));
    if (*forwarded && origin_is_trusted(&request->app->settings->trusted_proxies, peer))
        host = forwarded;
    if (!origin_is_host(host))
        return -EBADMSG;
    len = snprintf(ret_url, size, "%s://%s", request->tls ? "https" : "http", host);
    return len > 0 && (size_t)len < size ? 0 : -EBADMSG;
}

bool origin_is_foreign(const struct http_request *request)
{
    const char *origin = http_request_header(request, HTTP_HEADER_ORIGIN);
    const char *site = http_request_header(request, HTTP_HEADER_SEC_FETCH_SITE);
    char own[MAX_HOST_CHARS + 16];

    /* No page can forge Sec-Fetch-Site, but only HTTPS and loopback pages send it. */
    if (strcasecmp(site, "same-origin") == 0)
        return false;
    if (*site && strcasecmp(site, "none") != 0)
        return true;
    if (!*origin)
        return false;
    return origin_base_url(request, own, sizeof(own)) < 0 || strcasecmp(origin, own) != 0;
}
