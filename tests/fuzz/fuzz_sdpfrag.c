/* The body of a PATCH from anybody. */
#include "relay/wire/sdpfrag.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sdp_error error = {0};
    struct sdpfrag fragment;
    size_t candidates = 0;

    if (sdpfrag_parse((const char *)data, size, &fragment, &error) < 0) {
        if (error.text[0] == '\0')
            abort();
        return 0;
    }
    for (size_t i = 0; i < fragment.media_count; i++)
        candidates += fragment.media[i].candidate_count;
    if (candidates != fragment.candidate_count)
        abort();
    return 0;
}
