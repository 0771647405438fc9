/* What signaling sends to a relay: the message, and with session.create the offer in it, up to the
 * answer. */
#include "relay/link_messages.h"
#include "relay/negotiation.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void negotiate(const struct session_request *request)
{
    static const char *const candidates[] = {"candidate:1 1 udp 1 192.0.2.1 3478 typ host"};
    const struct negotiation_local local = {
        .ufrag = "ufrag",
        .pwd = "pwd",
        .fingerprint = "AA",
        .cname = "cname",
        .candidates = candidates,
        .candidate_count = 1,
    };
    struct negotiation *negotiation = NULL;
    struct session_error error;
    char *answer = NULL;

    if (negotiation_create(request, &negotiation, &error) < 0)
        return;
    if (negotiation_answer(negotiation, &local, &answer) == 0)
        free(answer);
    negotiation_destroy(negotiation);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct link_message message;
    struct link_refusal refusal;

    if (link_message_parse((const char *)data, size, &message, &refusal) < 0)
        return 0;
    if (message.type == LINK_SESSION_CREATE)
        negotiate(&message.create);
    link_message_finish(&message);
    return 0;
}
