#include "common/config_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* A configuration is written by a person; more than this is the wrong file. */
#define FILE_BYTES_MAX (256 * 1024)

int config_fail(struct config_error *ret_error, struct config_place place, const char *key,
    const char *format, ...)
{
    char *text = ret_error->text;
    size_t size = sizeof(ret_error->text);
    size_t used = (size_t)snprintf(text, size, "%.160s:", place.name);
    if (place.line > 0)
        used += (size_t)snprintf(text + used, size - used, "%zu:", place.line);
    if (key && *key)
        used += (size_t)snprintf(text + used, size - used, " %.96s:", key);
    used += (size_t)snprintf(text + used, size - used, " ");
    va_list args;
    va_start(args, format);
    vsnprintf(text + used, size - used, format, args);
    va_end(args);
    return -EINVAL;
}

int config_refuse(struct config_error *ret_error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(ret_error->text, sizeof(ret_error->text), format, args);
    va_end(args);
    return -EINVAL;
}

static int fail_memory(struct config_error *ret_error, const char *name)
{
    config_fail(ret_error, (struct config_place){name, 0}, NULL, "out of memory");
    return -ENOMEM;
}

const struct config_setting *config_find(const struct config_table *table, const char *key)
{
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->settings[i].key, key) == 0)
            return &table->settings[i];
    return NULL;
}

bool config_is_section(const struct config_table *table, const char *path)
{
    size_t len = strlen(path);
    for (size_t i = 0; i < table->count; i++)
        if (strncmp(table->settings[i].key, path, len) == 0 && table->settings[i].key[len] == '.')
            return true;
    return false;
}

/* Edits (one insertion, deletion or change each) from a to b; keys are shorter than 64 bytes. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[65];
    size_t b_len = strlen(b);
    if (b_len > 64)
        return SIZE_MAX;
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[b_len];
}

/* The distance under which a known key is worth naming. */
static size_t near_enough(const char *key)
{
    size_t third = strlen(key) / 3;
    return third > 2 ? third : 2;
}

/* A whole key, or the last part of one when somebody forgot the section ("port" for "http.port"). */
static const char *nearest_key(const struct config_table *table, const char *key)
{
    const char *nearest = NULL;
    size_t nearest_distance = near_enough(key) + 1;
    for (size_t i = 0; i < table->count; i++) {
        const char *known = table->settings[i].key;
        const char *last = strrchr(known, '.');
        size_t distance = edit_distance(key, known);
        if (last && strcmp(last + 1, key) == 0)
            distance = 1;
        if (distance < nearest_distance) {
            nearest = known;
            nearest_distance = distance;
        }
    }
    return nearest;
}

int config_fail_unknown(const struct config_table *table, struct config_place place,
    const char *key, struct config_error *ret_error)
{
    const char *nearest = strlen(key) <= 64 ? nearest_key(table, key) : NULL;
    if (nearest)
        return config_fail(ret_error, place, key, "unknown setting, did you mean %s?", nearest);
    return config_fail(ret_error, place, key,
        "unknown setting, %s --print-config lists the known ones", table->program);
}

void config_value_store(
    const struct config_setting *setting, void *values, struct config_value *value)
{
    void *place = (char *)values + setting->offset;
    struct config_value old = {0};
    switch (setting->type) {
    case CONFIG_BOOL:
        *(bool *)place = value->boolean;
        break;
    case CONFIG_INT:
        *(int64_t *)place = value->integer;
        break;
    case CONFIG_STRING:
    case CONFIG_CHOICE:
        old.string = *(char **)place;
        *(char **)place = value->string;
        break;
    case CONFIG_LIST:
        old.list = *(struct config_list *)place;
        *(struct config_list *)place = value->list;
        break;
    }
    config_value_finish(&old);
    *value = (struct config_value){0};
}

