/* The body of a PATCH from anybody. */
#include "relay/wire/sdpfrag.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sdp_error error = {0};
    struct sdpfrag fragment;

    if (sdpfrag_parse((const char *)data, size, &fragment, &error) < 0) {
        if (error.text[0] == '\0')
            abort();
        return 0;
    }
    if ((fragment.ice_ufrag[0] == '\0') != (fragment.ice_pwd[0] == '\0'))
        abort();
    return 0;
}
