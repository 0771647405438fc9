/*
 * Short hands over jansson for messages of our own: required and optional members with one clear
 * error. Pure; any thread. Strings are borrowed from the object.
 */
#ifndef DUET_COMMON_JSON_H
#define DUET_COMMON_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_error {
    char text[160]; /* "offer: expected a string of at most 65536 bytes" */
    const char
        *member; /* borrowed from who asked for it: of a string that is too long; otherwise NULL */
    size_t max_bytes; /* of that string */
};

/* For what a caller finds wrong itself. */
void json_error_set(struct json_error *ret_error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Parses one document of at most max_bytes and a nesting of at most 16. NULL with ret_error. */
json_t *json_parse(const char *text, size_t len, size_t max_bytes, struct json_error *ret_error);

/* NULL and ret_error when missing, not a string or longer than max_bytes. */
const char *json_get_string(
    const json_t *object, const char *key, size_t max_bytes, struct json_error *ret_error);

/* fallback when missing; NULL and ret_error when present with a wrong type or too long. */
const char *json_get_string_or(const json_t *object, const char *key, size_t max_bytes,
    const char *fallback, struct json_error *ret_error);

/* 0, or -EBADMSG with ret_error when missing, not an integer or out of [min, max]. */
int json_get_int(const json_t *object, const char *key, int64_t min, int64_t max,
    int64_t *ret_value, struct json_error *ret_error);

/* fallback when missing or not a boolean. */
bool json_get_bool_or(const json_t *object, const char *key, bool fallback);

#endif