static void clear(const struct config_table *table, void *values)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct config_setting *setting = &table->settings[i];
        void *place = (char *)values + setting->offset;
        if (setting->type == CONFIG_STRING || setting->type == CONFIG_CHOICE)
            *(char **)place = NULL;
        else if (setting->type == CONFIG_LIST)
            *(struct config_list *)place = (struct config_list){0};
    }
}

int config_init(const struct config_table *table, void *values)
{
    clear(table, values);
    for (size_t i = 0; i < table->count; i++) {
        const struct config_setting *setting = &table->settings[i];
        struct config_error error;
        struct config_value value;
        int r = config_value_from_text(
            setting, (struct config_place){"default", 0}, setting->fallback, &value, &error);
        assert(r != -EINVAL && "a default does not fit its own setting");
        if (r < 0) {
            config_free(table, values);
            return r;
        }
        config_value_store(setting, values, &value);
    }
    return 0;
}

void config_free(const struct config_table *table, void *values)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct config_setting *setting = &table->settings[i];
        struct config_value nothing = {0};
        if (setting->type != CONFIG_BOOL && setting->type != CONFIG_INT)
            config_value_store(setting, values, &nothing);
    }
}

int config_load_text(const struct config_table *table, void *values, const char *name,
    const char *text, size_t len, struct config_error *ret_error)
{
    if (len > FILE_BYTES_MAX)
        return config_fail(ret_error, (struct config_place){name, 0}, NULL,
            "%zu bytes are too many for a configuration, allowed %d", len, FILE_BYTES_MAX);
    struct config_value *pending = calloc(table->count, sizeof(*pending));
    if (!pending)
        return fail_memory(ret_error, name);
    int r = config_read_document(table, name, text, len, pending, ret_error);
    for (size_t i = 0; i < table->count; i++) {
        if (r == 0 && pending[i].present)
            config_value_store(&table->settings[i], values, &pending[i]);
        else
            config_value_finish(&pending[i]);
    }
    free(pending);
    return r == -ENOMEM ? fail_memory(ret_error, name) : r;
}

/* One byte more than allowed is read, so that the limit is noticed. */
static int read_file(const char *path, char **ret_text, size_t *ret_len)
{
    FILE *file = fopen(path, "rbe");
    if (!file)
        return -errno;
    int r = 0;
    char *text = malloc(FILE_BYTES_MAX + 1);
    if (!text) {
        r = -ENOMEM;
        goto out;
    }
    errno = 0;
    *ret_len = fread(text, 1, FILE_BYTES_MAX + 1, file);
    if (ferror(file)) {
        r = errno ? -errno : -EIO;
        goto out;
    }
    *ret_text = text;
    text = NULL;
out:
    free(text);
    fclose(file);
    return r;
}

int config_load(const struct config_table *table, void *values, const char *path,
    struct config_error *ret_error)
{
    char *text = NULL;
    size_t len = 0;
    int r = read_file(path, &text, &len);
    if (r < 0) {
        config_fail(ret_error, (struct config_place){path, 0}, NULL, "%s", strerror(-r));
        return r;
    }
    r = config_load_text(table, values, path, text, len, ret_error);
    free(text);
    return r;
}

int config_set(const struct config_table *table, void *values, const char *assignment,
    struct config_error *ret_error)
{
    struct config_place place = {"--set", 0};
    const char *equals = strchr(assignment, '=');
    size_t key_len = equals ? (size_t)(equals - assignment) : 0;
    char key[128];
    if (key_len == 0 || key_len >= sizeof(key))
        return config_fail(ret_error, place, NULL, "expected key=value, as in --set key=value");
    memcpy(key, assignment, key_len);
    key[key_len] = '\0';

    const struct config_setting *setting = config_find(table, key);
    if (!setting)
        return config_fail_unknown(table, place, key, ret_error);
    struct config_value value;
    int r = config_value_from_text(setting, place, equals + 1, &value, ret_error);
    if (r < 0)
        return r == -ENOMEM ? fail_memory(ret_error, place.name) : r;
    config_value_store(setting, values, &value);
    return 0;
}
