#include "signaling/http/slots_request.h"

#include <errno.h>
#include <string.h>

#define MAX_BYTES (16 * 1024)

static int read_change(const json_t *item, struct slots_request *request)
{
    struct slots_change *change = &request->changes[request->count];
    struct json_error error;
    const char *source = json_get_string(item, "source", LINK_MAX_NAME_CHARS, &error);
    int64_t line;

    if (!source || (*source && !token_is_name(source)) ||
        strlen(source) != json_string_length(json_object_get(item, "source")))
        return -EBADMSG;
    if (json_get_int(item, "slot", 0, LINK_MAX_SLOTS - 1, &line, &error) < 0)
        return -EBADMSG;
    for (size_t i = 0; i < request->count; i++) {
        if (request->changes[i].line == line)
            return -EBADMSG;
    }
    change->line = (uint8_t)line;
    memcpy(change->source, source, strlen(source) + 1);
    request->count++;
    return 0;
}

int slots_request_read(const json_t *root, struct slots_request *ret_request)
{
    struct slots_request request = {.count = 0};
    const json_t *slots = json_object_get(root, "slots");
    const json_t *item;
    size_t i;

    if (json_array_size(slots) == 0 || json_array_size(slots) > LINK_MAX_SLOTS)
        return -EBADMSG;
    json_array_foreach(slots, i, item)
    {
        if (read_change(item, &request) < 0)
            return -EBADMSG;
    }
    *ret_request = request;
    return 0;
}

int slots_request_parse(const char *text, size_t len, struct slots_request *ret_request)
{
    struct json_error error;
    json_t *root = json_parse(text ? text : "", len, MAX_BYTES, &error);
    int r = slots_request_read(root, ret_request);

    json_decref(root);
    return r;
}
