#include "signaling/accounts/device_result.h"

#include "signaling/accounts/devices.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define QUIETEST_DBFS (-120)
#define VARIANT       sodium_base64_VARIANT_ORIGINAL
/* with padding, for a picture of the greatest size */
#define MAX_PICTURE_CHARS ((DEVICE_COMMANDS_MAX_PICTURE_BYTES + 2) / 3 * 4)

static int fail(struct json_error *ret_error, const char *text)
{
    json_error_set(ret_error, "%s", text);
    return -EBADMSG;
}

/* JPEG of at most so many bytes, or NULL: it is left out. */
static void *read_picture(const json_t *body, size_t *ret_bytes)
{
    static const uint8_t begin[] = {0xff, 0xd8, 0xff};
    const char *text = json_string_value(json_object_get(body, "picture"));
    size_t len = text ? strlen(text) : 0;
    uint8_t *data =
        len && len <= MAX_PICTURE_CHARS ? malloc(DEVICE_COMMANDS_MAX_PICTURE_BYTES) : NULL;

    if (data &&
        sodium_base642bin(data, DEVICE_COMMANDS_MAX_PICTURE_BYTES, text, len, NULL, ret_bytes, NULL,
            VARIANT) == 0 &&
        *ret_bytes > sizeof(begin) && memcmp(data, begin, sizeof(begin)) == 0)
        return data;
    free(data);
    *ret_bytes = 0;
    return NULL;
}

static bool fits(const json_t *health)
{
    char *text = json_is_object(health) ? json_dumps(health, JSON_COMPACT) : NULL;
    bool does = text && strlen(text) <= DEVICES_MAX_HEALTH_BYTES;

    free(text);
    return does;
}

static bool state_of(const char *name, enum device_command_state *ret_state)
{
    for (enum device_command_state state = DEVICE_COMMAND_DONE; state <= DEVICE_COMMAND_FAILED;
         state++) {
        if (strcmp(name, device_commands_state_name(state)) == 0) {
            *ret_state = state;
            return true;
        }
    }
    return false;
}

int device_result_parse(
    const json_t *body, struct device_result *ret_result, struct json_error *ret_error)
{
    json_t *health = json_object_get(body, "health");
    json_int_t round_trip_ms = json_integer_value(json_object_get(body, "round_trip_ms"));
    const char *outcome = json_get_string(body, "outcome", 16, ret_error);
    enum device_command_state state;
    json_t *level = json_object_get(body, "level_dbfs");
    json_t *told;

    if (!outcome)
        return -EBADMSG;
    if (!state_of(outcome, &state))
        return fail(ret_error, "outcome: done, refused or failed");
    if (!fits(health))
        return fail(ret_error, "health: an object of at most 1,024 bytes");
    if (round_trip_ms < 0)
        return fail(ret_error, "round_trip_ms: 0 or more");
    if (level && (!json_is_integer(level) || json_integer_value(level) < QUIETEST_DBFS ||
                     json_integer_value(level) > 0))
        return fail(ret_error, "level_dbfs: -120 to 0");
    told = json_pack(
        "{s:O, s:I, s:O*}", "health", health, "round_trip_ms", round_trip_ms, "level_dbfs", level);
    if (!told)
        return -ENOMEM;
    *ret_result = (struct device_result){.state = state, .told = told};
    ret_result->picture = read_picture(body, &ret_result->picture_bytes);
    return 0;
}
