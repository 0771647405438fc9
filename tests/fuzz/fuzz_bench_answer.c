/* A WHIP or WHEP server's answer as the load generator reads it: what it takes is complete. */
#include "relay/transport/address.h"
#include "tests/bench/load/descriptions.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct remote_end remote;
    char *answer = malloc(size + 1);

    if (answer == NULL)
        abort();
    memcpy(answer, data, size);
    answer[size] = '\0';
    if (descriptions_read_answer(answer, &remote) == 0 &&
        (remote.ufrag[0] == '\0' || strlen(remote.fingerprint) != TRANSPORT_FINGERPRINT_CHARS ||
            net_address_len(&remote.address) == 0 || net_address_port(&remote.address) == 0))
        abort();
    free(answer);
    return 0;
}
