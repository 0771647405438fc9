/*
 * Configuration: one typed table per program says name, type, range, default and help of each
 * setting. The YAML file, the command line, --help and the commented file in configs/ come from it.
 *
 * Keys are dotted paths ("http.port"); in YAML they nest. A value is kept in the program's own
 * struct at the setting's offset. Errors name file, line, key and what is allowed. Not thread-safe;
 * used at start. Strings are owned by the values struct until config_free().
 */
#ifndef DUET_COMMON_CONFIG_H
#define DUET_COMMON_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum config_type {
    CONFIG_BOOL,   /* bool */
    CONFIG_INT,    /* int64_t, min ≤ value ≤ max */
    CONFIG_STRING, /* char *, never NULL; min ≤ length ≤ max when max > 0 */
    CONFIG_CHOICE, /* char *, one of choices */
    CONFIG_LIST,   /* struct config_list of strings, at most max items when max > 0 */
};

struct config_list {
    char **items; /* owned */
    size_t count;
};

struct config_setting {
    const char *key;
    enum config_type type;
    size_t offset; /* of the value in the program's struct */
    int64_t min;
    int64_t max;
    const char *const *choices; /* NULL-terminated, CONFIG_CHOICE only */
    const char *fallback;       /* default as YAML text: "8080", "true", "", "[a, b]" */
    const char *help;           /* one line */
    bool secret;                /* never printed back */
};

struct config_table {
    const char *program; /* "duet-relay" */
    const struct config_setting *settings;
    size_t count;
};

struct config_error {
    char text[512]; /* "relay.yaml:7: media.port: 70000 is out of range, allowed 1 to 65535" */
};

/* Fills values with the table's defaults. Returns 0 or -ENOMEM. */
int config_init(const struct config_table *table, void *values);

/* Reads a YAML file over what values holds. All or nothing: on error values is as it was.
 * Returns 0; -ENOENT or another errno for a file that cannot be read, -EINVAL for what is wrong in it,
 * -ENOMEM. ret_error has the sentence in each case. */
int config_load(const struct config_table *table, void *values, const char *path,
    struct config_error *ret_error);

/* The same from memory; name stands in messages. Fuzzed. */
int config_load_text(const struct config_table *table, void *values, const char *name,
    const char *text, size_t len, struct config_error *ret_error);

/* One "key=value" from the command line (--set). Returns 0 or -EINVAL with ret_error. */
int config_set(const struct config_table *table, void *values, const char *assignment,
    struct config_error *ret_error);

/* For what a table cannot say, checked after reading: puts the sentence, "key: what is wrong with it", into
 * ret_error and returns -EINVAL. */
int config_refuse(struct config_error *ret_error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Settings with type, range, default and help, for --help. */
void config_print_help(const struct config_table *table, FILE *out);

/* The commented-default YAML file, as it stands in configs/. */
void config_print_file(const struct config_table *table, FILE *out);

void config_free(const struct config_table *table, void *values);

#endif
