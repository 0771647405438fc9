/* What a participant says on /ws. */
#include "signaling/realtime/client_message.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct client_message message;
    struct json_error error = {""};

    if (client_message_parse((const char *)data, size, &message, &error) < 0) {
        if (error.text[0] == '\0')
            abort(); /* the client is told why */
        return 0;
    }
    if (message.type == CLIENT_JOIN && !token_is_name(message.lesson))
        abort();
    if ((message.type == CLIENT_SLOTS || message.type == CLIENT_SET_SLOTS) &&
        !link_is_hex(message.session, RANDOM_ID_CHARS))
        abort();
    if (message.type == CLIENT_SET_SLOTS &&
        (message.slots.count == 0 || message.slots.count > LINK_MAX_SLOTS))
        abort();
    return 0;
}
