/* What the server asks a box to do. */
#include <stdint.h>
#include <stdlib.h>

#include "common/json.h"
#include "media/device_commands.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct device_command found[DEVICE_COMMANDS_AT_ONCE];
    struct json_error error;
    json_t *answer = json_parse((const char *)data, size, 512 * 1024, &error);
    int count = answer ? device_commands_parse(answer, found) : 0;

    if (count > DEVICE_COMMANDS_AT_ONCE)
        abort();
    for (int i = 0; i < count; i++) {
        if (found[i].id < 1 ||
            (found[i].kind != DEVICE_COMMAND_CHECK && found[i].kind != DEVICE_COMMAND_RESTART))
            abort();
    }
    json_decref(answer);
    return 0;
}
