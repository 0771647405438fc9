/* A configuration file, and the same bytes as one --set argument, against a table of every type. */
#include "common/config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct values {
    bool flag;
    int64_t port;
    char *name;
    char *level;
    struct config_list listen;
};

static const char *const levels[] = {"low", "high", NULL};

static const struct config_setting settings[] = {
    {"http.port", CONFIG_INT, offsetof(struct values, port), 1, 65535, NULL, "8080", "Port."},
    {"http.listen", CONFIG_LIST, offsetof(struct values, listen), 0, 4, NULL, "[a, b]", "List."},
    {"http.tls.on", CONFIG_BOOL, offsetof(struct values, flag), 0, 0, NULL, "true", "Flag."},
    {"name", CONFIG_STRING, offsetof(struct values, name), 2, 16, NULL, "", "Name.", true},
    {"level", CONFIG_CHOICE, offsetof(struct values, level), 0, 0, levels, "low", "Level."},
};

static const struct config_table table = {"fuzz", settings, sizeof(settings) / sizeof(*settings)};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct values values;
    struct config_error error;
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    if (config_init(&table, &values) == 0) {
        config_load_text(&table, &values, "fuzz.yaml", text, size, &error);
        config_set(&table, &values, text, &error);
        if (values.port < 1 || values.port > 65535 || values.listen.count > 4 || !values.name ||
            !values.level)
            abort();
        config_free(&table, &values);
    }
    free(text);
    return 0;
}
