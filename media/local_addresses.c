#include "media/local_addresses.h"

#include <arpa/inet.h>
#include <gio/gio.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

static char *address_text(const struct sockaddr *address)
{
    char text[INET6_ADDRSTRLEN];
    const void *bytes = NULL;
    if (address->sa_family == AF_INET)
        bytes = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
    if (address->sa_family == AF_INET6) {
        const struct in6_addr *ip6 =
            &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
        bytes = IN6_IS_ADDR_LINKLOCAL(ip6) ? NULL : ip6;
    }
    if (!bytes || !inet_ntop(address->sa_family, bytes, text, sizeof text))
        return NULL;
    return g_strdup(text);
}

static void add_interfaces(GPtrArray *list, const struct ifaddrs *first, bool loopback)
{
    for (const struct ifaddrs *it = first; it; it = it->ifa_next) {
        bool is_loopback = (it->ifa_flags & IFF_LOOPBACK) != 0;
        if (!it->ifa_addr || !(it->ifa_flags & IFF_UP) || is_loopback != loopback)
            continue;
        char *text = address_text(it->ifa_addr);
        if (text)
            g_ptr_array_add(list, text);
    }
}

char **local_addresses_list(void)
{
    GPtrArray *list = g_ptr_array_new();
    struct ifaddrs *first = NULL;
    if (getifaddrs(&first) == 0) {
        add_interfaces(list, first, true);
        add_interfaces(list, first, false);
        freeifaddrs(first);
    }
    g_ptr_array_add(list, NULL);
    return (char **)g_ptr_array_free(list, FALSE);
}

bool local_addresses_url_is_loopback(const char *url)
{
    g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);
    const char *host = uri ? g_uri_get_host(uri) : NULL;
    if (!host)
        return false;
    if (g_ascii_strcasecmp(host, "localhost") == 0)
        return true;
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(host);
    return address && g_inet_address_get_is_loopback(address);
}
