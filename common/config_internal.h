/*
 * What the pieces of config share: one value that is not yet in the program's struct, and the
 * wording of errors. Only common/config*.c includes this.
 */
#ifndef DUET_COMMON_CONFIG_INTERNAL_H
#define DUET_COMMON_CONFIG_INTERNAL_H

#include "common/config.h"

#include <yaml.h>

/* Where a value stands, for messages: "relay.yaml:7" or "--set" with line 0. */
struct config_place {
    const char *name;
    size_t line;
};

/* A value between parsing and its place in the program's struct. */
struct config_value {
    bool present;
    bool boolean;
    int64_t integer;
    char *string;            /* owned */
    struct config_list list; /* owned */
};

/* Writes "name:line: key: …" and returns -EINVAL. */
int config_fail(struct config_error *ret_error, struct config_place place, const char *key,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* What is allowed, in words: "an integer from 1 to 65535". */
void config_describe_type(const struct config_setting *setting, char *ret_text, size_t size);

/* Values from plain text. quoted: the file had it in quotes, which makes it a string. On success
 * ret_value owns what it holds. Return 0, -ENOMEM, or -EINVAL with ret_error. */
int config_value_from_scalar(const struct config_setting *setting, struct config_place place,
    const char *text, size_t len, bool quoted, struct config_value *ret_value,
    struct config_error *ret_error);

int config_value_from_node(const struct config_setting *setting, const char *name,
    yaml_document_t *document, const yaml_node_t *node, struct config_value *ret_value,
    struct config_error *ret_error);

/* For the command line: a list is "a,b" or "[a, b]"; anything else is a scalar. */
int config_value_from_text(const struct config_setting *setting, struct config_place place,
    const char *text, struct config_value *ret_value, struct config_error *ret_error);

void config_value_finish(struct config_value *value);

/* Moves value into the program's struct and frees what stood there. */
void config_value_store(
    const struct config_setting *setting, void *values, struct config_value *value);

/* NULL when the table has no such key. */
const struct config_setting *config_find(const struct config_table *table, const char *key);

/* Whether settings stand below the dotted path. */
bool config_is_section(const struct config_table *table, const char *path);

/* "unknown setting", with the nearest known key when one is near. Returns -EINVAL. */
int config_fail_unknown(const struct config_table *table, struct config_place place,
    const char *key, struct config_error *ret_error);

/* Reads a whole document into pending[table->count]; the caller finishes each of them. */
int config_read_document(const struct config_table *table, const char *name, const char *text,
    size_t len, struct config_value *pending, struct config_error *ret_error);

#endif
