#include "tests/bench/load/check_reply.h"

#include <string.h>

size_t check_reply_write(const uint8_t *data, size_t len, const char *pwd,
    const struct net_address *remote, uint8_t ret_reply[STUN_REPLY_BYTES])
{
    struct stun_view view;
    size_t reply_len;

    if (stun_parse(data, len, &view) < 0 || view.message_class != STUN_REQUEST ||
        view.method != STUN_METHOD_BINDING || !stun_check_integrity(&view, pwd, strlen(pwd)) ||
        stun_write_binding_success(
            &view, &remote->u.base, pwd, strlen(pwd), ret_reply, STUN_REPLY_BYTES, &reply_len) < 0)
        return 0;
    return reply_len;
}
