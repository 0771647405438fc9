#include "media/ice_links.h"

#include <libsoup/soup.h>
#include <string.h>

/* RFC 7065: "turn:host:port?transport=udp", without authority; GUri and webrtcbin want "turn://". */
static char *with_authority(const char *uri, const char *user, const char *password)
{
    static const char *const schemes[] = {"stun", "stuns", "turn", "turns"};
    const char *colon = strchr(uri, ':');
    if (!colon || strpbrk(uri, "@/ \t"))
        return NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(schemes); i++) {
        size_t len = (size_t)(colon - uri);
        if (strlen(schemes[i]) != len || g_ascii_strncasecmp(uri, schemes[i], len) != 0)
            continue;
        if (i < 2 || !user || !password)
            return i < 2 ? g_strdup_printf("%s://%s", schemes[i], colon + 1) : NULL;
        g_autofree char *safe_user = g_uri_escape_string(user, NULL, FALSE);
        g_autofree char *safe_password = g_uri_escape_string(password, NULL, FALSE);
        return g_strdup_printf("%s://%s:%s@%s", schemes[i], safe_user, safe_password, colon + 1);
    }
    return NULL;
}

static char *parse_one(const char *item)
{
    const char *end = item[0] == '<' ? strchr(item, '>') : NULL;
    const char *params = end ? strchr(end, ';') : NULL;
    if (!params || !g_utf8_validate(item, -1, NULL))
        return NULL;
    g_autofree char *uri = g_strndup(item + 1, (gsize)(end - item - 1));
    GHashTable *table = soup_header_parse_semi_param_list(params + 1);
    const char *rel = g_hash_table_lookup(table, "rel");
    char *server = NULL;
    if (rel && g_ascii_strcasecmp(rel, "ice-server") == 0)
        server = with_authority(
            uri, g_hash_table_lookup(table, "username"), g_hash_table_lookup(table, "credential"));
    soup_header_free_param_list(table);
    return server;
}

void ice_links_parse(const char *header, GPtrArray *uris)
{
    GSList *items = soup_header_parse_list(header);
    for (GSList *it = items; it && uris->len < ICE_LINKS_MAX; it = it->next) {
        char *uri = parse_one(it->data);
        if (uri)
            g_ptr_array_add(uris, uri);
    }
    soup_header_free_list(items);
}
