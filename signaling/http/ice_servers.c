#include "signaling/http/ice_servers.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define MAX_ENTRY_CHARS 512

struct entry {
    char text[MAX_ENTRY_CHARS + 1];
    const char *uri;
    const char *user;     /* NULL without credentials */
    const char *password; /* NULL without credentials */
};

static bool is_turn(const char *uri)
{
    return strncmp(uri, "turn:", 5) == 0 || strncmp(uri, "turns:", 6) == 0;
}

static bool is_uri(const char *uri)
{
    const char *host = strchr(uri, ':');

    if (!is_turn(uri) && strncmp(uri, "stun:", 5) != 0 && strncmp(uri, "stuns:", 6) != 0)
        return false;
    if (!host || !host[1])
        return false;
    for (const char *c = host + 1; *c; c++) {
        if (!isalnum((unsigned char)*c) && !strchr(".-_:[]?=", *c))
            return false;
    }
    return true;
}

/* Goes into a quoted string of a header. */
static bool is_quotable(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text <= 0x20 || *text == 0x7f || *text == '"' || *text == '\\')
            return false;
    }
    return true;
}

static bool parse(const char *text, struct entry *entry)
{
    char *rest = NULL;

    if (strlen(text) > MAX_ENTRY_CHARS)
        return false;
    memcpy(entry->text, text, strlen(text) + 1);
    entry->uri = strtok_r(entry->text, " ", &rest);
    entry->user = strtok_r(NULL, " ", &rest);
    entry->password = strtok_r(NULL, " ", &rest);
    if (!entry->uri || !is_uri(entry->uri) || strtok_r(NULL, " ", &rest))
        return false;
    if (is_turn(entry->uri))
        return entry->user && entry->password && is_quotable(entry->user) &&
               is_quotable(entry->password);
    return !entry->user;
}

bool ice_servers_check(const struct config_list *servers, size_t *ret_index)
{
    for (size_t i = 0; i < servers->count; i++) {
        struct entry entry;

        if (!parse(servers->items[i], &entry)) {
            *ret_index = i;
            return false;
        }
    }
    return true;
}

void ice_servers_add_links(const struct config_list *servers, struct http_response *response)
{
    for (size_t i = 0; i < servers->count; i++) {
        struct entry entry;

        if (!parse(servers->items[i], &entry))
            continue;
        if (entry.user)
            http_response_header(response, "Link",
                "<%s>; rel=\"ice-server\"; username=\"%s\"; credential=\"%s\"; "
                "credential-type=\"password\"",
                entry.uri, entry.user, entry.password);
        else
            http_response_header(response, "Link", "<%s>; rel=\"ice-server\"", entry.uri);
    }
}
