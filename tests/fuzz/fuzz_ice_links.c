/* Link headers of a WHIP or WHEP answer: what comes out is stun or turn, and never too much of it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "media/ice_links.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *header = g_strndup((const char *)data, size);
    g_autoptr(GPtrArray) uris = g_ptr_array_new_with_free_func(g_free);
    ice_links_parse(header, uris);
    if (uris->len > ICE_LINKS_MAX)
        abort();
    for (guint i = 0; i < uris->len; i++) {
        const char *uri = g_ptr_array_index(uris, i);
        if (strncmp(uri, "stun", 4) != 0 && strncmp(uri, "turn", 4) != 0)
            abort();
    }
    return 0;
}
