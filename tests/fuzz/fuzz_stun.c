/* A STUN message from anybody: parse, check, and answer it as the relay would. */
#include "relay/wire/stun.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char key[] = "VOkJxbRl1RmTxUk/WvJxBt";

/* What we write must be what we can read. */
static void check_own(const uint8_t *data, size_t len, bool with_integrity)
{
    struct stun_view view;

    if (stun_parse(data, len, &view) < 0 || !stun_check_fingerprint(&view))
        abort();
    if (stun_check_integrity(&view, key, sizeof(key) - 1) != with_integrity)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct sockaddr_in remote = {.sin_family = AF_INET, .sin_port = 0x1234};
    struct stun_view view;
    uint8_t reply[STUN_REPLY_BYTES];
    const char *ufrag;
    size_t len;

    if (stun_parse(data, size, &view) < 0)
        return 0;
    if (stun_local_ufrag(&view, &ufrag, &len) && len >= view.username_len)
        abort();
    stun_check_integrity(&view, key, sizeof(key) - 1);
    stun_check_fingerprint(&view);
    if (stun_write_binding_success(&view, (const struct sockaddr *)&remote, key, sizeof(key) - 1,
            reply, sizeof(reply), &len) < 0)
        abort();
    check_own(reply, len, true);
    if (stun_write_error(&view, STUN_UNKNOWN_ATTRIBUTE, NULL, 0, reply, sizeof(reply), &len) < 0)
        abort();
    check_own(reply, len, false);
    return 0;
}
