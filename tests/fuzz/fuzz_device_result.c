/* What a box says came of a command, picture and all. */
#include "signaling/accounts/device_result.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct device_result result;
    struct json_error error = {""};
    json_t *body = json_parse((const char *)data, size, 96 * 1024, &error);

    if (!body)
        return 0;
    if (device_result_parse(body, &result, &error) < 0) {
        if (error.text[0] == '\0')
            abort(); /* the box is told why */
    } else {
        if (result.state < DEVICE_COMMAND_DONE || result.state > DEVICE_COMMAND_FAILED ||
            !json_is_object(json_object_get(result.told, "health")) ||
            json_integer_value(json_object_get(result.told, "level_dbfs")) > 0)
            abort();
        if (result.picture && (result.picture_bytes > DEVICE_COMMANDS_MAX_PICTURE_BYTES ||
                                  memcmp(result.picture, "\xff\xd8\xff", 3) != 0))
            abort();
        json_decref(result.told);
        free(result.picture);
    }
    json_decref(body);
    return 0;
}
