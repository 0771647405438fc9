#include "common/json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NESTING_MAX 16

void json_error_set(struct json_error *ret_error, const char *format, ...)
{
    va_list args;

    *ret_error = (struct json_error){.text = ""};
    va_start(args, format);
    vsnprintf(ret_error->text, sizeof(ret_error->text), format, args);
    va_end(args);
}

/* Counted before jansson sees the text: its own parser recurses, up to 2048 levels deep. */
static bool nested_too_deep(const char *text, size_t len)
{
    unsigned depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > NESTING_MAX)
                return true;
        } else if ((c == ']' || c == '}') && depth > 0) {
            depth--;
        }
    }
    return false;
}

json_t *json_parse(const char *text, size_t len, size_t max_bytes, struct json_error *ret_error)
{
    if (len > max_bytes) {
        json_error_set(ret_error, "the message has %zu bytes, allowed are %zu", len, max_bytes);
        return NULL;
    }
    if (nested_too_deep(text, len)) {
        json_error_set(ret_error, "nested deeper than %d levels", NESTING_MAX);
        return NULL;
    }
    json_error_t error;
    json_t *value = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    if (!value) {
        /* What stands after "near" is the sender's text: it may be secret. */
        char *near = strstr(error.text, " near ");
        if (near)
            *near = '\0';
        json_error_set(ret_error, "line %d: %.100s", error.line, error.text);
    }
    return value;
}

static const char *string_value(
    const json_t *value, const char *key, size_t max_bytes, struct json_error *ret_error)
{
    if (!json_is_string(value) || json_string_length(value) > max_bytes) {
        json_error_set(ret_error, "%.64s: expected a string of at most %zu bytes", key, max_bytes);
        if (json_is_string(value)) {
            ret_error->member = key;
            ret_error->max_bytes = max_bytes;
        }
        return NULL;
    }
    return json_string_value(value);
}

const char *json_get_string(
    const json_t *object, const char *key, size_t max_bytes, struct json_error *ret_error)
{
    return string_value(json_object_get(object, key), key, max_bytes, ret_error);
}

const char *json_get_string_or(const json_t *object, const char *key, size_t max_bytes,
    const char *fallback, struct json_error *ret_error)
{
    const json_t *value = json_object_get(object, key);
    return value ? string_value(value, key, max_bytes, ret_error) : fallback;
}

int json_get_int(const json_t *object, const char *key, int64_t min, int64_t max,
    int64_t *ret_value, struct json_error *ret_error)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_integer(value) || json_integer_value(value) < min ||
        json_integer_value(value) > max) {
        json_error_set(
            ret_error, "%.64s: expected an integer from %" PRId64 " to %" PRId64, key, min, max);
        return -EBADMSG;
    }
    *ret_value = json_integer_value(value);
    return 0;
}

bool json_get_bool_or(const json_t *object, const char *key, bool fallback)
{
    const json_t *value = json_object_get(object, key);
    return json_is_boolean(value) ? json_is_true(value) : fallback;
}
