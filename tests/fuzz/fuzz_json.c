/* A JSON message of ours, and every getter on what came out of it. */
#include "common/json.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_error error;
    json_t *root = json_parse((const char *)data, size, 64 * 1024, &error);
    if (!root)
        return 0;
    int64_t value = 7;
    if (json_get_int(root, "id", 1, 9, &value, &error) == 0 && (value < 1 || value > 9))
        abort();
    const char *offer = json_get_string(root, "offer", 16, &error);
    if (offer && json_string_length(json_object_get(root, "offer")) > 16)
        abort();
    json_get_string_or(root, "type", 8, "none", &error);
    json_get_bool_or(root, "ok", false);
    json_decref(root);
    return 0;
}
