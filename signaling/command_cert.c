#include "signaling/commands.h"
#include "signaling/local_ca.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_HOSTS 32

struct hosts {
    const char *names[MAX_HOSTS];
    size_t count;
    char own_name[256];
    char own_addresses[MAX_HOSTS][INET6_ADDRSTRLEN];
};

static void add(struct hosts *hosts, const char *name)
{
    if (hosts->count < MAX_HOSTS)
        hosts->names[hosts->count++] = name;
}

/* What this machine is called on the LAN: its name and its addresses. */
static void add_own(struct hosts *hosts)
{
    struct ifaddrs *list = NULL;
    size_t own = 0;

    add(hosts, "localhost");
    if (gethostname(hosts->own_name, sizeof(hosts->own_name) - 1) == 0 && *hosts->own_name)
        add(hosts, hosts->own_name);
    add(hosts, "127.0.0.1");
    add(hosts, "::1");
    if (getifaddrs(&list) < 0)
        return;
    for (const struct ifaddrs *at = list; at && own < MAX_HOSTS; at = at->ifa_next) {
        char *text = hosts->own_addresses[own];
        int family = at->ifa_addr ? at->ifa_addr->sa_family : 0;
        socklen_t len =
            family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);

        if ((family != AF_INET && family != AF_INET6) || (at->ifa_flags & IFF_LOOPBACK))
            continue;
        /* Link-local addresses carry a scope (%eth0) and are no host of a URL. */
        if (getnameinfo(at->ifa_addr, len, text, INET6_ADDRSTRLEN, NULL, 0, NI_NUMERICHOST) != 0 ||
            strchr(text, '%'))
            continue;
        add(hosts, text);
        own++;
    }
    freeifaddrs(list);
}

int command_cert(const struct signaling_settings *settings, int argc, char **argv)
{
    struct hosts hosts = {.count = 0};
    struct config_error error = {""};
    const char *folder = ".";

    (void)settings;
    for (int i = 0; i < argc; i += 2) {
        if (i + 1 == argc)
            return command_misused("cert: %s needs a value", argv[i]);
        if (strcmp(argv[i], "--out") == 0)
            folder = argv[i + 1];
        else if (strcmp(argv[i], "--host") == 0)
            add(&hosts, argv[i + 1]);
        else
            return command_misused("cert: %s is not an option", argv[i]);
    }
    if (hosts.count == 0)
        add_own(&hosts);
    if (local_ca_issue(folder, hosts.names, hosts.count, &error) < 0)
        return command_failed("%s", error.text);
    printf("http.certificate: %s/%s\nhttp.key: %s/%s\n", folder, LOCAL_CERT_FILE, folder,
        LOCAL_KEY_FILE);
    fprintf(stderr,
        "Install %s/%s as a trusted authority on each device that opens the pages.\n"
        "The certificate is for:",
        folder, LOCAL_CA_FILE);
    for (size_t i = 0; i < hosts.count; i++)
        fprintf(stderr, " %s", hosts.names[i]);
    fputc('\n', stderr);
    return 0;
}
