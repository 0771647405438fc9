/* The body of PUT /whep/sessions/<id>/slots. */
#include "signaling/http/slots_request.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slots_request request;

    if (slots_request_parse((const char *)data, size, &request) < 0)
        return 0;
    if (request.count == 0 || request.count > LINK_MAX_SLOTS)
        abort();
    for (size_t i = 0; i < request.count; i++) {
        if (request.changes[i].line >= LINK_MAX_SLOTS ||
            (*request.changes[i].source && !token_is_name(request.changes[i].source)))
            abort();
    }
    return 0;
}
