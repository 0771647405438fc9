#include "relay/candidates.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HOST_PREFERENCE 126u
/* Below every UDP candidate, so that TCP carries media only where UDP cannot. */
#define TCP_HOST_PREFERENCE 90u
/* RFC 6544 section 4.2: direction preference of a passive host candidate, in the upper three bits of
 * the local preference. */
#define TCP_PASSIVE_PREFERENCE (4u << 13)
#define COMPONENT              1u

static uint32_t priority(uint32_t type_preference, uint32_t local_preference)
{
    return (type_preference << 24) | (local_preference << 8) | (256u - COMPONENT);
}

void candidate_list_init(const struct address_list *addresses, uint16_t port, bool with_tcp,
    struct candidate_list *ret_list)
{
    struct candidate_list *list = ret_list;
    char ip[ADDRESS_TEXT_BYTES];

    memset(list, 0, sizeof(*list));
    for (size_t i = 0; i < addresses->count; i++) {
        address_format_ip(&addresses->items[i], ip);
        snprintf(list->text[list->count++], CANDIDATE_CHARS,
            "candidate:%zu %u udp %" PRIu32 " %s %u typ host", i + 1, COMPONENT,
            priority(HOST_PREFERENCE, 65535u - (uint32_t)i), ip, port);
    }
    for (size_t i = 0; with_tcp && i < addresses->count; i++) {
        address_format_ip(&addresses->items[i], ip);
        snprintf(list->text[list->count++], CANDIDATE_CHARS,
            "candidate:%zu %u tcp %" PRIu32 " %s %u typ host tcptype passive",
            ADDRESSES_MAX + i + 1, COMPONENT,
            priority(TCP_HOST_PREFERENCE, TCP_PASSIVE_PREFERENCE + 8191u - (uint32_t)i), ip, port);
    }
    for (size_t i = 0; i < list->count; i++)
        list->items[i] = list->text[i];
}
